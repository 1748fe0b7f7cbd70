"""Laws of all that reads: a listing pages as the contract says, and an open-source server leaves no field out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.contract import Operation, Schema, effective
from treasure_workflow_contract.laws._law import Caller, law
from treasure_workflow_contract.laws._working import WORKING
from treasure_workflow_contract.world import World, kind_in_path

_CONTRACT = effective()
READS = tuple(operation for operation in _CONTRACT.operations.values() if operation.method == "GET")
"""The operations that read."""
_OF_JSON = {operation.id: operation for operation in READS if "application/json" in operation.responses["200"]}
_OF_JSON_WITHOUT_POOLS = tuple(id for id, operation in _OF_JSON.items() if operation.tag != "Pool")
_A_WHILE = timedelta(minutes=10)  # longer than it takes to make a world and look at it
# Fields that only the hosted service has; all others are in every recorded answer of an open-source server, if null.
_HOSTED_ONLY = {
    "Attempt": {"poolId", "status"},
    "RestLogFileHandle": {"fileTimestamp"},
    "RestProject": {"metadata"},
    "RestRevisionCollection": {"pagination"},
    "RestSessionAttempt": {"poolId"},
}


def _rows_field(operation: Operation) -> str | None:
    """The field of a listing's answer that holds its rows; None for an operation that lists nothing."""
    properties = _CONTRACT.resolve(_schema(operation))["properties"]
    arrays = [name for name, schema in properties.items() if schema.get("type") == "array"]
    return arrays[0] if arrays and "id" not in properties else None


def _schema(operation: Operation) -> Schema:
    return operation.responses["200"]["application/json"]


def parameters_of_something(operation: Operation, world: World) -> dict[str, Any] | None:
    """Parameters for something that is there; None where there is nothing."""
    kinds = {name: kind_in_path(operation, name) for name in operation.parameters_in("path")}
    if operation.id == "getWorkflowByName":
        kinds["name"] = "workflow name"
    if operation.id == "getWorkflows":
        kinds["revision"] = "revision"
    if not all(world.held(kind) for kind in kinds.values()):
        return None
    parameters = {name: world[kind][0] for name, kind in kinds.items()}
    if "session_time" in operation.parameters_in("query"):
        parameters["session_time"] = "2025-01-01T00:00:00Z"
    return parameters


def _answers(call: Caller, world: World) -> Iterator[tuple[Operation, Any]]:
    """The JSON of every operation that reads and can be called."""
    for operation in _OF_JSON.values():
        if call.target.reason_to_skip(operation) is None:
            parameters = parameters_of_something(operation, world)
            if parameters is not None:
                yield operation, call(operation.id, parameters)


@law(
    *(id for id in _OF_JSON_WITHOUT_POOLS if _rows_field(_OF_JSON[id])),
    writes=False,
    once=True,
)
def a_listing_pages_as_the_contract_says(call: Caller, world: World, _: None, data: st.DataObject) -> None:
    """Its rows, their ids and the parameters that page it are where its rule has them."""
    cursors = {operation.pagination["cursor"] for operation in READS if "cursor" in operation.pagination}
    for operation, body in _answers(call, world):
        rule, rows = operation.pagination, _rows_field(operation)
        if rows is None:
            call.equal("the rule of what is no listing", dict(rule), {})
            continue
        call.true("the contract does not say how this listing pages", rule)
        call.equal("the field of the rows", rule["items"], rows)
        query = operation.parameters_in("query")
        named = {rule[part] for part in ("cursor", "size", "orderParameter") if part in rule}
        call.true(f"no parameters {named - query.keys()}", named <= query.keys())
        call.equal("whether there is a cursor", "cursor" in rule, rule["rule"] != "none")
        call.true("nothing but the first page can be asked for", "cursor" in rule or not cursors & query.keys())
        if "id" in rule:
            ids = [row[rule["id"]] for row in body[rows]]
            call.equal("ids of rows", len(set(ids)), len(ids))
            if rule["rule"] != "next-link":
                call.true("an id is no number", all(int(id) for id in ids))


@law(
    *_OF_JSON_WITHOUT_POOLS,
    writes=False,
    once=True,
)
def an_open_source_server_leaves_no_field_out(call: Caller, world: World, _: None, data: st.DataObject) -> None:
    """What is empty is null there. The hosted service may leave it out, as the contract allows."""
    if call.target.flavour == "digdag":
        for operation, body in _answers(call, world):
            for name, schema, value in _CONTRACT.objects(_schema(operation), body):
                lost = schema["properties"].keys() - value.keys() - _HOSTED_ONLY.get(name, set())
                call.equal(f"fields of {name} that are left out", sorted(lost), [])


@law("putProject", "disableSchedule", "skipSchedule", *_OF_JSON_WITHOUT_POOLS, once=True)
def what_was_made_just_now_is_dated_just_now(call: Caller, world: World, _: None, data: st.DataObject) -> None:
    """Whatever it is, and by whatever operation it is shown; what is named as a time is one to the contract too."""
    made = datetime.fromisoformat(call("getProject", id=world["project"][0])["createdAt"])
    for operation, body in _answers(call, world):
        _check_dates(call, operation, made, body)
    for id in ("skipSchedule", "disableSchedule"):
        parameters, given = WORKING[id](world)
        body = call(id, parameters, **({} if given is None else {"body": given}))
        _check_dates(call, _CONTRACT.operations[id], made, body)


def _check_dates(call: Caller, operation: Operation, made: datetime, body: Any) -> None:
    for name, schema, value in _CONTRACT.objects(_schema(operation), body):
        for field, item in value.items():
            if field.endswith(("At", "Time")) and item is not None:
                known = _CONTRACT.resolve(schema["properties"][field]).get("format")
                call.equal(f"the contract's format of {field} of {name}", known, "date-time")
            if (field.endswith("At") or field == "fileTime") and isinstance(item, str):
                apart = abs(datetime.fromisoformat(item) - made)
                call.true(f"{field} is {item}, and the project was made at {made}", apart < _A_WHILE)
