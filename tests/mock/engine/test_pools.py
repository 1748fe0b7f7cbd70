"""Pools and pool rules of the hosted flavour: the limits always add up, and what is in use stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mock.api import Api, Response
from treasure_workflow_mock import MockService

ACCOUNT_LIMIT = 200


def create(api: Api, name: str, limit: int) -> Response:
    """Creates a pool."""
    return api.send("POST", "/api/pools", {"name": name, "concurrencyLimit": limit})


def limits(api: Api) -> dict[str, int]:
    """The limit of each pool by its name."""
    return {pool["name"]: pool["concurrencyLimit"] for pool in api.get("/api/pools").json["pools"]}


def rule(**changes: Any) -> dict[str, Any]:
    """The body of a rule."""
    condition = {"type": "project_name", "operator": "starts_with", "values": ["jp_"]}
    return {"poolId": "2", "priority": 10, "conditions": [condition], **changes}


def test_the_default_pool_gives_and_takes(hosted: Api) -> None:
    """What a pool gets the default pool gives up, and a deleted pool's limit goes back to it."""
    assert limits(hosted) == {"default": ACCOUNT_LIMIT}
    created = create(hosted, "activation", 50)
    assert (created.status, created.json["default"]) == (201, False)
    assert limits(hosted) == {"default": 150, "activation": 50}
    path = f"/api/pools/{created.json['id']}"
    assert hosted.send("PATCH", path, {"concurrencyLimit": 70}).json["concurrencyLimit"] == 70
    assert limits(hosted) == {"default": 130, "activation": 70}
    assert hosted.send("PATCH", path, {"name": "renamed"}).json["concurrencyLimit"] == 70
    assert hosted.call("DELETE", path).json["name"] == "renamed"
    assert limits(hosted) == {"default": ACCOUNT_LIMIT}
    assert hosted.get(path).status == 404


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["create", "update", "delete"]), st.integers(0, 5), st.integers(-1, 120)), max_size=12
    )
)
def test_limits_always_add_up(hosted_service: MockService, changes: list[tuple[str, int, int]]) -> None:
    """After any changes, taken or refused, the limits add up to the account's, and each is at least 1."""
    api = Api(hosted_service.base_url)
    for change, number, limit in changes:
        if change == "create":
            create(api, f"pool {number}", limit)
        elif change == "update":
            api.send("PATCH", f"/api/pools/{number}", {"concurrencyLimit": limit})
        else:
            api.call("DELETE", f"/api/pools/{number}")
        shown = limits(api)
        assert sum(shown.values()) == ACCOUNT_LIMIT
        assert min(shown.values()) >= 1


def test_refused_pools(hosted: Api) -> None:
    """Names are unique, limits leave the default pool something, and the default pool cannot be touched."""
    assert create(hosted, "a", 50).status == 201
    assert create(hosted, "a", 1).status == 409
    assert create(hosted, "b", 150).status == 400
    for body in (
        {"name": "c"},
        {"concurrencyLimit": 1},
        {"name": "", "concurrencyLimit": 1},
        {"name": 1, "concurrencyLimit": 1},
    ):
        assert hosted.send("POST", "/api/pools", body).status == 400
    create(hosted, "d", 1)
    assert hosted.send("PATCH", "/api/pools/3", {"name": "a"}).status == 400
    default = next(pool["id"] for pool in hosted.get("/api/pools").json["pools"] if pool["default"])
    assert hosted.send("PATCH", f"/api/pools/{default}", {"name": "x"}).status == 400
    assert hosted.call("DELETE", f"/api/pools/{default}").status == 400
    assert hosted.call("DELETE", "/api/pools/77").status == 404


def test_rules_are_kept_by_priority(hosted: Api) -> None:
    """Rules are listed in the order in which they are tried; part of one can be changed; one can be deleted."""
    pool = create(hosted, "a", 5).json["id"]
    for priority in (20, 10):
        response = hosted.send("POST", "/api/pool_rules", rule(poolId=pool, priority=priority))
        assert (response.status, response.json["poolId"]) == (201, pool)
    assert [one["priority"] for one in hosted.get("/api/pool_rules").json["poolRules"]] == [10, 20]
    changed = hosted.send("PATCH", "/api/pool_rules/1", {"priority": 5}).json
    assert (changed["priority"], changed["conditions"]) == (5, rule()["conditions"])
    assert hosted.call("DELETE", f"/api/pools/{pool}").status == 400
    assert hosted.call("DELETE", "/api/pool_rules/1").json["id"] == "1"
    assert hosted.get("/api/pool_rules/1").status == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"priority": 0},
        {"priority": 10_001},
        {"priority": "10"},
        {"poolId": "77"},
        {"conditions": []},
        {"conditions": [{}]},
        {"conditions": ["x"]},
        {"conditions": rule()["conditions"] * 3},
        {"conditions": [{"type": "project_name", "values": ["x"]}]},
        {"conditions": [{"type": "invocation_type", "values": ["by hand"]}]},
        {"conditions": [{"type": "weather", "values": ["fine"]}]},
    ],
)
def test_refused_rules(hosted: Api, changes: dict[str, Any]) -> None:
    """A rule needs a free priority in range, a pool that there is, and one or two conditions of known types."""
    pool = create(hosted, "a", 5).json["id"]
    assert hosted.send("POST", "/api/pool_rules", rule(**{"poolId": pool, **changes})).status == 400
    assert hosted.get("/api/pool_rules").json == {"poolRules": []}
    assert hosted.send("POST", "/api/pool_rules", rule(poolId=pool)).status == 201
    assert hosted.send("POST", "/api/pool_rules", rule(poolId=pool)).status == 400
    assert hosted.send("PATCH", "/api/pool_rules/1", changes).status == 400


