"""The checks bite: each finds the mistake in an exchange that has one, and nothing in one that has none."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest

from treasure_workflow_api.models import RestPoolRule, RestPoolRuleWorkflowNameCondition, RestSessionAttempt
from treasure_workflow_api.types import UNSET, File, Response
from treasure_workflow_contract.checks.exchange import parsing_complaints, request_complaints, response_complaints
from treasure_workflow_contract.generation.calls import Call
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.transport.messages import RawRequest, RawResponse, read_request, read_response

CONTRACT = effective()
KEY = "1/0123456789abcdef0123456789abcdef01234567"
AUTHORIZATION = ("authorization", f"TD1 {KEY}")
JSON_TYPE = ("content-type", "application/json")

LIST = Call("getAttempts", query={"project": "a+b ü/%", "include_retried": True, "last_id": 2**62})
LIST_TARGET = "/api/attempts?project=a%2Bb+%C3%BC%2F%25&include_retried=true&last_id=4611686018427387904"
FILE = Call("getFile", path={"attempt_id": 7, "file_name": "+a/b^%.log.gz"})
FILE_TARGET = "/api/logs/7/files/%2Ba%2Fb%5E%25.log.gz"
UPLOAD = Call("putProject", query={"project": "p", "revision": "r", "clear_schedule": ["a", "b,c"]}, body=b"\x1f\x8b")
UPLOAD_TARGET = "/api/projects?project=p&revision=r&clear_schedule=a&clear_schedule=b%2Cc&clear_schedule_all=false"
START_BODY = {
    "workflowId": "5",
    "sessionTime": "2025-03-10T00:00:00+09:00",
    "params": {"big": 2**60, "none": None, "empty": ""},
    "resume": {"mode": "failed", "attemptId": "3"},
}
START = Call("startAttempt", body=START_BODY)

ATTEMPT = {
    "id": "7",
    "index": 1,
    "project": {"id": "1", "name": "shop"},
    "workflow": {"id": "2", "name": "nightly"},
    "sessionId": "3",
    "sessionUuid": "0b6f7f0e-3f0b-4a52-9d6c-2d1c7f6f4f10",
    "sessionTime": "2026-01-31T00:00:00+09:00",
    "retryAttemptName": None,
    "done": True,
    "success": True,
    "cancelRequested": False,
    "params": {"seen": "2026-01-31"},
    "createdAt": "2026-01-31T01:02:03Z",
    "finishedAt": "2026-01-31T01:02:04Z",
    "status": "success",
}
GET = Call("getAttempt", path={"id": 7})


def request_of(
    call: Call, target: str, *headers: tuple[str, str], body: bytes = b"", method: str | None = None
) -> list[str]:
    """The complaints about a request with these parts."""
    length = (("content-length", str(len(body))),) if body else ()
    request = RawRequest(method or CONTRACT.operations[call.operation].method, target, (*headers, *length), body)
    return list(request_complaints(CONTRACT, call, request, f"TD1 {KEY}"))


def started(body: Any) -> list[str]:
    """The complaints about a start that arrives with this body."""
    return request_of(START, "/api/attempts", AUTHORIZATION, JSON_TYPE, body=json.dumps(body).encode())


def answered(status: int, body: Any, media_type: str = "application/json", call: Call = GET) -> list[str]:
    """The complaints about a response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(response_complaints(CONTRACT, call, RawResponse(status, (("content-type", media_type),), content)))


def test_good_requests_are_fine() -> None:
    """What the contract asks for is no complaint, blanks as plus signs and defaults sent on their own included."""
    assert request_of(LIST, LIST_TARGET, AUTHORIZATION) == []
    assert request_of(LIST, LIST_TARGET.replace("+", "%20"), AUTHORIZATION) == []
    assert request_of(FILE, FILE_TARGET, AUTHORIZATION) == []
    gzip = ("content-type", "application/gzip")
    assert request_of(UPLOAD, UPLOAD_TARGET, AUTHORIZATION, gzip, body=b"\x1f\x8b") == []
    assert started({**START_BODY, "sessionTime": "2025-03-10T00:00:00.000+09:00"}) == []


