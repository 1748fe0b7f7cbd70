"""Calls of one operation: what schemathesis makes of the contract, partly replaced by what exists and what is awkward.

Ids and names of things that exist are drawn as `Known`, so that most calls find something.
"""

from __future__ import annotations

import functools
from collections.abc import Container, Iterable
from typing import Any
from urllib.parse import unquote

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from treasure_workflow_contract.generation.calls import NO_BODY, Call, Known, NewProject
from treasure_workflow_contract.openapi.contract import Operation, Schema, effective
from treasure_workflow_contract.sandbox.archives import archives
from treasure_workflow_contract.sandbox.contents import kind_in_path

schemathesis.openapi.media_type("application/gzip", archives())

AWKWARD = st.sampled_from(
    [
        "a+b",
        "a/b",
        "100%",
        "%2F",
        "%zz",
        "größe 日本 😀",
        "a&b=c;d",
        "#?",
        ".",
        "..",
        "'()*!~",
        "\x00",
        "\\",
        " ",
        "\t\n",
        "^",
    ]
)
_EMPTY = st.just("")  # only a query can hold it: a path without one of its values is another path
# Near one another: nobody backfills the minutes of months at once.
_INSTANTS = st.sampled_from(["2098-12-30T00:00:00Z", "2099-02-01T12:00:00+09:00", "2099-01-03T00:00:00.5-03:30"])
_TIMES = _INSTANTS | st.sampled_from(
    ["2099-02-01T00:00:00", "2025-03-10T05:12", "2025-03-10", "+12345-01-01T00:00:00Z"]
)
_EXTREMES = st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0999-06-05T04:03:02.000001Z"])
_SIZES = st.sampled_from([2, 1, 0, 100, 101, -1])


def _known(kind: str, *, as_text: bool = False) -> st.SearchStrategy[Known]:
    return st.builds(Known, st.just(kind), st.integers(0, 3), st.just(as_text))


# Good values of query parameters and body fields, by their names; where a name means several things, by operation too.
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "attemptId": _known("attempt", as_text=True),
    "attemptName": st.just("backfill 1") | _known("attempt name"),
    "clear_schedule": st.lists(_known("workflow name"), max_size=2),
    "concurrencyLimit": st.integers(1, 10),
    "count": _SIZES,
    "from": st.sampled_from(["+load", "+stop"]),
    "fromTime": _INSTANTS,
    "last_id": st.integers(0, 5),
    "name_pattern": st.sampled_from(["night", "o", "%", ""]),
    "nextRunTime": _INSTANTS,
    "nextTime": _TIMES,
    "order": st.sampled_from(["asc", "desc"]),
    "page_size": _SIZES.filter(lambda size: size <= 100),
    "poolId": _known("pool", as_text=True),
    "priority": st.integers(98, 102),
    "project": _known("project name"),
    "projectName": _known("project name"),
    "revision": _known("revision"),
    "schedule_from": _INSTANTS.filter(lambda time: time.endswith("Z")),
    "sessionTime": _INSTANTS | _EXTREMES | _known("session time"),
    "session_time": _TIMES,
    "task": _known("task"),
    "workflow": _known("workflow name"),
    "workflowId": _known("workflow", as_text=True),
    "workflowName": _known("workflow name"),
    "backfillSchedule count": st.sampled_from([1, 2, 0, 100]),
    "getProjects name": _known("project name"),
    "getRevisions name": _known("revision"),
    "getWorkflowByName name": _known("workflow name"),
    "getWorkflowByName revision": _known("revision") | st.just(""),
    "getWorkflows name": _known("workflow name"),
    "putProject revision": st.just("next") | _known("revision"),
}
# A backfill, or a schedule, of all the days since the year that was drawn would keep the service busy for minutes.
_ALWAYS_REPLACED = {"fromTime", "schedule_from"}
# What a start may name besides what is its own: what is drawn may be anybody's.
_NOBODYS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("workflowId", "attemptId"), st.sampled_from(["-7", "0", "first", "", "-9223372036854775808"])),
    "projectName": st.builds(NewProject, AWKWARD),
}
_EDGES = {
    "int32": st.sampled_from([0, -1, 2**31 - 1, -(2**31)]),
    "int64": st.sampled_from([0, -1, 2**31, 2**63 - 1, -(2**63)]),
}


@functools.cache
def _schemathesis() -> Any:
    contract = effective().document
    # The key is the client's business; drawing one for each call would only cost time.
    return schemathesis.openapi.from_dict({key: value for key, value in contract.items() if key != "security"})


@functools.cache
def calls(operation_id: str) -> st.SearchStrategy[Call]:
    """Calls of an operation that the contract allows."""
    operation = effective().operations[operation_id]
    generated = _schemathesis().find_operation_by_id(operation_id)
    return _calls(operation, generated.as_strategy(generation_mode=GenerationMode.POSITIVE))


