"""Schemathesis' cases of the effective contract, with arguments that mean something at a target."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.specs.openapi.schemas import OpenApiSchema

from treasure_workflow_contract.archives import archives
from treasure_workflow_contract.calls import Call
from treasure_workflow_contract.checks import decoded
from treasure_workflow_contract.contract import Operation, Schema, effective
from treasure_workflow_contract.ownership import KINDS, Ownership
from treasure_workflow_contract.target import Target

schemathesis.openapi.media_type("application/gzip", archives())

AnyCase = Case[Any]
"""A case of any operation."""
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
# From a time that was drawn, or as often, a schedule would be followed for minutes.
_NEVER_DRAWN = {"fromTime": "2098-12-30T00:00:00Z", "count": 2}
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
    # Links that schemathesis guesses are not the contract's.
    schema.config.phases.stateful.inference.algorithms = []
    return schema


def coverage_cases(target: Target, operation: str) -> list[AnyCase]:
    """One case for each boundary, type, combination and omission of an operation's arguments, in a fixed order."""
    schema = schema_of(key_needed=target.key is not None, writes=target.writes != "nothing")
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
    # A key drawn for each case would only cost time; wrong ones are among the coverage cases.
    schema = schema_of(key_needed=False, writes=target.writes != "nothing")
    return schema.find_operation_by_id(operation).as_strategy(generation_mode=mode)


def fill_in(case: AnyCase, operation: Operation, good: Call, choice: int, ownership: Ownership) -> None:
    """Puts arguments of a call that means something in place of generated ones, where those are right by the contract.

    Two bits of `choice` for each say which ones stay as they were generated: those with both set, unless they would hit
    what is not the run's own.
    """
    bits = iter(f"{choice:0128b}"[::-1])

    def stays(kind: str | None, value: Any) -> bool:
        may_stay = operation.method == "GET" or kind is None or ownership.may_name(kind, value)
        return next(bits) + next(bits) == "11" and may_stay

    # The length of the body is HTTP's business: a false one means waiting for more.
    case.headers.pop("Content-Length", None)
    segments = operation.path.split("/")
    parameters = operation.parameters_in("path")
    for name, value in case.path_parameters.items():
        kind = KINDS.get(segments[segments.index(f"{{{name}}}") - 1])
        text = unquote(str(value))
        if name in good.path and _is_right(parameters[name].schema, text) and not stays(kind, text):
            case.path_parameters[name] = _quoted(good.path[name])
    parameters = operation.parameters_in("query")
    for name, value in case.query.items():
        if name not in good.query or name not in parameters or not _is_right(parameters[name].schema, value):
            continue
        if (operation.id == "putProject" and name == "project") or not stays(None, value):
            case.query[name] = _in_query(good.query[name])
    if isinstance(case.body, dict) and isinstance(good.body, dict):
        instead = {**_NEVER_DRAWN, **good.body}
        case.body = {
            name: instead[name]
            if name in instead
            and not any(effective().violations(schema, value))
            and (name in _NEVER_DRAWN or not stays(_IDS_IN_BODIES.get(name), value))
            else value
            for name, value, schema in _fields(operation, case.body)
        }


def _fields(operation: Operation, body: Mapping[str, Any]) -> Iterator[tuple[str, Any, Schema]]:
    (schema,) = map(effective().resolve, operation.body.values())
    for name, value in body.items():
        yield name, value, schema.get("properties", {}).get(name, {})


def _is_right(schema: Schema, value: Any) -> bool:
    try:
        decoded_value = decoded(effective(), schema, value) if isinstance(value, str) else value
    except ValueError:
        return False
    return not any(effective().violations(schema, decoded_value))


def _quoted(value: Any) -> str:
    """A value as a segment of a path. Dots alone would be resolved."""
    text = quote(str(value), safe="", errors="surrogatepass")
    return text.replace(".", "%2E") if text in {".", ".."} else text


def _in_query(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
