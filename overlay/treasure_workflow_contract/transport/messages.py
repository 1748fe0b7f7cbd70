"""HTTP messages as they went over the wire, and how they are read from bytes."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httptools


class RawRequest(NamedTuple):
    """One request as it arrived; `target` is the raw path and query. Header names are in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for given, value in self.headers if given == name]


class RawResponse(NamedTuple):
    """One response as it arrived, its content encoding undone. Header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty if there is none."""
        return next((value.split(";")[0].strip() for name, value in self.headers if name == "content-type"), "")

    def header(self, name: str) -> str:
        """The first value of a header; empty if there is none."""
        return next((value for given, value in self.headers if given == name), "")

    @property
    def json(self) -> Any:
        """The decoded body. Raises ValueError for what is no JSON."""
        return json.loads(self.body)


class RawExchange(NamedTuple):
    """One request and its response; `seconds` lie between the first byte sent and the last one received."""

    request: RawRequest
    response: RawResponse
    seconds: float


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


def read_request(data: bytes) -> RawRequest:
    """The one request that `data` is. Raises ValueError."""
    message = _Message()
    parser = httptools.HttpRequestParser(message)
    _feed(parser, data, message)
    return RawRequest(parser.get_method().decode(), message.url.decode("latin-1"), tuple(message.headers), message.body)


_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": -zlib.MAX_WBITS}


def read_response(data: bytes) -> RawResponse:
    """The one response that `data` is, its content encoding undone. Raises ValueError."""
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
    return RawResponse(parser.get_status_code(), tuple(message.headers), body)


def _feed(parser: Any, data: bytes, message: _Message) -> None:
    try:
        parser.feed_data(data)
    except httptools.HttpParserError as error:
        # Not with the bytes, which hold the key.
        raise ValueError(f"{len(data)} bytes that are no HTTP message") from error
    if message.complete != 1:
        raise ValueError(f"{message.complete} HTTP messages in {len(data)} bytes instead of one")
