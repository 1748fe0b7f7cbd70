"""What a client lets through: responses as they came, requests of one's own, hooks, headers, transports, logs."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import Any

import httpx
import pytest

import treasure_workflow
from tests.support.client.support import (
    KEY,
    Guise,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    project,
    refusal,
)
from treasure_workflow import (
    AsyncTreasureWorkflow,
    ConfigError,
    ContractError,
    NotFound,
    Request,
    Response,
    Timeouts,
    TreasureWorkflow,
)


def test_every_call_gives_its_responses_when_asked(server: ScriptedServer, guise: Guise) -> None:
    """With the value as the method gives it, look-ups before what was asked for."""
    server.responses = [json_response({"projects": [project()]}), json_response(project(), **{"X-Trace": "7"})]
    client = guise.client
    found = guise.run(lambda: client.with_responses(client.projects.get, "shop"))
    assert found.value.name == "shop"
    assert [response.status for response in found.responses] == [200, 200]
    assert found.response.json()["id"] == "12"
    assert (found.response.headers["x-trace"], found.response.request) == (
        "7",
        f"GET {server.base_url}/api/projects/12",
    )
    server.responses = [json_response({"projects": [project(1), project(2)]})]
    listed = guise.run(lambda: client.with_responses(client.projects.list().first))
    assert (listed.value.id, len(listed.response.json()["projects"])) == ("1", 2)
    server.responses = [Scripted(200, b"archive")]
    file = BytesIO()
    assert guise.run(lambda: client.with_responses(client.projects.download, 12, file)).response.body == b""
    assert file.getvalue() == b"archive"


def test_what_the_contract_does_not_know_can_be_asked_for(server: ScriptedServer, guise: Guise) -> None:
    """With key, retries of reads, and the errors of every call."""
    server.responses = [refusal(503), json_response({"version": "1"}), json_response({}), refusal(404), refusal(502)]
    client = guise.client
    response = guise.run(lambda: client.request("GET", "/api/version", params={"a": True}))
    assert (response.status, response.json(), response.text) == (200, {"version": "1"}, '{"version": "1"}')
    guise.run(lambda: client.request("POST", "/api/x", json={"a": 1}, headers={"X-A": "b"}))
    for status in (NotFound, treasure_workflow.ServerError):
        with pytest.raises(status):
            guise.run(lambda: client.request("DELETE", "/api/x"))
    assert server.requests[0].query == {"a": "true"}
    assert (server.requests[2].json, server.requests[2].headers["x-a"]) == ({"a": 1}, "b")
    assert len(server.requests) == 5
    assert {request.headers["authorization"] for request in server.requests} == {f"TD1 {KEY}"}


@pytest.mark.parametrize("path", ["api/x", "//evil.example/x", "https://evil.example/", "/api/../x", "/a?b=c", "/a//b"])
def test_a_request_of_one_s_own_stays_with_the_service(path: str, server: ScriptedServer, guise: Guise) -> None:
    """A path is a path, and leads where it says."""
    with pytest.raises(ValueError, match=r"path|no name"):
        guise.run(lambda: guise.client.request("GET", path))
    assert server.requests == []


def test_headers_of_one_s_own_go_to_the_service_alone(server: ScriptedServer, guise: Guise) -> None:
    """On every request of the client or of a copy, and not to where the service redirects."""
    copy = guise.client.with_options(headers={"X-A": "1"}).with_options(headers={"X-B": "2"})
    with guise_of("sync", server.base_url) as other:
        server.responses = [json_response(project())]
        guise.run(lambda: copy.projects.get(12))
        assert (server.requests[0].headers["x-a"], server.requests[0].headers["x-b"]) == ("1", "2")
        assert other.client is not None
    from tests.support.client.support import scripted_server

    with scripted_server() as storage:
        server.responses = [Scripted(303, headers={"Location": f"{storage.base_url}/a"})]
        storage.responses = [Scripted(200, b"archive")]
        guise.run(lambda: copy.projects.download(12, BytesIO()))
        assert "x-a" in server.requests[1].headers
        assert "x-a" not in storage.requests[0].headers


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Authorization": "Bearer x"}, "access_token="),
        ({"Host": "evil.example"}, "leave it out"),
        ({"X A": "b"}, "no name"),
        ({"X-A": "b\r\nX-C: d"}, "printable"),
        ({"X-A": 7}, "printable"),
    ],
)
def test_headers_that_cannot_be_are_refused(headers: dict[str, Any], reason: str) -> None:
    """Before any request, and without repeating the value."""
    with pytest.raises(ConfigError, match=reason) as caught:
        TreasureWorkflow(KEY, "aws", headers=headers)
    assert "d" not in str(caught.value).split("X-A")[-1].replace("header", "").replace("and", "").replace("printed", "")


def test_hooks_see_every_try_without_the_key(server: ScriptedServer, guise: Guise) -> None:
    """In our own types, redacted: a request each time that it is sent, a response each time that one came."""
    seen: list[Request] = []
    came: list[tuple[Request, Response]] = []
    client = guise.client.with_options(on_request=seen.append, on_response=lambda *both: came.append(both))
    server.responses = [refusal(503, f"key {KEY}"), json_response(project())]
    guise.run(lambda: client.projects.get(12))
    assert [(request.method, request.operation, request.number) for request in seen] == [
        ("GET", "getProject", 1),
        ("GET", "getProject", 2),
    ]
    assert [response.status for _, response in came] == [503, 200]
    assert came[0][0] is seen[0]
    assert seen[0].url == f"{server.base_url}/api/projects/12"
    assert "user-agent" in seen[0].headers
    assert KEY[2:] not in f"{seen}{came}{[response.body for _, response in came]}"


def test_a_transport_of_one_s_own_carries_everything() -> None:
    """Httpx's own test transport, in the sync client; the client decides, the transport carries."""
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(503) if len(requests) == 1 else httpx.Response(200, json=project())

    with guise_of("sync", "http://127.0.0.1:1", transport=httpx.MockTransport(respond)) as guise:
        assert guise.client.projects.get(12).name == "shop"
    assert [request.headers["Authorization"] for request in requests] == [f"TD1 {KEY}"] * 2
    with guise_of("trio", "http://127.0.0.1:1", transport=httpx.MockTransport(respond)) as guise:
        assert guise.run(lambda: guise.client.projects.get(12)).name == "shop"


