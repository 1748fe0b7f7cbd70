"""Requests and responses as callers see them: in hooks, as responses of any call, and in a client's options."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from treasure_workflow.errors import ConfigError

T = TypeVar("T")

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = {"authorization", "proxy-authorization", "host", "content-length", "transfer-encoding", "connection", "cookie"}


@dataclass(frozen=True)
class Timeouts:
    """How long each step of a request may take without progress, in seconds; None for as long as it takes."""

    connect: float | None = 5.0
    """To open a connection."""
    read: float | None = 60.0
    """To get the next piece of the response."""
    write: float | None = 60.0
    """To send the next piece of the request."""
    pool: float | None = 60.0
    """To get a connection that others use."""

    def __post_init__(self) -> None:
        for step in ("connect", "read", "write", "pool"):
            value: object = getattr(self, step)
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise TypeError(f"{step} of Timeouts must be seconds or None, not a {type(value).__name__}")
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{step} of Timeouts must be above 0 and finite, got {value!r}")

    @classmethod
    def of(cls, value: float | Timeouts) -> Timeouts:
        """The limits that a single number means: to connect it is 5 s at most."""
        if isinstance(value, Timeouts):
            return value
        if not value > 0:
            raise ValueError(f"timeout must be above 0, got {value!r}")
        return cls(min(value, 5.0), value, value, value)


@dataclass(frozen=True)
class Request:
    """A request, each time that it is sent."""

    method: str
    url: str
    """The address without its query, which of a link to storage is as good as a key."""
    headers: Mapping[str, str]
    """The headers, their names in lower case, without the key."""
    operation: str | None
    """The contract's operationId, None for a request that the contract does not know."""
    number: int
    """Which try of its call it is, 1 for the first."""


@dataclass(frozen=True)
class Response:
    """A response as it came, but for a secret that it repeats."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers, their names in lower case."""
    body: bytes = field(repr=False)
    """The body, unpacked; empty for a download, which goes where it is wanted."""
    request: str
    """Method and address of the request."""
    seconds: float
    """How long it took to come."""

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is no JSON.
        """
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become U+FFFD."""
        return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True)
class WithResponses(Generic[T]):
    """What a call gave, and the responses that it came from."""

    value: T
    """What the call gives by itself."""
    responses: tuple[Response, ...]
    """The responses to its requests, in their order: look-ups first."""

    @property
    def response(self) -> Response:
        """The last response.

        Raises:
            LookupError: The call made no request.
        """
        if not self.responses:
            raise LookupError("the call made no request: what is listed is asked for when it is read")
        return self.responses[-1]


OnRequest = Callable[[Request], object]
"""A function that is called before a request is sent."""
OnResponse = Callable[[Request, Response], object]
"""A function that is called when a response has come."""

_recorded: ContextVar[list[Response] | None] = ContextVar("treasure_workflow_responses", default=None)


@contextmanager
def recording() -> Generator[list[Response], None, None]:
    """A list that the responses of the block's calls are added to."""
    responses: list[Response] = []
    token = _recorded.set(responses)
    try:
        yield responses
    finally:
        _recorded.reset(token)


def record(response: Response) -> None:
    """Adds a response to the list of the block that it belongs to, if there is one."""
    responses = _recorded.get()
    if responses is not None:
        responses.append(response)


def is_recording() -> bool:
    """Whether somebody wants responses."""
    return _recorded.get() is not None


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers of the caller's own.

    Raises:
        ConfigError: A name or value cannot stand in a request, or is the client's own business.
    """
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"{name!r} is no name of a header")
        if name.lower() in _OURS:
            hint = "give api_key= or access_token=" if name.lower() == "authorization" else "leave it out"
            raise ConfigError(f"the header {name} is set by the client: {hint}")
        # The value is not repeated: it may be a secret.
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"the value of header {name} must be printable ASCII text")
    return dict(headers or {})
