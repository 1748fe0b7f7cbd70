"""What really went over the wire: a proxy on the loopback that records, and HTTP messages read from its bytes."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
import zlib
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import httptools

_CHUNK = 64 * 1024
_CLOSED_WITHIN = 10.0


class Request(NamedTuple):
    """One request as it arrived; `target` is the raw path and query. Header names are in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for given, value in self.headers if given == name]


class Answer(NamedTuple):
    """One answer as it arrived, its content encoding undone. Header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty if there is none."""
        return next((value.split(";")[0].strip() for name, value in self.headers if name == "content-type"), "")

    @property
    def json(self) -> Any:
        """The decoded body. Raises ValueError for what is no JSON."""
        return json.loads(self.body)


class RecordingProxy:
    """Stands before a service and keeps the bytes of both directions until they are taken.

    `with RecordingProxy(service_url) as proxy:` and call `proxy.base_url`; one call at a time, on its own connection.
    """

    def __init__(self, service_url: str) -> None:
        split = urlsplit(service_url)
        self._service = (split.hostname or "", split.port or 80)
        self._sent = bytearray()
        self._received = bytearray()
        self._connections = 0
        self._changed = threading.Condition()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="proxy", daemon=True)

    @property
    def base_url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self) -> tuple[Request, Answer]:
        """The exchange since the last time. Raises ValueError if there was not exactly one.

        Waits until the caller has closed its connection: the service may answer before a body has come.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._connections == 0, timeout=_CLOSED_WITHIN):
                raise ValueError("the caller has not closed its connection")
        sent, received = bytes(self._sent), bytes(self._received)
        self._sent.clear()
        self._received.clear()
        return read_request(sent), read_answer(received)

    def _handler(self, connection: socket.socket, _address: Any, _server: Any) -> Any:
        """Stands for the class that socketserver would make an object of for each connection."""
        self._count(1)
        try:
            with socket.create_connection(self._service) as service:
                for end in (connection, service):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body are written apart
                back = threading.Thread(target=_pump, args=(service, connection, self._received), daemon=True)
                back.start()
                _pump(connection, service, self._sent)
                back.join()
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._connections += change
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._server.server_bind()
        self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _pump(source: socket.socket, sink: socket.socket, record: bytearray) -> None:
    """Passes bytes on until the source ends. All are recorded, whether or not the sink still takes them."""
    with contextlib.suppress(OSError):  # either end may go at any time
        while data := source.recv(_CHUNK):
            record += data
            with contextlib.suppress(OSError):
                sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@dataclass
class _Message:
    """Collects what httptools reads."""

    url: bytes = b""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    complete: int = 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1


def read_request(data: bytes) -> Request:
    """The one request that `data` is. Raises ValueError."""
    message = _Message()
    parser = httptools.HttpRequestParser(message)
    _feed(parser, data, message)
    return Request(parser.get_method().decode(), message.url.decode("latin-1"), tuple(message.headers), message.body)


def read_answer(data: bytes) -> Answer:
    """The one answer that `data` is, its content encoding undone. Raises ValueError."""
    message = _Message()
    parser = httptools.HttpResponseParser(message)
    _feed(parser, data, message)
    body = message.body
    for name, value in message.headers:
        if name == "content-encoding":
            body = zlib.decompress(body, {"gzip": 16 + zlib.MAX_WBITS, "deflate": -zlib.MAX_WBITS}[value])
    return Answer(parser.get_status_code(), tuple(message.headers), body)


def _feed(parser: Any, data: bytes, message: _Message) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserError as error:
        raise ValueError(f"no HTTP message: {data[:200]!r}") from error
    if message.complete != 1:
        raise ValueError(f"{message.complete} HTTP messages instead of one: {data[:200]!r}")
