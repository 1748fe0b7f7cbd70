"""Invariants of repeated calls: a second try does what the contract's `x-retry` says of it."""

from __future__ import annotations

from hypothesis import strategies as st

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants._working_requests import WORKING
from treasure_workflow_contract.sandbox.contents import Sandbox

# As long as something runs, and where there is nothing to skip, the same again is fine too.
_MAY_WORK_TWICE = {"killAttempt", "enableSchedule"}


_OF_POOLS = tuple(id for id in WORKING if "Pool" in id)
_OF_PROJECTS = tuple(id for id in WORKING if "Pool" not in id)


@invariant(*_OF_PROJECTS, once=True)
def a_second_try_is_safe_or_is_told(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Where it is not safe to repeat a call, the second response tells that the first try worked."""
    for operation in _OF_PROJECTS:
        _check(call, sandbox, operation)


@invariant(*_OF_POOLS, once=True)
def a_second_try_at_a_pool_is_safe_or_is_told(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """The same for pools and their rules."""
    for operation in _OF_POOLS:
        _check(call, sandbox, operation)


def _check(call: Caller, sandbox: Sandbox, operation: str) -> None:
    parameters, body = WORKING[operation](sandbox)
    given = {} if body is None else {"body": body}
    retry = effective().operations[operation].retry
    call(operation, parameters, **given)
    second = call.response(operation, parameters, **given).status
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
