"""What passes between the wire and the handlers: a converted request, a response, and the responses without a body."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.java.integers import INT64, java_integer
from treasure_workflow_mock.model.account import Account

encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
"""The text of a JSON value as the service writes it."""


class BareResponse(Exception):
    """A response with a status and no body: how the service refuses what it could not even convert."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Response:
    """A response that is not simply 200 with JSON: a value, its `text`, or `content` of any `content_type`."""

    status: int = 200
    json: Json = None
    text: str | None = None
    content: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Request:
    """The values of one call, converted as the service converts them.

    `path` and `query` hold `int`, `bool`, `str` or (for a repeatable parameter) `list[str]`, by the contract's names;
    `query` holds only what was sent. `body` is the decoded JSON body by field name, without absent and null fields
    (see `bodies`). `content` is the body as it arrived, its content encoding undone; `content_length` is what the
    caller declared, None for a chunked body. `now` is the account's time, in seconds since the epoch.
    """

    now: float
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: JsonObject = field(default_factory=dict)
    content: bytes = b""
    content_length: int | None = None


# A handler returns the JSON of a 200, or a Response; it raises ServiceError or BareResponse.
Handler = Callable[[Account, Request], Json]
# Checks of an operation that come before its body is read; raises as a handler does.
Check = Callable[[Account, Request], None]


def id_in_body(text: str, bound: int = INT64) -> int:
    """The id that a text in a JSON body stands for; raises ServiceError as the service words it."""
    try:
        return java_integer(text, bound)
    except ValueError:
        raise InvalidRequest(f'For input string: "{text}"') from None
