"""A body that is given up half-way: its connection is closed at once, and nothing is left behind unfinished."""

from __future__ import annotations

import gc
import io
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from tests.support.client.spoiling import GOOD
from tests.support.client.support import GUISES, Guise, guise_of
from tests.support.client.wire import Connection, wire_server
from treasure_workflow import ContractError


@pytest.fixture
def endless() -> Iterator[tuple[str, threading.Semaphore]]:
    """A server whose bodies never end, but for a list of logs, and what it is told of clients that have gone."""
    gone = threading.Semaphore(0)
    files = json.dumps(GOOD["getFileHandles"].body).encode()

    def respond(head: bytes, send: Connection) -> None:
        if b"/files HTTP/1.1" in head:
            send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + files)
            return
        send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000000\r\n\r\n")
        try:
            while True:
                send(b" " * 65536)
        finally:
            gone.release()

    with wire_server(respond) as server:
        yield server.base_url, gone


class Broken(io.BytesIO):
    """A file on a disk that is full."""

    def write(self, _: object) -> int:
        raise OSError("no space left")


def cancelled(guise: Guise) -> None:
    """A download whose task is cancelled when its first piece has come."""

    async def download() -> None:
        with anyio.CancelScope() as scope:

            class Cancelling(io.BytesIO):
                def write(self, data: Any) -> int:
                    anyio.from_thread.run_sync(scope.cancel)
                    return len(data)

            await guise.client.logs.download(7, "a.log", Cancelling())
        assert scope.cancelled_caught

    guise.run(download)


def too_large(guise: Guise) -> None:
    """JSON beyond the limit."""
    with pytest.raises(ContractError, match="larger than"):
        guise.run(lambda: guise.client.projects.get(12))


def disk_full(guise: Guise) -> None:
    """A download that cannot be kept."""
    with pytest.raises(OSError, match="no space left"):
        guise.run(lambda: guise.client.logs.download(7, "a.log", Broken()))


def too_much_text(guise: Guise) -> None:
    """A log that is more than may be kept in memory."""
    with pytest.raises(ContractError, match="unpacks to more"):
        guise.run(lambda: guise.client.logs.text(7))


WAYS = [
    (kind, way)
    for kind in GUISES
    for way in (too_large, disk_full, too_much_text, cancelled)
    if way is not cancelled or kind != "sync"
]


@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_a_body_given_up_half_way_leaves_nothing(
    kind: str, way: Callable[[Guise], None], endless: tuple[str, threading.Semaphore]
) -> None:
    """The server sees its connection closed, and no library warns of what was left, such as trio of generators."""
    base_url, gone = endless
    with guise_of(kind, base_url, max_json_bytes=100_000, max_memory_bytes=100_000, max_retries=0) as guise:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            way(guise)
            gc.collect()
        assert gone.acquire(timeout=60)
        assert [str(each.message) for each in told] == []
