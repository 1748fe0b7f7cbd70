"""What we promise of the effective contract beyond the recorded responses: each check names what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import openapi_spec_validator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing.exceptions import PointerToNowhere

from scripts.codegen.package.operations_table import operations
from tests.support import recordings

REGIONS = ("aws", "aws-tokyo", "eu01", "ap02", "ap03")


def broken(contract: dict[str, Any]) -> list[str]:
    """Every promise that a contract breaks."""
    try:
        openapi_spec_validator.validate(contract)
    except (OpenAPIValidationError, PointerToNowhere) as error:
        return [f"the document is not valid: {str(error)[:80]}"]
    checks = (
        _servers,
        _statuses,
        _bodies,
        _formats,
        _variants,
        _references,
        _required,
        _parameters,
        _limits,
        _extensions,
        _links,
    )
    return [complaint for check in checks for complaint in check(contract)]


def _servers(contract: dict[str, Any]) -> Iterator[str]:
    if [server["description"] for server in contract["servers"]] != [*REGIONS, "mock"]:
        yield "the regions and the documentation's mock are not the servers"
    if contract["components"]["securitySchemes"]["ApiKeyAuth"].get("x-prefix") != "TD1":
        yield "the prefix of the Authorization header is missing"
    if not contract["components"]["securitySchemes"]["ApiKeyAuth"].get("x-key-variables"):
        yield "the variables that may hold a key are missing"


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


def _references(contract: dict[str, Any]) -> Iterator[str]:
    for name, schema in contract["components"]["schemas"].items():
        for field, kind in (("project", "ProjectReference"), ("workflow", "WorkflowReference")):
            found = schema.get("properties", {}).get(field, {}).get("$ref", "").rpartition("/")[2]
            if found not in ("", kind, "NameOptionalId"):
                yield f"the {field} of {name} is a {found}, which others than a {field} can be"


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
    for response in recordings.responses():
        sent = {name for name, _ in recordings.query(response.step)}
        missing = required[response.operation.id] - sent
        if response.status < 300 and missing:
            yield f"{response.operation.id} worked without {', '.join(missing)} ({response.place})"
            return


# What is recorded to be refused because of it alone, by operation and parameter; and by schema and field.
_REFUSED = {
    **dict.fromkeys(
        [(f"get{what}", "page_size") for what in ("Attempts", "Sessions", "ProjectSessions", "SessionAttempts")], 101
    ),
    ("putProject", "revision"): "x" * 256,
    ("putProjectSecret", "key"): "1st",
    ("deleteProjectSecret", "key"): "x" * 256,
    ("RestSessionAttemptRequest", "retryAttemptName"): "x" * 256,
}


def _limits(contract: dict[str, Any]) -> Iterator[str]:
    described = {
        (operation["operationId"], parameter["name"]): parameter["schema"]
        for _, _, operation in operations(contract)
        for parameter in operation.get("parameters", [])
    }
    for name, schema in contract["components"]["schemas"].items():
        described |= {(name, field): details for field, details in schema.get("properties", {}).items()}
    for place, value in _REFUSED.items():
        schema = {key: described[place][key] for key in described[place] if key in _LIMITS}
        if jsonschema_rs.Draft4Validator(schema).is_valid(value):
            yield f"{' '.join(place)} may be {str(value)[:5]!r}…, which the service is recorded to refuse"


_LIMITS = {"maximum", "minLength", "maxLength", "pattern"}


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
        responses = (_resolved(contract, response) for response in operation["responses"].values())
        found = [link for response in responses for link in response.get("links", {}).values()]
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
