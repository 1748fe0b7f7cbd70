"""Invariants of request bodies: what must be there, what null and values of another type stand for, what is refused."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.expectations.service_rules import HOSTED_ONLY
from treasure_workflow_contract.openapi.contract import Schema, effective
from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants._working_requests import WORKING
from treasure_workflow_contract.sandbox.contents import Sandbox

_OPERATIONS = {id: each for id, each in effective().operations.items() if "application/json" in each.body}
_OF_POOLS = tuple(id for id, operation in _OPERATIONS.items() if operation.tag == "Pool")
_OF_PROJECTS = tuple(id for id in _OPERATIONS if id not in _OF_POOLS)
# A null of it is false.
_FALSE_IF_NULL = {"dryRun"}
# What a field of a type is never made of. Scalars convert into texts.
_WRONG: dict[str, list[Any]] = {
    "string": [[], {}],
    "date-time": [[], {}, 1, "soon"],
    "integer": [[], {}, True, "two", 2**31],
    "boolean": [[], {}, "maybe"],
    "object": ["x", 1, []],
    "array": ["x", {}, []],
}
# Only what is sure to be no more than the field's type says of it.
_WRONG_BY_NAME: dict[str, list[Any]] = {
    "workflowId": [[], {}, True, "first"],
    "resume": [
        *("failed", 1, [], {}, {"attemptId": "1"}, {"mode": None, "attemptId": "1"}, {"mode": "failed"}),
        *({"mode": "from", "attemptId": "1"}, {"mode": "from", "from": "+load"}),
    ],
}


def _schema(operation: str) -> Schema:
    return effective().resolve(_OPERATIONS[operation].body["application/json"])


def _wrong(name: str, schema: Schema) -> list[Any]:
    if name in _WRONG_BY_NAME:
        return _WRONG_BY_NAME[name]
    resolved = effective().resolve(schema)
    return _WRONG[resolved["format"] if resolved.get("format") in _WRONG else resolved["type"]]


@invariant(*_OF_PROJECTS, "putProject", once=True)
def a_wrong_body_is_refused(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Without what it must have, with a value of another type, or with another body altogether."""
    for operation in _OF_PROJECTS:
        _check_wrong(call, sandbox, operation)


@invariant(*_OF_POOLS, once=True)
def a_wrong_body_about_pools_is_refused(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """The same for pools and their rules."""
    for operation in _OF_POOLS:
        _check_wrong(call, sandbox, operation)


def _check_wrong(call: Caller, sandbox: Sandbox, operation: str) -> None:
    parameters, good = WORKING[operation](sandbox)
    schema = _schema(operation)
    wrong: list[Any] = [[good], "x" if operation != "putProjectSecret" else 1]
    for name in schema.get("required", []):
        wrong.append({other: value for other, value in good.items() if other != name})
        if name not in _FALSE_IF_NULL:
            wrong.append({**good, name: None})
    for name, described in schema["properties"].items():
        if call.target.flavour == "hosted" or name not in HOSTED_ONLY:
            wrong += [{**good, name: value} for value in _wrong(name, described)]
    for body in wrong:
        error = call(operation, parameters, body=body, status=(400,))
        call.equal("the error's status", error["status"], 400)
    call(operation, parameters, body=good, content_type="text/plain", status=(400,))


@invariant(*_OF_PROJECTS, "putProject", once=True)
def null_is_as_good_as_absent(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """For every field that a body need not have."""
    for operation in _OF_PROJECTS:
        parameters, good = WORKING[operation](sandbox)
        call(operation, parameters, body={**dict.fromkeys(_schema(operation)["properties"]), **good})


@invariant(
    "enableSchedule", "startAttempt", "skipSchedule", "backfillSchedule", "putProjectSecret", "putProject", once=True
)
def no_body_will_do_where_nothing_is_asked_for(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """To enable a schedule without options takes null or nothing, all else takes an object."""
    parameters, _body = WORKING["enableSchedule"](sandbox)
    for body in (b"null", b"", b"{}"):
        call("enableSchedule", parameters, body=body)
    for operation in ("startAttempt", "skipSchedule", "backfillSchedule", "putProjectSecret"):
        parameters, _body = WORKING[operation](sandbox)
        for body in (b"null", b""):
            call(operation, parameters, body=body, status=(400,))


@invariant("skipSchedule", "startAttempt", "getSchedule", "putProjectSecret", "putProject")
def scalars_convert(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A number is as good as its text and a text as good as its number; some words are true, or false."""
    schedule = sandbox.some("schedule")[0]
    count = {"fromTime": "2099-01-01T00:00:00Z", "count": 2}
    shown = call("skipSchedule", id=schedule, body={**count, "dryRun": True})
    for value in ("2", " 2 ", 2.7):
        same = {**count, "count": value, "dryRun": data.draw(st.sampled_from(["true", "True", 1, 7]))}
        call.equal("the same skip", call("skipSchedule", id=schedule, body=same), shown)
    same = {**count, "nextTime": None, "dryRun": True}
    call.equal("the same skip", call("skipSchedule", id=schedule, body=same), shown)
    for name in ("count", "fromTime"):  # an empty text is none
        call("skipSchedule", id=schedule, body={**count, name: "", "dryRun": True}, status=(400,))
    told = data.draw(st.sampled_from([None, "", "false", "False", 0]))
    call("skipSchedule", id=schedule, body={**count, "dryRun": told})
    moved = call("getSchedule", id=schedule)["nextScheduleTime"]
    call.equal("the schedule's next session", moved, shown["nextScheduleTime"])
    parameters, body = WORKING["startAttempt"](sandbox)
    body = {**body, "workflowId": int(body["workflowId"]), "retryAttemptName": 5, "unknown": {}}
    call.equal("the name", call("startAttempt", parameters, body=body)["retryAttemptName"], "5")
    parameters, body = WORKING["putProjectSecret"](sandbox)
    call("putProjectSecret", parameters, body=body["value"])
