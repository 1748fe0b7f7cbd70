"""Laws of repeated calls: a second try does what the contract's `x-retry` says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.archives import pack
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.laws._law import Caller, law
from treasure_workflow_contract.laws.attempts import start
from treasure_workflow_contract.world import World

_SECRET = "warehouse.password"
_BACKFILL = {"fromTime": "2098-12-31T00:00:00+09:00", "attemptName": "again", "dryRun": False}
_SKIP = {"nextTime": "2099-02-01T00:00:00+09:00", "dryRun": False}
_RULE = {"priority": 7, "conditions": [{"type": "invocation_type", "values": ["scheduled"]}]}

# Parameters and perhaps a body of a call that works, once at least. What deletes comes after what it deletes is used.
_CALLS: dict[str, Callable[[World], tuple[dict[str, Any], Any]]] = {
    "createPool": lambda world: ({}, {"name": world.new_project_name("pool"), "concurrencyLimit": 2}),
    "updatePool": lambda world: ({"poolId": world["pool"][1]}, {"concurrencyLimit": 2}),
    "createPoolRule": lambda world: ({}, {**_RULE, "poolId": str(world["pool"][1])}),
    "updatePoolRule": lambda world: ({"poolRuleId": world["pool rule"][0]}, {"priority": 8}),
    "deletePoolRule": lambda world: ({"poolRuleId": world["pool rule"][0]}, None),
    "deletePool": lambda world: ({"poolId": world["pool"][0]}, None),
    "putProjectSecret": lambda world: ({"id": world["project"][0], "key": _SECRET}, {"value": "x"}),
    "deleteProjectSecret": lambda world: ({"id": world["project"][0], "key": _SECRET}, None),
    "disableSchedule": lambda world: ({"id": world["schedule"][0]}, None),
    "enableSchedule": lambda world: ({"id": world["schedule"][0]}, {"skipSchedule": False}),
    "backfillSchedule": lambda world: ({"id": world["schedule"][0]}, _BACKFILL),
    "skipSchedule": lambda world: ({"id": world["schedule"][0]}, _SKIP),
    "startAttempt": lambda world: ({}, start(world, "nightly", "2025-01-01T00:00:00Z")),
    "killAttempt": lambda world: ({"id": world["attempt"][world["workflow name"].index("waiting")]}, None),
    "putProject": lambda world: (
        {"project": world["project name"][0], "revision": "again"},
        pack({"nightly.dig": "+a:\n  echo>: '1'\n"}),
    ),
    "deleteProject": lambda world: ({"id": world["project"][0]}, None),
}
# As long as something runs, and where there is nothing to skip, the same again is fine too.
_MAY_WORK_TWICE = {"killAttempt", "enableSchedule"}
assert _CALLS.keys() == {id for id, operation in effective().operations.items() if operation.method != "GET"}


_OF_POOLS = tuple(id for id in _CALLS if "Pool" in id)
_OF_PROJECTS = tuple(id for id in _CALLS if "Pool" not in id)


@law(*_OF_PROJECTS, once=True)
def a_second_try_is_safe_or_is_told(call: Caller, world: World, _: None, data: st.DataObject) -> None:
    """Where it is not safe to repeat a call, the second answer tells that the first try worked."""
    for operation in _OF_PROJECTS:
        _check(call, world, operation)


@law(*_OF_POOLS, once=True)
def a_second_try_at_a_pool_is_safe_or_is_told(call: Caller, world: World, _: None, data: st.DataObject) -> None:
    """The same for pools and their rules."""
    for operation in _OF_POOLS:
        _check(call, world, operation)


def _check(call: Caller, world: World, operation: str) -> None:
    parameters, body = _CALLS[operation](world)
    given = {} if body is None else {"body": body}
    retry = effective().operations[operation].retry
    call(operation, parameters, **given)
    second = call.answer(operation, parameters, **given).status
    works = 200 <= second < 300
    match retry["policy"]:
        case "safe":
            call.true(f"status {second} of a call that is safe to repeat", works)
        case "conflict-means-done":
            may_work = works and operation in _MAY_WORK_TWICE
            call.true(
                f"status {second} of a repeated call, not {retry['status']}", may_work or second == retry["status"]
            )
        case _:
            call.true("a call that is never repeated works twice", not works)
