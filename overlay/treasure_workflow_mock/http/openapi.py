"""What `openapi.json`, the effective contract, says about each operation: method, path, parameters, media types."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from treasure_workflow_mock._types import Flavour, Json, JsonObject

ParameterKind = Literal["int32", "int64", "boolean", "string", "strings"]

# What an open-source server does not have. The contract is the hosted service's and cannot say so.
HOSTED_ONLY_TAGS = {"Pool"}
HOSTED_ONLY_PARAMETERS = {"page[after]", "page[size]", "skip_schedule"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    id: str
    tag: str
    method: str
    path: str
    path_parameters: dict[str, ParameterKind]
    query_parameters: dict[str, ParameterKind]
    consumes: str | None  # media type of the request body
    produces: str  # media type of the successful response


def find_contract() -> Path:
    """Where `openapi.json` lies, beside the code of the generated client, which is not imported for it."""
    spec = importlib.util.find_spec("treasure_workflow_api")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("openapi.json: the package treasure_workflow_api is not installed")
    return Path(spec.submodule_search_locations[0]) / "openapi.json"


def load_operations(path: Path | None = None) -> list[Operation]:
    """All operations of the contract at `path`, by default the installed one."""
    document: JsonObject = json.loads((path or find_contract()).read_text(encoding="utf-8"))
    return list(_operations(document))


def of_flavour(operations: list[Operation], flavour: Flavour) -> list[Operation]:
    """The operations that a service of this flavour has, with the parameters that it knows."""
    if flavour == "hosted":
        return operations
    return [
        replace(
            operation,
            query_parameters={
                name: kind for name, kind in operation.query_parameters.items() if name not in HOSTED_ONLY_PARAMETERS
            },
        )
        for operation in operations
        if operation.tag not in HOSTED_ONLY_TAGS
    ]


def _operations(document: JsonObject) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method not in {"get", "put", "post", "patch", "delete"}:
                continue
            parameters = [_resolve(document, parameter) for parameter in shared + operation.get("parameters", [])]
            body = _resolve(document, operation.get("requestBody", {}))
            yield Operation(
                id=operation["operationId"],
                tag=operation["tags"][0],
                method=method.upper(),
                path=path,
                path_parameters={p["name"]: _kind(document, p) for p in parameters if p["in"] == "path"},
                query_parameters={p["name"]: _kind(document, p) for p in parameters if p["in"] == "query"},
                consumes=next(iter(body.get("content", {})), None),
                produces=_produces(document, operation),
            )


def _produces(document: JsonObject, operation: JsonObject) -> str:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for media_type in _resolve(document, response).get("content", {}):
                return str(media_type)
    return "application/json"


def _kind(document: JsonObject, parameter: JsonObject) -> ParameterKind:
    schema = _resolve(document, parameter.get("schema", {}))
    match schema.get("type"):
        case "integer":
            return "int32" if schema.get("format") == "int32" else "int64"
        case "boolean":
            return "boolean"
        case "array":
            return "strings"
        case _:
            return "string"


def _resolve(document: JsonObject, value: Json) -> JsonObject:
    while "$ref" in value:
        name = value["$ref"]
        value = document
        for part in name.removeprefix("#/").split("/"):
            value = value[part.replace("~1", "/").replace("~0", "~")]
    found: JsonObject = value
    return found
