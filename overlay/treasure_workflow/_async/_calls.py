"""Calls of the raw client's operations, with this package's errors and responses."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from treasure_workflow import errors
from treasure_workflow._async._http import body_of
from treasure_workflow._http import responses as _responses
from treasure_workflow._http import transport
from treasure_workflow._http.call import Call, Options
from treasure_workflow._http.messages import Response, record, recording
from treasure_workflow._runtime import arun

if TYPE_CHECKING:
    from treasure_workflow._async._http import AsyncSender
    from treasure_workflow._http import httpx_names as httpx
    from treasure_workflow._http.files import Sink
    from treasure_workflow._http.responses import Endpoint
    from treasure_workflow._runtime import AsyncClock
    from treasure_workflow._secret import Secret

P = ParamSpec("P")
T = TypeVar("T")

_MOST_REDIRECTS = 5


class AsyncCalls:
    """Sends what the raw client's modules describe. Everything that the nouns offer goes through here."""

    def __init__(self, sender: AsyncSender, base_url: str, *, deadline: float | None, max_memory_bytes: int) -> None:
        """`deadline`: how long a call may take with its retries, in seconds; transfers have no such limit."""
        self.max_memory_bytes = max_memory_bytes
        """How far what is kept in memory may unpack, in bytes."""
        self._sender = sender
        self._base_url = base_url
        self._deadline = deadline
        self._end: float | None = None
        self._tells_own = False
        self._changes_nothing = False

    @property
    def clock(self) -> AsyncClock:
        """What to read the time from and to sleep with."""
        return self._sender.clock

    def until(self, end: float) -> Self:
        """The same, with calls that are all over at a time on the clock."""
        bounded = copy.copy(self)
        bounded._end = end
        return bounded

    @property
    def base_url(self) -> str:
        """The service's address."""
        return self._base_url

    def telling_own(self) -> Self:
        """The same, for a caller who can tell from a conflict that an earlier try had worked.

        Such calls are repeated although they change something; `lost` of the error says how often they were.
        """
        telling = copy.copy(self)
        telling._tells_own = True
        return telling

    def changing_nothing(self) -> Self:
        """The same, for dry runs, which are repeated like reads."""
        reading = copy.copy(self)
        reading._changes_nothing = True
        return reading

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The response of an operation as its model.

        Raises:
            TransportError: No whole response came.
            StatusError: The service refused.
            ContractError: The response does not fit the contract.
        """
        options = Options(endpoint.build_request(*args, **kwargs).arguments())
        response, request = await self._send(options, hidden=_responses.secrets_in(kwargs))
        return _responses.parsed(endpoint, response, request)

    async def upload(
        self, endpoint: Endpoint[P, T], content: AsyncIterable[bytes], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `call`, with a body that is sent piece by piece: the raw client would read it whole."""
        response, request = await self._send(endpoint.build_request(*args, **kwargs).arguments(), content)
        return _responses.parsed(endpoint, response, request)

    async def perform(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Calls an operation of whose response only the success counts. Raises like `call`."""
        options = Options(endpoint.build_request(*args, **kwargs).arguments())
        response, request = await self._send(options, hidden=_responses.secrets_in(kwargs))
        _responses.check_done(endpoint, response, request)

    async def delete(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Calls an operation that deletes something; that an earlier try had is no error. Raises like `call`."""
        try:
            await self.perform(endpoint, *args, **kwargs)
        except errors.NotFound as error:
            if not error.lost:  # else a try before, whose response was lost, deleted it
                raise

    async def response_to(self, options: Options) -> Response:
        """The response to a request that the contract does not know. Raises like `call`."""
        with recording() as responses:
            response, request = await self._send(options)
        _responses.check(response, request)
        for each in responses:
            record(each)
        return responses[-1]

    async def download(self, sink: Sink, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Fills `sink` with the body of a download, anew when it was cut. Raises like `call`."""
        await self._download(sink, endpoint.build_request(*args, **kwargs).arguments())

    async def download_from(self, sink: Sink, address: str) -> None:
        """Fills `sink` with what is at an address that the service named, without the key. Raises like `call`."""
        transport.check_link(address, self._base_url)
        await self._download(sink, {"method": "get", "url": address})

    @contextlib.asynccontextmanager
    async def stream(
        self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """The body of a download in pieces, from wherever the service redirects to. Raises like `call`."""
        async with self._stream(
            endpoint.build_request(*args, **kwargs).arguments(), Call(self.clock.monotonic, streamed=True)
        ) as pieces:
            yield pieces

    @contextlib.asynccontextmanager
    async def stream_from(self, address: str) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """The body at an address that the service named, in pieces, fetched without the key. Raises like `call`."""
        transport.check_link(address, self._base_url)
        async with self._stream({"method": "get", "url": address}, Call(self.clock.monotonic, streamed=True)) as pieces:
            yield pieces

    def _end_within(self, seconds: float | None) -> float | None:
        """The time on the clock at which a step that may take so long has to be over."""
        if seconds is None:
            return self._end
        end = self.clock.monotonic() + seconds
        return end if self._end is None else min(end, self._end)

    async def _send(
        self,
        options: dict[str, Any],
        content: AsyncIterable[bytes] | None = None,
        hidden: tuple[Secret, ...] = (),
    ) -> tuple[httpx.Response, str]:
        call = Call(
            self.clock.monotonic, tells_own=self._tells_own, changes_nothing=self._changes_nothing, hidden=hidden
        )
        if content is None:
            call.end = self._end_within(self._deadline)
        else:
            options = Options({**options, "content": _AsyncContent(content, call, self._end_within, self._deadline)})
        transport.check_path(options["url"])
        call.operation = options.get("extensions", {}).get("operation")
        address = f"{self._base_url}{options['url']}"
        described = transport.described(options["method"], address)
        with transport.typed_failures(described, call):
            request = transport.request(options["method"], address, options, call)
            return await self._sender.handle_async_request(request), described

    async def _download(self, sink: Sink, options: dict[str, Any]) -> None:
        call = Call(self.clock.monotonic, streamed=True)
        while True:
            await arun(sink.restart)
            call.cut, call.with_key = False, True
            try:
                async with self._stream(options, call) as pieces:
                    async for piece in pieces:
                        await arun(sink.write, piece)
                call.cut = True  # unless it is complete
                await arun(sink.complete)
            except errors.TransportError:
                # A read that was cut is as safe to repeat as one whose response never came.
                wait = self._sender.wait_after_cut(call) if call.cut else None
                if wait is None:
                    raise
                await self.clock.sleep(wait)
            else:
                return

    @contextlib.asynccontextmanager
    async def _stream(self, options: dict[str, Any], call: Call) -> AsyncGenerator[AsyncIterator[bytes], None]:
        method, address = options["method"], options["url"]
        if address.startswith("/"):
            transport.check_path(address)
            call.operation = options["extensions"]["operation"]
            address = f"{self._base_url}{address}"
        else:
            call.with_key = False
        described = transport.described(method, address)
        for _ in range(1 + _MOST_REDIRECTS):
            described = transport.described(method, address)
            call.end = self._end_within(self._deadline)  # until the body begins
            with transport.typed_failures(described, call):
                response = await self._sender.handle_async_request(transport.request(method, address, options, call))
            call.end = self._end
            if response.is_success and (response.status_code != 200 or _responses.is_page(response)):
                with transport.typed_failures(described, call):
                    response = await self._sender.read(response, call)
                _responses.check(response, described)
                raise _responses.misfit(response, "a download has the status 200", described)
            if response.is_success:
                # What is left behind half-way has to be closed.
                async with contextlib.aclosing(_body(response, described, call)) as pieces:
                    yield pieces
                return
            target = transport.redirect_of(response, address)
            if target is None:
                _responses.check(response, described)
                raise AssertionError("a response without success is refused by `check`")
            # Storage that the service redirects to has links of its own that carry the permission.
            method, address, options = "get", target, {}
            call.operation, call.with_key = None, False
        raise errors.TransportError(f"redirected more than {_MOST_REDIRECTS} times", described)


async def _body(response: httpx.Response, described: str, call: Call) -> AsyncGenerator[bytes, None]:
    call.cut = True  # until it has come whole
    with transport.typed_failures(described, call):
        async with contextlib.aclosing(body_of(response)) as pieces:
            async for piece in pieces:
                yield piece
    call.cut = False


class _AsyncContent:
    """The body of an upload. However long it takes to send: once it is sent, the response has the call's deadline."""

    def __init__(
        self,
        content: AsyncIterable[bytes],
        call: Call,
        end_within: Callable[[float | None], float | None],
        deadline: float | None,
    ) -> None:
        self._content = content
        self._call = call
        self._end_within = end_within
        self._deadline = deadline

    def __aiter__(self) -> Self:
        self._call.end = self._end_within(None)
        self._pieces = aiter(self._content)
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            self._call.end = self._end_within(self._deadline)
            raise
