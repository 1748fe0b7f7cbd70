"""Faults: each goes wrong as its kind says, as often as it says, and the client has one typed error for each."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.client.support import GUISES, KEY, Guise, guise_of
from tests.support.mock.api import HELLO, Api, pack
from treasure_workflow import (
    BadRequest,
    ContractError,
    NotFound,
    RateLimited,
    ServerError,
    TimeoutError,
    TransportError,
    TreasureWorkflowError,
)
from treasure_workflow_mock import Fault, MockService
from treasure_workflow_mock.errors import ServiceError


def set_fault(api: Api, kind: str, **fields: object) -> None:
    """Sets a fault over `/mock/faults`."""
    response = api.send("POST", "/mock/faults", {"kind": kind, **fields})
    assert response.status == 200, response.content


@pytest.fixture
def api(hosted: Api) -> Api:
    """Calls to an account with one project."""
    hosted.push_hello()
    return hosted


# Which calls are hit


def test_a_fault_hits_its_operation_alone(api: Api) -> None:
    """Other operations of the account, and other accounts, go on as before."""
    set_fault(api, "status", operation="getProject", status=503)
    assert api.get("/api/projects/1").status == 503
    assert api.get("/api/projects").status == 200
    assert Api(api.base_url).get("/api/projects/1").status == 404


def test_a_fault_without_an_operation_hits_all(api: Api) -> None:
    """Whatever is called; what is under /mock is not."""
    set_fault(api, "status", status=500)
    assert {api.get(f"/api/{path}").status for path in ("projects", "projects/1", "sessions")} == {500}
    assert api.get("/mock/settings").status == 200


def test_a_fault_counts_calls(api: Api) -> None:
    """`after` calls go well, `times` are hit, then all go well; what is left is shown."""
    set_fault(api, "status", operation="getProject", status=500, after=2, times=2)
    statuses = []
    for _ in range(6):
        statuses.append(api.get("/api/projects/1").status)
        if len(statuses) == 3:
            assert [(one["after"], one["times"]) for one in api.get("/mock/faults").json["faults"]] == [(0, 1)]
    assert statuses == [200, 200, 500, 500, 200, 200]
    assert api.get("/mock/faults").json == {"faults": []}


def test_faults_follow_one_another(api: Api) -> None:
    """Of several for one operation the first that is due hits, then the next."""
    for status in (502, 520):
        set_fault(api, "status", operation="getProject", status=status, times=1)
    assert [api.get("/api/projects/1").status for _ in range(3)] == [502, 520, 200]


def test_faults_are_taken_back(api: Api) -> None:
    """DELETE takes all away, and so does a reset."""
    for end in (("DELETE", "/mock/faults"), ("POST", "/mock/reset")):
        set_fault(api, "status", status=500)
        api.call(*end)
        assert api.get("/api/projects").status == 200


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({}, "kind"),
        ({"kind": "sulk"}, "kind"),
        ({"kind": ["status"]}, "kind"),
        ({"kind": "status"}, "status"),
        ({"kind": "status", "status": 199}, "status"),
        ({"kind": "status", "status": 600}, "status"),
        ({"kind": "status", "status": "503"}, "status"),
        ({"kind": "html", "status": 503}, "status"),
        ({"kind": "html", "retryAfter": 1}, "retryAfter"),
        ({"kind": "status", "status": 429, "retryAfter": -1}, "retryAfter"),
        ({"kind": "status", "status": 429, "retryAfter": "a\r\nb: c"}, "retryAfter"),
        ({"kind": "status", "status": 429, "retryAfter": [1]}, "retryAfter"),
        ({"kind": "delay"}, "seconds"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "delay", "seconds": True}, "seconds"),
        ({"kind": "html", "seconds": 1}, "seconds"),
        ({"kind": "html", "times": 0}, "times"),
        ({"kind": "html", "times": 1.5}, "times"),
        ({"kind": "html", "after": -1}, "after"),
        ({"kind": "html", "operation": "getProjet"}, "operation"),
        ({"kind": "html", "operation": ["getProject"]}, "operation"),
        ({"kind": "html", "how": "badly"}, "how"),
    ],
)
def test_a_wrong_fault_is_named(hosted: Api, fault: dict[str, object], name: str) -> None:
    """What a fault cannot be is a 400 that names the field, and sets nothing."""
    response = hosted.send("POST", "/mock/faults", fault)
    assert response.status == 400
    assert name in (response.message or "")
    assert hosted.get("/mock/faults").json == {"faults": []}


def test_faults_from_python(hosted_service: MockService, api: Api) -> None:
    """The same from Python, with the same checks."""
    hosted_service.faults(api.key).append(Fault("status", "getProject", status=520, times=1))
    assert [api.get("/api/projects/1").status for _ in range(2)] == [520, 200]
    with pytest.raises(ServiceError, match="status"):
        Fault("status")


# What goes wrong


def test_a_status_comes_with_its_header(api: Api) -> None:
    """With or without Retry-After, standard or not, with the service's error object."""
    for status, retry_after in ((429, 7), (503, "Wed, 21 Oct 2026 07:28:00 GMT"), (520, None), (404, None)):
        set_fault(api, "status", status=status, retryAfter=retry_after, times=1)
        response = api.get("/api/projects/1")
        assert (response.status, response.json["status"]) == (status, status)
        assert response.headers.get("retry-after") == (None if retry_after is None else str(retry_after))


