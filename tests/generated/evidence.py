"""Holds a contract against recorded answers and hosted shapes, and against what we promise of it beyond them."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from scripts.operations_table import operations
from tests import hosted_shapes, recordings

# Where the open-source server differs from the hosted service on purpose.
KNOWN = {
    ("putProjectSecret", "status 200"),  # hosted: 204 without a body
    ("deleteProjectSecret", "status 200"),  # hosted: 204 without a body
    ("getPools", "status 404"),  # the open-source server has no pools
    ("getPoolRules", "status 404"),  # the open-source server has no pools
}


@functools.cache
def _recorded() -> dict[str, list[recordings.Answer]]:
    """The recorded answers and the hosted shapes by operation, each shape once for each status."""
    found: dict[tuple[object, ...], recordings.Answer] = {}
    for answer in itertools.chain(recordings.answers(), hosted_shapes.within_the_contract()):
        if not answer.from_the_web_server:
            key = (answer.operation.id, answer.status, answer.content_type, _shape(answer.body))
            found.setdefault(key, answer)
    grouped: dict[str, list[recordings.Answer]] = {}
    for answer in found.values():
        grouped.setdefault(answer.operation.id, []).append(answer)
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
    """What the contract does not allow of the recorded answers: {(operation, what): the first place}."""
    found: dict[tuple[str, str], str] = {}
    checks = Checks(contract)
    for _, _, operation in operations(contract):
        for answer in _recorded().get(operation["operationId"], []):
            for what in checks.complaints(operation["responses"], answer):
                found.setdefault((operation["operationId"], what), answer.place)
    return {key: place for key, place in found.items() if key not in KNOWN}


class Checks:
    """A contract's schemas as validators, each compiled once."""

    def __init__(self, contract: dict[str, Any]) -> None:
        self._components = _plain(contract["components"])
        self._validators: dict[str, jsonschema_rs.Draft4Validator] = {}

    def complaints(self, responses: Mapping[str, Any], answer: recordings.Answer) -> Iterator[str]:
        """What an operation's responses do not allow of a recorded answer."""
        response = responses.get(str(answer.status))
        if response is None:
            yield f"status {answer.status}"
            return
        if "$ref" in response:
            response = self._components["responses"][response["$ref"].rsplit("/", 1)[-1]]
        content: Mapping[str, Any] = response.get("content", {})
        if "empty" not in answer.step["answer"] and answer.content_type and answer.content_type not in content:
            yield f"{answer.status}: content type {answer.content_type}"
        elif answer.body is not None and "application/json" in content:
            for error in self.errors(content["application/json"]["schema"], answer.body):
                yield f"{answer.status}: {error}"

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
