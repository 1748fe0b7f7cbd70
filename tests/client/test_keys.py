"""The API key stays with the service it belongs to, whatever redirects and links say."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from io import BytesIO

import pytest

from tests.support.client.support import (
    Guise,
    Scripted,
    ScriptedServer,
    json_response,
    refusal,
    scripted_server,
)
from treasure_workflow import ServerError, TransportError
from treasure_workflow_api.api.project import get_archive

LOG_FILE = {
    "fileName": "+nightly+a@663c3bd61dcd6500.4711@host1.log.gz",
    "fileSize": 20,
    "taskName": "+nightly+a",
    "fileTime": "2024-05-09T02:58:30Z",
    "agentId": "4711@host1",
}


@pytest.fixture
def storage() -> Iterator[ScriptedServer]:
    """Where the service redirects to; another origin by its port."""
    with scripted_server() as running:
        yield running


def check_nothing_of_the_key(storage: ScriptedServer) -> None:
    """No request to the storage carried the key, in any header or in the address."""
    assert storage.requests
    for request in storage.requests:
        assert "authorization" not in request.headers
        assert "TD1" not in str(request)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_archive_behind_a_redirect_is_fetched_without_the_key(
    status: int, server: ScriptedServer, storage: ScriptedServer, guise: Guise
) -> None:
    """Storage gets its own link as it is, and no Authorization header."""
    server.responses = [Scripted(status, headers={"Location": f"{storage.base_url}/bucket/a?Signature=s"})]
    storage.responses = [
        Scripted(303, headers={"Location": "/bucket/b?Signature=t"}),
        Scripted(200, b"archive"),
    ]
    file = BytesIO()
    guise.run(lambda: guise.client.projects.download(12, file))
    assert file.getvalue() == b"archive"
    assert server.requests[0].headers["authorization"].startswith("TD1 ")
    assert [request.query["Signature"] for request in storage.requests] == ["s", "t"]
    check_nothing_of_the_key(storage)


def test_a_log_with_a_direct_link_is_fetched_without_the_key(
    server: ScriptedServer, storage: ScriptedServer, guise: Guise
) -> None:
    """A log's own link leads past the service, so the key stays at home."""
    server.responses = [json_response({"files": [{**LOG_FILE, "direct": f"{storage.base_url}/log?Signature=s"}]})]
    storage.responses = [Scripted(200, gzip.compress(b"hello\n"))]
    assert guise.run(lambda: guise.client.logs.text(901)) == "hello\n"
    check_nothing_of_the_key(storage)


def test_a_link_carries_its_own_permission_even_to_the_same_host(server: ScriptedServer, guise: Guise) -> None:
    """Storage behind the service's own address gets no key either: it would refuse a second permission."""
    direct = {**LOG_FILE, "direct": f"{server.base_url}/storage/log?Signature=s"}
    server.responses = [
        Scripted(303, headers={"Location": "/storage/archive?Signature=s"}),
        Scripted(200, b"archive"),
        json_response({"files": [direct]}),
        Scripted(200, gzip.compress(b"hello\n")),
    ]
    guise.run(lambda: guise.client.projects.download(12, BytesIO()))
    guise.run(lambda: guise.client.logs.text(901))
    with_key = {request.path for request in server.requests if "authorization" in request.headers}
    assert with_key == {"/api/projects/12/archive", "/api/logs/901/files"}


def test_the_raw_client_follows_no_redirect_with_the_key(
    server: ScriptedServer, storage: ScriptedServer, guise: Guise
) -> None:
    """The raw client hands a redirect to its caller; following it by hand sends no key either."""
    server.responses = [Scripted(303, headers={"Location": f"{storage.base_url}/a"})]
    storage.responses = [Scripted(200, b"archive")]
    is_sync = type(guise.client).__name__ == "TreasureWorkflow"
    function = get_archive.sync_detailed if is_sync else get_archive.asyncio_detailed
    response = guise.run(lambda: function(12, client=guise.client.raw))
    assert (response.status_code, storage.requests) == (303, [])
    raw = guise.client.raw
    http = raw.get_httpx_client() if is_sync else raw.get_async_httpx_client()
    guise.run(lambda: http.get(response.headers["Location"], follow_redirects=True))
    check_nothing_of_the_key(storage)


def test_a_redirect_of_an_ordinary_call_is_an_error(
    server: ScriptedServer, storage: ScriptedServer, guise: Guise
) -> None:
    """Only downloads are redirected; anything else that is goes nowhere."""
    server.responses = [Scripted(302, headers={"Location": f"{storage.base_url}/login"})]
    with pytest.raises(Exception, match="status 302"):
        guise.run(lambda: guise.client.projects.get(12))
    assert storage.requests == []


def test_endless_redirects_end(server: ScriptedServer, guise: Guise) -> None:
    """A circle of redirects is an error after a few rounds."""
    server.response = lambda _: Scripted(303, headers={"Location": "/again"})
    with pytest.raises(TransportError, match="redirected"):
        guise.run(lambda: guise.client.projects.download(12, BytesIO()))
    assert len(server.requests) == 6


def test_an_error_of_the_storage_does_not_show_its_link(
    server: ScriptedServer, storage: ScriptedServer, guise: Guise
) -> None:
    """A signed link is as good as a key, so errors leave its query out."""
    server.responses = [Scripted(303, headers={"Location": f"{storage.base_url}/a?Signature=private"})]
    storage.response = lambda _: refusal(500)
    with pytest.raises(ServerError) as caught:
        guise.run(lambda: guise.client.projects.download(12, BytesIO()))
    assert "private" not in str(caught.value)
    assert str(caught.value).startswith(f"GET {storage.base_url}/a: status 500")


def test_no_log_record_shows_key_or_secret(
    server: ScriptedServer, guise: Guise, caplog: pytest.LogCaptureFixture
) -> None:
    """With every logger at its loudest, neither the key nor a secret's value is written."""
    caplog.set_level(logging.DEBUG)
    server.responses = [refusal(503), Scripted(204)]
    guise.run(lambda: guise.client.secrets.set(12, "a.b", "hunter2"))
    assert "trying again" in caplog.text
    assert "0123456789" not in caplog.text
    assert "hunter2" not in caplog.text
