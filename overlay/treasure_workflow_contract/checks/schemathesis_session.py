"""The session that schemathesis calls with: over the run's connection, at its pace, and only what the run may send."""

from __future__ import annotations

import datetime
import io
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from treasure_workflow_contract.sandbox.ownership import Ownership
from treasure_workflow_contract.transport.connection import Connection, HeldBackError
from treasure_workflow_contract.transport.messages import RawExchange

# The connection has undone the first already; the others say how a body was cut up on the wire.
_OF_THE_WIRE = {"content-encoding", "content-length", "transfer-encoding"}

_OF_THE_TOOL = {"X-Schemathesis-TestCaseId"}  # another one in each call, for logs that nobody here reads


class NoResponseError(Exception):
    """A request that got no response, or none that is HTTP."""


class Session(requests.Session):
    """Sends over a connection, and keeps the last exchange. What checks send by themselves goes the same way."""

    def __init__(self, connection: Connection, ownership: Ownership) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self._adapter = _Adapter(connection, ownership)
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def take(self) -> RawExchange:
        """The last exchange. Raises ValueError, saying why, when nothing came of the last request."""
        if self._adapter.last is None:
            raise ValueError(self._adapter.no_response)
        return self._adapter.last


class _Adapter(HTTPAdapter):
    def __init__(self, connection: Connection, ownership: Ownership) -> None:
        super().__init__()
        self.last: RawExchange | None = None
        self.no_response = ""
        self._connection = connection
        self._ownership = ownership
        self._origin = urlsplit(connection.target.base_url)[:2]
        self._client = connection.sync_client.get_httpx_client()

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        method, url = request.method or "", request.url or ""
        parts = urlsplit(url)
        if parts[:2] != self._origin:
            raise HeldBackError(f"{parts.netloc} is not the target")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        if not isinstance(body, bytes):
            raise TypeError(f"a body that is {type(body).__name__}")
        # Built here, so that the client adds none of its own headers, the key least of all.
        headers = [(_bytes(name), _bytes(value)) for name, value in request.headers.items() if name not in _OF_THE_TOOL]
        sent = httpx.Request(method, url, headers=headers, content=body or None)
        reason = self._ownership.reason_to_hold_back(method, sent.url.raw_path.decode("ascii"), body)
        if reason is not None:
            raise HeldBackError(reason)
        try:
            self._client.send(sent)
            self.last = self._connection.recorder.take()
        except (httpx.TransportError, ValueError) as error:
            self._connection.recorder.forget()
            self.last, self.no_response = None, f"no response: {error}"
            raise NoResponseError(self.no_response) from error
        self._ownership.learn(self.last)
        return self._response(request, self.last)

    def _response(self, request: requests.PreparedRequest, exchange: RawExchange) -> requests.Response:
        received = exchange.response
        headers = HTTPHeaderDict()
        for name, value in received.headers:
            if name not in _OF_THE_WIRE:
                headers.add(name, value)
        raw = HTTPResponse(io.BytesIO(received.body), headers, received.status, preload_content=False)
        response = self.build_response(request, raw)
        response.elapsed = datetime.timedelta(seconds=exchange.seconds)
        return response


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text
