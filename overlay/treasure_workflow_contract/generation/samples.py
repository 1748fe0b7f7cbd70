"""Values of a schema that are not drawn: with all that there can be, and with as little as counts as given.

What is rarely drawn is among the first; zero, false and the empty text, easily taken for nothing, are in the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treasure_workflow_contract.generation.calls import Call
from treasure_workflow_contract.openapi.contract import Contract, Schema

_BLANK: dict[str, Any] = {"string": "", "integer": 0, "boolean": False, "array": []}
_NEVER_EMPTY = {"date-time", "uuid"}


def full(contract: Contract, schema: Schema) -> list[Any]:
    """Objects with all their fields, lists with an item, and for the rest the contract's own examples.

    One value has the first of all choices; each further one has another choice at one place: another word of an enum,
    another variant of a union.
    """
    schema = contract.resolve(schema)
    if "discriminator" in schema:
        told, variants = (schema["discriminator"][key] for key in ("propertyName", "mapping"))
        resolved = [contract.resolve({"$ref": reference}) for reference in dict.fromkeys(variants.values())]
        return [
            {**full(contract, variant)[0], told: word}
            for variant in resolved
            for word in variant["properties"][told]["enum"]
        ]
    if "properties" in schema:
        choices = {name: full(contract, described) for name, described in schema["properties"].items()}
        first = {name: values[0] for name, values in choices.items()}
        return [first, *({**first, name: value} for name, values in choices.items() for value in values[1:])]
    if schema["type"] == "array":
        return [[item] for item in full(contract, schema["items"])]
    if schema["type"] == "object":
        return [{"key": "value"}]
    return list(schema.get("enum", [schema.get("example", _BLANK[schema["type"]])]))


def blank(contract: Contract, schema: Schema) -> Any:
    """The same with zero, false, empty texts and empty lists, where the schema allows these."""
    schema = contract.resolve(schema)
    if "properties" in schema:
        return {name: blank(contract, described) for name, described in schema["properties"].items()}
    value = _BLANK.get(schema.get("type", ""), {})
    return value if _is_allowed(contract, schema, value) else full(contract, schema)[0]


def blanked(contract: Contract, call: Call) -> Call:
    """The call with zero, false, empty texts and empty lists wherever it may have them."""
    operation = contract.operations[call.operation]
    query = {name: parameter.schema for name, parameter in operation.parameters_in("query").items()}
    body = call.body
    if isinstance(body, dict):
        (schema,) = map(contract.resolve, operation.body.values())
        body = {**body, **_blanks(contract, schema["properties"])}
    return Call(call.operation, call.path, {**call.query, **_blanks(contract, query)}, call.headers, body)


def _blanks(contract: Contract, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    resolved = {name: contract.resolve(schema) for name, schema in schemas.items()}
    values = {name: _BLANK[schema["type"]] for name, schema in resolved.items() if schema.get("type") in _BLANK}
    return {name: value for name, value in values.items() if _is_allowed(contract, resolved[name], value)}


def _is_allowed(contract: Contract, schema: Schema, value: Any) -> bool:
    return schema.get("format") not in _NEVER_EMPTY and not any(contract.violations(schema, value))
