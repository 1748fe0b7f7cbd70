"""What the service makes of texts and values: what it takes though the contract forbids it, and what it cannot read.

The rules are those of its HTTP and JSON libraries, so they hold for every operation alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from treasure_workflow_contract.openapi.contract import Contract, Operation, Schema, effective
from treasure_workflow_contract.transport.messages import RawRequest
from treasure_workflow_contract.transport.target import Flavour

_INTEGER = re.compile(r"[+-]?\d+")
_WIDTHS = {"int32": 2**31, "int64": 2**63}
_BOOLEANS = {"true", "True", "false", "False", ""}
_OFFSET_TIME = re.compile(
    r"(?P<day>[+-]?\d{4,}-\d\d-\d\d)T(?P<time>\d\d:\d\d(?::\d\d(?:\.\d{0,9})?)?)"
    r"(?:Z|(?P<offset>[+-]\d\d:\d\d(?::\d\d)?))(?:\[[^]]+\])?",
    re.IGNORECASE,
)
_LOCAL_TIME = re.compile(r"[+-]?\d{4,}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{0,9})?)?", re.IGNORECASE)
_HOSTED_MODES = {"second", "minute"}
_LARGEST_OFFSET = "18:00"


class Sent(NamedTuple):
    """A request as the service reads it: texts of the path and of the query, each by its name, and the body."""

    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Any
    raw_body: bytes

    def first(self, name: str) -> str | None:
        """The value of a query parameter that the service goes by."""
        return self.query.get(name, [None])[0]

    def field(self, name: str) -> Any:
        """A field of the body; None when there is none, which is the same as null."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Break(NamedTuple):
    """Where a request breaks the contract, and which schema. `what` is `missing`, `repeated`, `null` or `value`."""

    place: str
    name: str
    what: str
    schema: Schema
    value: Any = None
    required: bool = True


def read(operation: Operation, request: RawRequest) -> Sent | None:
    """The request; None when its path is none of the operation's."""
    path, _, query = request.target.partition("?")
    template, segments = operation.path.split("/"), path.removesuffix("/").split("/")
    if len(template) != len(segments):
        return None
    values = {name[1:-1]: unquote(text) for name, text in zip(template, segments, strict=True) if name.startswith("{")}
    arrived: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        arrived.setdefault(name, []).append(value)
    try:
        body = json.loads(request.body) if request.body.strip() else None
    except ValueError:
        body = request.body
    return Sent(values, arrived, body, request.body)


def unreadable(operation: Operation, sent: Sent, flavour: Flavour) -> bool:
    """Whether an integer, a choice or a time of the path or query is none, so that no operation is found."""
    for name, parameter in operation.parameters_in("path").items():
        if not sent.path[name] or not _converts(parameter.schema, sent.path[name]):
            return True
    for name, parameter in operation.parameters_in("query").items():
        value = sent.first(name)
        if value is None:
            continue
        if not _converts(parameter.schema, value) or (name == "session_time" and not is_time(value)):
            return True
        if flavour == "digdag" and name == "mode" and value in _HOSTED_MODES:
            return True
    return False


def _converts(schema: Schema, text: str) -> bool:
    if "enum" in schema:
        return text in schema["enum"]
    return schema.get("type") != "integer" or is_integer(schema, text)


def is_integer(schema: Schema, text: str) -> bool:
    """Whether a text is an integer for Java: signs, leading zeros and any digits are fine, blanks are not."""
    width = _WIDTHS.get(schema.get("format", ""), 2**63)
    return _INTEGER.fullmatch(text) is not None and -width <= int(text) < width


def is_id(value: Any) -> bool:
    """Whether a value in a body is an id's number, or a text that is one."""
    return value is None or (not isinstance(value, bool | float) and is_integer({}, str(value)))


