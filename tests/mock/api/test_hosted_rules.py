"""Rules of the hosted service that no open-source server has."""

from __future__ import annotations

import pytest

from tests.support.mock.api import HELLO, Api
from treasure_workflow_mock import MockService


@pytest.mark.parametrize(("region", "limit"), [("aws", 200), ("aws-tokyo", 200), ("eu01", 300), ("ap02", 100)])
def test_a_region_sets_the_limit_of_attempts(hosted: Api, region: str, limit: int) -> None:
    """The default pool has the region's limit, unless the account's own was changed."""
    assert hosted.send("PUT", "/mock/settings", {"region": region}).status == 200
    assert hosted.get("/api/pools").json["pools"][0]["concurrencyLimit"] == limit
    hosted.send("PUT", "/mock/settings", {"executor.attempt_max_run": 7, "region": "eu01"})
    assert hosted.get("/api/pools").json["pools"][0]["concurrencyLimit"] == 7


def test_a_bearer_token_opens_its_account(hosted: Api) -> None:
    """A token that no account has in its settings is 401, and one that is taken away again."""
    hosted.push_hello()
    with_token = {"Authorization": "Bearer s3cr3t-token"}
    assert hosted.call("GET", "/api/projects", headers=with_token).status == 401
    hosted.send("PUT", "/mock/settings", {"auth.bearer_token": "s3cr3t-token"})
    assert len(hosted.call("GET", "/api/projects", headers=with_token).json["projects"]) == 1
    hosted.send("PUT", "/mock/settings", {"auth.bearer_token": None})
    assert hosted.call("GET", "/api/projects", headers=with_token).status == 401


def test_starts_may_always_queue(hosted: Api) -> None:
    """By the announced rule a start waits for its pool, and may not ask to be refused instead."""
    workflow_id = hosted.push_hello("+w:\n  wait>: 1h\n")
    hosted.send("PUT", "/mock/settings", {"executor.attempt_max_run": 1})
    assert hosted.start(workflow_id).status == 200
    assert "Too many attempts running" in str(hosted.start(workflow_id, "2024-05-10T00:00:00Z").message)
    hosted.send("PUT", "/mock/settings", {"api.start_always_queues": True})
    assert hosted.start(workflow_id, "2024-05-10T00:00:00Z").json["status"] == "queued"
    refused = hosted.start(workflow_id, "2024-05-11T00:00:00Z", allowQueueing=False)
    assert (refused.status, "allowQueueing=false" in str(refused.message)) == (400, True)


def test_waiting_and_running_have_limits_of_their_own(hosted: Api) -> None:
    """The two refusals are told apart by their words."""
    workflow_id = hosted.push_hello("+w:\n  wait>: 1h\n")
    hosted.send("PUT", "/mock/settings", {"executor.attempt_max_run": 1, "pool.max_waiting_attempts": 1})
    days = [f"2024-05-{day:02}T00:00:00Z" for day in range(1, 4)]
    assert [hosted.start(workflow_id, day, allowQueueing=True).status for day in days] == [200, 200, 400]
    assert hosted.start(workflow_id, days[2], allowQueueing=True).message == (
        "Too many attempts waiting. Limit: 1, Current: 1"
    )
    assert hosted.start(workflow_id, days[2]).message == "Too many attempts running. Limit: 1, Current: 1"


def test_enabling_needs_no_body(hosted: Api, digdag: Api) -> None:
    """The contract calls the body optional; an open-source server cannot do without its type."""
    for api, status in ((hosted, 200), (digdag, 400)):
        api.push_hello("schedule:\n  daily>: 01:00:00\n" + HELLO)
        assert api.call("POST", "/api/schedules/1/enable").status == status


def test_revisions_tell_who_made_them(hosted: Api, digdag: Api) -> None:
    """The hosted service names the user; an open-source server knows none."""
    for api, fields in ((hosted, {"id", "name", "email"}), (digdag, set())):
        api.push_hello()
        (revision,) = api.get("/api/projects/1/revisions").json["revisions"]
        assert set(revision["userInfo"].get("td", {}).get("user", {})) == fields


def test_full_names_of_tasks_are_bounded(hosted: Api, digdag: Api) -> None:
    """More than 640 bytes are refused when a project is pushed, and fail the task that makes them."""
    deep = "+" + "a" * 200
    text = f"{deep}:\n  {deep}:\n    {deep}:\n      {deep}:\n        echo>: x\n"
    assert digdag.upload({"w.dig": text}).status == 200
    refused = hosted.upload({"w.dig": text})
    assert (refused.status, "640 bytes" in str(refused.message)) == (400, True)
    inner = "+deepest:\n  echo>: x\n"
    for _ in range(4):
        inner = f"{deep}:\n" + "".join(f"  {line}\n" for line in inner.splitlines())
    generated = "".join(f"    {line}\n" for line in inner.splitlines())
    workflow_id = hosted.push_hello(f"+t:\n  if>: true\n  _do:\n{generated}")
    hosted.start(workflow_id)
    assert "640 bytes" in hosted.get("/api/attempts/1/tasks").json["tasks"][1]["error"]["message"]


def trigger(project: str = "source", workflow: str = "load") -> str:
    named = f"  dependent_workflow_name: {workflow}\n  dependent_project_name: {project}\n"
    return f"trigger:\n  attempt>:\n{named}+r:\n  echo>: after\n"


