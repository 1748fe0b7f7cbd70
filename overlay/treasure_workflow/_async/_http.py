"""httpx, driven by the decisions of `_transport`: one pool of connections, requests sent again when they may be."""

from __future__ import annotations

import logging
import random
import ssl
from typing import Any

import httpx

from treasure_workflow import _transport
from treasure_workflow._runtime import AsyncClock

logger = logging.getLogger("treasure_workflow")


class AsyncPool(httpx.AsyncBaseTransport):
    """Connections to the service and to where it redirects, opened when they are needed. Clients may share one."""

    def __init__(self, proxy: str | None, verify: bool | ssl.SSLContext) -> None:
        self._proxy = proxy
        self._verify = verify
        self._transports: dict[tuple[str, str], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to one try."""
        url = request.url
        _transport.check_port(url)
        transport = self._transports.get((url.scheme, url.host))
        if transport is None:
            # Of two threads that come here at once both get the same; a transport without connections needs no close.
            transport = self._transports.setdefault((url.scheme, url.host), self._transport_for(url))
        return await transport.handle_async_request(request)

    def _transport_for(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        proxy = _transport.proxy_for(url, self._proxy)
        # Loading the authorities' certificates takes time and memory, which plain http has no use for.
        verify = self._verify if url.scheme == "https" or proxy else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.AsyncHTTPTransport(verify=verify, proxy=proxy)

    async def aclose(self) -> None:
        """Closes all connections."""
        while self._transports:
            await self._transports.popitem()[1].aclose()


class AsyncHttp(httpx.AsyncClient):
    """An httpx client for one service: it authenticates, retries and gives up in time."""

    def __init__(
        self,
        pool: AsyncPool,
        *,
        base_url: str,
        auth: httpx.Auth | None,
        timeout: float,
        max_retries: int,
        clock: AsyncClock,
    ) -> None:
        super().__init__(
            transport=pool,
            base_url=base_url,
            auth=auth,
            headers=_transport.HEADERS,
            timeout=_transport.time_limits(timeout),
            trust_env=False,  # the pool looks at the environment itself: httpx does not when it gets a transport
        )
        self._prefix = httpx.URL(base_url).raw_path.decode().rstrip("/")
        self._max_retries = max_retries
        self._clock = clock

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # options: httpx's own, unchanged
        """The answer to the last try; its `extensions["retries"]` tells how many came before."""
        path = request.url.raw_path.decode().partition("?")[0].removeprefix(self._prefix)
        tries = 1
        while True:
            retry_after = None
            try:
                response = await super().send(request, **options)
            except httpx.TransportError as error:
                outcome = type(error).__name__
                wait = self._wait(request, path, _transport.failure_of(error), tries, None)
                if wait is None:
                    raise
            else:
                response.extensions["retries"] = tries - 1
                if not _transport.is_passing(response.status_code):
                    return response
                outcome = f"status {response.status_code}"
                retry_after = _transport.retry_after_seconds(response.headers.get("Retry-After"))
                wait = self._wait(request, path, "lost", tries, retry_after)
                if wait is None:
                    return response
                await response.aclose()
            logger.info("%s %s: %s, trying again in %.1f s", request.method, path, outcome, wait)
            await self._clock.sleep(wait)
            tries += 1

    def _wait(
        self, request: httpx.Request, path: str, failure: _transport.Failure, tries: int, retry_after: float | None
    ) -> float | None:
        if tries > self._max_retries or not _transport.may_repeat(request.method, path, failure):
            return None
        return _transport.wait_before_retry(tries, retry_after, random.random())
