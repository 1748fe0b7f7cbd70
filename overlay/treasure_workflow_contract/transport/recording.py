"""Transports that record what really goes over the wire, in both directions."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import Any

import httpcore
import httpx

from treasure_workflow_contract.transport.messages import RawExchange, read_request, read_response


class Recorder:
    """Keeps what goes over the wire, in both directions, until it is taken."""

    def __init__(self) -> None:
        self.patience = 60.0
        """Seconds that a whole response may take."""
        self._sent = bytearray()
        self._received = bytearray()
        self._began = self._ended = 0.0

    @property
    def received_nothing(self) -> bool:
        """Whether no byte has arrived since the last time."""
        return not self._received

    def sent(self, data: bytes) -> None:
        """Notes bytes that leave."""
        self._began = self._began or time.perf_counter()
        self._sent += data

    def received(self, data: bytes) -> None:
        """Notes bytes that arrived."""
        self._ended = time.perf_counter()
        self._received += data

    def time_left(self, timeout: float | None) -> float:
        """How many of these seconds may be waited for more bytes. Raises httpcore.ReadTimeout when none is left."""
        left = self.patience - (time.perf_counter() - self._began if self._began else 0.0)
        if left <= 0:
            raise httpcore.ReadTimeout(f"no whole response within {self.patience:g} s")
        return left if timeout is None else min(left, timeout)

    def forget(self) -> None:
        """Begins anew."""
        self._sent.clear()
        self._received.clear()
        self._began = 0.0

    def take(self) -> RawExchange:
        """The exchange since the last time. Raises ValueError if there was not exactly one."""
        sent, received, seconds = bytes(self._sent), bytes(self._received), self._ended - self._began
        self.forget()
        return RawExchange(read_request(sent), read_response(received), max(seconds, 0.0))


class _Stream(httpcore.NetworkStream):
    """A connection whose bytes are noted before they are encrypted and after they are decrypted."""

    def __init__(self, stream: httpcore.NetworkStream, recorder: Recorder) -> None:
        self._stream = stream
        self._recorder = recorder

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._recorder.time_left(timeout))
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
        data = await self._stream.read(max_bytes, self._recorder.time_left(timeout))
        self._recorder.received(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._recorder.sent(buffer)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Closes the connections that it kept."""
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
        self._recorder = recorder
        self._before = before
        self._pool = httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=_Network(recorder))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; one that reads a second time, where its connection was closed while it was sent."""
        self._before(request)
        try:
            return self._handle(request)
        except _CLOSED as error:
            if not _may_be_sent_again(request, self._recorder):
                raise _told(error, request) from error
        except _HTTPCORE_ERRORS as error:
            raise _told(error, request) from error
        self._recorder.forget()
        try:
            return self._handle(request)
        except _HTTPCORE_ERRORS as error:
            raise _told(error, request) from error

    def _handle(self, request: httpx.Request) -> httpx.Response:
        response = self._pool.handle_request(_plain_request(request))
        content = response.read()
        response.close()
        return httpx.Response(response.status, headers=response.headers, stream=httpx.ByteStream(content))

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()


class AsyncRecordingTransport(httpx.AsyncBaseTransport):
    """The same for calls of asyncio."""

    def __init__(self, recorder: Recorder, ssl_context: ssl.SSLContext, before: Before) -> None:
        self._recorder = recorder
        self._before = before
        self._pool = httpcore.AsyncConnectionPool(ssl_context=ssl_context, network_backend=_AsyncNetwork(recorder))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; one that reads a second time, where its connection was closed while it was sent."""
        self._before(request)
        try:
            return await self._handle(request)
        except _CLOSED as error:
            if not _may_be_sent_again(request, self._recorder):
                raise _told(error, request) from error
        except _HTTPCORE_ERRORS as error:
            raise _told(error, request) from error
        self._recorder.forget()
        try:
            return await self._handle(request)
        except _HTTPCORE_ERRORS as error:
            raise _told(error, request) from error

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        response = await self._pool.handle_async_request(_plain_request(request))
        content = await response.aread()
        await response.aclose()
        return httpx.Response(response.status, headers=response.headers, stream=httpx.ByteStream(content))

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()


# A server may close a connection that was kept, in the moment in which the next request is sent on it.
_CLOSED = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


def _may_be_sent_again(request: httpx.Request, recorder: Recorder) -> bool:
    return request.method in {"GET", "HEAD"} and recorder.received_nothing


def _told(error: Exception, request: httpx.Request) -> httpx.TransportError:
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return httpx.TransportError(told, request=request)


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