@pytest.mark.parametrize("kind", ["status", "html", "drop-before"])
def test_what_is_in_front_changes_nothing(api: Api, kind: str) -> None:
    """The call was not carried out, even though its whole body was taken."""
    set_fault(api, kind, operation="putProject", **({"status": 500} if kind == "status" else {}))
    large = pack({"a.dig": HELLO, "large.bin": bytes(range(256)) * 4000})
    if kind == "drop-before":
        with pytest.raises(http.client.RemoteDisconnected):
            api.upload(large, revision="r2")
    else:
        assert api.upload(large, revision="r2").status == (500 if kind == "status" else 200)
    assert api.get("/api/projects/1").json["revision"] == "r1"


def test_dropped_after_the_change(api: Api) -> None:
    """No response comes, and the change was made."""
    set_fault(api, "drop-after", operation="putProject", times=1)
    with pytest.raises(http.client.RemoteDisconnected):
        api.upload({"b.dig": HELLO}, revision="r2")
    assert api.get("/api/projects/1").json["revision"] == "r2"


def test_a_delay_and_a_trickle_take_their_time(api: Api) -> None:
    """The response is the right one, later, or in many pieces."""
    expected = api.get("/api/projects/1").content
    for kind in ("delay", "trickle"):
        set_fault(api, kind, seconds=0.05, times=1)
        begun = time.monotonic()
        assert api.get("/api/projects/1").content == expected
        assert time.monotonic() - begun >= 0.05


def test_gzip_is_cut(api: Api) -> None:
    """Half of the compressed data arrives, for JSON and for an archive alike; the length fits what is sent."""
    set_fault(api, "cut-gzip")
    for target in ("/api/projects/1", "/api/projects/1/archive"):
        response = api.get(target, accept_encoding="gzip")
        assert response.headers["content-length"] == str(len(response.content))
        with pytest.raises(EOFError):
            gzip.decompress(response.content)


def test_json_is_broken(api: Api) -> None:
    """It says it is JSON, and is none, whatever the response would have been."""
    set_fault(api, "invalid-json")
    for target in ("/api/projects/1", "/api/projects", "/api/projects/99"):
        response = api.get(target)
        assert response.headers["content-type"] == "application/json"
        with pytest.raises(ValueError, match=r"delimiter|Expecting"):
            json.loads(response.content)


def test_a_web_page_with_status_200(api: Api) -> None:
    """As a proxy in front of the service shows it."""
    set_fault(api, "html")
    response = api.get("/api/projects/1")
    assert (response.status, response.headers["content-type"]) == (200, "text/html;charset=UTF-8")
    assert response.content.startswith(b"<!DOCTYPE html>")


def test_unknown_fields_are_added_to_the_services_own_objects(api: Api) -> None:
    """At every depth, but not to what belongs to the user, such as params."""
    attempt = api.start("1", params={"mine": {"a": 1}}).json
    set_fault(api, "unknown-fields", operation="getAttempts", times=1)
    shown = api.get("/api/attempts").json
    row = shown["attempts"][0]
    assert all("unknownField" in one for one in (shown, row, row["project"], row["workflow"]))
    assert row["params"] == attempt["params"]


def test_unknown_values_of_enums(api: Api) -> None:
    """Where the contract lists the values, another one comes."""
    api.start("1")
    set_fault(api, "unknown-values", operation="getAttempt", times=1)
    spoiled, plain = (api.get("/api/attempts/1").json for _ in range(2))
    assert {name for name in plain if plain[name] != spoiled[name]} == {"status"}


def test_nulls_in_optional_fields(api: Api) -> None:
    """What may be absent comes as null, what is required stays."""
    api.start("1")
    set_fault(api, "nulls", operation="getAttempt", times=1)
    spoiled, plain = (api.get("/api/attempts/1").json for _ in range(2))
    assert {name for name in spoiled if plain.get(name) != spoiled[name]} <= {"finishedAt", "poolId", "workflow"}
    assert (spoiled["poolId"], spoiled["workflow"]) == (None, {"name": "hello", "id": None})
    assert spoiled["id"] == plain["id"]


def test_connections_survive(api: Api) -> None:
    """After a response that a fault gave, the same connection takes the next call."""
    host, _, port = api.base_url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    headers = {"Authorization": f"TD1 {api.key}"}
    for kind, fields in (("status", {"status": 503}), ("status", {"status": 204}), ("html", {}), ("cut-gzip", {})):
        set_fault(api, kind, times=1, **fields)
        for _ in range(2):
            connection.request("GET", "/api/projects/1", headers=headers)
            response = connection.getresponse()
            response.read()
        assert response.status == 200
    connection.close()


# What the client makes of it


