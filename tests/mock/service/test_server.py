"""Connections: how long the mock keeps them, and what becomes of requests that never end."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from tests.support.mock.api import Api
from treasure_workflow_mock import MockService
from treasure_workflow_mock.service import app, server

HEAD = b"PUT /api/attempts HTTP/1.1\r\nHost: localhost\r\nAuthorization: x\r\nContent-Type: application/json\r\n"


def connect(service: MockService) -> socket.socket:
    """A connection to a service."""
    url = urlsplit(service.base_url)
    return socket.create_connection((url.hostname, url.port), timeout=30)


@pytest.mark.parametrize(
    "part",
    [
        b"G",
        b"GET /api/projects HTTP/1.1\r\nHost: loc",
        HEAD + b"Content-Length: 9\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
)
def test_a_half_sent_request_ends(part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it breaks off in its head or in its body, its connection is closed after a time, and nothing is done."""
    monkeypatch.setattr(server, "MAX_SILENCE", 0.2)
    with MockService("digdag") as service, connect(service) as connection:
        connection.sendall(part)
        assert connection.recv(1) == b""
        assert Api(service.base_url).get("/api/projects").status == 200


def test_a_connection_outlives_those_of_every_client() -> None:
    """A kept connection is closed by the client, or a call could meet one that is just being closed."""
    assert server.configure(app.Application()).timeout_keep_alive >= 600


def test_a_caller_that_goes_away_has_asked_for_nothing() -> None:
    """A body that breaks off is not taken for a shorter one."""
    with MockService("digdag") as service:
        api = Api(service.base_url)
        with connect(service) as connection:
            head = f"POST /mock/clock HTTP/1.1\r\nHost: localhost\r\nAuthorization: TD1 {api.key}\r\n".encode()
            connection.sendall(head + b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n" + b'{"now": 0}')
        assert api.get("/mock/clock").json["frozen"] is False


def test_bodies_of_control_are_limited(digdag: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large is refused before it is read, and the account stays as it was."""
    monkeypatch.setattr(app, "_MAX_CONTROL_BODY", 100)
    response = digdag.send("PUT", "/mock/settings", {"executor.task_max_run": 1, "x" * 200: 1})
    assert (response.status, "limit" in (response.message or "")) == (400, True)