def test_limits_are_seconds_or_one_for_each_step() -> None:
    """A single number bounds each step, connecting by 5 s at most; nonsense is told before any request."""
    assert Timeouts.of(60) == Timeouts() == Timeouts(5, 60, 60, 60)
    assert Timeouts.of(2) == Timeouts(2, 2, 2, 2)
    assert Timeouts.of(Timeouts(read=None)).read is None
    for value, error in ((0, ValueError), (-1, ValueError), (float("nan"), ValueError), ("5", TypeError)):
        with pytest.raises(error, match="timeout must be"):
            TreasureWorkflow(KEY, "aws", timeout=value)  # type: ignore[arg-type]
    with TreasureWorkflow(KEY, "aws", timeout=Timeouts(connect=1)) as client:
        assert (client._sender._limits["connect"], client._sender._limits["read"]) == (1, 60)


def test_a_client_as_it_is_made_has_the_documented_limits() -> None:
    """60 s for the next byte, 120 s for a call, 64 MiB of JSON."""
    with TreasureWorkflow(KEY, "aws") as client:
        options = client._options
        assert (options.timeout, options.deadline, options.max_json_bytes) == (60, 120, 64 * 1024 * 1024)
        assert client._sender._limits == {"connect": 5, "read": 60, "write": 60, "pool": 60}


# Under trio a body that is given up half-way leaves a generator of httpcore's to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
# Under trio a body that is given up half-way leaves a generator of httpcore's to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_response_that_unpacks_to_too_much_is_refused(server: ScriptedServer, guise: Guise) -> None:
    """However few bytes it is on the wire, in one layer of packing or in an endless body."""
    import gzip

    packed = gzip.compress(b" " * 5_000_000)
    assert len(packed) < 10_000
    client = guise.client.with_options(max_json_bytes=1_000_000)
    for encoding, body in (("gzip", packed), ("", b" " * 1_000_001)):
        server.responses = [Scripted(200, body, {"Content-Type": "application/json", "Content-Encoding": encoding})]
        with pytest.raises(ContractError, match="larger than 1,000,000 bytes"):
            guise.run(lambda: client.projects.get(12))
    for encoding in ("br", "gzip, gzip", "zstd"):
        server.responses = [Scripted(200, packed, {"Content-Encoding": encoding})] * 9
        with pytest.raises(treasure_workflow.TransportError, match="was not asked for"):
            guise.run(lambda: client.projects.get(12))


@pytest.mark.parametrize("cls", [TreasureWorkflow, AsyncTreasureWorkflow])
@pytest.mark.parametrize(
    ("name", "ours"), [("apikey", "api_key="), ("site", "region="), ("endpoint", "base_url"), ("token", "access_token")]
)
def test_arguments_of_other_clients_are_told_ours(cls: Any, name: str, ours: str) -> None:
    """Who comes from tdworkflow or td reads what it is called here, and no key in the traceback."""
    with pytest.raises(TypeError, match=f"{name}.*{ours}"):
        cls(**{name: KEY})


def test_the_client_of_tdworkflow_is_told_ours() -> None:
    """By import and by attribute."""
    with pytest.raises(ImportError, match="it is TreasureWorkflow"):
        from treasure_workflow import Client  # type: ignore[attr-defined]  # noqa: F401
    with pytest.raises(ImportError, match="it is AsyncTreasureWorkflow"):
        getattr(treasure_workflow, "AsyncClient")  # noqa: B009


def test_the_log_tells_requests_without_secrets(
    server: ScriptedServer, guise: Guise, caplog: pytest.LogCaptureFixture
) -> None:
    """One line a response at DEBUG, one a repeat at INFO, under the package's name; no query, no key."""
    caplog.set_level(logging.DEBUG, logger="treasure_workflow")
    server.responses = [refusal(503), json_response({"projects": []})]
    guise.rows(guise.client.projects.list(name="secret-name"))
    lines = [record for record in caplog.records if record.name == "treasure_workflow"]
    assert [record.levelname for record in lines] == ["DEBUG", "INFO", "DEBUG"]
    assert f"GET {server.base_url}/api/projects: status 200" in lines[2].getMessage()
    assert "secret-name" not in str([record.getMessage() for record in lines])
