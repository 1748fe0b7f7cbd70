"""A server that answers what a test tells it to, over a real socket, and the client in its three guises."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from anyio.from_thread import start_blocking_portal

from treasure_workflow import AsyncClock, AsyncTreasureWorkflow, Clock, TreasureWorkflow

KEY = "1/" + "0123456789" * 4


@dataclass
class Scripted:
    """One response. `sent` bytes of the body are sent before the connection is cut, all when None."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None


def json_response(value: object, status: int = 200, **headers: str) -> Scripted:
    """A response in JSON."""
    return Scripted(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def refusal(status: int, message: str | None = "no", **headers: str) -> Scripted:
    """A response with the service's error object."""
    return json_response({"message": message, "status": status}, status, **headers)


DROPPED = Scripted(sent=-1)
"""The connection is closed without a response."""


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class ScriptedServer:
    """Answers each request with the next of `responses`, or with what the function `response` gives."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.responses: list[Scripted] = []
        self.response: Callable[[Received], Scripted] = lambda _: (
            self.responses.pop(0) if self.responses else refusal(599)
        )
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def serve(self) -> None:
                script._serve(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = serve

            def log_message(self, *_: object) -> None:
                """Keeps the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        target = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        received = Received(handler.command, target.path, dict(parse_qsl(target.query)), headers, body)
        self.requests.append(received)
        response = self.response(received)
        if response.sent == -1:
            handler.close_connection = True
            return
        bodiless = response.status < 200 or response.status in (204, 304)
        handler.close_connection = response.sent is not None or bodiless
        handler.wfile.write(f"HTTP/1.1 {response.status} Scripted\r\n".encode())
        # Announced, or the client may send its next request on a connection that is about to go.
        closing = {"Connection": "close"} if bodiless else {}
        for name, value in {"Content-Length": str(len(response.body)), **closing, **response.headers}.items():
            handler.wfile.write(f"{name}: {value}\r\n".encode())
        handler.wfile.write(b"\r\n" + response.body[: response.sent])
        handler.wfile.flush()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """A running server, for tests that need more than one or one for many examples."""
    server = ScriptedServer()
    try:
        yield server
    finally:
        server.close()


class FrozenClock(Clock):
    """Sleeping takes no time, but the clock moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class AsyncFrozenClock(AsyncClock):
    """The same for the async client."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.now

    def utcnow(self) -> datetime:
        return self._clock.utcnow()

    async def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


@dataclass
class Guise:
    """The sync client, or the async client on asyncio or trio, behind one interface, so that a test is written once."""

    client: Any  # TreasureWorkflow or AsyncTreasureWorkflow: the point of this class is that tests need not know
    clock: FrozenClock
    run: Callable[[Callable[[], Any]], Any]
    """What a call gives: `run(lambda: client.projects.get(1))`."""

    def rows(self, pages: Any) -> list[Any]:
        """All rows of a listing, or lines of a log."""
        if not hasattr(pages, "__aiter__"):
            return list(pages)

        async def collect() -> list[Any]:
            return [row async for row in pages]

        return list(self.run(collect))


GUISES = ("sync", "asyncio", "trio")


@contextmanager
def guise_of(kind: str, base_url: str, **options: Any) -> Iterator[Guise]:
    """A client of the kind, with a clock that does not wait."""
    clock = FrozenClock()
    options = {"api_key": KEY, "base_url": base_url, **options}
    if kind == "sync":
        with TreasureWorkflow(clock=clock, **options) as client:
            yield Guise(client, clock, lambda function: function())
        return
    with start_blocking_portal(backend=kind) as portal, ExitStack() as stack:
        async_client = AsyncTreasureWorkflow(clock=AsyncFrozenClock(clock), **options)
        stack.callback(portal.call, async_client.aclose)

        async def awaited(function: Callable[[], Any]) -> Any:
            return await function()

        yield Guise(async_client, clock, lambda function: portal.call(awaited, function))


def project(id: int = 12, name: str = "shop", **changes: object) -> dict[str, object]:
    """A project as the service sends it."""
    return {
        "id": str(id),
        "name": name,
        "revision": "r7",
        "createdAt": "2024-05-01T08:00:00Z",
        "updatedAt": "2024-05-09T10:11:12Z",
        "deletedAt": None,
        "archiveType": "db",
        "archiveMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        **changes,
    }


def workflow(id: int = 77, name: str = "nightly") -> dict[str, object]:
    """A workflow definition as the service sends it."""
    return {
        "id": str(id),
        "name": name,
        "project": {"id": "12", "name": "shop"},
        "revision": "r7",
        "timezone": "Asia/Tokyo",
        "config": {"+a": {"echo>": "x"}},
    }


def attempt(id: int = 901, **changes: object) -> dict[str, object]:
    """An attempt as the service sends it, running."""
    return {
        "id": str(id),
        "index": 1,
        "project": {"id": "12", "name": "shop"},
        "workflow": {"name": "nightly", "id": "77"},
        "sessionId": "340",
        "sessionUuid": "0b6f7f0e-3f0b-4a52-9d6c-2d1c7f6f4f10",
        "sessionTime": "2024-05-09T00:00:00+09:00",
        "retryAttemptName": None,
        "done": False,
        "success": False,
        "cancelRequested": False,
        "params": {},
        "createdAt": "2024-05-09T03:00:05Z",
        "finishedAt": None,
        "status": "running",
        **changes,
    }


SCHEDULE = {
    "id": "5",
    "project": {"id": "12", "name": "shop"},
    "workflow": {"id": "77", "name": "nightly"},
    "nextRunTime": "2024-05-09T18:00:00Z",
    "nextScheduleTime": "2024-05-10T00:00:00+09:00",
    "disabledAt": None,
    "createdAt": "2024-05-01T08:00:00Z",
    "updatedAt": "2024-05-01T08:00:00Z",
}
SESSION = {
    "id": "340",
    "project": {"id": "12", "name": "shop"},
    "workflow": {"name": "nightly", "id": None},
    "sessionUuid": "0b6f7f0e-3f0b-4a52-9d6c-2d1c7f6f4f10",
    "sessionTime": "2024-05-09T00:00:00+09:00",
    "lastAttempt": {
        key: value
        for key, value in attempt().items()
        if key in ("id", "retryAttemptName", "done", "success", "cancelRequested", "params", "createdAt", "finishedAt")
    },
}
