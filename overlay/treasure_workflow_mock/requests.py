"""What passes between the wire and the handlers: a converted request, a reply, and the answers without a body."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from treasure_workflow_mock.state import Account, Json, JsonObject, ServiceError

INT32 = 2**31
INT64 = 2**63
encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
"""The text of a JSON value as the service writes it."""


class BareAnswer(Exception):
    """An answer with a status and no body: how the service refuses what it could not even convert."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not simply 200 with JSON: a value, its `text`, or `content` of any `content_type`."""

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
    caller declared, None for a chunked body.
    """

    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: JsonObject = field(default_factory=dict)
    content: bytes = b""
    content_length: int | None = None


# A handler returns the JSON of a 200, or a Reply; it raises ServiceError or BareAnswer.
Handler = Callable[[Account, Request], Json]
# Checks of an operation that come before its body is read; raises as a handler does.
Check = Callable[[Account, Request], None]


def java_integer(text: str, bound: int) -> int:
    """The integer that Java reads from `text`: a sign, then decimal digits of any script, within `-bound … bound - 1`.

    Raises ValueError for anything else.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isdecimal():
        raise ValueError(text)
    value = int(text)
    if not -bound <= value < bound:
        raise ValueError(text)
    return value


def id_in_body(text: str, bound: int = INT64) -> int:
    """The id that a text in a JSON body stands for; raises ServiceError as the service words it."""
    try:
        return java_integer(text, bound)
    except ValueError:
        raise ServiceError(400, f'For input string: "{text}"') from None
