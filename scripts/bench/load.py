"""Loads a server with wrk while its state changes: one thread, eight connections, every response checked."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import NamedTuple

from scripts.bench.servers import HEADERS, Server, tool

SECONDS = 3
_BETWEEN_CHANGES = 0.05  # seconds


class Load(NamedTuple):
    """A GET and what its responses hold: `marker`, `times` over, and what a Lua pattern finds to be `changing`."""

    path: str
    marker: str
    times: int
    changing: str


class Result(NamedTuple):
    """Requests per second, how many changes were made meanwhile, and how many the responses showed."""

    rate: float
    made: int
    seen: int


def run(server: Server, load: Load, change: Callable[[], object]) -> Result:
    """Loads a server while `change` changes its state. Raises RuntimeError when a response is wrong."""
    command = [tool("wrk", "wrk"), "--threads", "1", "--connections", "8", "--duration", f"{SECONDS}s"]
    for name, value in HEADERS.items():
        command += ["--header", f"{name}: {value}"]
    command += ["--script", str(Path(__file__).with_name("load.lua")), server.address + load.path]
    command += ["--", load.marker, str(load.times), load.changing]
    with _repeated(change) as made:
        report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    requests, microseconds, wrong, seen = (int(word) for word in report.strip().rpartition("\n")[2].split())
    if wrong or not requests:
        raise RuntimeError(f"{wrong} of {requests} responses to {load.path} are wrong")
    return Result(requests / microseconds * 1_000_000, len(made), seen)


def count(server: Server, load: Load) -> int:
    """How often the marker is in one response."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", load.path, headers=HEADERS)
    found = connection.getresponse().read().decode().count(load.marker)
    connection.close()
    return found


@contextmanager
def _repeated(work: Callable[[], object]) -> Iterator[list[object]]:
    """Does `work` in a thread until the block ends, which also raises what it raised; yields what it returned."""
    ended = Event()
    made: list[object] = []

    def repeat() -> None:
        while not ended.wait(_BETWEEN_CHANGES):
            made.append(work())

    with ThreadPoolExecutor(1) as threads:
        repeating = threads.submit(repeat)
        try:
            yield made
        finally:
            ended.set()
        repeating.result()
