"""Seeding: what an account begins with came about as at the service, and can be read like anything else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.support import guise_of
from tests.support.mock.api import HELLO, Api
from tests.support.mock.command import FOLDERS, KEY, running
from treasure_workflow_mock import MockService
from treasure_workflow_mock.control import seeding
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.model.account import Account


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's directory, with things in it that belong to no project."""
    root = tmp_path / "shop"
    for name, text in {
        "hello.dig": HELLO,
        "draft.dig": "no: [workflow",
        ".digdagignore": "draft.dig\n",
        "queries/q.sql": "select 1",
        ".git/config": "x",
        "queries/.hidden": "x",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(scope="module")
def large() -> Iterator[MockService]:
    """A service whose accounts have the large data set."""
    with MockService(seed=seeding.large) as service:
        service.account(KEY)
        yield service


def test_a_directory_becomes_a_project(hosted_service: MockService, hosted: Api, folder: Path) -> None:
    """Its shown files are the revision's; another push is another revision."""
    account = hosted_service.account(hosted.key)
    project = seeding.push_directory(account, folder, revision="r1")
    assert sorted(project.revisions[0].files) == [".digdagignore", "draft.dig", "hello.dig", "queries/q.sql"]
    again = seeding.push_directory(account, str(folder), "shop")
    assert again is project
    shown = hosted.get("/api/projects?name=shop").json["projects"][0]
    assert shown["revision"] == project.revisions[1].name != "r1"
    workflows = hosted.get("/api/workflows").json["workflows"]
    assert [workflow["name"] for workflow in workflows] == ["hello"]
    assert hosted.start(workflows[0]["id"]).status == 200


def test_a_directory_is_refused_as_an_upload_is(folder: Path) -> None:
    """With the service's own words, and nothing is left of it; what is no directory is told apart."""
    account = Account("test", "hosted")
    (folder / "broken.dig").write_text("+a: {nothing>: x, echo>: y}\n")
    with pytest.raises(ServiceError, match="more than one operator"):
        seeding.push_directory(account, folder)
    assert account.projects == {}
    with pytest.raises(NotADirectoryError, match=r"hello\.dig"):
        seeding.push_directory(account, folder / "hello.dig")


def test_the_demo_data_set_has_something_of_everything(hosted: Api) -> None:
    """Schedules that have run, revisions, attempts that succeeded, failed and still run, tasks and logs."""
    assert hosted.send("POST", "/mock/seed", {"data": "demo"}).status == 200
    attempts = hosted.get("/api/attempts").json["attempts"]
    assert {attempt["status"] for attempt in attempts} == {"success", "error", "running"}
    assert len(hosted.get("/api/sessions").json["sessions"]) > 70
    assert [one["revision"] for one in hosted.get("/api/projects/1/revisions").json["revisions"]] == ["v2", "v1"]
    schedules = hosted.get("/api/schedules").json["schedules"]
    assert {schedule["workflow"]["name"] for schedule in schedules} == {"nightly", "hourly"}
    nightly = next(attempt for attempt in attempts if attempt["workflow"]["name"] == "nightly")
    assert len(hosted.get(f"/api/attempts/{nightly['id']}/tasks").json["tasks"]) == 5
    assert hosted.get(f"/api/logs/{nightly['id']}/files").json["files"]


def test_the_large_data_set_is_for_paging(large: MockService) -> None:
    """The client finds 10,000 sessions in it, each once, 120 projects, and the 120 revisions of one."""
    with guise_of("sync", large.base_url, api_key=KEY) as guise:
        client: Any = guise.client
        sessions = [int(session.id) for session in client.sessions.list()]
        assert sessions == list(range(10_000, 0, -1))
        projects = list(client.projects.list())
        assert len({project.name for project in projects}) == 120
        assert len(list(client.projects.revisions(projects[0]))) == 120
        bad = list(client.attempts.list(workflow="bad", project=projects[10], limit=5))
    assert {attempt.status for attempt in bad} <= {"error"}


def test_each_account_is_seeded_on_its_own(hosted_service: MockService) -> None:
    """Once, when it is first used; what one does with it is nothing to another."""
    with MockService(seed=seeding.demo) as service:
        one, other = Api(service.base_url), Api(service.base_url)
        assert one.call("DELETE", "/api/projects/1").status == 200
        assert [len(api.get("/api/projects").json["projects"]) for api in (one, other)] == [0, 1]


@pytest.mark.parametrize("body", [{}, {"data": "small"}, {"data": ["demo"]}, {"data": "demo", "size": 1}])
def test_a_wrong_data_set_is_named(digdag: Api, body: dict[str, object]) -> None:
    """A 400 with the name of what is wrong, and nothing is added."""
    response = digdag.send("POST", "/mock/seed", body)
    assert response.status == 400
    assert ("size" if "size" in body else "data") in (response.message or "")
    assert digdag.get("/api/projects").json == {"projects": []}


def test_the_command_seeds(folder: Path) -> None:
    """A data set and a directory, for any key."""
    with running("--seed", "demo", "--seed", str(folder)) as (_, base_url):
        names = {project["name"] for project in Api(base_url).get("/api/projects").json["projects"]}
    assert names == {"demo", "shop"}


def test_the_command_refuses_what_cannot_be_seeded(folder: Path) -> None:
    """At its start, in one line that names it."""
    (folder / "broken.dig").write_text("+a: {fail>: x, echo>: y}\n")
    for what, words in ((folder, "more than one operator"), (folder / "none", "no directory")):
        command = [sys.executable, "-m", "treasure_workflow_mock", "--port", "0", "--seed", str(what)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, env={"PYTHONPATH": FOLDERS}, check=False
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"treasure-workflow-mock: --seed {what}: ")
        assert words in done.stderr


def test_a_data_set_comes_whole_or_not_at_all(digdag: Api) -> None:
    """Where it finds no room, or is there already, nothing of it is added."""
    digdag.send("PUT", "/mock/settings", {"executor.attempt_max_run": 3})
    before = digdag.get("/mock/state").json
    assert "Too many attempts" in (digdag.send("POST", "/mock/seed", {"data": "large"}).message or "")
    assert {**digdag.get("/mock/state").json, "settledAt": 0} == {**before, "settledAt": 0}
    assert digdag.send("POST", "/mock/seed", {"data": "demo"}).status == 200
    assert digdag.send("POST", "/mock/seed", {"data": "demo"}).status == 409


# Outcomes of outside operators


def test_scripts_say_what_operators_outside_do(hosted: Api) -> None:
    """Merged by task name; null takes one away; each is seen in state, log, error and duration."""
    workflow_id = hosted.push_hello("+q: {td_wait_table>: x}\n+p: {http>: 'https://localhost/${answer}'}\n")
    hosted.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    hosted.send("PUT", "/mock/scripts", {"+hello+q": {"seconds": 60, "log": ["42 rows"], "store": {"answer": 42}}})
    failing = {"outcome": "error", "error": {"message": "no such host"}}
    scripts = hosted.send("PUT", "/mock/scripts", {"+hello+p": failing}).json["scripts"]
    assert scripts.keys() == {"+hello+q", "+hello+p"}
    hosted.start(workflow_id)
    assert hosted.get("/api/attempts/1").json["status"] == "running"
    hosted.send("POST", "/mock/clock", {"advance": 60})
    assert hosted.get("/api/attempts/1").json["status"] == "error"
    tasks = {task["fullName"]: task for task in hosted.get("/api/attempts/1/tasks").json["tasks"]}
    assert tasks["+hello+q"]["storeParams"] == {"answer": 42}
    assert tasks["+hello+p"]["error"]["message"] == "no such host"
    assert hosted.send("PUT", "/mock/scripts", {"+hello+p": None}).json["scripts"].keys() == {"+hello+q"}
    assert (
        hosted.call("DELETE", "/mock/scripts").json
        == hosted.get("/mock/scripts").json
        == {"scripts": {}, "unknownTasks": {}}
    )


@pytest.mark.parametrize(
    "script",
    [1, {"outcome": "maybe"}, {"seconds": -1}, {"log": "x"}, {"error": []}, {"store": 1}, {"colour": "red"}],
)
def test_a_wrong_script_is_named(digdag: Api, script: object) -> None:
    """A 400 with the task's name, and no script is changed."""
    digdag.send("PUT", "/mock/scripts", {"+a+b": {"seconds": 1}})
    response = digdag.send("PUT", "/mock/scripts", {"+a+b": None, "+w+t": script})
    assert response.status == 400
    assert "+w+t" in (response.message or "")
    assert digdag.get("/mock/scripts").json["scripts"] == {"+a+b": {"seconds": 1}}


def test_a_script_for_a_task_that_does_not_exist_is_told(digdag: Api) -> None:
    """Every response about scripts names those that no task has, with the names that were perhaps meant."""
    digdag.push_hello("+load:\n  sh>: x\n")
    shown = digdag.send("PUT", "/mock/scripts", {"+hello+load": {}, "+hello+laod": {}, "+other": {}}).json
    assert shown["unknownTasks"] == {"+hello+laod": ["+hello+load"], "+other": []}
