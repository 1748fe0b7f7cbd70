"""Calls of a target, each recorded as it went over the wire: through the generated client, or as plain HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from treasure_workflow_api import AuthenticatedClient, Client
from treasure_workflow_contract.transport.messages import RawExchange
from treasure_workflow_contract.transport.recording import AsyncRecordingTransport, Recorder, RecordingTransport
from treasure_workflow_contract.transport.target import Target, TargetError

PATIENCE = 30.0  # seconds for one response


class HeldBackError(Exception):
    """A request that a run may not send at its target. Nothing reached the wire."""


class StoppedError(BaseException):
    """Nothing more is to be sent: no time is left, or the target says nothing. Hypothesis takes it for no failure."""


def _always() -> float:
    return PATIENCE


class Connection:
    """The calls of one process to a target. A context manager: leaving it closes what is open.

    `guard` is given the method, the raw path and query, and the body of each request, and says why it must not be sent;
    None to let it go. The call then raises HeldBackError. `patience` says before each request how many seconds its
    response may take; what it raises ends the call.
    """

    def __init__(self, target: Target, patience: Callable[[], float] = _always) -> None:
        self.target = target
        self.guard: Callable[[str, str, bytes], str | None] | None = None
        self.recorder = Recorder()
        self.loop = asyncio.Runner()
        context = target.trust.ssl_context()  # making one takes longer than a call
        self._patience = patience
        self._pace = _Pace(target.requests_per_second)
        self._plain = httpx.Client(
            base_url=target.base_url,
            timeout=PATIENCE,
            transport=RecordingTransport(self.recorder, context, before=self._before),
        )
        self.sync_client = self._client(RecordingTransport(self.recorder, context, before=self._before))
        """The generated client for its `sync_detailed` functions."""
        self.async_client = self._client(AsyncRecordingTransport(self.recorder, context, before=self._before))
        """The generated client for its `asyncio_detailed` functions, to be awaited in `loop`."""

    def _client(self, transport: httpx.BaseTransport | httpx.AsyncBaseTransport) -> AuthenticatedClient:
        common: dict[str, Any] = {
            "base_url": self.target.base_url,
            "timeout": httpx.Timeout(PATIENCE),
            "httpx_args": {"transport": transport},
        }
        if self.target.key is None:
            # The functions ask for a client with a key by their types alone; an open-source server wants none.
            return Client(**common)  # type: ignore[return-value]
        return AuthenticatedClient(token=self.target.key, prefix=self.target.scheme, **common)

    def _before(self, request: httpx.Request) -> None:
        self.recorder.patience = self._patience()
        if self.guard is not None:
            # Uploads are streams that cannot be read twice, and what they hold names nothing that is somebody's.
            body = b"" if request.headers.get("Content-Type") == "application/gzip" else request.read()
            reason = self.guard(request.method, request.url.raw_path.decode("ascii"), body)
            if reason is not None:
                raise HeldBackError(reason)
        self._pace.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._plain.close()
        self.sync_client.get_httpx_client().close()
        self.loop.run(self.async_client.get_async_httpx_client().aclose())
        self.loop.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Sends a call that the generated client has no part in; the recorder has what came of it.

        `path` is already encoded. The length of a body that comes in several pieces is not sent ahead.
        """
        sent = dict(headers or {})
        if self.target.authorization is not None:
            sent.setdefault("Authorization", self.target.authorization)
        self._plain.request(method, path, params=query, json=json, content=content, headers=sent)

    def exchange(self, method: str, path: str, **request: Any) -> RawExchange:
        """The same, and what came of it. Raises TargetError when there is no response."""
        try:
            self.request(method, path, **request)
            return self.recorder.take()
        except (httpx.TransportError, ValueError) as error:
            self.recorder.forget()
            raise TargetError(f"{method} {path} gets no response from {self.target.base_url}: {error}") from error


class _Pace:
    """Keeps calls apart, so that no more than `per_second` of them begin in a second. None: as fast as they come."""

    def __init__(self, per_second: float | None) -> None:
        self._seconds = 1 / per_second if per_second else 0.0
        self._next = 0.0

    def wait(self) -> None:
        """Returns when the next call may begin."""
        if self._seconds:
            now = time.monotonic()
            if self._next > now:
                time.sleep(self._next - now)
            self._next = max(self._next, now) + self._seconds