@pytest.mark.parametrize(
    ("changed", "into", "complaint"),
    [
        ("&include_retried=true", "", "query parameter include_retried: True is lost"),
        ("include_retried=true", "include_retried=True", "'True' is no boolean"),
        ("include_retried=true", "include_retried=1", "'1' is no boolean"),
        ("a%2Bb", "a+b", "'a b ü/%' arrived instead of 'a+b ü/%'"),
        ("%2F%25", "/%25", "everything encoded that has to be"),
        ("%25", "%", "everything encoded that has to be"),
        ("%C3%BC", "%FC", "is no UTF-8"),
        ("4611686018427387904", "4611686018427387000", "4611686018427387000 arrived instead of"),
        ("4611686018427387904", "4.611686018427388e18", "is no integer"),
        ("4611686018427387904", "9223372036854775808", "greater than the maximum"),
        ("last_id", "lastId", "query parameter 'lastId' is not of the contract"),
        ("last_id", "last_id=1&last_id", "is sent 2 times"),
        ("/api/attempts", "/api/attempts/", "does not fit /api/attempts"),
        ("/api/attempts", "/api/%61ttempts", "has '%61ttempts' where"),
        ("/api/attempts", "/api/sessions", "has 'sessions' where"),
    ],
)
def test_a_wrong_target_is_found(changed: str, into: str, complaint: str) -> None:
    """Lost, altered, repeated and badly encoded parameters, and paths of something else."""
    assert changed in LIST_TARGET
    assert any(complaint in found for found in request_of(LIST, LIST_TARGET.replace(changed, into), AUTHORIZATION))


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("/api/logs/7/files/%2Ba/b%5E%25.log.gz", "does not fit"),
        ("/api/logs/7/files/%2Ba%2Fb^%25.log.gz", "has to be encoded"),
        ("/api/logs/7/files/%2Ba%2Fb%5E%.log.gz", "has to be encoded"),
        ("/api/logs/7/files/%252Ba%252Fb%255E%2525.log.gz", "arrived instead of"),
        ("/api/logs/7/files/b%5E%25.log.gz", "arrived instead of"),
        ("/api/logs/7/files/", "has to be encoded"),
        ("/api/logs/+7/files/%2Ba%2Fb%5E%25.log.gz", "has to be encoded"),
        ("/api/logs/7.0/files/%2Ba%2Fb%5E%25.log.gz", "is no integer"),
        ("/api/logs/8/files/%2Ba%2Fb%5E%25.log.gz", "8 arrived instead of 7"),
    ],
)
def test_a_wrong_path_value_is_found(target: str, complaint: str) -> None:
    """Path values that end early, are encoded twice or not at all, or are other ones."""
    assert any(complaint in found for found in request_of(FILE, target, AUTHORIZATION))


@pytest.mark.parametrize(
    ("changed", "into", "complaint"),
    [
        ("clear_schedule=a&clear_schedule=b%2Cc", "clear_schedule=a%2Cb%2Cc", "['a,b,c'] arrived instead of"),
        ("clear_schedule=a&clear_schedule=b%2Cc", "clear_schedule=b%2Cc&clear_schedule=a", "arrived instead of"),
        ("&revision=r", "", "query parameter revision"),
        ("clear_schedule_all=false", "clear_schedule_all=true", "True arrived instead of False"),
    ],
)
def test_a_wrong_upload_target_is_found(changed: str, into: str, complaint: str) -> None:
    """Lists joined or reordered, an empty text lost, a default that is not the contract's."""
    target = UPLOAD_TARGET.replace(changed, into)
    headers = (AUTHORIZATION, ("content-type", "application/gzip"))
    assert any(complaint in found for found in request_of(UPLOAD, target, *headers, body=b"\x1f\x8b"))


@pytest.mark.parametrize(
    ("headers", "complaint"),
    [
        ([JSON_TYPE], "Authorization"),
        ([("authorization", f"Bearer {KEY}"), JSON_TYPE], "Authorization"),
        ([AUTHORIZATION, AUTHORIZATION, JSON_TYPE], "Authorization"),
        ([AUTHORIZATION], "Content-Type"),
        ([AUTHORIZATION, ("content-type", "text/json")], "Content-Type"),
        ([AUTHORIZATION, JSON_TYPE, ("content-length", "3")], "Content-Length"),
    ],
)
def test_wrong_headers_are_found(headers: list[tuple[str, str]], complaint: str) -> None:
    """The key in its form and once, the content type, and a length that is the body's."""
    found = request_of(START, "/api/attempts", *headers, body=json.dumps(START_BODY).encode())
    assert any(complaint in line for line in found)