def test_a_success_starts_what_waits_for_it(hosted: Api) -> None:
    """A workflow starts for the session time of the other, when that succeeds and not when it fails."""
    assert hosted.upload({"load.dig": "+a:\n  echo>: x\n", "bad.dig": "+a:\n  fail>: x\n"}, "source").status == 200
    pushed = hosted.upload({"after.dig": trigger(), "never.dig": trigger(workflow="bad")}, "sink")
    assert pushed.status == 200
    shown = hosted.get(f"/api/projects/{pushed.json['id']}/workflows/after").json
    assert shown["config"]["trigger"]["dependent_project_name"] == "source"
    workflows = {one["name"]: one["id"] for one in hosted.get("/api/workflows").json["workflows"]}
    hosted.start(workflows["load"])
    hosted.start(workflows["bad"])
    attempts = hosted.get("/api/attempts").json["attempts"]
    (after,) = [one for one in attempts if one["project"]["name"] == "sink"]
    assert (after["workflow"]["name"], after["sessionTime"]) == ("after", "2024-05-09T00:00:00+00:00")
    assert hosted.get(f"/api/attempts/{after['id']}").json["status"] == "success"


def test_a_triggered_attempt_queues(hosted: Api) -> None:
    """When the pool is full, it waits for its turn."""
    hosted.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    hosted.upload({"load.dig": "+a:\n  wait>: 10s\n", "long.dig": "+a:\n  wait>: 1h\n"}, "source")
    hosted.upload({"after.dig": trigger()}, "sink")
    workflows = {one["name"]: one["id"] for one in hosted.get("/api/workflows").json["workflows"]}
    hosted.start(workflows["load"])
    hosted.start(workflows["long"])
    hosted.send("PUT", "/mock/settings", {"executor.attempt_max_run": 1})
    hosted.send("POST", "/mock/clock", {"advance": 60})
    (after,) = hosted.get("/api/attempts?project=sink").json["attempts"]
    assert after["status"] == "queued"
    hosted.send("POST", "/mock/clock", {"advance": 3600})
    assert hosted.get(f"/api/attempts/{after['id']}").json["status"] == "success"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (trigger(project="nowhere"), "Dependent project 'nowhere' not found in trigger config"),
        ("trigger: x\n" + HELLO, "Parameter 'trigger' must be an object"),
        ("trigger: {daily>: x}\n" + HELLO, "Unknown trigger type: daily>"),
        ("trigger: {attempt>: }\n" + HELLO, "Parameter 'dependent_workflow_name' is required but not set"),
    ],
)
def test_a_trigger_that_means_nothing_is_refused(hosted: Api, digdag: Api, text: str, message: str) -> None:
    """The push says why; an open-source server knows no triggers at all."""
    assert message in str(hosted.upload({"w.dig": text}).message)
    assert "includes unknown keys: [trigger]" in str(digdag.upload({"w.dig": text}).message)


def test_thirty_tasks_run_at_once(hosted: Api) -> None:
    """Others of the account wait, first come first served, also those of other attempts."""
    hosted.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    tasks = "".join(f"  +t{number:02}:\n    td_run>: x\n" for number in range(40))
    workflow_id = hosted.push_hello(f"+g:\n  _parallel: true\n{tasks}")
    hosted.send("PUT", "/mock/scripts", {f"+hello+g+t{number:02}": {"seconds": 60} for number in range(40)})
    hosted.start(workflow_id)

    def states() -> list[str]:
        return [task["state"] for task in hosted.get("/api/attempts/1/tasks").json["tasks"][2:]]

    assert states() == ["running"] * 30 + ["ready"] * 10
    hosted.send("POST", "/mock/clock", {"advance": 60})
    assert states() == ["success"] * 30 + ["running"] * 10
    hosted.send("POST", "/mock/clock", {"advance": 60})
    assert hosted.get("/api/attempts/1").json["status"] == "success"


def test_a_task_that_waits_for_its_turn_can_be_killed(hosted: Api) -> None:
    """It ends at once, without having run."""
    hosted.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    workflow_id = hosted.push_hello("+a:\n  td_run>: x\n")
    hosted.send("PUT", "/mock/settings", {"agent.max_task_threads": 1})
    hosted.send("PUT", "/mock/scripts", {"+hello+a": {"seconds": 60}})
    hosted.start(workflow_id)
    hosted.start(workflow_id, "2024-05-10T00:00:00Z")
    assert hosted.get("/api/attempts/2/tasks").json["tasks"][1]["state"] == "ready"
    hosted.call("POST", "/api/attempts/2/kill")
    assert hosted.get("/api/attempts/2").json["status"] == "killed"
    assert hosted.get("/api/attempts/1").json["status"] == "running"


def test_waiting_tasks_outlast_a_snapshot(hosted: Api, hosted_service: MockService) -> None:
    """What is restored in the middle of a run goes on: what ran ends, what waited for it gets its turn."""
    hosted.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    workflow_id = hosted.push_hello("+g:\n  _parallel: true\n  +a:\n    td_run>: x\n  +b:\n    td_run>: x\n")
    hosted.send("PUT", "/mock/settings", {"agent.max_task_threads": 1})
    hosted.send("PUT", "/mock/scripts", {"+hello+g+a": {"seconds": 60}, "+hello+g+b": {"seconds": 60}})
    hosted.start(workflow_id)

    def states(api: Api) -> list[str]:
        return [task["state"] for task in api.get("/api/attempts/1/tasks").json["tasks"][2:]]

    assert states(hosted) == ["running", "ready"]
    other = Api(hosted_service.base_url)
    assert other.send("PUT", "/mock/state", hosted.get("/mock/state").json).status == 200
    other.send("POST", "/mock/clock", {"advance": 60})
    assert states(other) == ["success", "running"]
    other.send("POST", "/mock/clock", {"advance": 60})
    assert other.get("/api/attempts/1").json["status"] == "success"
