"""Values of a schema that are not drawn: one with all that there can be, and one with as little as counts as given.

What is rarely drawn is in the first; zero, false and the empty text, which are easily taken for nothing, in the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treasure_workflow_contract.calls import Call
from treasure_workflow_contract.contract import Contract, Schema

_BLANK: dict[str, Any] = {"string": "", "integer": 0, "boolean": False, "array": []}
_NEVER_EMPTY = {"date-time", "uuid"}


def full(contract: Contract, schema: Schema) -> Any:
    """An object with all its fields, a list with an item, and for the rest the contract's own examples."""
    schema = contract.resolve(schema)
    if "discriminator" in schema:
        return full(contract, {"$ref": next(iter(schema["discriminator"]["mapping"].values()))})
    if "properties" in schema:
        return {name: full(contract, described) for name, described in schema["properties"].items()}
    if schema["type"] == "array":
        return [full(contract, schema["items"])]
    if schema["type"] == "object":
        return {"key": "value"}
    return schema.get("example", _BLANK[schema["type"]])


def blank(contract: Contract, schema: Schema) -> Any:
    """The same with zero, false, empty texts and empty lists, where the schema allows these."""
    schema = contract.resolve(schema)
    if "properties" in schema:
        return {name: blank(contract, described) for name, described in schema["properties"].items()}
    value = _BLANK.get(schema.get("type", ""), {})
    return value if _is_allowed(contract, schema, value) else full(contract, schema)


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
