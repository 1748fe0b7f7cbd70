"""Calls of the raw client's operations, with this package's errors and answers."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from treasure_workflow import _answers, _transport, errors

if TYPE_CHECKING:
    import httpx

    from treasure_workflow._answers import Endpoint
    from treasure_workflow._async._http import AsyncHttp
    from treasure_workflow._runtime import AsyncClock

P = ParamSpec("P")
T = TypeVar("T")

_CHUNK_BYTES = 64 * 1024
_MOST_REDIRECTS = 5


class AsyncCalls:
    """Sends what the raw client's modules describe. Everything that the nouns offer goes through here."""

    def __init__(self, http: AsyncHttp, clock: AsyncClock) -> None:
        self._http = http
        self._base_url = str(http.base_url).rstrip("/")
        self.clock = clock

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of an operation as its model, with None for UNSET.

        Raises:
            TransportError: No whole answer came.
            StatusError: The service refused.
            ContractError: The answer does not fit the contract.
        """
        response, request = await self._send(endpoint._get_kwargs(*args, **kwargs))
        return _answers.parsed(endpoint, response, request)

    async def upload(
        self, endpoint: Endpoint[P, T], content: AsyncIterable[bytes], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `call`, with a body that is sent piece by piece: the raw client would read it whole."""
        options = endpoint._get_kwargs(*args, **kwargs)
        response, request = await self._send({**options, "content": content})
        return _answers.parsed(endpoint, response, request)

    async def perform(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Calls an operation of whose answer only the success counts. Raises like `call`."""
        response, request = await self._send(endpoint._get_kwargs(*args, **kwargs))
        _answers.check(response, request)

    @contextlib.asynccontextmanager
    async def stream(
        self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of a download in pieces, from wherever the service redirects to. Raises like `call`."""
        options = endpoint._get_kwargs(*args, **kwargs)
        async with self._stream(options.pop("method"), options.pop("url"), options) as pieces:
            yield pieces

    @contextlib.asynccontextmanager
    async def stream_from(self, address: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body at an address that the service named, in pieces, fetched without the key. Raises like `call`."""
        async with self._stream("get", address, {"auth": None}) as pieces:
            yield pieces

    async def _send(self, options: dict[str, Any]) -> tuple[httpx.Response, str]:
        request = _transport.described(options["method"], f"{self._base_url}{options['url']}")
        with _transport.typed_failures(request):
            return await self._http.request(**options), request

    @contextlib.asynccontextmanager
    async def _stream(self, method: str, address: str, options: dict[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        request = _transport.described(method, address)
        for _ in range(1 + _MOST_REDIRECTS):
            with _transport.typed_failures(request):
                async with self._http.stream(method, address, **options) as response:
                    if response.next_request is None:
                        if not response.is_success or "text/html" in response.headers.get("Content-Type", ""):
                            await response.aread()
                            _answers.check(response, request)
                        # httpx gives a generator under a wider name. Left behind half-way it has to be closed.
                        generator = cast("AsyncGenerator[bytes, None]", response.aiter_bytes(_CHUNK_BYTES))
                        async with contextlib.aclosing(generator) as pieces:
                            yield pieces
                        return
                    # Storage that the service redirects to has links of its own that carry the permission.
                    method, address, options = "get", str(response.next_request.url), {"auth": None}
            request = _transport.described(method, address)
        raise errors.TransportError(f"redirected more than {_MOST_REDIRECTS} times", request)
