"""Projects and secrets by the reference's rules: names, revisions, filters, deletion, keys and values."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.support.mock.api import Api, Response, pack

FILES = {"main.dig": "+a:\n  echo>: x\n"}
JSON = {"Content-Type": "application/json"}


def put(api: Api, project: str, revision: str = "r1", options: str = "") -> Response:
    """Uploads a project of one workflow."""
    target = f"/api/projects?project={quote(project, safe='')}&revision={quote(revision, safe='')}{options}"
    return api.call("PUT", target, pack(FILES), {"Content-Type": "application/gzip"})


def names(api: Api, query: str) -> list[str]:
    """The names of the projects that a query lists."""
    return [project["name"] for project in api.get(f"/api/projects?{query}").json["projects"]]


@pytest.mark.parametrize("name", [" ", "a.DIG", "-a", ".a", "_a", "#a", "a:b", "a+b", "a b", "é", "\u0661a", "x" * 225])
def test_names_that_a_project_may_have(digdag: Api, name: str) -> None:
    """Only the first character is looked at, and letters of any script will do."""
    assert put(digdag, name).json["name"] == name
    assert names(digdag, f"name={quote(name, safe='')}") == [name]


@pytest.mark.parametrize(
    "name", ["", "1a", "a.dig", "a/b", "a\0b", "x" * 255, *(sign + "a" for sign in '+^@/\\:*?"<>|')]
)
def test_names_that_a_project_may_not_have(digdag: Api, name: str) -> None:
    """They are refused, and there is no project then."""
    assert put(digdag, name).status == 400
    assert names(digdag, "") == []


@pytest.mark.parametrize(
    ("revision", "status"), [("", 400), (" ", 200), ("a/b", 200), ("x" * 255, 200), ("x" * 256, 400)]
)
def test_names_of_revisions(digdag: Api, revision: str, status: int) -> None:
    """Any text of 1 to 255 characters, once in each project."""
    assert put(digdag, "shop", revision).status == status
    if status == 200:
        again = put(digdag, "shop", revision)
        assert (again.status, "Resource already exists" in (again.message or "")) == (409, True)
        assert put(digdag, "stock", revision).status == 200


def test_filters_of_the_list(digdag: Api) -> None:
    """A pattern is a part of the name, letter by letter; a name leaves all other parameters unused, but converted."""
    for name in ("alpha", "Beta", "a%b", "a_b", "gamma"):
        put(digdag, name)
    assert names(digdag, "name_pattern=%25") == ["a%b"]
    assert names(digdag, "name_pattern=_") == ["a_b"]
    assert names(digdag, "name_pattern=beta") == []
    assert names(digdag, "name_pattern=a&last_id=1&count=2") == ["Beta", "a%b"]
    assert names(digdag, "name=gamma&last_id=99&name_pattern=z") == ["gamma"]
    assert names(digdag, "name=&count=1") == names(digdag, "count=0") == []
    assert names(digdag, "count=-1") == names(digdag, "name_pattern=") == ["alpha", "Beta", "a%b", "a_b", "gamma"]
    assert digdag.get("/api/projects?name=alpha&count=x").status == 404


def test_a_deleted_project(digdag: Api) -> None:
    """All below it is gone; its workflows stay but cannot be started; its name is free for another project."""
    put(digdag, "shop")
    deleted = digdag.call("DELETE", "/api/projects/1")
    assert (deleted.status, deleted.json["deletedAt"]) == (200, None)
    assert digdag.call("DELETE", "/api/projects/1").status == 404
    for below in ("", "/revisions", "/workflows", "/schedules", "/sessions", "/archive", "/secrets", "/workflows/main"):
        assert digdag.get(f"/api/projects/1{below}").status == 404
    assert "already deleted" in (digdag.get("/api/projects/1").message or "")
    assert digdag.get("/api/workflows/1").status == 200
    assert digdag.start("1").status == 404
    assert put(digdag, "shop").json["id"] == "2"


@pytest.mark.parametrize(("cleared", "status"), [("main", 200), ("other", 400), ("", 400), ("main,main", 400)])
def test_schedules_to_clear_are_workflows(digdag: Api, cleared: str, status: int) -> None:
    """Each name is that of a workflow in the archive, whether it has a schedule or not."""
    response = put(digdag, "shop", options=f"&clear_schedule={cleared}")
    assert response.status == status
    assert status == 200 or "does not exist" in (response.message or "")


@pytest.mark.parametrize("key", ["a", "a.b", "a-b_c9", "A1", "a" * 255])
def test_keys_of_secrets(digdag: Api, key: str) -> None:
    """A key is listed without its value, and deleting it again does no harm."""
    put(digdag, "shop")
    path = f"/api/projects/1/secrets/{key}"
    for body in (b'{"value": "x"}', b'"y"', b'{"value": 5}'):
        response = digdag.call("PUT", path, body, JSON)
        assert (response.status, response.json["key"]) == (200, key)
    assert digdag.get("/api/projects/1/secrets").json == {"secrets": [{"key": key}]}
    assert digdag.get(path).status == 405
    assert [digdag.call("DELETE", path).status for _ in range(2)] == [200, 200]
    assert digdag.get("/api/projects/1/secrets").json == {"secrets": []}


@pytest.mark.parametrize("key", ["a-", "1a", "a..b", ".a", "a ", "é", "a" * 256])
def test_keys_that_no_secret_may_have(digdag: Api, key: str) -> None:
    """They are refused before the project is looked for."""
    response = digdag.call("PUT", f"/api/projects/99/secrets/{quote(key)}", b'{"value": "x"}', JSON)
    assert (response.status, response.message) == (400, "Invalid secret")
    assert digdag.call("DELETE", f"/api/projects/99/secrets/{quote(key)}").status == 400


@pytest.mark.parametrize(
    ("value", "status"),
    [("", 200), ("x" * 16384, 200), ("x" * 16385, 400), ("é" * 8192, 200), ("é" * 8193, 400), (None, 400), ([], 400)],
)
def test_values_of_secrets(digdag: Api, value: object, status: int) -> None:
    """A text of at most 16,384 bytes."""
    put(digdag, "shop")
    body = json.dumps({"value": value}, ensure_ascii=False).encode()
    assert digdag.call("PUT", "/api/projects/1/secrets/k", body, JSON).status == status


def test_tasks_are_looked_at_before_schedules(digdag: Api) -> None:
    """Of several faults the one in any task tree is told before the one in any schedule, and nothing is made."""
    schedule, tasks = "schedule: {yearly>: 1}\n+a: {echo>: 1}\n", "+a: {echo>: 1, sh>: 2}\n"
    assert digdag.upload({"a.dig": schedule}).message == "Unknown scheduler type: yearly"
    assert "more than one operator" in (digdag.upload({"a.dig": schedule, "b.dig": tasks}).message or "")
    assert names(digdag, "") == []
