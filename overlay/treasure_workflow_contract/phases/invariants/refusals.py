"""Invariants of refusals: what is not there is a 404 that says so, what cannot be read is refused, everywhere."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.generation.calls import NO_BODY
from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants._working_requests import WORKING
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

_OPERATIONS = effective().operations
_ID = "integer"
# What an operation is to be sent, so that nothing but the id is wrong.
_BODIES: dict[str, Any] = {
    "backfillSchedule": {"fromTime": "2025-01-01T00:00:00Z", "attemptName": "x", "count": 1, "dryRun": True},
    "enableSchedule": {},
    "putProjectSecret": {"value": "x"},
    "skipSchedule": {"nextTime": "2099-01-01T00:00:00Z", "dryRun": True},
    "updatePool": {"name": "x"},
    "updatePoolRule": {"priority": 5},
}
_QUERIES: dict[str, dict[str, Any]] = {
    "getWorkflowTruncatedSessionTime": {"session_time": "2025-01-01T00:00:00Z"},
    "getWorkflows": {"revision": "1"},
}
_OTHERS = {"key": "api_key", "name": "nightly", "file_name": "+a@0.log.gz"}


def _by_id(*, reads: bool) -> tuple[str, ...]:
    return tuple(
        operation.id for operation in _OPERATIONS.values() if _id_of(operation) and (operation.method == "GET") == reads
    )


def _id_of(operation: Operation) -> str | None:
    return next(
        (name for name, parameter in operation.parameters_in("path").items() if parameter.schema.get("type") == _ID),
        None,
    )


def _check_unknown(call: Caller, operation: Operation) -> None:
    name = _id_of(operation)
    assert name is not None
    wide = operation.parameters_in("path")[name].schema.get("format") == "int64"
    others = {other: _OTHERS[other] for other in operation.parameters_in("path") if other != name}
    body = _BODIES.get(operation.id, NO_BODY)
    query = {**others, **_QUERIES.get(operation.id, {})}
    beyond = 2**63 if wide else 2**31
    for id in (0, -1, 2**31 - 1, beyond - 1, -beyond):
        error = call(operation.id, {**query, name: id}, body=body, status=(404,))
        call.equal("the error", sorted(error), ["message", "status"])
        call.equal("the error's status", error["status"], 404)
        call.true("the error does not say what is missing", error["message"])
    for none in ("none", beyond):
        bare = call.response(operation.id, {**query, name: none}, body=body)
        call.equal(f"the status for {none}, which is no id", bare.status, 404)


def _allowed(call: Caller, operations: tuple[str, ...]) -> list[str]:
    return [id for id in operations if call.target.reason_to_skip(_OPERATIONS[id]) is None]


@invariant(*(id for id in _by_id(reads=True) if "Pool" not in id), writes=False, once=True)
def unknown_ids_are_not_found(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Every operation that reads says so in the same form, and takes no other text for an id."""
    for id in _allowed(call, _by_id(reads=True)):
        _check_unknown(call, _OPERATIONS[id])


@invariant("putProject", *(id for id in _by_id(reads=False) if "Pool" not in id), once=True)
def unknown_ids_cannot_be_changed(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Nor does an operation that writes take them."""
    for id in _allowed(call, _by_id(reads=False)):
        _check_unknown(call, _OPERATIONS[id])


@invariant("putProject", "getProjects", once=True)
def a_push_names_a_revision(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """It may not be missing, and a project whose push was refused is not there."""
    name = sandbox.new_project_name("without a revision")
    call("putProject", project=name, body=pack({}), status=(400,))
    call.equal("the project", call("getProjects", name=name), {"projects": []})


@invariant("putProject", "startAttempt", "backfillSchedule", "putProjectSecret", once=True)
def what_is_as_long_as_can_be_is_taken(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Names, and a secret's value, one character shorter than what is refused."""
    longest = "x" * 255
    for operation, field in (("startAttempt", "retryAttemptName"), ("backfillSchedule", "attemptName")):
        parameters, body = WORKING[operation](sandbox)
        call(operation, parameters, body={**body, field: longest})
        for dry in ({}, {"dryRun": True}) if "dryRun" in body else ({},):
            call(operation, parameters, body={**body, **dry, field: longest + "x"}, status=(400,))
    parameters, _body = WORKING["putProjectSecret"](sandbox)
    call("putProjectSecret", {**parameters, "key": longest}, body={"value": "x" * 16384})
    parameters, body = WORKING["putProject"](sandbox)
    call("putProject", {**parameters, "revision": longest}, body=body)
