"""Calls of a target, each recorded as it went over the wire: through the generated client, or as plain HTTP."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from treasure_workflow_api import AuthenticatedClient, Client
from treasure_workflow_contract.target import Target, TargetError
from treasure_workflow_contract.wire import AsyncRecordingTransport, RawExchange, Recorder, RecordingTransport

TIMEOUT = 60.0  # seconds for one answer


class Connection:
    """The calls of one process to a target. A context manager: leaving it closes what is open."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.recorder = Recorder()
        self.loop = asyncio.Runner()
        context = ssl.create_default_context()  # making one takes longer than a call
        pace = _Pace(target.requests_per_second)
        self._plain = httpx.Client(
            base_url=target.base_url,
            timeout=TIMEOUT,
            transport=RecordingTransport(self.recorder, context, before=pace.wait),
        )
        self.sync_client = self._client(RecordingTransport(self.recorder, context, before=pace.wait))
        """The generated client for its `sync_detailed` functions."""
        self.async_client = self._client(AsyncRecordingTransport(self.recorder, context, before=pace.wait))
        """The generated client for its `asyncio_detailed` functions, to be awaited in `loop`."""

    def _client(self, transport: httpx.BaseTransport | httpx.AsyncBaseTransport) -> AuthenticatedClient:
        common: dict[str, Any] = {"base_url": self.target.base_url, "httpx_args": {"transport": transport}}
        if self.target.key is None:
            # The functions ask for a client with a key by their types alone; an open-source server wants none.
            return Client(**common)  # type: ignore[return-value]
        return AuthenticatedClient(token=self.target.key, **common)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._plain.close()
        self.sync_client.get_httpx_client().close()
        self.loop.run(self.async_client.get_async_httpx_client().aclose())
        self.loop.close()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RawExchange:
        """A call that the generated client has no part in, and its answer; `path` is already encoded.

        Raises TargetError when there is no answer.
        """
        sent = dict(headers or {})
        if self.target.authorization is not None:
            sent.setdefault("Authorization", self.target.authorization)
        try:
            self._plain.request(method, path, params=query, json=json, content=content, headers=sent)
            return self.recorder.take()
        except (httpx.TransportError, ValueError) as error:
            self.recorder.forget()
            raise TargetError(f"{method} {path} gets no answer from {self.target.base_url}: {error}") from error


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
