"""Responses as a later or a careless service might send them: unknown fields, unknown enum values, `null`s.

What is a field and what is data of the user's own (params, configurations) is the contract's to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.http.openapi import find_contract

UNKNOWN_FIELD = "unknownField"
UNKNOWN_VALUE = "unknown_value"
Spoiler = Callable[[JsonObject, JsonObject], JsonObject]  # from an object's schema and value to the spoiled value


def _with_unknown_field(_schema: JsonObject, value: JsonObject) -> JsonObject:
    return {**value, UNKNOWN_FIELD: {"since": "tomorrow"}}


def _with_unknown_values(schema: JsonObject, value: JsonObject) -> JsonObject:
    enums = {name for name, property in schema["properties"].items() if "enum" in _resolved(property)}
    return {name: UNKNOWN_VALUE if name in enums and item is not None else item for name, item in value.items()}


def _with_nulls(schema: JsonObject, value: JsonObject) -> JsonObject:
    required = set(schema.get("required", ()))
    # A list without rows comes empty from the service, whatever it leaves out elsewhere.
    optional = [
        name
        for name, property in schema["properties"].items()
        if name not in required and _resolved(property).get("type") != "array"
    ]
    return {**value, **dict.fromkeys(optional, None)}


def _spoiler(change: Spoiler) -> Callable[[str, int, Json], Json]:
    def spoil(operation: str, status: int, value: Json) -> Json:
        return _walk(change, _response_schema(operation, status), value)

    return spoil


SPOILERS: dict[str, Callable[[str, int, Json], Json]] = {
    "unknown-fields": _spoiler(_with_unknown_field),
    "unknown-values": _spoiler(_with_unknown_values),
    "nulls": _spoiler(_with_nulls),
}
"""By kind of fault: the spoiled JSON of an operation's response with a status."""


def _walk(change: Spoiler, schema: JsonObject, value: Json) -> Json:
    schema = _resolved(schema)
    if isinstance(value, list):
        return [_walk(change, schema.get("items", {}), item) for item in value]
    if not isinstance(value, dict):
        return value
    for variant in schema.get("anyOf") or schema.get("oneOf") or ():
        if _fits(_resolved(variant), value):
            return _walk(change, variant, value)
    properties = schema.get("properties")
    if properties is None:
        return value
    return change(schema, {name: _walk(change, properties.get(name, {}), item) for name, item in value.items()})


def _fits(variant: JsonObject, value: JsonObject) -> bool:
    """Whether a value has what the variant's single-valued enums say: they tell variants apart."""
    properties = variant.get("properties", {}).items()
    return all(value.get(name) in schema["enum"] for name, schema in properties if "enum" in schema)


@cache
def _document() -> JsonObject:
    document: JsonObject = json.loads(find_contract().read_text(encoding="utf-8"))
    return document


def _resolved(schema: JsonObject) -> JsonObject:
    while "$ref" in schema:
        schema = _at(schema["$ref"])
    return schema


def _at(reference: str) -> JsonObject:
    value: Json = _document()
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    found: JsonObject = value
    return found


@cache
def _response_schema(operation_id: str, status: int) -> JsonObject:
    """The schema of an operation's response; an empty one where the contract has none."""
    for item in _document()["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                response = _resolved(operation["responses"].get(str(status), {}))
                for content in response.get("content", {}).values():
                    schema: JsonObject = content.get("schema", {})
                    return schema
    return {}
