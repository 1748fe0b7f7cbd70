"""Schemathesis' cases of the effective contract, with arguments that mean something at a target."""

from __future__ import annotations

import functools
import random
from collections.abc import Container, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.specs.openapi.schemas import OpenApiSchema

from treasure_workflow_contract.generation.calls import Call
from treasure_workflow_contract.generation.strategies import calls
from treasure_workflow_contract.openapi.contract import Operation, Schema, effective
from treasure_workflow_contract.sandbox.archives import archives, pack
from treasure_workflow_contract.sandbox.contents import kind_in_path
from treasure_workflow_contract.sandbox.own import FILES
from treasure_workflow_contract.sandbox.ownership import Ownership
from treasure_workflow_contract.transport.target import Target

schemathesis.openapi.media_type("application/gzip", archives())

T = TypeVar("T")
AnyCase = Case[Any]
"""A case of any operation."""
GOOD_ARCHIVE = pack(FILES)
"""An upload that no service refuses."""
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
# From a time that was drawn, or as often, a schedule would be followed for minutes.
_NEVER_DRAWN: dict[str, Any] = {"fromTime": "2098-12-30T00:00:00Z", "count": 2}
_GOOD_CALLS = 40
_AT_A_TIME = 8
_IDS_IN_BODIES = {"workflowId": "workflow"}


@functools.cache
def schema_of(*, key_needed: bool, writes: bool) -> OpenApiSchema:
    """The contract as schemathesis reads it. A target that is only read gets no methods that the contract lacks."""
    document = dict(effective().document)
    if not key_needed:
        del document["security"]
    schema = schemathesis.openapi.from_dict(document)
    assert isinstance(schema, OpenApiSchema)
    if not writes:
        schema.config.phases.coverage.unexpected_methods = set()
    return schema


def coverage_cases(target: Target, operation: str) -> list[AnyCase]:
    """One case for each boundary, type, combination and omission of an operation's arguments, in a fixed order."""
    # An open-source server takes whatever key it gets, unless its owner made it ask for a user.
    key_needed = target.key is not None and target.flavour == "hosted"
    schema = schema_of(key_needed=key_needed, writes=target.writes != "nothing")
    schema.coverage_unexpected_methods_seen.clear()  # or a path's methods are tried with its first operation alone
    generated = schema.find_operation_by_id(operation)
    random.seed(0)  # schemathesis draws some values from here
    # No public name leads to these cases but the one for pytest.
    cases = schema.iter_coverage_cases(generated, generation_modes=MODES, generation_config=schema.config.generation)
    return sorted(cases, key=_order)


def _order(case: AnyCase) -> str:
    body = "" if isinstance(case.body, NotSet) else case.body
    described = case.meta.phase.data.description if case.meta else ""
    return repr((described, case.method, case.path_parameters, case.query, sorted(case.headers.items()), body))


def drawn_cases(target: Target, operation: str, mode: GenerationMode) -> st.SearchStrategy[AnyCase]:
    """Cases that the contract allows, or that it does not."""
    return _plain_schema(target).find_operation_by_id(operation).as_strategy(generation_mode=mode)


def _plain_schema(target: Target) -> OpenApiSchema:
    """Without the key: to draw one for each case would only cost time, and wrong ones are among the coverage cases."""
    return schema_of(key_needed=False, writes=target.writes != "nothing")


def new_case(target: Target, operation: str, **parts: Any) -> AnyCase:
    """A case as it is written down: `query`, `body`, `media_type` and so on."""
    case: AnyCase = _plain_schema(target).find_operation_by_id(operation).Case(**parts)
    return case


class Supply:
    """Cases that are drawn as they are asked for, some at a time. The same for the same `start`."""

    def __init__(self, target: Target, start: int) -> None:
        self._target = target
        self._start = start
        self._cases: dict[tuple[str, GenerationMode], list[AnyCase]] = {}
        self._good: dict[str, list[Call]] = {}
        schema = _plain_schema(target)
        self._labels = {schema.find_operation_by_id(id).label: each for id, each in effective().operations.items()}

    def operation(self, case: AnyCase) -> Operation:
        """The operation that a case is of."""
        return self._labels[case.operation.label]

    def case(self, operation: str, mode: GenerationMode) -> AnyCase | None:
        """The next case of an operation; None if it has none of that kind."""
        left = self._cases.setdefault((operation, mode), [])
        if not left:
            self._start += 1
            try:
                left += _draw(drawn_cases(self._target, operation, mode), _AT_A_TIME, self._start)
            except Unsatisfiable:
                return None
        return left.pop()

    def good(self, operation: str) -> Call:
        """The next call whose arguments mean something."""
        left = self._good.setdefault(operation, [])
        if not left:
            self._start += 1
            left += good_calls(operation, self._start, _AT_A_TIME)
        return left.pop()


