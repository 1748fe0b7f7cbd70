"""Faults that an account's tests ask for: what goes wrong with which call, and how often.

`status`, `html` and `drop-before` come in front of the service: the call is not carried out. All others let it be
carried out and spoil the response.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import UserList
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from weakref import WeakKeyDictionary

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.control import corruption
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.http.asgi import Message, Receive, Scope, Send
from treasure_workflow_mock.http.messages import Response
from treasure_workflow_mock.http.negotiation import compress
from treasure_workflow_mock.http.openapi import load_operations
from treasure_workflow_mock.model.account import Account

IN_FRONT = ("status", "html", "drop-before")
BEHIND = (
    "drop-after",
    "delay",
    "trickle",
    "cut-gzip",
    "invalid-json",
    "unknown-fields",
    "unknown-values",
    "nulls",
)
KINDS = (*IN_FRONT, *BEHIND)
DROP = "treasure_workflow_mock.drop"  # the extension of the ASGI scope that closes the connection at once

_NO_RESPONSE = Response(0, content=b"")  # its status is what the list of requests shows
_WITHOUT_BODY = (204, 304)
_PIECES = 16  # what a trickled body comes in
_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
_WIRE_NAMES = {"retry_after": "retryAfter"}


@dataclass(slots=True)
class Fault:
    """What goes wrong with calls of `operation` (an operationId), or of all operations when that is None.

    The first `after` calls go well, the next `times` (None: all) are hit, then the fault is gone.
    `status` (200 to 599) and `retry_after` (seconds, or the header's text) belong to the kind `status`; `seconds` is
    how late the response of a `delay` comes, or how long a body takes to `trickle`, in real time.
    Raises InvalidRequest that names a wrong field.
    """

    __module__ = "treasure_workflow_mock"

    kind: str
    operation: str | None = None
    times: int | None = None
    after: int = 0
    status: int | None = None
    retry_after: int | str | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidRequest(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.operation is not None and self.operation not in _operation_ids():
            raise InvalidRequest(f"operation must be an operationId of the contract, got {self.operation!r}")
        if self.times is not None and not (_is_whole(self.times) and self.times >= 1):
            raise InvalidRequest(f"times must be an integer >= 1, got {self.times!r}")
        if not (_is_whole(self.after) and self.after >= 0):
            raise InvalidRequest(f"after must be an integer >= 0, got {self.after!r}")
        self._check_belongs("status", self.kind == "status")
        self._check_belongs("seconds", self.kind in ("delay", "trickle"))
        if self.kind == "status" and not (_is_whole(self.status) and 200 <= (self.status or 0) <= 599):
            raise InvalidRequest(f"status must be an integer from 200 to 599, got {self.status!r}")
        self._check_retry_after()
        seconds = self.seconds
        if self.kind in ("delay", "trickle") and not (
            isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < math.inf
        ):
            raise InvalidRequest(f"seconds must be a number >= 0, got {seconds!r}")

    def _check_belongs(self, name: str, belongs: bool) -> None:
        if getattr(self, name) is not None and not belongs:
            raise InvalidRequest(f"{name} must be left out for the kind {self.kind}")

    def _check_retry_after(self) -> None:
        value = self.retry_after
        if value is None:
            return
        if self.kind != "status":
            raise InvalidRequest(f"retryAfter must be left out for the kind {self.kind}")
        if isinstance(value, str):
            is_right = value.isascii() and value.isprintable()
        else:
            is_right = _is_whole(value) and value >= 0
        if not is_right:
            raise InvalidRequest(f"retryAfter must be an integer >= 0 or the text of a header, got {value!r}")

    @property
    def is_in_front(self) -> bool:
        """Whether the call is not carried out."""
        return self.kind in IN_FRONT


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@cache
def _operation_ids() -> frozenset[str]:
    return frozenset(operation.id for operation in load_operations())


def from_json(value: Json) -> Fault:
    """The fault that a JSON object describes. Raises InvalidRequest that names what is wrong."""
    names = {_WIRE_NAMES.get(field.name, field.name): field.name for field in fields(Fault)}
    if not isinstance(value, dict):
        raise InvalidRequest(f"a fault must be an object, got {value!r}")
    for name in value:
        if name not in names:
            raise InvalidRequest(f"unknown field {name!r} of a fault; expected one of {', '.join(names)}")
    if not isinstance(value.get("kind"), str):
        raise InvalidRequest(f"kind must be one of {', '.join(KINDS)}, got {value.get('kind')!r}")
    if not isinstance(value.get("operation"), str | None):
        raise InvalidRequest(f"operation must be an operationId of the contract, got {value['operation']!r}")
    if not isinstance(value.get("retryAfter"), int | str | None):
        raise InvalidRequest(f"retryAfter must be an integer >= 0 or the text of a header, got {value['retryAfter']!r}")
    return Fault(**{names[name]: content for name, content in value.items() if name != "after" or content is not None})


def to_json(fault: Fault) -> JsonObject:
    """A fault as JSON; `after` and `times` say what is left of them."""
    return {_WIRE_NAMES.get(field.name, field.name): getattr(fault, field.name) for field in fields(Fault)}


class Faults(UserList[Fault]):
    """The faults of one account, in the order in which they are tried.

    A dict counts as the fault that it describes, as in the JSON of `/mock/faults`. What is added is checked at once.
    """

    __module__ = "treasure_workflow_mock"

    def append(self, item: Fault | JsonObject) -> None:
        """Adds a fault.

        Raises:
            InvalidRequest: It is no fault; the message says what is wrong.
        """
        super().append(item if isinstance(item, Fault) else from_json(item))

    def extend(self, other: Iterable[Fault | JsonObject]) -> None:
        """Adds faults one after another, as `append` does."""
        for item in other:
            self.append(item)

    def take(self, operation: str) -> Fault | None:
        """The fault that hits this call of an operation, if there is one: the first whose turn it is."""
        hit = None
        for fault in list(self):
            if fault.operation not in (None, operation):
                continue
            if fault.after:
                fault.after -= 1
            elif hit is None:
                hit = fault
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.remove(fault)
        return hit


class FaultsByAccount:
    """The faults of every account of a service."""

    def __init__(self) -> None:
        self._faults: WeakKeyDictionary[Account, Faults] = WeakKeyDictionary()

    def of(self, account: Account) -> Faults:
        """The faults of one account."""
        return self._faults.setdefault(account, Faults())


def response_in_front(fault: Fault) -> Response:
    """The response in place of the service's."""
    if fault.kind == "drop-before":
        return _NO_RESPONSE
    if fault.kind == "html":
        return Response(content=_PAGE, content_type="text/html;charset=UTF-8")
    assert fault.status is not None
    headers = () if fault.retry_after is None else (("retry-after", str(fault.retry_after)),)
    if fault.status in _WITHOUT_BODY:
        return Response(fault.status, content=b"", headers=headers)
    return Response(fault.status, json={"message": "A fault of the test's", "status": fault.status}, headers=headers)


def spoil(fault: Fault, response: Response, operation: str) -> Response:
    """The response as the fault leaves it; time and connection are up to `deliver`."""
    if response.text is not None:
        response = Response(response.status, json=json.loads(response.text), headers=response.headers)
    is_json = response.content is None
    match fault.kind:
        case "invalid-json" if is_json:
            # Whatever the value is, it is not one any more without its last character and with a bracket of its own.
            content = b"[" + json.dumps(response.json).encode()[:-1]
            return Response(response.status, content=content, headers=response.headers)
        case "cut-gzip":
            return _with_cut_gzip(response)
        case "unknown-fields" | "unknown-values" | "nulls" if is_json:
            spoiled = corruption.SPOILERS[fault.kind](operation, response.status, response.json)
            return Response(response.status, json=spoiled, headers=response.headers)
        case _:
            return response


def _with_cut_gzip(response: Response) -> Response:
    content = json.dumps(response.json).encode() if response.content is None else response.content
    headers = response.headers
    if not content.startswith(b"\x1f\x8b"):  # an archive or a log file is gzip by itself
        content = compress(content, "gzip")
        headers = (*headers, ("content-encoding", "gzip"))
    return Response(
        response.status, content=content[: len(content) // 2], content_type=response.content_type, headers=headers
    )


async def deliver(fault: Fault, scope: Scope, receive: Receive, send: Send) -> Send | None:
    """Does to the connection what the fault does; the `send` to respond with, or None when it is closed."""
    match fault.kind:
        case "drop-before" | "drop-after":
            scope["extensions"][DROP]()
            while (await receive())["type"] != "http.disconnect":
                pass
            return None
        case "delay":
            await asyncio.sleep(fault.seconds or 0)
        case "trickle":
            return _trickling(fault.seconds or 0, send)
    return send


def _trickling(seconds: float, send: Send) -> Send:
    """A `send` that lets the body through in small pieces."""

    async def send_slowly(message: Message) -> None:
        body: bytes = message.get("body", b"")
        if not body:
            await send(message)
            return
        size = -(-len(body) // _PIECES)
        for start in range(0, len(body), size):
            await asyncio.sleep(seconds / _PIECES)
            more = start + size < len(body)
            await send({"type": "http.response.body", "body": body[start : start + size], "more_body": more})

    return send_slowly