def histories(operation_id: str) -> st.SearchStrategy[list[Call]]:
    """What happened in the account before an operation that takes no arguments: it has no other inputs."""
    operations = effective().operations
    if operations[operation_id].parameters or operations[operation_id].body:
        return st.just([])
    makers = [id for id, op in operations.items() if op.tag == operations[operation_id].tag and op.method == "POST"]
    return st.lists(st.sampled_from(makers).flatmap(calls), max_size=3)


@st.composite
def _calls(draw: st.DrawFn, operation: Operation, cases: st.SearchStrategy[Any]) -> Call:
    case = draw(cases)
    body = NO_BODY if isinstance(case.body, NotSet) else plain(case.body)
    headers = {}
    if "Content-Length" in operation.parameters_in("header") and draw(st.booleans()):
        headers["Content-Length"] = len(body)  # no other value can be sent
    return Call(
        operation.id,
        path={name: _path_value(draw, operation, name, value) for name, value in case.path_parameters.items()},
        query={
            **_missing(draw, operation, operation.parameters_in("query"), case.query),
            **{name: _query_value(draw, operation, name, value) for name, value in case.query.items()},
        },
        headers=headers,
        body=_body_value(draw, operation, body),
    )


def _path_value(draw: st.DrawFn, operation: Operation, name: str, value: Any) -> Any:
    good = _VALUES.get(f"{operation.id} {name}")
    if good is None:
        good = _known(kind_in_path(operation, name))
    schema = operation.parameters_in("path")[name].schema
    chosen = _one_of(draw, schema, plain(value, schema, quoted=True), good)
    if operation.method != "GET" and isinstance(chosen, int):
        return -abs(chosen)  # what is drawn may be anybody's id, but no id is below 1
    return chosen


def _query_value(draw: st.DrawFn, operation: Operation, name: str, value: Any) -> Any:
    schema = operation.parameters_in("query")[name].schema
    if name in _ALWAYS_REPLACED:
        return draw(_VALUES[name])
    chosen = _one_of(draw, schema, plain(value, schema), _good(operation, name), AWKWARD | _EMPTY)
    if operation.id == "putProject" and name == "project" and isinstance(chosen, str):
        return NewProject(chosen)  # a name that is drawn may be anybody's
    return chosen


def _body_value(draw: st.DrawFn, operation: Operation, body: Any) -> Any:
    """A body in which fields that have good values get them more often than not."""
    if not isinstance(body, dict):
        return body
    (schema,) = map(effective().resolve, operation.body.values())
    return {
        **_missing(draw, operation, schema["properties"], body),
        **{name: _field_value(draw, operation, name, value) for name, value in body.items()},
    }


def _field_value(draw: st.DrawFn, operation: Operation, name: str, value: Any) -> Any:
    good = _good(operation, name)
    if good is not None and (name in _ALWAYS_REPLACED or draw(st.integers(0, 3))):
        return draw(good)
    if name in _NOBODYS:
        return draw(_NOBODYS[name])
    if isinstance(value, dict) and name != "params":
        return {key: _field_value(draw, operation, key, item) for key, item in value.items()}
    return value


def _missing(draw: st.DrawFn, operation: Operation, names: Iterable[str], given: Container[str]) -> dict[str, Any]:
    """Now and then more of the optional arguments: those that have good values. The smallest case has none of them."""
    good = {name: _good(operation, name) for name in names if name not in given}
    return {name: draw(values) for name, values in good.items() if values is not None and draw(st.integers(0, 3)) == 3}


def _good(operation: Operation, name: str) -> st.SearchStrategy[Any] | None:
    return _VALUES.get(f"{operation.id} {name}", _VALUES.get(name))


def _one_of(
    draw: st.DrawFn,
    schema: Schema,
    value: Any,
    good: st.SearchStrategy[Any] | None,
    texts: st.SearchStrategy[str] = AWKWARD,
) -> Any:
    """The value that was generated, an awkward one, or (more often than not) a good one."""
    choice = draw(st.integers(0, 9))  # even so, most operations have two ids to get right
    if choice >= 2 and good is not None:
        return draw(good)
    if choice == 1:
        awkward = draw(_EDGES.get(schema.get("format", ""), texts))
        return awkward if not any(effective().violations(schema, awkward)) else value
    return value


def plain(value: Any, schema: Schema | None = None, *, quoted: bool = False) -> Any:
    """A value as the contract means it: schemathesis has texts for booleans, and quotes what goes into a path."""
    if isinstance(value, str):
        text = unquote(value) if quoted else str(value)
        return text if schema is None else effective().decoded(schema, text)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return bytes(value.data) if hasattr(value, "data") else value
