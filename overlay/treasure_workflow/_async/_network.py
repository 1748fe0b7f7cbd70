"""Connections: the one module that drives httpcore.

httpx's own transport has no place for a limit that spans a whole call: a server that sends a byte now and then would
never be given up. Here every wait for the network asks the call how much time it has left.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any, NoReturn, Self, cast

import httpcore

from treasure_workflow import errors
from treasure_workflow._http import httpx_names as httpx
from treasure_workflow._http.call import TimeLimit
from treasure_workflow._http.proxies import proxy_for
from treasure_workflow._runtime import ashielded

_MOST_CONNECTIONS = 200
_KEPT_CONNECTIONS = 100
_KEPT_SECONDS = 4.0  # below the five seconds after which many servers close a connection that is not used
_WRITE_BYTES = 64 * 1024


class AsyncNetwork(httpx.AsyncBaseTransport):
    """Connections to one origin."""

    def __init__(self, url: httpx.URL, proxy: str | None, verify: bool | ssl.SSLContext) -> None:
        address = proxy_for(url, proxy)
        # Loading the authorities' certificates takes time and memory, which plain http has no use for.
        needs_tls = url.scheme == "https" or (address or "").startswith("https:")
        options: dict[str, Any] = {
            "ssl_context": trusted(verify) if needs_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            "max_connections": _MOST_CONNECTIONS,
            "max_keepalive_connections": _KEPT_CONNECTIONS,
            "keepalive_expiry": _KEPT_SECONDS,
            "network_backend": _AsyncBackend(),
        }
        self._connections = _pool(address, options)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response to one try; its body is still to be read."""
        url = request.url
        try:
            response = await self._connections.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException as error:  # noqa: BLE001  # whatever it is, what it shows must not hold the key
            _raise_as_httpx(error)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_AsyncBody(response),
            extensions=cast("dict[str, Any]", vars(response)["extensions"]),
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._connections.aclose()


class _AsyncBody(httpx.AsyncByteStream):
    """A body, in pieces. No generator, which a reader who stops half-way would leave behind unfinished."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self._pieces: AsyncIterator[bytes] = response.aiter_stream()
        self._begun = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        self._begun = True
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, what it shows must not hold the key
            _raise_as_httpx(error)

    async def aclose(self) -> None:
        """Closes the response, and with it the connection unless everything was read."""
        with ashielded():
            await self._response.aclose()
            if self._begun:
                # httpcore's own generators end with what is left of the body here: nothing more can arrive.
                with contextlib.suppress(Exception):
                    async for _ in self._pieces:
                        pass


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self) -> None:
        self._backend: httpcore.AsyncNetworkBackend = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        limit = left(timeout, httpcore.ConnectTimeout)
        connected = await self._backend.connect_tcp(host, port, limit, local_address, socket_options)
        return _AsyncStream(connected)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE_BYTES):
            piece = buffer[start : start + _WRITE_BYTES]
            await self._stream.write(piece, left(timeout, httpcore.WriteTimeout))

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        limit = left(timeout, httpcore.ConnectTimeout)
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, limit))

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(timeout: float | None, over: type[httpcore.TimeoutException]) -> float | None:
    """Seconds that a step may wait now. Raises `over` when the call's time is over."""
    if not isinstance(timeout, TimeLimit):
        return timeout
    seconds = timeout.left()
    if seconds <= 0:
        raise over("the deadline of the call is over")
    return None if seconds == float("inf") else seconds


def trusted(verify: bool | ssl.SSLContext) -> ssl.SSLContext:
    """What certificates are checked with.

    Raises:
        ConfigError: A file that the environment names cannot be used.
    """
    try:
        return httpx.create_ssl_context(verify=verify)
    except (OSError, ValueError) as error:
        raise errors.ConfigError(
            f"the authorities' certificates cannot be read ({error}): see the variables SSL_CERT_FILE and SSL_CERT_DIR"
        ) from error


def _pool(proxy: str | None, options: dict[str, Any]) -> httpcore.AsyncConnectionPool:
    if proxy is None:
        return httpcore.AsyncConnectionPool(**options)
    made = httpx.Proxy(proxy)
    url = made.url
    place = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    if url.scheme.startswith("socks"):
        return httpcore.AsyncSOCKSProxy(place, proxy_auth=made.raw_auth, **options)
    return httpcore.AsyncHTTPProxy(place, proxy_auth=made.raw_auth, proxy_headers=made.headers.raw, **options)


def _raise_as_httpx(error: BaseException) -> NoReturn:
    """Raises httpx's exception of the same name, so that callers know one library only.

    The frames of the libraries below are forgotten: among their variables is the request as it is sent, with the key.
    """
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = None
        cause = cause.__cause__ or cause.__context__
    named = getattr(httpx, type(error).__name__, None)
    if type(error).__module__.startswith("httpcore") and isinstance(named, type) and issubclass(named, httpx.HTTPError):
        raise named(str(error)) from error
    raise error