def test_a_header_parameter_is_found_missing() -> None:
    """A header that the caller gave has to arrive."""
    call = Call("putProject", query={"project": "p", "revision": "r"}, headers={"Content-Length": 0}, body=b"")
    found = request_of(call, "/api/projects?project=p&revision=r", AUTHORIZATION, ("content-type", "application/gzip"))
    assert found == ["header Content-Length: [] instead of 0"]


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("sessionTime", "2025-03-09T15:00:00Z", "arrived instead of"),
        ("sessionTime", "2025-03-10", "arrived instead of"),
        ("workflowId", 5, "5 is not of type"),
        ("params", {"big": float(2**60), "none": None, "empty": ""}, "arrived instead of"),
        ("params", {"big": 2**60, "empty": ""}, "arrived instead of"),
        ("params", {"big": 2**60, "none": None, "empty": None}, "arrived instead of"),
        ("resume", {"mode": "from", "attemptId": "3"}, "body:"),
        ("retryAttemptName", None, "is not of type"),
        ("retryAttemptName", "x", "arrived instead of"),
    ],
)
def test_a_wrong_body_is_found(field: str, value: Any, complaint: str) -> None:
    """Other instants or offsets, other types, nulls lost or made up, fields that nobody gave."""
    assert any(complaint in found for found in started({**START_BODY, field: value}))


def test_bodies_that_are_no_json_or_not_the_ones_given_are_found() -> None:
    """A cut body, one without a taker, other bytes of an archive, another method."""
    assert any("no JSON" in line for line in request_of(START, "/api/attempts", AUTHORIZATION, JSON_TYPE, body=b"{"))
    assert any("nobody gave" in line for line in request_of(LIST, LIST_TARGET, AUTHORIZATION, body=b"{}"))
    gzip = ("content-type", "application/gzip")
    assert any("2 bytes given" in x for x in request_of(UPLOAD, UPLOAD_TARGET, AUTHORIZATION, gzip, body=b"\x1f"))
    assert any("method POST" in line for line in request_of(LIST, LIST_TARGET, AUTHORIZATION, method="POST"))


def test_good_responses_are_fine() -> None:
    """Declared responses, the bare 404 of what does not convert, and the web server's own page for a bad request."""
    assert answered(200, ATTEMPT) == []
    assert answered(404, {"message": None, "status": 404}) == []
    assert answered(404, b"") == []
    assert answered(400, b"<html></html>", "text/html") == []
    assert answered(200, b"\x1f\x8b", "application/gzip", FILE) == []
    assert answered(200, {**ATTEMPT, "sessionTime": "+10000-01-01T11:59:59+00:00"}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("index", "1"),
        ("index", 2**31),
        ("id", 7),
        ("done", None),
        ("status", "finished"),
        ("createdAt", "yesterday"),
        ("sessionTime", None),
        ("project", {"id": "1"}),
        ("params", []),
    ],
)
def test_a_wrong_field_of_an_response_is_found(field: str, value: Any) -> None:
    """Types, widths, enums, formats, nulls and required fields are the contract's, within objects too."""
    assert answered(200, {**ATTEMPT, field: value})


def test_other_wrong_responses_are_found() -> None:
    """A status, a content type, a body that is not declared; a body that is missing or says something else."""
    assert any("status 418" in line for line in answered(418, ATTEMPT))
    assert any("content type 'text/plain'" in line for line in answered(200, ATTEMPT, "text/plain"))
    assert any("required" in line for line in answered(200, {k: v for k, v in ATTEMPT.items() if k != "status"}))
    assert any("no body" in line for line in answered(400, b""))
    assert any("status 404" in line for line in answered(404, b"", call=Call("createPool")))
    assert any("no JSON" in line for line in answered(200, b"{"))
    assert any("says status 400" in line for line in answered(404, {"message": "?", "status": 400}))
    assert any("has a body" in line for line in answered(204, {}, call=Call("deleteProjectSecret")))


def parsed(body: dict[str, Any]) -> tuple[RawResponse, Response[Any]]:
    """A response with an attempt, and what the client makes of it."""
    response = RawResponse(200, (JSON_TYPE,), json.dumps(body).encode())
    return response, Response(200, response.body, {}, RestSessionAttempt.from_dict(copy.deepcopy(body)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retry_attempt_name", UNSET),
        ("index", "1"),
        ("session_id", "33"),
        ("params", {}),
        ("status", "error"),
        ("pool_id", "1"),
    ],
)
def test_a_model_that_is_not_the_response_is_found(name: str, value: Any) -> None:
    """A field lost, altered, made up, or left out."""
    response, result = parsed(ATTEMPT)
    assert list(parsing_complaints(CONTRACT, GET, response, result)) == []
    setattr(result.parsed, name, value)
    assert len(list(parsing_complaints(CONTRACT, GET, response, result))) == 2