@pytest.fixture(params=GUISES)
def guise(request: pytest.FixtureRequest, client_service: MockService) -> Iterator[Guise]:
    """Each client in turn, without retries, at an account with one project and one attempt."""
    account = client_service.account(KEY)
    account.reset()
    client_service.faults(KEY).clear()
    api = Api(client_service.base_url, KEY)
    workflow_id = api.push_hello()
    assert api.start(workflow_id).status == 200
    with guise_of(request.param, client_service.base_url, max_retries=0, timeout=5) as made:
        yield made


@pytest.fixture(scope="module")
def client_service() -> Iterator[MockService]:
    """A service for the tests that go through the client."""
    with MockService() as service:
        yield service


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=400), BadRequest),
        (Fault("status", status=404), NotFound),
        (Fault("status", status=429, retry_after=3), RateLimited),
        (Fault("status", status=503, retry_after=3), ServerError),
        (Fault("status", status=520), ServerError),
        (Fault("status", status=599), ServerError),
        (Fault("drop-before"), TransportError),
        (Fault("drop-after"), TransportError),
        (Fault("cut-gzip"), TransportError),
        (Fault("invalid-json"), ContractError),
        (Fault("html"), ContractError),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_the_client_has_one_typed_error_for_each(
    guise: Guise, client_service: MockService, fault: Fault, error: type[TreasureWorkflowError]
) -> None:
    """Of the kind that its class promises, for one row, a listing and a start alike."""
    client: Any = guise.client
    latest = guise.rows(client.workflows.list())[0]
    calls = [
        lambda: guise.run(lambda: client.projects.get(latest.project.id)),
        lambda: guise.rows(client.sessions.list()),
        lambda: guise.run(lambda: client.attempts.start(None, latest, session_time="2030-01-01T00:00:00Z")),
    ]
    client_service.faults(KEY).append(fault)
    for call in calls:
        with pytest.raises(error) as raised:
            call()
        assert type(raised.value) is error
    client_service.faults(KEY).clear()
    assert guise.run(lambda: client.projects.get(latest.project.id)).name == "shop"


def test_the_client_waits_no_longer_than_it_was_told(guise: Guise, client_service: MockService) -> None:
    """A response that is too late is a TimeoutError, and what was asked for has happened."""
    client: Any = guise.client
    latest = guise.rows(client.workflows.list())[0]
    client_service.faults(KEY).append(Fault("delay", "startAttempt", seconds=0.5, times=1))
    impatient = client.with_options(timeout=0.05)
    with pytest.raises(TimeoutError):
        guise.run(lambda: impatient.attempts.start(None, latest, session_time="2030-01-01T00:00:00Z"))
    assert len(guise.rows(client.sessions.list())) == 2


@pytest.mark.parametrize("kind", ["trickle", "unknown-fields", "unknown-values", "nulls"])
def test_the_client_reads_what_the_future_brings(guise: Guise, client_service: MockService, kind: str) -> None:
    """Slow pieces, unknown fields and values, and null where nothing has to be: all are read, none is an error."""
    client: Any = guise.client
    fault = Fault(kind, seconds=0.02 if kind == "trickle" else None)
    client_service.faults(KEY).append(fault)
    attempts = guise.rows(client.attempts.list(include_retried=True))
    assert [attempt.session_time.isoformat() for attempt in attempts] == ["2024-05-09T00:00:00+00:00"]
    assert attempts[0].status == ("unknown_value" if kind == "unknown-values" else attempts[0].status)
    assert len(guise.rows(client.attempts.tasks(attempts[0]))) == 2
    assert [schedule.id for schedule in guise.rows(client.schedules.list())] == []
    assert guise.run(lambda: client.projects.find("shop")).name == "shop"


def test_a_lost_response_means_what_was_done(guise: Guise, client_service: MockService) -> None:
    """A deletion is tried again and is done; a start is found again, and there is one attempt of it."""
    client: Any = guise.client.with_options(max_retries=2)
    faults = client_service.faults(KEY)
    latest = guise.rows(client.workflows.list())[0]
    faults.append(Fault("drop-after", "startAttempt", times=1))
    guise.run(lambda: client.attempts.start(None, latest, session_time="2030-01-01T00:00:00Z"))
    assert len(guise.rows(client.sessions.list())) == 2
    faults.append(Fault("drop-after", "deleteProject", times=1))
    guise.run(lambda: client.projects.delete(latest.project.id))
    assert faults == []
    assert guise.rows(client.projects.list()) == []


def test_a_dict_is_checked_when_it_is_added(client_service: MockService) -> None:
    """A fault that is given as a dict is a fault from then on; one that means nothing is refused on the spot."""
    faults = client_service.faults("77/" + "7" * 40)
    faults.append({"kind": "status", "status": 503, "times": 1})
    faults.extend([{"kind": "html"}])
    assert [fault.kind for fault in faults] == ["status", "html"]
    for wrong in ({"kind": "status"}, {"kind": "status", "status": 503, "sometimes": 1}, {}):
        with pytest.raises(ServiceError):
            faults.append(wrong)
    assert len(faults) == 2
