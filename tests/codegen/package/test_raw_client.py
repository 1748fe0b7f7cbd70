"""What the raw client does beyond the stock generator's: each edit of its templates, by what it is for."""

from __future__ import annotations

import asyncio
import copy
import datetime
import io
import subprocess
import sys
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.codegen.raw import ATTEMPT, responding
from treasure_workflow_api import AuthenticatedClient, Client
from treasure_workflow_api.api.attempt import get_attempt, get_attempts, start_attempt
from treasure_workflow_api.api.log import get_file
from treasure_workflow_api.api.project import delete_project_secret, get_project, put_project
from treasure_workflow_api.models.rest_pool_rule import RestPoolRule
from treasure_workflow_api.models.rest_pool_rule_workflow_name_condition import RestPoolRuleWorkflowNameCondition
from treasure_workflow_api.models.rest_session_attempt import RestSessionAttempt
from treasure_workflow_api.models.rest_session_attempt_collection import RestSessionAttemptCollection
from treasure_workflow_api.models.rest_session_attempt_request import RestSessionAttemptRequest
from treasure_workflow_api.models.rest_set_secret_request import RestSetSecretRequest
from treasure_workflow_api.models.rest_workflow_definition import RestWorkflowDefinition
from treasure_workflow_api.models.resume_from import ResumeFrom
from treasure_workflow_api.types import UNSET, File

KEY = "1/0123456789abcdef0123456789abcdef01234567"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_an_unknown_status_of_an_attempt_passes_as_its_string() -> None:
    """A value that the contract learns tomorrow does not lose the page today."""
    attempt = RestSessionAttempt.from_dict({**ATTEMPT, "status": "paused"})
    assert str(attempt.status) == "paused"
    assert attempt.to_dict()["status"] == "paused"


def test_unknown_fields_are_kept() -> None:
    """A field that the contract learns tomorrow is there, and goes back."""
    attempt = RestSessionAttempt.from_dict({**ATTEMPT, "colour": {"new": 1}})
    assert attempt["colour"] == {"new": 1}
    assert attempt.to_dict()["colour"] == {"new": 1}


@pytest.mark.parametrize("type_", ["project_name", "workflow_name", "invocation_type", "workflow_type", "moon_phase"])
def test_a_condition_is_read_as_its_own_kind(type_: str) -> None:
    """The type decides, not the order of the variants; an unknown kind stays the dictionary it is."""
    condition: dict[str, Any] = {"type": type_, "values": ["scheduled"]}
    if type_.endswith("_name"):
        condition["operator"] = "starts_with"
    if type_ == "workflow_type":
        condition["values"] = ["audience"]
    wire = {"id": "1", "poolId": "2", "priority": 3, "conditions": [condition]}
    rule = RestPoolRule.from_dict(wire)
    kind = type(rule.conditions[0]).__name__
    assert kind == ("dict" if type_ == "moon_phase" else f"RestPoolRule{type_.title().replace('_', '')}Condition")
    assert rule.to_dict() == wire


def test_a_single_value_still_tells_variants_apart() -> None:
    """A variant refuses another one's type, or every condition would be read as the first kind."""
    with pytest.raises(TypeError, match="Unexpected value 'project_name'"):
        RestPoolRuleWorkflowNameCondition.from_dict({"type": "project_name", "operator": "starts_with", "values": []})


@pytest.mark.parametrize("field", sorted(ATTEMPT))
def test_a_null_anywhere_is_read_and_goes_back(field: str) -> None:
    """Nulls that the contract does not have are None, and null again; an optional field is left out."""
    wire = {**ATTEMPT, field: None}
    attempt = RestSessionAttempt.from_dict(wire)
    if field == "finishedAt":
        del wire[field]
    assert attempt.to_dict() == wire


def test_a_null_list_is_read_and_goes_back() -> None:
    """A list may be null, or absent, which reads the same."""
    assert RestSessionAttemptCollection.from_dict({"attempts": None}).to_dict() == {}
    assert RestSessionAttemptCollection.from_dict({}) == RestSessionAttemptCollection(None)


@given(st.dictionaries(st.text(), json_values))
def test_free_form_objects_are_the_dictionaries_that_came(params: dict[str, Any]) -> None:
    """Order, types, 64-bit numbers and odd keys of `params` and `config` survive."""
    before = copy.deepcopy(params)
    attempt = RestSessionAttempt.from_dict({**ATTEMPT, "params": params})
    assert type(attempt.params) is dict
    assert list(attempt.params.items()) == list(before.items())
    assert attempt.to_dict()["params"] == before


def test_free_form_objects_keep_what_other_clients_lose() -> None:
    """An integer stays an integer; keys with a dot or a dollar sign are keys."""
    config = {"_export": {"a.b": 1, "$c": 2**70, "d": 1.0}, "+z": {}, "+a": {}}
    wire = {"id": "1", "name": "n", "project": {"id": "1", "name": "p"}, "revision": "r", "timezone": "UTC"}
    read = RestWorkflowDefinition.from_dict({**wire, "config": config}).config
    assert repr(read) == repr(config)


@pytest.mark.parametrize(
    "sent",
    [
        httpx.Response(404),
        httpx.Response(400, html="<html>Bad Request</html>"),
        httpx.Response(400, json=["a", "list"]),
        httpx.Response(401, json={"error": "something in between"}),
        httpx.Response(403, content=b'{"message": "cut sho'),
        httpx.Response(404, content=b"\xff\xfe"),
    ],
)
def test_an_error_that_is_not_the_service_s_own_is_no_crash(sent: httpx.Response) -> None:
    """Bare and foreign errors keep status and body, and parse to None."""
    response = get_attempt.sync_detailed(1, client=responding(sent))
    assert response.parsed is None
    assert response.status_code == sent.status_code
    assert response.content == sent.content


