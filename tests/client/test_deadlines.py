"""Calls end in time, whatever a server does: mute, slow, or saying again and again that it is working on it."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.support import (
    GUISES,
    FrozenClock,
    Guise,
    ScriptedServer,
    attempt,
    guise_of,
    json_response,
    refusal,
)
from tests.support.client.wire import Connection, wire_server
from treasure_workflow import ServerError, TimeoutError, TransportError, WaitTimeout

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
SECONDS_A_BYTE = 30.0


@pytest.mark.parametrize("kind", GUISES)
@pytest.mark.parametrize("start", [HEAD, b"HTTP/1.1 200 OK\r\nX-Slow: "], ids=["body", "headers"])
def test_a_byte_now_and_then_does_not_keep_a_call_alive(kind: str, start: bytes) -> None:
    """Each byte comes within the time for the next one, but the call has a deadline of 120 s all the same."""
    clocks: list[FrozenClock] = []

    def trickle(_: bytes, send: Connection) -> None:
        send(start)
        while True:
            clocks[0].now += SECONDS_A_BYTE
            send(b"x")
            threading.Event().wait(0.001)  # each byte in a packet of its own

    with wire_server(trickle) as server, guise_of(kind, server.base_url) as guise:
        clocks.append(guise.clock)
        with pytest.raises(TimeoutError, match="deadline"):
            guise.run(lambda: guise.client.projects.get(12))
        assert len(server.requests) == 1


@pytest.mark.parametrize("kind", GUISES)
def test_a_storm_of_interim_responses_ends(kind: str) -> None:
    """A server that only ever says that it is processing is given up, in a transfer as well."""
    clocks: list[FrozenClock] = []

    def storm(_: bytes, send: Connection) -> None:
        while True:
            clocks[0].now += 1
            send(b"HTTP/1.1 102 Processing\r\n\r\n")

    with wire_server(storm) as server, guise_of(kind, server.base_url) as guise:
        clocks.append(guise.clock)
        for call in (lambda: guise.client.projects.get(12), lambda: guise.client.projects.download(12, BytesIO())):
            with pytest.raises(TransportError):
                guise.run(call)


@pytest.mark.parametrize("kind", GUISES)
def test_a_transfer_takes_as_long_as_bytes_come(kind: str) -> None:
    """An archive that comes slowly is not cut off at the deadline of other calls."""
    clocks: list[FrozenClock] = []

    begun = threading.Event()

    class File(BytesIO):
        def write(self, data: Any) -> int:
            begun.set()
            return super().write(data)

    def slowly(_: bytes, send: Connection) -> None:
        send(b"HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nContent-Length: 100020\r\n\r\n" + b"x" * 100_000)
        begun.wait(30)
        for _ in range(20):
            clocks[0].now += SECONDS_A_BYTE
            send(b"x")

    with wire_server(slowly) as server, guise_of(kind, server.base_url) as guise:
        clocks.append(guise.clock)
        file = File()
        guise.run(lambda: guise.client.projects.download(12, file))
        assert file.getvalue() == b"x" * 100_020


@pytest.mark.parametrize("kind", GUISES)
def test_nothing_waits_longer_than_the_timeout_for_a_byte(kind: str) -> None:
    """With or without a deadline a mute server is given up after the time for the next byte."""
    over = threading.Event()

    def mute(_: bytes, send: Connection) -> None:
        over.wait(30)

    options: dict[str, Any] = {"timeout": 0.05, "deadline": None, "max_retries": 0}
    with wire_server(mute) as server, guise_of(kind, server.base_url, **options) as guise:
        for call in (lambda: guise.client.projects.get(12), lambda: guise.client.projects.download(12, BytesIO())):
            with pytest.raises(TimeoutError, match="ReadTimeout"):
                guise.run(call)
        over.set()


def test_a_deadline_bounds_the_retries(server: ScriptedServer, guise: Guise) -> None:
    """No wait is begun that would end after the deadline; the last response is what the caller gets."""
    server.response = lambda _: refusal(503, "busy", **{"Retry-After": "50"})
    with pytest.raises(ServerError, match="busy"):
        guise.run(lambda: guise.client.projects.get(12))
    assert guise.clock.slept == [50, 50]
    server.requests.clear()
    with pytest.raises(ServerError):
        guise.run(lambda: guise.client.with_options(deadline=None).projects.get(12))
    assert len(server.requests) == 5
    server.requests.clear()
    with pytest.raises(ServerError):
        guise.run(lambda: guise.client.with_options(deadline=10).projects.get(12))
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", GUISES)
def test_waiting_for_an_attempt_is_bounded_by_its_own_timeout(kind: str) -> None:
    """A slow body does not stretch it, and it ends as the wait's own error."""
    clocks: list[FrozenClock] = []

    def trickle(_: bytes, send: Connection) -> None:
        send(HEAD)
        while True:
            clocks[0].now += 0.5
            send(b" ")
            threading.Event().wait(0.001)

    with wire_server(trickle) as server, guise_of(kind, server.base_url) as guise:
        clocks.append(guise.clock)
        with pytest.raises(
            WaitTimeout, match=r"attempt 901 is not done after 2 s \(no response came\); client"
        ) as caught:
            guise.run(lambda: guise.client.attempts.wait(901, timeout=2))
        assert caught.value.attempt is None
        assert len(server.requests) == 1


def test_a_wait_that_ends_among_failures_is_a_wait_timeout(server: ScriptedServer, guise: Guise) -> None:
    """What failed last is its cause; the attempt is as it was last seen."""
    server.response = lambda _: refusal(503) if len(server.requests) > 1 else json_response(attempt())
    with pytest.raises(WaitTimeout) as caught:
        guise.run(lambda: guise.client.attempts.wait(901, timeout=3, poll_interval=2))
    assert caught.value.attempt is not None
    assert isinstance(caught.value.__cause__, ServerError)
    assert guise.clock.now <= 3


def test_a_server_that_is_away_for_long_ends_the_wait(server: ScriptedServer, guise: Guise) -> None:
    """With time left, a failure that outlasts its retries is told as what it is."""
    server.response = lambda _: refusal(503, "away")
    with pytest.raises(ServerError, match="away"):
        guise.run(lambda: guise.client.attempts.wait(901, timeout=3600))


def test_an_upload_has_a_deadline_once_it_is_sent(tmp_path: Path) -> None:
    """Sending may take its time; the response may not."""
    clocks: list[FrozenClock] = []

    def trickle(head: bytes, send: Connection) -> None:
        if head.startswith(b"GET"):
            send(
                b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"projects": []}'[:-1]
            )
            return
        send(HEAD)
        while True:
            clocks[0].now += SECONDS_A_BYTE
            send(b" ")
            threading.Event().wait(0.001)

    (tmp_path / "a.dig").write_text("+a:\n  echo>: a\n")
    with wire_server(trickle) as server, guise_of("sync", server.base_url) as guise:
        clocks.append(guise.clock)
        with pytest.raises(TransportError):
            guise.client.projects.push(tmp_path, "shop", revision="r1", force=True)
