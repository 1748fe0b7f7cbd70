"""Requests, carried out as `_transport` decides: with the key, within the call's time, sent again when they may be."""

from __future__ import annotations

import contextlib
import logging
import random
import ssl
from collections.abc import AsyncGenerator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._http import httpx_names as httpx
from treasure_workflow._http import outcomes
from treasure_workflow._http import transport as _transport
from treasure_workflow._http.bodies import Decoder, Undecodable
from treasure_workflow._http.call import Call
from treasure_workflow._http.messages import OnRequest, OnResponse, Request, Response, Timeouts, is_recording, record
from treasure_workflow._runtime import AsyncClock, AsyncShared
from treasure_workflow._secret import Redaction

if TYPE_CHECKING:
    from treasure_workflow._async._network import AsyncNetwork

logger = logging.getLogger("treasure_workflow")


class AsyncPool:
    """Connections to the service and to where it redirects, opened when they are needed. Clients may share one."""

    def __init__(
        self, proxy: str | None, verify: bool | ssl.SSLContext, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """`transport`: what carries requests instead of connections of our own."""
        self.closed = False
        self._transport = transport
        self._proxy = proxy
        self._verify = verify
        self._networks: AsyncShared[AsyncNetwork] = AsyncShared()

    async def respond(self, request: httpx.Request) -> httpx.Response:
        """The response to one try; its body is still to be read."""
        from treasure_workflow._async._network import AsyncNetwork

        if self.closed:
            raise errors.ClientClosed("this client is closed: make a new one, or keep its block open for longer")
        if self._transport is not None:
            return await self._transport.handle_async_request(request)
        url = request.url
        _transport.check_port(url)
        mine, name = self._networks.mine(), (url.scheme, url.host)
        network = mine.get(name)
        if network is None:
            # Of two threads that come here at once both get the same; one without connections needs no closing.
            network = mine.setdefault(name, AsyncNetwork(url, self._proxy, self._verify))
        return await network.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes all connections. Clients that share them cannot be used any more."""
        self.closed = True
        if self._transport is not None:
            await self._transport.aclose()
        mine = self._networks.mine()
        while mine:
            await mine.popitem()[1].aclose()


class AsyncSender(httpx.AsyncBaseTransport):
    """What stands between requests and connections. The raw client uses it as httpx's transport."""

    def __init__(
        self,
        pool: AsyncPool,
        *,
        authorization: _transport.Authorization,
        timeout: float | Timeouts,
        deadline: float | None,
        max_retries: int,
        max_json_bytes: int,
        on_request: OnRequest | None,
        on_response: OnResponse | None,
        clock: AsyncClock,
    ) -> None:
        self._pool = pool
        self._authorization = authorization
        self._max_json_bytes = max_json_bytes
        self._on_request = on_request
        self._on_response = on_response
        self._redaction = Redaction(() if authorization.key is None else (authorization.key,))
        self._limits = asdict(Timeouts.of(timeout))
        self._deadline = deadline
        self._max_retries = max_retries
        self.clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response to the last try, its body read unless the call streams it."""
        call = self._call_of(request)
        while True:
            retry_after = None
            try:
                response = await self._try(request, call)
            except httpx.TransportError as error:
                failure, outcome = _transport.failure_of(error), type(error).__name__
                wait = self.wait(request, call, failure, None)
                if wait is None:
                    raise
            else:
                found = _transport.failure_in(response)
                if found is None:
                    return response
                failure, outcome = found, f"status {response.status_code}"
                retry_after = _transport.retry_after_seconds(response.headers.get("Retry-After"))
                wait = self.wait(request, call, failure, retry_after)
                if wait is None:
                    advice = outcomes.after_a_loss(request.method, call, lost=failure == "lost")
                    response.extensions["after_a_loss"] = advice
                    return response
            call.failures += 1
            if failure == "lost":
                call.lost += 1
            logger.info("%s %s: %s, trying again in %.1f s", request.method, request.url.path, outcome, wait)
            await self.clock.sleep(wait)

    def wait(
        self, request: httpx.Request, call: Call, failure: _transport.Failure, retry_after: float | None
    ) -> float | None:
        """Seconds until the request is to be sent again, None when it is not."""
        if call.failures >= self._max_retries:
            return None
        facts = {"tells_own": call.tells_own, "changes_nothing": call.changes_nothing}
        if not _transport.may_repeat(request.method, call.operation, failure, **facts):
            return None
        return _transport.wait_before_retry(call.failures + 1, retry_after, random.random(), call.left())

    def wait_after_cut(self, call: Call) -> float | None:
        """Seconds until a download that was cut is to be read again, None when it is not."""
        if call.failures >= self._max_retries:
            return None
        call.failures += 1
        return _transport.wait_before_retry(call.failures, None, random.random(), call.left())

    def _call_of(self, request: httpx.Request) -> Call:
        call = request.extensions.get(_transport.CALL)
        if not isinstance(call, Call):  # a request of the raw client
            call = Call(self.clock.monotonic, request.extensions.get("operation"))
            if self._deadline is not None:
                call.end = self.clock.monotonic() + self._deadline
            request.extensions[_transport.CALL] = call
        return call

    async def _try(self, request: httpx.Request, call: Call) -> httpx.Response:
        call.first_sent = call.first_sent or datetime.now(UTC)
        if call.left() <= 0:
            raise httpx.PoolTimeout("the deadline of the call is over")
        if call.with_key:
            self._authorization.apply(request)
        request.extensions["timeout"] = _transport.within(call, self._limits)
        seen = self._seen(request, call)
        if self._on_request is not None:
            self._on_request(seen)
        begun = self.clock.monotonic()
        response = await self._pool.respond(request)
        response.extensions["retries"] = call.failures
        response.extensions["lost"] = call.lost
        response.extensions["operation"] = call.operation
        response.extensions["redaction"] = self._redaction.with_also(call.hidden)
        response.extensions["first_sent"] = call.first_sent
        if not (call.streamed and response.is_success):
            response = await self.read(response, call)
        self._tell(seen, response, call, self.clock.monotonic() - begun)
        return response

    def _seen(self, request: httpx.Request, call: Call) -> Request:
        shown = _transport.described(request.method, str(request.url)).partition(" ")[2]
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        operation = None if call.operation is None else call.operation.id
        return Request(request.method, shown, headers, operation, call.failures + 1)

    def _tell(self, request: Request, response: httpx.Response, call: Call, seconds: float) -> None:
        """Logs a response and shows it to those who want to see it."""
        logger.debug("%s %s: status %d in %.3f s", request.method, request.url, response.status_code, seconds)
        if self._on_response is None and not is_recording():
            return
        redaction = self._redaction.with_also(call.hidden)
        shown = Response(
            response.status_code,
            {name: redaction.text(value) for name, value in response.headers.items()},
            b"" if call.streamed and response.is_success else redaction.bytes(response.content),
            f"{request.method} {request.url}",
            seconds,
        )
        record(shown)
        if self._on_response is not None:
            self._on_response(request, shown)

    async def read(self, response: httpx.Response, call: Call) -> httpx.Response:
        """The response with its body read."""
        body = bytearray()
        async with contextlib.aclosing(body_of(response)) as pieces:
            async for piece in pieces:
                body += piece
                if len(body) > self._max_json_bytes:
                    body.clear()
                    response.extensions["too_large"] = self._max_json_bytes
                    break
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_BODY]
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(body), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._pool.aclose()


_PIECE_BYTES = 64 * 1024
_OF_THE_BODY = (b"content-encoding", b"content-length", b"transfer-encoding")


async def body_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body of a response, unpacked, in pieces of 64 KiB or a little more; the response is closed in the end."""
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)
    try:
        decoder = Decoder(response.headers.get("Content-Encoding", ""))
        gathered = bytearray()
        async for packed in stream:
            for piece in decoder.feed(packed):
                gathered += piece
                if len(gathered) >= _PIECE_BYTES:
                    yield bytes(gathered)
                    gathered.clear()
        decoder.finish()
        if gathered:
            yield bytes(gathered)
    except Undecodable as error:
        raise httpx.DecodingError(str(error)) from error
    finally:
        await stream.aclose()
