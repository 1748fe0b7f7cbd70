"""What we promise of the effective contract beyond the recorded answers: each check names what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openapi_spec_validator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing.exceptions import PointerToNowhere

from scripts.operations_table import operations
from tests import recordings

REGIONS = ("aws", "aws-tokyo", "eu01", "ap02", "ap03")


def broken(contract: dict[str, Any]) -> list[str]:
    """Every promise that a contract breaks."""
    try:
        openapi_spec_validator.validate(contract)
    except (OpenAPIValidationError, PointerToNowhere) as error:
        return [f"the document is not valid: {str(error)[:80]}"]
    return [
        complaint
        for check in (_servers, _statuses, _bodies, _formats, _variants, _required, _parameters, _extensions, _links)
        for complaint in check(contract)
    ]


def _servers(contract: dict[str, Any]) -> Iterator[str]:
    if [server["description"] for server in contract["servers"]] != [*REGIONS, "mock"]:
        yield "the regions and the documentation's mock are not the servers"
    if contract["components"]["securitySchemes"]["ApiKeyAuth"].get("x-prefix") != "TD1":
        yield "the prefix of the Authorization header is missing"


def _statuses(contract: dict[str, Any]) -> Iterator[str]:
    for _, _, operation in operations(contract):
        for status in {"400", "401", "403"} - operation["responses"].keys():
            yield f"{operation['operationId']} lacks {status}"
        for status, response in operation["responses"].items():
            if status >= "400" and not _resolved(contract, response).get("content"):
                yield f"{operation['operationId']} {status} has no body"


def _bodies(contract: dict[str, Any]) -> Iterator[str]:
    for _, _, operation in operations(contract):
        body = operation.get("requestBody")
        if body and not body.get("required"):
            yield f"{operation['operationId']} can do without its body"
        for part in [body or {}, *operation["responses"].values()]:
            for media, details in _resolved(contract, part).get("content", {}).items():
                if media == "*/*":
                    yield f"{operation['operationId']} takes any media type"
                if media == "application/gzip" and details["schema"].get("format") != "binary":
                    yield f"{operation['operationId']} has gzip bytes as text"


def _formats(contract: dict[str, Any]) -> Iterator[str]:
    for schema, definition in contract["components"]["schemas"].items():
        for name, details in definition.get("properties", {}).items():
            if name in ("sessionTime", "nextScheduleTime") and details.get("format") != "date-time":
                yield f"{schema}.{name} is no time"
            if schema == "RestSetSecretRequest" and details.get("format") != "password":
                yield f"{schema}.{name} may be shown"


def _variants(contract: dict[str, Any]) -> Iterator[str]:
    schemas = contract["components"]["schemas"]
    for schema, definition in schemas.items():
        discriminator = definition.get("discriminator", {"mapping": {}})
        for value, reference in discriminator["mapping"].items():
            variant = reference.rsplit("/", 1)[-1]
            if schemas[variant]["properties"][discriminator["propertyName"]]["enum"] != [value]:
                yield f"{variant} of {schema} does not stand for {value} alone"


def _required(contract: dict[str, Any]) -> Iterator[str]:
    for schema, definition in contract["components"]["schemas"].items():
        for name in definition.get("required", []):
            if name not in definition.get("properties", {}):
                yield f"{schema} requires {name}, which it does not have"


def _parameters(contract: dict[str, Any]) -> Iterator[str]:
    required = {
        operation["operationId"]: {
            parameter["name"]
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query" and parameter.get("required")
        }
        for _, _, operation in operations(contract)
    }
    for answer in recordings.answers():
        sent = {name for name, _ in recordings.query(answer.step)}
        missing = required[answer.operation.id] - sent
        if answer.status < 300 and missing:
            yield f"{answer.operation.id} worked without {', '.join(missing)} ({answer.place})"
            return


def _extensions(contract: dict[str, Any]) -> Iterator[str]:
    for _, _, operation in operations(contract):
        if "x-retry" not in operation:
            yield f"{operation['operationId']} does not say whether it may be repeated"
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        schema = content["schema"]["$ref"].rsplit("/", 1)[-1] if content else ""
        lists = schema.endswith(("Collection", "SecretList")) and schema != "RestScheduleAttemptCollection"
        if lists != ("x-pagination" in operation):
            yield f"{operation['operationId']} does not say how it is paged"


def _links(contract: dict[str, Any]) -> Iterator[str]:
    """Links lead from what takes no id to everything, from listings to all that is read, and on with every cursor."""
    leads_to: dict[str, set[str]] = {}
    reads = {operation["operationId"] for method, _, operation in operations(contract) if method == "GET"}
    for _, _, operation in operations(contract):
        answers = (_resolved(contract, response) for response in operation["responses"].values())
        found = [link for answer in answers for link in answer.get("links", {}).values()]
        leads_to[operation["operationId"]] = {link["operationId"] for link in found}
    roots = {operation["operationId"] for _, path, operation in operations(contract) if "{" not in path}
    for name in leads_to.keys() - _reached(roots, leads_to):
        yield f"no link leads to {name}"
    reading = {source: targets & reads for source, targets in leads_to.items()}
    for name in reads - _reached(roots & reads, reading):
        yield f"no link between reads leads to {name}"
    for _, _, operation in operations(contract):
        name = operation["operationId"]
        if operation.get("parameters") and not any(name in targets for targets in leads_to.values()):
            yield f"no link gives {name} an argument"


def _reached(roots: set[str], leads_to: dict[str, set[str]]) -> set[str]:
    reached = set(roots)
    ahead = list(roots)
    while ahead:
        new = leads_to[ahead.pop()] - reached
        reached |= new
        ahead += new
    return reached


def _resolved(contract: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        resolved: dict[str, Any] = contract["components"]["responses"][part["$ref"].rsplit("/", 1)[-1]]
        return resolved
    return part
