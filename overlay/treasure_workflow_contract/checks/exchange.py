"""The checks of one exchange. Each yields what is wrong, one line each, and nothing when all is well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from treasure_workflow_api.types import File, Response
from treasure_workflow_contract.generation.calls import NO_BODY, Call
from treasure_workflow_contract.openapi.contract import Contract, Operation, Schema
from treasure_workflow_contract.openapi.models import (
    WrongVariantError,
    as_read,
    beyond_datetime,
    comparable,
    from_model,
    read_model,
)
from treasure_workflow_contract.transport.messages import RawRequest, RawResponse

# In a path and in a query everything but unreserved characters is encoded; a query may write a blank as a plus sign.
_PATH_VALUE = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+")
_QUERY_TEXT = re.compile(r"(?:[A-Za-z0-9._~+-]|%[0-9A-Fa-f]{2})*")


def request_complaints(contract: Contract, call: Call, request: RawRequest, authorization: str | None) -> Iterator[str]:
    """What a request has that the contract does not allow, and where it differs from the call that it stands for."""
    operation = contract.operations[call.operation]
    path, _, query = request.target.partition("?")
    if request.method != operation.method:
        yield f"method {request.method} instead of {operation.method}"
    yield from _path_complaints(contract, operation, call.path, path)
    yield from _query_complaints(contract, operation, call.query, query)
    yield from _header_complaints(contract, call, request, authorization)
    yield from _body_complaints(contract, operation, call.body, request)


def _path_complaints(contract: Contract, operation: Operation, given: Mapping[str, Any], path: str) -> Iterator[str]:
    template, segments = operation.path.split("/"), path.split("/")
    if len(template) != len(segments):
        yield f"path {path} does not fit {operation.path}"
        return
    parameters = operation.parameters_in("path")
    for expected, segment in zip(template, segments, strict=True):
        if not expected.startswith("{"):
            if segment != expected:
                yield f"path {path} has {segment!r} where {operation.path} has {expected!r}"
            continue
        name = expected[1:-1]
        try:
            if not _PATH_VALUE.fullmatch(segment):
                raise ValueError("a character that has to be encoded")
            value = contract.decoded(parameters[name].schema, unquote_to_bytes(segment).decode())
        except ValueError as error:
            yield f"path parameter {name}: {segment!r}: {error}"
            continue
        yield from _value_complaints(contract, f"path parameter {name}", parameters[name].schema, given[name], value)


def _query_complaints(contract: Contract, operation: Operation, given: Mapping[str, Any], query: str) -> Iterator[str]:
    parameters = operation.parameters_in("query")
    arrived: dict[str, list[str]] = {}
    for item in filter(None, query.split("&")):
        name, equals, value = item.partition("=")
        if not (equals and _QUERY_TEXT.fullmatch(name) and _QUERY_TEXT.fullmatch(value)):
            yield f"query {item!r} is not name=value with everything encoded that has to be"
        try:
            arrived.setdefault(_query_text(name), []).append(_query_text(value))
        except UnicodeDecodeError:
            yield f"query {item!r} is no UTF-8"
    for name in arrived.keys() - parameters.keys():
        yield f"query parameter {name!r} is not of the contract"
    for name, parameter in parameters.items():
        schema, where = contract.resolve(parameter.schema), f"query parameter {name}"
        is_list = schema.get("type") == "array"
        values = arrived.get(name, [])
        if not values:
            if given.get(name) not in (None, []):
                yield f"{where}: {given[name]!r} is lost"
            elif parameter.required:
                yield f"{where} is required"
            continue
        if len(values) > 1 and not is_list:
            yield f"{where} is sent {len(values)} times"
        try:
            items = [contract.decoded(schema["items"] if is_list else schema, value) for value in values]
        except ValueError as error:
            yield f"{where}: {error}"
            continue
        # What has a default may be sent without being asked for.
        expected = given.get(name, schema.get("default"))
        yield from _value_complaints(contract, where, schema, expected, items if is_list else items[0])


def _header_complaints(contract: Contract, call: Call, request: RawRequest, authorization: str | None) -> Iterator[str]:
    operation = contract.operations[call.operation]
    if request.header("authorization") != ([] if authorization is None else [authorization]):
        yield "header Authorization does not hold the key in the contract's form"
    types = request.header("content-type")
    if types != list(operation.body)[:1]:
        yield f"header Content-Type: {types} instead of {list(operation.body)}"
    length = request.header("content-length")
    if length != [str(len(request.body))] and (length or request.body):
        yield f"header Content-Length: {length} for {len(request.body)} bytes"
    for name, value in call.headers.items():
        if request.header(name.lower()) != [str(value)]:
            yield f"header {name}: {request.header(name.lower())} instead of {value!r}"


def _body_complaints(contract: Contract, operation: Operation, given: Any, request: RawRequest) -> Iterator[str]:
    if given is NO_BODY:
        if request.body:
            yield f"a body that nobody gave: {request.body[:80]!r}"
    elif isinstance(given, bytes):
        if request.body != given:
            yield f"body of {len(request.body)} bytes is not the {len(given)} bytes given"
    else:
        try:
            body = json.loads(request.body.decode("utf-8"))
        except ValueError as error:
            yield f"body is no JSON: {error}"
            return
        (schema,) = operation.body.values()
        if isinstance(body, dict):
            given = {**_defaults(contract, schema, body), **given}
            try:
                back = from_model(contract, schema, read_model(schema, given))
            except (KeyError, TypeError, ValueError) as error:
                yield f"the model's from_dict cannot read {given!r}: {error!r}"
                return
            if comparable(back) != comparable(given):
                yield f"the model's from_dict: {back!r} of {given!r}"
        yield from _value_complaints(contract, "body", schema, given, body)


def _defaults(contract: Contract, schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of fields that arrived: what has a default may be sent without being asked for."""
    properties = contract.resolve(schema)["properties"]
    return {name: properties[name]["default"] for name in body if "default" in properties.get(name, {})}