WAIT = "+pause:\n  wait>: 1h\n"


def attempt(api: Api, attempt_id: str) -> tuple[str, str, str]:
    """Id, pool and status of an attempt."""
    shown = api.get(f"/api/attempts/{attempt_id}").json
    return shown["id"], shown["poolId"], shown["status"]


def test_a_full_pool_refuses_or_queues(hosted: Api) -> None:
    """In a full pool a start fails, or waits if it may; what waits begins, in its order, when there is room."""
    workflow_id = hosted.push_hello(WAIT)
    pool = create(hosted, "small", 1).json["id"]
    conditions = [{"type": "workflow_name", "operator": "starts_with", "values": ["he"]}]
    hosted.send("POST", "/api/pool_rules", rule(poolId=pool, conditions=conditions))
    hosted.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    starts = [hosted.start(workflow_id, f"2024-05-0{day}T00:00:00Z", allowQueueing=day != 2) for day in (1, 2, 3, 4)]
    assert [start.status for start in starts] == [200, 400, 200, 200]
    assert "Too many attempts running. Limit: 1" in (starts[1].message or "")
    first, third, fourth = (starts[number].json["id"] for number in (0, 2, 3))
    assert attempt(hosted, first) == (first, pool, "running")
    assert [attempt(hosted, one)[2] for one in (third, fourth)] == ["queued", "queued"]
    assert hosted.get(f"/api/attempts/{third}/tasks").json == {"tasks": []}
    assert hosted.call("DELETE", f"/api/pools/{pool}").status == 400
    hosted.send("POST", "/mock/clock", {"advance": 3601})
    assert [attempt(hosted, one)[2] for one in (first, third, fourth)] == ["success", "running", "queued"]
    assert hosted.send("PATCH", f"/api/pools/{pool}", {"concurrencyLimit": 2}).status == 200
    assert attempt(hosted, fourth)[2] == "running"
    assert hosted.send("PATCH", f"/api/pools/{pool}", {"concurrencyLimit": 1}).status == 400


def test_only_so_many_attempts_wait_in_a_pool(hosted: Api) -> None:
    """Beyond the limit a start fails even if it may wait, and a backfill makes nothing at all."""
    workflow_id = hosted.push_hello("schedule: {daily>: '00:00:00'}\n" + WAIT)
    hosted.send("PUT", "/mock/settings", {"executor.attempt_max_run": 1, "pool.max_waiting_attempts": 1})
    starts = [hosted.start(workflow_id, f"2024-05-0{day}T00:00:00Z", allowQueueing=True) for day in (1, 2, 3)]
    assert [start.status for start in starts] == [200, 200, 400]
    assert starts[2].message == "Too many attempts waiting. Limit: 1, Current: 1"
    hosted.send("PUT", "/mock/settings", {"pool.max_waiting_attempts": 3})
    schedule = hosted.get("/api/schedules").json["schedules"][0]
    body = {"fromTime": "2020-01-01T00:00:00Z", "attemptName": "again", "dryRun": False}
    path = f"/api/schedules/{schedule['id']}/backfill"
    assert hosted.send("POST", path, {**body, "count": 3}).status == 400
    assert len(hosted.get("/api/attempts").json["attempts"]) == 2
    assert hosted.send("POST", path, {**body, "count": 2}).status == 200


def test_the_accounts_limit_leaves_the_default_pool_something(hosted: Api) -> None:
    """It cannot be set to what the other pools have, or to nothing."""
    create(hosted, "large", 120)
    for change in ({"executor.attempt_max_run": 120}, {"executor.attempt_max_run": 0}):
        refused = hosted.send("PUT", "/mock/settings", change)
        assert (refused.status, "executor.attempt_max_run" in (refused.message or "")) == (400, True)
    assert limits(hosted) == {"default": 80, "large": 120}
    hosted.send("PUT", "/mock/settings", {"executor.attempt_max_run": 121})
    assert limits(hosted) == {"default": 1, "large": 120}


def test_the_first_rule_that_holds_decides(hosted: Api) -> None:
    """By priority, the first rule of which all conditions hold gives the pool; else it is the default one."""
    workflow_id = hosted.push_hello()
    default = hosted.get("/api/pools").json["pools"][0]["id"]
    assert hosted.start(workflow_id).json["poolId"] == default
    pools = [create(hosted, name, 5).json["id"] for name in ("a", "b", "c")]
    by_project = {"type": "project_name", "operator": "starts_with", "values": ["none", "sh"]}
    scheduled = {"type": "invocation_type", "values": ["scheduled"]}
    on_demand = {"type": "invocation_type", "values": ["on_demand"]}
    for number, (pool, conditions) in enumerate(
        [(pools[0], [by_project, scheduled]), (pools[1], [on_demand, by_project]), (pools[2], [by_project])]
    ):
        hosted.send("POST", "/api/pool_rules", rule(poolId=pool, priority=number + 1, conditions=conditions))
    assert hosted.start(workflow_id, "2024-06-01T00:00:00Z").json["poolId"] == pools[1]
    hosted.call("DELETE", "/api/pool_rules/2")
    assert hosted.start(workflow_id, "2024-06-02T00:00:00Z").json["poolId"] == pools[2]
