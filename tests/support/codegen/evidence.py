"""Holds a contract against recorded responses and hosted shapes, and against what we promise of it beyond them."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from scripts.codegen.package.operations_table import operations
from tests.support import hosted_shapes, recordings

# Where the open-source server differs from the hosted service on purpose.
KNOWN = {
    ("putProjectSecret", "status 200"),  # hosted: 204 without a body
    ("deleteProjectSecret", "status 200"),  # hosted: 204 without a body
    ("getPools", "status 404"),  # the open-source server has no pools
    ("getPoolRules", "status 404"),  # the open-source server has no pools
}


@functools.cache
def _recorded() -> dict[str, list[recordings.Response]]:
    """The recorded responses and the hosted shapes by operation, each shape once for each status."""
    found: dict[tuple[object, ...], recordings.Response] = {}
    for response in itertools.chain(recordings.responses(), hosted_shapes.within_the_contract()):
        if not response.from_the_web_server:
            key = (response.operation.id, response.status, response.content_type, _shape(response.body))
            found.setdefault(key, response)
    grouped: dict[str, list[recordings.Response]] = {}
    for response in found.values():
        grouped.setdefault(response.operation.id, []).append(response)
    return grouped


def _shape(value: Any) -> str:
    """What a schema can see of a value: keys, types and strings that could be of an enum or a format."""

    def shape(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: shape(item[key]) for key in sorted(item)}
        if isinstance(item, list):
            return sorted({json.dumps(shape(element)) for element in item})
        return item if isinstance(item, str) and item.isalpha() else type(item).__name__

    return json.dumps(shape(value))


def disagreements(contract: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What the contract does not allow of the recorded responses: {(operation, what): the first place}."""
    found: dict[tuple[str, str], str] = {}
    checks = Checks(contract)
    for _, _, operation in operations(contract):
        for response in _recorded().get(operation["operationId"], []):
            for what in checks.complaints(operation["responses"], response):
                found.setdefault((operation["operationId"], what), response.place)
    return {key: place for key, place in found.items() if key not in KNOWN}


class Checks:
    """A contract's schemas as validators, each compiled once."""

    def __init__(self, contract: dict[str, Any]) -> None:
        self._components = _plain(contract["components"])
        self._validators: dict[str, jsonschema_rs.Draft4Validator] = {}

    def complaints(self, responses: Mapping[str, Any], response: recordings.Response) -> Iterator[str]:
        """What an operation's responses do not allow of a recorded response."""
        declared = responses.get(str(response.status))
        if declared is None:
            yield f"status {response.status}"
            return
        if "$ref" in declared:
            declared = self._components["responses"][declared["$ref"].rsplit("/", 1)[-1]]
        content: Mapping[str, Any] = declared.get("content", {})
        if "empty" not in response.step["answer"] and response.content_type and response.content_type not in content:
            yield f"{response.status}: content type {response.content_type}"
        elif response.body is not None and "application/json" in content:
            for error in self.errors(content["application/json"]["schema"], response.body):
                yield f"{response.status}: {error}"

    def errors(self, schema: Any, value: Any) -> list[str]:
        """Where a value does not fit a schema of the contract."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {"allOf": [_plain(schema)], "components": self._components}
            self._validators[key] = jsonschema_rs.Draft4Validator(whole, validate_formats=False)
        found = []
        for error in self._validators[key].iter_errors(value):
            path = "/".join("*" if isinstance(part, int) else str(part) for part in error.instance_path)
            found.append(f"/{path} {error.message[:80]}")
        return found


def _plain(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: `nullable` becomes a type."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(item) for key, item in schema.items() if key != "nullable"}
    if schema.get("nullable"):
        plain["type"] = [schema["type"], "null"]
    return plain