@pytest.mark.parametrize("status", [299, 520, 599])
def test_a_status_that_http_does_not_name_is_a_number(status: int) -> None:
    """A proxy's 520 is not a ValueError."""
    response = get_attempt.sync_detailed(1, client=responding(httpx.Response(status)))
    assert response.status_code == status


def test_a_time_that_cannot_be_read_says_so() -> None:
    """The error names the text, in required and in nullable fields."""
    for field in ("sessionTime", "finishedAt"):
        with pytest.raises(ValueError, match=r"'\+12345-01-01T00:00:00Z' is no time that a datetime can hold"):
            RestSessionAttempt.from_dict({**ATTEMPT, field: "+12345-01-01T00:00:00Z"})


def test_neither_key_nor_secret_is_in_a_repr() -> None:
    """What is logged by accident holds no key."""
    client = AuthenticatedClient(base_url="http://localhost", token=KEY, headers={"X-Key": KEY}, cookies={"k": KEY})
    with client:
        assert KEY not in repr(client)
    assert "hunter2" not in repr(RestSetSecretRequest(value="hunter2"))


def test_the_authorization_header_has_the_service_s_prefix() -> None:
    """`TD1` and the key, without being asked for."""
    seen: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    transport = httpx.MockTransport(response)
    client = AuthenticatedClient(base_url="http://localhost", token=KEY, httpx_args={"transport": transport})
    get_project.sync(1, client=client)
    assert seen[0].headers["Authorization"] == f"TD1 {KEY}"


def test_a_dead_peer_does_not_hang_a_program() -> None:
    """There are time limits without asking for them: 5 s to connect, 60 s to read."""
    timeout = Client(base_url="http://localhost").get_httpx_client().timeout
    assert (timeout.connect, timeout.read) == (5.0, 60.0)


def test_an_upload_knows_its_length_sync_and_async() -> None:
    """The service refuses uploads of unknown length, and a file read half-way would be one."""
    seen: list[tuple[str | None, bytes]] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers.get("Content-Length"), request.read()))
        return httpx.Response(400)

    client = Client(base_url="http://localhost", httpx_args={"transport": httpx.MockTransport(response)})
    put_project.sync(client=client, body=File(io.BytesIO(b"archive")), project="p", revision="r")
    asyncio.run(put_project.asyncio(client=client, body=File(io.BytesIO(b"archive")), project="p", revision="r"))
    assert seen == [("7", b"archive")] * 2


def test_a_request_that_resumes_says_how() -> None:
    """The variant goes out with its own mode, times with their offset, and nothing that was not given."""
    offset = datetime.timezone(datetime.timedelta(hours=9))
    body = RestSessionAttemptRequest(
        params={},
        session_time=datetime.datetime(2026, 1, 31, tzinfo=offset),
        resume=ResumeFrom(attempt_id="5", from_="+load", mode="from"),
    )
    assert start_attempt.build_request(body=body).json == {
        "params": {},
        "sessionTime": "2026-01-31T00:00:00+09:00",
        "resume": {"mode": "from", "attemptId": "5", "from": "+load"},
    }


def test_a_conflicting_start_keeps_the_attempt_that_is_there() -> None:
    """The 409 of a start is an attempt, and its status is to be seen."""
    body = RestSessionAttemptRequest(params={}, session_time=datetime.datetime.now(datetime.UTC))
    response = start_attempt.sync_detailed(client=responding(httpx.Response(409, json=ATTEMPT)), body=body)
    assert response.status_code == 409
    assert isinstance(response.parsed, RestSessionAttempt)


def test_importing_one_operation_does_not_import_all_models() -> None:
    """What a program does not use costs it nothing; the names of the models package are there all the same."""
    program = (
        "import sys, treasure_workflow_api.api.attempt.get_attempt as module\n"
        "assert 'treasure_workflow_api.models.rest_pool' not in sys.modules\n"
        "from treasure_workflow_api import models\n"
        "assert models.RestPool.__name__ == 'RestPool'\n"
        "assert all(getattr(models, name) for name in models.__all__)\n"
        "try: models.NoSuchModel\n"
        "except AttributeError: pass\n"
        "else: raise SystemExit(1)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, env={"PYTHONPATH": "generated"})


def test_absent_parameters_are_not_sent() -> None:
    """A query has what was given, and nothing else."""
    assert get_attempts.build_request(project="p", last_id=UNSET).query == {"project": "p"}


@pytest.mark.parametrize("name", [".", "..", "...", "a/b", "%2F", "+ ^;?#", "größe"])
def test_a_path_value_arrives_as_one_segment(name: str) -> None:
    """Dots alone are no way up to another operation's path, and nothing ends a segment early."""
    targets: list[bytes] = []

    def response(request: httpx.Request) -> httpx.Response:
        targets.append(request.url.raw_path)
        return httpx.Response(404)

    client = Client(base_url="http://localhost", httpx_args={"transport": httpx.MockTransport(response)})
    get_file.sync_detailed(1, name, client=client)
    *prefix, segment = targets[0].split(b"/")
    assert b"/".join(prefix) == b"/api/logs/1/files"
    assert segment not in {b".", b".."}
    assert unquote(segment.decode()) == name


def test_an_empty_path_value_calls_nothing() -> None:
    """Without a key, deleting a secret would address the list of secrets instead."""
    with pytest.raises(ValueError, match="part of the path must not be empty"):
        delete_project_secret.build_request(1, "")
