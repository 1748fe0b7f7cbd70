"""Invariants of all that reads: a listing pages as the contract says, and an open-source server leaves no field out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.openapi.contract import Operation, Schema, effective
from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants._working_requests import WORKING
from treasure_workflow_contract.sandbox.contents import KINDS, Sandbox, kind_in_path

_CONTRACT = effective()
READS = tuple(operation for operation in _CONTRACT.operations.values() if operation.method == "GET")
"""The operations that read."""
_OF_JSON = {operation.id: operation for operation in READS if "application/json" in operation.responses["200"]}
_OF_JSON_WITHOUT_POOLS = tuple(id for id, operation in _OF_JSON.items() if operation.tag != "Pool")
_A_WHILE = timedelta(minutes=10)  # longer than it takes to make a sandbox and look at it
# Fields that only the hosted service has; all others are in every recorded response of an open-source server, if null.
_HOSTED_ONLY = {
    "Attempt": {"poolId", "status"},
    "RestLogFileHandle": {"fileTimestamp"},
    "RestProject": {"metadata"},
    "RestRevisionCollection": {"pagination"},
    "RestSessionAttempt": {"poolId"},
}


def _rows_field(operation: Operation) -> str | None:
    """The field of a listing's response that holds its rows; None for an operation that lists nothing."""
    properties = _CONTRACT.resolve(_schema(operation))["properties"]
    arrays = [name for name, schema in properties.items() if schema.get("type") == "array"]
    return arrays[0] if arrays and "id" not in properties else None


def _schema(operation: Operation) -> Schema:
    return operation.responses["200"]["application/json"]


def parameters_of_something(operation: Operation, sandbox: Sandbox) -> dict[str, Any] | None:
    """Parameters for something that is there; None where there is nothing."""
    kinds = {name: kind_in_path(operation, name) for name in operation.parameters_in("path")}
    if operation.id == "getWorkflowByName":
        kinds["name"] = "workflow name"
    if operation.id == "getWorkflows":
        kinds["revision"] = "revision"
    if not all(sandbox.ensure(kind) for kind in kinds.values()):
        return None
    parameters = {name: sandbox.some(kind)[0] for name, kind in kinds.items()}
    if "session_time" in operation.parameters_in("query"):
        parameters["session_time"] = "2025-01-01T00:00:00Z"
    return parameters


def _responses(call: Caller, sandbox: Sandbox) -> Iterator[tuple[Operation, Any]]:
    """The JSON of every operation that reads and can be called; of a listing the rows that are the run's own."""
    for operation in _OF_JSON.values():
        if call.target.reason_to_skip(operation) is None:
            parameters = parameters_of_something(operation, sandbox)
            if parameters is not None:
                body = call(operation.id, {**parameters, **_where_own_rows_are(call, operation, sandbox)})
                yield operation, _own_part(call, operation, sandbox, body)


def _where_own_rows_are(call: Caller, operation: Operation, sandbox: Sandbox) -> dict[str, Any]:
    """The cursor of a listing of the whole account, just before the run's own rows where ids rise."""
    rule, kind = operation.pagination, KINDS.get(operation.pagination.get("items", ""), "")
    if call.target.writes == "nothing" or operation.parameters_in("path") or rule.get("order") != "asc":
        return {}
    ids = sandbox.ensure(kind) if kind in sandbox.kinds else []
    return {rule["cursor"]: min(ids) - 1} if ids and "cursor" in rule else {}


def _own_part(call: Caller, operation: Operation, sandbox: Sandbox, body: Any) -> Any:
    """A response without the rows of projects that others have."""
    rows = _rows_field(operation)
    if rows is None or call.target.writes == "nothing" or operation.parameters_in("path"):
        return body
    marker = sandbox.new_project_name("")

    def is_own(row: Any) -> bool:
        project = row if operation.id == "getProjects" else row.get("project")
        return project is None or str(project.get("name", "")).startswith(marker)

    return {**body, rows: [row for row in body[rows] if is_own(row)]}


@invariant(
    *(id for id in _OF_JSON_WITHOUT_POOLS if _rows_field(_OF_JSON[id])),
    writes=False,
    once=True,
)
def a_listing_pages_as_the_contract_says(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Its rows, their ids and the parameters that page it are where its rule has them."""
    cursors = {operation.pagination["cursor"] for operation in READS if "cursor" in operation.pagination}
    for operation, body in _responses(call, sandbox):
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


@invariant(
    *_OF_JSON_WITHOUT_POOLS,
    writes=False,
    once=True,
)
def an_open_source_server_leaves_no_field_out(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """What is empty is null there. The hosted service may leave it out, as the contract allows."""
    if call.target.flavour == "digdag":
        for operation, body in _responses(call, sandbox):
            for name, schema, value in _CONTRACT.objects(_schema(operation), body):
                lost = schema["properties"].keys() - value.keys() - _HOSTED_ONLY.get(name, set())
                call.equal(f"fields of {name} that are left out", sorted(lost), [])


@invariant("putProject", "disableSchedule", "skipSchedule", *_OF_JSON_WITHOUT_POOLS, once=True)
def what_was_made_just_now_is_dated_just_now(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Whatever it is, and by whatever operation it is shown; what is named as a time is one to the contract too."""
    made = datetime.fromisoformat(call("getProject", id=sandbox.some("project")[0])["createdAt"])
    for operation, body in _responses(call, sandbox):
        _check_dates(call, operation, made, body)
    for id in ("skipSchedule", "disableSchedule"):
        parameters, given = WORKING[id](sandbox)
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
