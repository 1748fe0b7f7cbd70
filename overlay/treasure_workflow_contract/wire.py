"""What really went over the wire: transports that record each connection's bytes, and HTTP messages read from them."""

from __future__ import annotations

import json
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpcore
import httptools
import httpx


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


class RawExchange(NamedTuple):
    """One request and its answer; `seconds` lie between the first byte sent and the last one received."""

    request: Request
    answer: Answer
    seconds: float


class Recorder:
    """Keeps what goes over the wire, in both directions, until it is taken."""

    def __init__(self) -> None:
        self._sent = bytearray()
        self._received = bytearray()
        self._began = self._ended = 0.0

    def sent(self, data: bytes) -> None:
        """Notes bytes that leave."""
        self._began = self._began or time.perf_counter()
        self._sent += data

    def received(self, data: bytes) -> None:
        """Notes bytes that arrived."""
        self._ended = time.perf_counter()
        self._received += data

    def forget(self) -> None:
        """Begins anew."""
        self._sent.clear()
        self._received.clear()
        self._began = 0.0

    def take(self) -> RawExchange:
        """The exchange since the last time. Raises ValueError if there was not exactly one."""
        sent, received, seconds = bytes(self._sent), bytes(self._received), self._ended - self._began
        self.forget()
        return RawExchange(read_request(sent), read_answer(received), max(seconds, 0.0))


class _Stream(httpcore.NetworkStream):
    """A connection whose bytes are noted before they are encrypted and after they are decrypted."""

    def __init__(self, stream: httpcore.NetworkStream, recorder: Recorder) -> None:
        self._stream = stream
        self._recorder = recorder

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, timeout)
        self._recorder.received(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._recorder.sent(buffer)
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._recorder)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """The same for calls of asyncio."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, recorder: Recorder) -> None:
        self._stream = stream
        self._recorder = recorder

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(max_bytes, timeout)
        self._recorder.received(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._recorder.sent(buffer)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._recorder)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Opens connections that are recorded."""

    def __init__(self, recorder: Recorder) -> None:
        self._network = httpcore.SyncBackend()
        self._recorder = recorder

    def connect_tcp(self, host: str, port: int, *given: Any, **named: Any) -> httpcore.NetworkStream:
        return _Stream(self._network.connect_tcp(host, port, *given, **named), self._recorder)


class _AsyncNetwork(httpcore.AsyncNetworkBackend):
    """The same for calls of asyncio."""

    def __init__(self, recorder: Recorder) -> None:
        # httpcore has another class of that name, without types, for where anyio is missing.
        self._network: Any = httpcore.AnyIOBackend()
        self._recorder = recorder

    async def connect_tcp(self, host: str, port: int, *given: Any, **named: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._network.connect_tcp(host, port, *given, **named), self._recorder)


Before = Callable[[httpx.Request], None]


class RecordingTransport(httpx.BaseTransport):
    """What carries the calls of a client, recorded; `before` sees each request first. It keeps its connections."""

    def __init__(self, recorder: Recorder, ssl_context: ssl.SSLContext, before: Before) -> None:
        self._before = before
        self._pool = httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=_Network(recorder))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._before(request)
        try:
            answer = self._pool.handle_request(_plain_request(request))
            content = answer.read()
            answer.close()
        except _HTTPCORE_ERRORS as error:
            raise httpx.TransportError(f"{type(error).__name__}: {error}", request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, stream=httpx.ByteStream(content))

    def close(self) -> None:
        self._pool.close()


class AsyncRecordingTransport(httpx.AsyncBaseTransport):
    """The same for calls of asyncio."""

    def __init__(self, recorder: Recorder, ssl_context: ssl.SSLContext, before: Before) -> None:
        self._before = before
        self._pool = httpcore.AsyncConnectionPool(ssl_context=ssl_context, network_backend=_AsyncNetwork(recorder))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._before(request)
        try:
            answer = await self._pool.handle_async_request(_plain_request(request))
            content = await answer.aread()
            await answer.aclose()
        except _HTTPCORE_ERRORS as error:
            raise httpx.TransportError(f"{type(error).__name__}: {error}", request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, stream=httpx.ByteStream(content))

    async def aclose(self) -> None:
        await self._pool.aclose()


_HTTPCORE_ERRORS = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


def _plain_request(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


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


_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": -zlib.MAX_WBITS}


def read_answer(data: bytes) -> Answer:
    """The one answer that `data` is, its content encoding undone. Raises ValueError."""
    message = _Message()
    parser = httptools.HttpResponseParser(message)
    _feed(parser, data, message)
    body = message.body
    for name, value in message.headers:
        if name == "content-encoding":
            if value not in _WINDOWS:
                raise ValueError(f"content encoding {value!r}, which nobody asked for")
            try:
                body = zlib.decompress(body, _WINDOWS[value])
            except zlib.error as error:
                raise ValueError(f"the body is no {value}: {error}") from error
    return Answer(parser.get_status_code(), tuple(message.headers), body)


def _feed(parser: Any, data: bytes, message: _Message) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserError as error:
        # Not with the bytes, which hold the key.
        raise ValueError(f"{len(data)} bytes that are no HTTP message") from error
    if message.complete != 1:
        raise ValueError(f"{message.complete} HTTP messages in {len(data)} bytes instead of one")
