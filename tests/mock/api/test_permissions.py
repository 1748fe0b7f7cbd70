"""Permissions of an account: what needs which, in which project, and what lists leave out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.mock.api import HELLO, Api

SCHEDULED = "schedule:\n  daily>: 01:00:00\n" + HELLO


@pytest.fixture
def shop(hosted: Api) -> Api:
    """An account with two projects, an attempt that has not ended and a schedule in the first."""
    assert hosted.upload({"hello.dig": SCHEDULED + "+wait:\n  wait>: 1h\n"}, "shop").status == 200
    assert hosted.upload({"hello.dig": HELLO}, "other").status == 200
    assert hosted.start("1").status == 200
    assert hosted.start("2").status == 200
    return hosted


def permit(api: Api, permissions: Any) -> None:
    """Changes what the account may do."""
    response = api.send("PUT", "/mock/settings", {"permissions": permissions})
    assert response.status == 200, response.content


CALLS: list[tuple[str, str, Any, str]] = [
    ("GET", "/api/projects/1", None, "view"),
    ("GET", "/api/projects/1/revisions", None, "view"),
    ("GET", "/api/projects/1/workflows", None, "view"),
    ("GET", "/api/projects/1/schedules", None, "view"),
    ("GET", "/api/projects/1/sessions", None, "view"),
    ("GET", "/api/workflows/1", None, "view"),
    ("GET", "/api/schedules/1", None, "view"),
    ("GET", "/api/sessions/1", None, "view"),
    ("GET", "/api/sessions/1/attempts", None, "view"),
    ("GET", "/api/attempts/1", None, "view"),
    ("GET", "/api/attempts/1/tasks", None, "view"),
    ("GET", "/api/logs/1/files", None, "view"),
    ("PUT", "/api/attempts", {"workflowId": "1", "sessionTime": "2030-01-01T00:00:00Z", "params": {}}, "view run"),
    ("POST", "/api/schedules/1/disable", {}, "view run"),
    ("POST", "/api/schedules/1/enable", {}, "view run"),
    ("POST", "/api/attempts/1/kill", None, "run"),
    ("GET", "/api/projects/1/secrets", None, "view edit"),
    ("PUT", "/api/projects/1/secrets/a", {"value": "x"}, "view edit"),
    ("POST", "/api/pools", {"name": "p", "concurrencyLimit": 1}, "administrator"),
    ("DELETE", "/api/projects/1", None, "edit"),
]


@pytest.mark.parametrize(("method", "path", "body", "needed"), CALLS)
def test_each_operation_needs_its_permission(shop: Api, method: str, path: str, body: Any, needed: str) -> None:
    """With all but one of them the call is 403, with all of them, everywhere or in the project, it is done."""
    words = needed.split()
    for missing in words:
        permit(shop, [word for word in ("view", "run", "edit") if word != missing])
        refused = shop.send(method, path, body)
        assert refused.status == 403
        assert missing in str(refused.message)
    permit(shop, words if words == ["administrator"] else {"projects": {"shop": words}})
    assert shop.send(method, path, body).status < 300


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/projects", "projects"),
        ("/api/workflows", "workflows"),
        ("/api/sessions", "sessions"),
        ("/api/attempts", "attempts"),
    ],
)
def test_lists_leave_out_what_may_not_be_seen(shop: Api, path: str, field: str) -> None:
    """Without a permission a list is empty, with one for a project it has what is in there."""
    assert len(shop.get(path).json[field]) == 2
    permit(shop, {"projects": {"other": ["view"]}})
    (row,) = shop.get(path).json[field]
    assert (row.get("project") or row)["name"] == "other"
    permit(shop, [])
    assert shop.get(path).json[field] == []
    assert shop.get("/api/projects?name=shop").json["projects"] == []
    assert shop.get("/api/schedules").json["schedules"] == []


def test_pools_are_read_by_everybody(shop: Api) -> None:
    """The contract has 403 only where pools and rules are changed."""
    permit(shop, [])
    assert shop.get("/api/pools").status == 200
    assert shop.get("/api/pool_rules").status == 200


def test_a_new_project_needs_edit_everywhere(shop: Api) -> None:
    """Edit in a project is enough for its next revision, not for another project."""
    permit(shop, {"projects": {"shop": ["edit"], "brandnew": ["edit"]}})
    assert shop.upload({"hello.dig": HELLO}, "shop", "r2").status == 200
    assert shop.upload({"hello.dig": HELLO}, "brandnew").status == 403
    permit(shop, ["edit"])
    assert shop.upload({"hello.dig": HELLO}, "brandnew").status == 200


def test_what_is_not_there_is_not_forbidden(shop: Api) -> None:
    """A view-only account gets 404 for what nobody has."""
    permit(shop, ["view"])
    assert shop.get("/api/projects/999").status == 404
    assert shop.get("/api/attempts/999").status == 404


@pytest.mark.parametrize("wrong", ["view", 1, ["see"], {"all": []}, {"projects": {"shop": ["administrator"]}}])
def test_permissions_that_mean_nothing_are_refused(hosted: Api, wrong: Any) -> None:
    """The message says what was expected."""
    response = hosted.send("PUT", "/mock/settings", {"permissions": wrong})
    assert response.status == 400
    assert "permissions" in str(response.message)
