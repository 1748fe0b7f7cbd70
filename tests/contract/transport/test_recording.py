"""Calls over the wire: a kept connection that is closed costs a read nothing, and no response takes for ever."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.support.contract.plain_server import plain_server, response
from treasure_workflow_api.api.project import get_projects
from treasure_workflow_contract.transport.connection import Connection
from treasure_workflow_contract.transport.target import Target, TargetError

LISTING = response(200, b'{"projects": []}')


class Closing:
    """Answers the first request of a connection, and closes that as soon as a second one comes."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._seen: set[int] = set()

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        self.heads.append(head)
        if id(connection) in self._seen:
            connection.shutdown(socket.SHUT_RDWR)
            raise OSError("closed")
        self._seen.add(id(connection))
        connection.sendall(LISTING)


@pytest.mark.parametrize("way", ["plain", "sync", "async"])
def test_a_read_is_sent_again_when_its_kept_connection_was_closed(way: str) -> None:
    """By whatever client it goes: the server may close a connection in the moment in which the tool uses it again."""
    closing = Closing()
    with plain_server(closing) as url, Connection(Target(url, flavour="digdag")) as connection:
        for _ in range(3):
            if way == "plain":
                connection.request("GET", "/api/projects")
            elif way == "sync":
                get_projects.sync_detailed(client=connection.sync_client)
            else:
                connection.loop.run(get_projects.asyncio_detailed(client=connection.async_client))
            assert connection.recorder.take().response.status == 200
    assert len(closing.heads) == 5  # the second and the third had to be sent twice


def test_what_writes_is_not_sent_again() -> None:
    """It may have been done."""
    closing = Closing()
    with plain_server(closing) as url, Connection(Target(url, flavour="digdag")) as connection:
        connection.exchange("GET", "/api/projects")
        with pytest.raises(TargetError, match="no response"):
            connection.exchange("PUT", "/api/attempts", json={})
    assert len(closing.heads) == 2


def test_a_read_is_not_sent_again_and_again() -> None:
    """A server that closes every connection without a word is told."""
    heads: list[bytes] = []

    def close(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        raise OSError("closed")

    with (
        plain_server(close) as url,
        Connection(Target(url, flavour="digdag")) as connection,
        pytest.raises(TargetError, match="no response"),
    ):
        connection.exchange("GET", "/api/projects")
    assert len(heads) == 2


def test_a_response_that_trickles_in_for_ever_is_given_up() -> None:
    """The limit is one for the whole response, not for each of its bytes."""
    over = threading.Event()

    def trickle(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not over.wait(0.05):
            connection.sendall(b" ")

    with plain_server(trickle) as url, Connection(Target(url, flavour="digdag"), lambda: 0.5) as connection:
        with pytest.raises(TargetError, match="ReadTimeout"):
            connection.exchange("GET", "/api/projects")
        over.set()