def good_calls(operation: str, start: int, most: int = _GOOD_CALLS) -> list[Call]:
    """Calls of an operation whose arguments mean something at any target; the same for the same `start`."""
    return _draw(calls(operation), most, start)


def _draw(strategy: st.SearchStrategy[T], most: int, start: int) -> list[T]:
    drawn: list[T] = []

    @seed(start)
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
    )
    @given(strategy)
    def draw(each: T) -> None:
        drawn.append(each)

    draw()
    return drawn


def fill_in(
    case: AnyCase,
    operation: Operation,
    good: Call,
    choice: int,
    ownership: Ownership,
    linked: Container[tuple[str, str | None]] = (),
) -> None:
    """Puts arguments of a call that means something in place of generated ones, where those are right by the contract.

    Two bits of `choice` for each say which ones stay as they were generated: those with both set, unless they would hit
    what is not the run's own. What is `linked`, by place and name, came out of an earlier response and stays, too.
    """
    bits = iter(f"{choice:0128b}"[::-1])

    def stays(kind: str | None, value: Any, place: str, name: str | None) -> bool:
        if (place, name) in linked or (place, None) in linked:
            return True
        may_stay = operation.method == "GET" or kind is None or ownership.may_name(kind, value)
        return next(bits) + next(bits) == "11" and may_stay

    whole = (None, None, "body", None)
    # The length of the body is HTTP's business: a false one means waiting for more.
    case.headers.pop("Content-Length", None)
    parameters = operation.parameters_in("path")
    for name, value in case.path_parameters.items():
        kind: str | None = kind_in_path(operation, name)
        text = unquote(str(value))
        if name in good.path and _is_right(parameters[name].schema, text) and not stays(kind, text, "path", name):
            put_in_path(case, name, good.path[name])
    parameters = operation.parameters_in("query")
    for name, value in case.query.items():
        if name not in good.query or name not in parameters or not _is_right(parameters[name].schema, value):
            continue
        # No text is nobody's name.
        kind = "project name" if operation.id == "putProject" and name == "project" else None
        if not stays(kind, value, "query", name):
            case.query[name] = _in_query(good.query[name])
    if isinstance(case.body, dict) and isinstance(good.body, dict):
        whole_body: dict[str, Any] = {name: _NEVER_DRAWN.get(name, value) for name, value in good.body.items()}
        instead = {**whole_body, **_NEVER_DRAWN}
        case.body = {
            name: instead[name]
            if name in instead
            and not any(effective().violations(schema, value))
            and (name in _NEVER_DRAWN or not stays(_IDS_IN_BODIES.get(name), value, "body", name))
            else value
            for name, value, schema in _fields(operation, case.body)
        }
        if _is_allowed(case) and not any(("body", name) in linked for name in case.body) and not stays(*whole):
            case.body = {**whole_body, **case.body}
    elif isinstance(good.body, bytes) and _is_allowed(case) and not stays(*whole):
        case.body = GOOD_ARCHIVE


def _is_allowed(case: AnyCase) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _fields(operation: Operation, body: Mapping[str, Any]) -> Iterator[tuple[str, Any, Schema]]:
    (schema,) = map(effective().resolve, operation.body.values())
    for name, value in body.items():
        yield name, value, schema.get("properties", {}).get(name, {})


def _is_right(schema: Schema, value: Any) -> bool:
    try:
        decoded_value = effective().decoded(schema, value) if isinstance(value, str) else value
    except ValueError:
        return False
    return not any(effective().violations(schema, decoded_value))


def put_in_path(case: AnyCase, name: str, value: Any) -> None:
    """Sets a parameter of the path, but not to dots alone: libraries of HTTP resolve them however they are written."""
    if value not in {".", ".."}:
        case.path_parameters[name] = quote(str(value), safe="", errors="surrogatepass")


def _in_query(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
