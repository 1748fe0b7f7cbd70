"""The effective contract as the checks read it: operations, parameters, and schemas as validators.

Nothing here comes from the generator or from schemathesis: what one of them misreads, this must not misread too.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, NamedTuple

import jsonschema_rs

Schema = Mapping[str, Any]

_METHODS = ("get", "put", "post", "patch", "delete")
# As RFC 3339 has it; the service writes years beyond four digits as ISO 8601 does.
_TIME = re.compile(
    r"(?:\d{4}|[+-]\d{5,})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?"
    r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_BOOLEANS = {"true": True, "false": False}
_WIDTHS = {"int32": 2**31, "int64": 2**63}


class Parameter(NamedTuple):
    """One parameter of an operation; `place` is `path`, `query` or `header`."""

    name: str
    place: str
    required: bool
    schema: Schema


class Operation(NamedTuple):
    """One operation; the dictionaries are the contract's own, by status and by media type."""

    id: str
    tag: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Schema]
    responses: Mapping[str, Mapping[str, Schema]]
    pagination: Mapping[str, Any]
    retry: Mapping[str, Any]

    @property
    def takes_input(self) -> bool:
        """Whether two calls can differ."""
        return bool(self.parameters or self.body)

    def documents(self, status: int) -> bool:
        """Whether the contract has a response of that status."""
        return str(status) in self.responses

    def parameters_in(self, place: str) -> dict[str, Parameter]:
        """The parameters of one place by name."""
        return {parameter.name: parameter for parameter in self.parameters if parameter.place == place}


class Contract:
    """A contract's operations by id. Each schema is compiled once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations = {operation.id: operation for operation in self._read_operations()}
        self._components = _as_json_schema(document["components"])
        self._validators: dict[str, jsonschema_rs.Draft4Validator] = {}

    def operation_at(self, method: str, path: str) -> Operation | None:
        """The operation that a call of this method and path, without a query, is of."""
        segments = path.split("/")
        for operation in self.operations.values():
            template = operation.path.split("/")
            if operation.method != method or len(template) != len(segments):
                continue
            if all(part.startswith("{") or part == given for part, given in zip(template, segments, strict=True)):
                return operation
        return None

    def resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference stands for; anything else as it is."""
        while "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def decoded(self, schema: Schema, text: str) -> Any:
        """The value that the text of a parameter stands for. Raises ValueError."""
        match self.resolve(schema).get("type"):
            case "integer":
                if not _INTEGER.fullmatch(text):
                    raise ValueError(f"{text!r} is no integer")
                return int(text)
            case "boolean":
                if text not in _BOOLEANS:
                    raise ValueError(f"{text!r} is no boolean")
                return _BOOLEANS[text]
            case _:
                return text

    def violations(self, schema: Schema, value: Any) -> Iterator[str]:
        """Where a JSON value breaks a schema, one line each."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {"allOf": [_as_json_schema(schema)], "components": self._components}
            self._validators[key] = jsonschema_rs.Draft4Validator(
                whole, validate_formats=True, formats={"date-time": _is_time}
            )
        for error in self._validators[key].iter_errors(value):
            path = "".join(f"/{part}" for part in error.instance_path)
            yield f"{path} {error.message}".strip()

    def variant(self, schema: Schema, value: Mapping[str, Any]) -> Schema | None:
        """A reference to the variant that an object says it is, where a schema is a union; None if it names none."""
        discriminator = self.resolve(schema).get("discriminator", {"propertyName": "", "mapping": {}})
        chosen = discriminator["mapping"].get(str(value.get(discriminator["propertyName"])))
        return None if chosen is None else {"$ref": chosen}

    def objects(self, schema: Schema, value: Any) -> Iterator[tuple[str, Schema, Mapping[str, Any]]]:
        """All objects in a JSON value whose fields a schema names, each with the name of its schema and that schema."""
        described = self.resolve(schema)
        if isinstance(value, list):
            for item in value:
                yield from self.objects(described.get("items", {}), item)
        elif isinstance(value, dict):
            if "discriminator" in described:
                yield from self.objects(self.variant(described, value) or {}, value)
            elif "properties" in described:
                yield name_of(schema), described, value
                for name, item in value.items():
                    yield from self.objects(described["properties"].get(name, {}), item)

    def _read_operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if method in item:
                    operation = item[method]
                    yield Operation(
                        id=operation["operationId"],
                        tag=operation["tags"][0],
                        method=method.upper(),
                        path=path,
                        parameters=tuple(
                            Parameter(read["name"], read["in"], read.get("required", False), read["schema"])
                            for read in map(self.resolve, item.get("parameters", []) + operation.get("parameters", []))
                        ),
                        body=self._content(operation.get("requestBody", {})),
                        responses={
                            status: self._content(response) for status, response in operation["responses"].items()
                        },
                        pagination=operation.get("x-pagination", {}),
                        retry=operation["x-retry"],
                    )

    def _content(self, value: Mapping[str, Any]) -> dict[str, Schema]:
        content = self.resolve(value).get("content", {})
        return {media_type: described["schema"] for media_type, described in content.items()}


def name_of(schema: Schema) -> str:
    """The name of a schema that is a reference to one; empty for one that is written out."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


@functools.cache
def effective() -> Contract:
    """The contract that the generated client was made from."""
    text = resources.files("treasure_workflow_api").joinpath("openapi.json").read_text(encoding="utf-8")
    return Contract(json.loads(text))


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _as_json_schema(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, the formats of integers become bounds."""
    if isinstance(schema, list):
        return [_as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _as_json_schema(item) for key, item in schema.items() if key != "nullable"}
    if schema.get("nullable") is True:
        plain["type"] = [schema["type"], "null"]
    if schema.get("type") == "integer" and schema.get("format") in _WIDTHS:
        width = _WIDTHS[schema["format"]]
        plain.setdefault("minimum", -width)
        plain.setdefault("maximum", width - 1)
    if schema.get("type") == "string":
        plain.pop("minimum", None)  # the published document bounds ids that are texts, which means nothing
    return plain