def is_instant(text: Any) -> bool:
    """Whether a text is a time with an offset for Java, which knows no leap seconds and no offsets beyond 18 hours."""
    match = _OFFSET_TIME.fullmatch(str(text).strip())
    if match is None or (match["offset"] or "+00:00")[1:6] > _LARGEST_OFFSET:
        return False
    year, _, rest = match["day"].lstrip("+-").partition("-")
    leap = 2000 if int(year) % 4 == 0 and (int(year) % 100 or int(year) % 400 == 0) else 2001
    try:
        datetime.fromisoformat(f"{leap}-{rest}T{match['time'][:8]}")
    except ValueError:
        return False
    return True


def is_time(text: Any) -> bool:
    """Whether a text is a time with an offset, or one without."""
    return is_instant(text) or (_LOCAL_TIME.fullmatch(str(text)) is not None and is_instant(f"{text}Z"))


def breaks(operation: Operation, sent: Sent) -> Iterator[Break]:
    """Where a request breaks the contract. Headers are left to HTTP."""
    contract = effective()
    for name, parameter in operation.parameters_in("path").items():
        yield from _text_breaks(contract, "path", name, parameter.schema, sent.path[name])
    for name, parameter in operation.parameters_in("query").items():
        schema = contract.resolve(parameter.schema)
        is_list = schema.get("type") == "array"
        values = sent.query.get(name, [])
        if not values and parameter.required:
            yield Break("query", name, "missing", schema)
        if len(values) > 1 and not is_list:
            yield Break("query", name, "repeated", schema, values)
        for value in values if is_list else values[:1]:
            yield from _text_breaks(contract, "query", name, schema["items"] if is_list else schema, value)
    if "application/json" in operation.body:
        whole = operation.body["application/json"]
        if isinstance(sent.body, bytes):  # no JSON at all
            yield Break("body", "", "value", contract.resolve(whole), sent.body)
        else:
            yield from _value_breaks(contract, "", whole, sent.body, required=True)


def _text_breaks(contract: Contract, place: str, name: str, schema: Schema, text: str) -> Iterator[Break]:
    try:
        broken = any(contract.violations(schema, contract.decoded(schema, text)))
    except ValueError:
        broken = True
    if broken:
        yield Break(place, name, "value", contract.resolve(schema), text)


def _value_breaks(contract: Contract, name: str, schema: Schema, value: Any, *, required: bool) -> Iterator[Break]:
    if not any(contract.violations(schema, value)):
        return
    resolved = contract.resolve(schema)
    variants = [
        list(_value_breaks(contract, name, each, value, required=required)) for each in resolved.get("oneOf", [])
    ]
    properties = resolved.get("properties", {})
    if value is None:
        yield Break("body", name, "null", resolved, required=required)
    elif variants:
        yield from min(variants, key=len)
    elif isinstance(value, dict) and properties:
        needed = resolved.get("required", [])
        for missing in set(needed) - value.keys():
            yield Break("body", missing, "missing", properties.get(missing, {}))
        for field, item in value.items():
            yield from _value_breaks(contract, field, properties.get(field, {}), item, required=field in needed)
    else:
        items = value if isinstance(value, list) and "items" in resolved else []
        inside = [
            each for item in items for each in _value_breaks(contract, name, resolved["items"], item, required=True)
        ]
        yield from inside or [Break("body", name, "value", resolved, value, required)]


def converts_in_body(schema: Schema, value: Any) -> bool:
    """Whether the service takes a scalar of another type for what the schema asks for."""
    if not isinstance(value, str | bool | int | float) or "enum" in schema:
        return False
    match schema.get("type"):
        case "boolean":
            return value in _BOOLEANS if isinstance(value, str) else not isinstance(value, float)
        case "integer" if value == "":
            return True
        case "integer" if isinstance(value, bool) or (isinstance(value, str) and not _INTEGER.fullmatch(value.strip())):
            return False
        case "integer":
            return not any(effective().violations(schema, int(value)))
        case "string" if schema.get("format") == "date-time":
            return isinstance(value, str) and (value == "" or is_instant(value))
        case "string":
            return not isinstance(value, str)
        case _:
            return False