def _value_complaints(contract: Contract, where: str, schema: Schema, given: Any, arrived: Any) -> Iterator[str]:
    if comparable(arrived) != comparable(given):
        yield f"{where}: {arrived!r} arrived instead of {given!r}"
    for violation in contract.violations(schema, arrived):
        yield f"{where}: {violation}"


def _query_text(text: str) -> str:
    return unquote_to_bytes(text.replace("+", "%20")).decode()


def response_complaints(contract: Contract, call: Call, response: RawResponse) -> Iterator[str]:
    """What a response has that the contract does not allow."""
    operation = contract.operations[call.operation]
    declared = operation.responses.get(str(response.status))
    if declared is None:
        yield f"status {response.status} is not of the contract"
    elif not declared:
        if response.body:
            yield f"status {response.status} has a body: {response.body[:80]!r}"
    elif not response.body:
        # What does not convert (an integer, an enum, a time) is not found before the operation sees it.
        if response.status != 404:
            yield f"status {response.status} has no body"
    elif response.media_type not in declared:
        yield f"status {response.status} has content type {response.media_type!r}, not one of {list(declared)}"
    elif response.media_type == "application/json":
        try:
            body = response.json
        except ValueError as error:
            yield f"body is no JSON: {error}"
            return
        for violation in contract.violations(declared["application/json"], body):
            yield f"body: {violation}"
        for name, schema, value in contract.objects(declared["application/json"], body):
            for field in value.keys() - schema["properties"].keys():
                yield f"body: field {field} of {name or 'the response'} is not of the contract"
        if response.status >= 400 and "message" in body and body.get("status") != response.status:
            yield f"body says status {body.get('status')}, the response {response.status}"


def has_to_raise(error: Exception | None, response: RawResponse) -> bool:
    """Whether a client raised this because a response has a time that no datetime can hold."""
    is_json = response.media_type == "application/json"
    return "no time that a datetime can hold" in str(error) and is_json and beyond_datetime(response.json)


def parsing_complaints(contract: Contract, call: Call, response: RawResponse, result: Response[Any]) -> Iterator[str]:
    """Where what the client handed out differs from the response that arrived."""
    operation = contract.operations[call.operation]
    if result.status_code != response.status:
        yield f"the client says status {result.status_code}"
    if result.content != response.body:
        yield "the client's content is not what arrived"
    schema = operation.responses.get(str(response.status), {}).get(response.media_type, {})
    parsed = result.parsed
    if isinstance(parsed, File):
        if parsed.payload.read() != response.body:
            yield "the client's file is not what arrived"
    elif response.media_type == "application/json" and schema:
        body = response.json
        if parsed is None:
            yield "the client parsed nothing"
            return
        try:
            fields = from_model(contract, schema, parsed)
        except WrongVariantError as error:
            yield str(error)
            return
        expected = comparable(as_read(contract, schema, body))
        for what, back in (("to_dict", parsed.to_dict()), ("fields", fields)):
            if comparable(back) != expected:
                yield f"the model's {what}: {back!r} instead of {body!r}"
    elif schema.get("format") == "binary":
        yield f"the client made {parsed!r} of a file"
    elif parsed is not None:
        yield f"the client made {parsed!r} of a response without a model"