def test_names_that_are_wrong_both_ways_are_found() -> None:
    """A model that reads two fields crosswise and writes them crosswise again goes back equal, and is found."""
    response, result = parsed(ATTEMPT)
    crosswise: Any = type("RestSessionAttempt", (RestSessionAttempt,), {"to_dict": lambda _model: ATTEMPT})
    attempt = crosswise.from_dict(ATTEMPT)
    attempt.created_at, attempt.finished_at = attempt.finished_at, attempt.created_at
    result.parsed = attempt
    (found,) = parsing_complaints(CONTRACT, GET, response, result)
    assert found.startswith("the model's fields")


def test_a_typed_field_among_the_unknown_ones_is_found() -> None:
    """A declared name that a model does not know goes back equal, and is found."""
    rule = {"id": "1", "poolId": "2", "priority": 3, "conditions": [{"type": "invocation_type", "values": []}]}
    model = RestPoolRule.from_dict(rule)
    model["priority"] = 3
    model.priority = UNSET  # type: ignore[assignment]
    response = RawResponse(200, (JSON_TYPE,), json.dumps(rule).encode())
    call = Call("getPoolRule", path={"poolRuleId": 1})
    assert list(parsing_complaints(CONTRACT, call, response, Response(200, response.body, {}, model)))


def test_what_the_client_says_of_an_response_has_to_be_so() -> None:
    """Its status and content are the response's; a file is the file; a response without a model parses to nothing."""
    response, result = parsed(ATTEMPT)
    said: Response[Any] = Response(201, response.body + b" ", {}, None)
    assert len(list(parsing_complaints(CONTRACT, GET, response, said))) == 3
    bare = RawResponse(404, (), b"")
    assert list(parsing_complaints(CONTRACT, GET, bare, Response(404, b"", {}, None))) == []
    assert list(parsing_complaints(CONTRACT, GET, bare, Response(404, b"", {}, result.parsed)))
    gzip = RawResponse(200, (("content-type", "application/gzip"),), b"\x1f\x8b")
    cut = Response(200, b"\x1f\x8b", {}, File(payload=io.BytesIO(b"\x1f")))
    assert list(parsing_complaints(CONTRACT, FILE, gzip, cut)) == ["the client's file is not what arrived"]
    nothing: Response[Any] = Response(200, b"\x1f\x8b", {}, None)
    assert list(parsing_complaints(CONTRACT, FILE, gzip, nothing)) == ["the client made None of a file"]


def test_the_wrong_model_of_a_union_is_found() -> None:
    """A model with the right fields that is not the one its type names: code that asks for its class goes wrong."""
    condition = {"type": "project_name", "operator": "starts_with", "values": ["orders"]}
    rule = {"id": "1", "poolId": "2", "priority": 3, "conditions": [condition]}
    response = RawResponse(200, (JSON_TYPE,), json.dumps(rule).encode())
    call = Call("getPoolRule", path={"poolRuleId": 1})
    model = RestPoolRule.from_dict(copy.deepcopy(rule))
    assert list(parsing_complaints(CONTRACT, call, response, Response(200, response.body, {}, model))) == []
    wrong: Any = RestPoolRuleWorkflowNameCondition(values=["orders"])
    wrong.type_ = "project_name"
    model.conditions = [wrong]
    (found,) = parsing_complaints(CONTRACT, call, response, Response(200, response.body, {}, model))
    assert found == "the model of a project_name is RestPoolRuleWorkflowNameCondition"


def test_only_one_whole_message_is_an_exchange() -> None:
    """A request sent twice, or cut, is no exchange to check."""
    get = b"GET /api/pools HTTP/1.1\r\nHost: x\r\n\r\n"
    assert read_request(get).target == "/api/pools"
    for data in (b"", get * 2, get[:-2], b"nonsense\r\n\r\n"):
        with pytest.raises(ValueError, match="HTTP message"):
            read_request(data)
    assert read_response(b"HTTP/1.1 204 No Content\r\n\r\n") == RawResponse(204, (), b"")
