"""Faults that an account's tests ask for: what goes wrong with which call, and how often.

`status`, `html` and `drop-before` come in front of the service: the call is not carried out. All others let it be
carried out and spoil the answer.
"""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, fields
from functools import cache

from treasure_workflow_mock import spoiled_answers
from treasure_workflow_mock.asgi import Message, Receive, Scope, Send
from treasure_workflow_mock.contract import load_operations
from treasure_workflow_mock.media import compress
from treasure_workflow_mock.requests import Reply
from treasure_workflow_mock.state import Account, Json, JsonObject, ServiceError

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

_NO_ANSWER = Reply(0, content=b"")  # its status is what the list of requests shows
_WITHOUT_BODY = (204, 304)
_PIECES = 16  # what a trickled body comes in
_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"
_WIRE_NAMES = {"retry_after": "retryAfter"}


@dataclass(slots=True)
class Fault:
    """What goes wrong with calls of `operation` (an operationId), or of all operations when that is None.

    The first `after` calls go well, the next `times` (None: all) are hit, then the fault is gone.
    `status` (200 to 599) and `retry_after` (seconds, or the header's text) belong to the kind `status`; `seconds` is
    how late the answer of a `delay` comes, or how long a body takes to `trickle`, in real time.
    Raises ServiceError (400) that names a wrong field.
    """

    kind: str
    operation: str | None = None
    times: int | None = None
    after: int = 0
    status: int | None = None
    retry_after: int | str | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ServiceError(400, f"kind is none of {', '.join(KINDS)}: {self.kind}")
        if self.operation is not None and self.operation not in _operation_ids():
            raise ServiceError(400, f"operation is no operationId: {self.operation}")
        if self.times is not None and not (_is_whole(self.times) and self.times >= 1):
            raise ServiceError(400, f"times is no whole number from 1: {self.times}")
        if not (_is_whole(self.after) and self.after >= 0):
            raise ServiceError(400, f"after is no whole number from 0: {self.after}")
        self._check_belongs("status", self.kind == "status")
        self._check_belongs("seconds", self.kind in ("delay", "trickle"))
        if self.kind == "status" and not (_is_whole(self.status) and 200 <= (self.status or 0) <= 599):
            raise ServiceError(400, f"status is no whole number from 200 to 599: {self.status}")
        self._check_retry_after()
        seconds = self.seconds
        if self.kind in ("delay", "trickle") and not (
            isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < math.inf
        ):
            raise ServiceError(400, f"seconds is no number from 0: {seconds}")

    def _check_belongs(self, name: str, belongs: bool) -> None:
        if getattr(self, name) is not None and not belongs:
            raise ServiceError(400, f"{name} means nothing to the kind {self.kind}")

    def _check_retry_after(self) -> None:
        value = self.retry_after
        if value is None:
            return
        if self.kind != "status":
            raise ServiceError(400, f"retryAfter means nothing to the kind {self.kind}")
        if isinstance(value, str):
            is_right = value.isascii() and value.isprintable()
        else:
            is_right = _is_whole(value) and value >= 0
        if not is_right:
            raise ServiceError(400, f"retryAfter is neither a whole number of seconds nor a header's text: {value}")

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
    """The fault that a JSON object describes. Raises ServiceError (400) that names what is wrong."""
    names = {_WIRE_NAMES.get(field.name, field.name): field.name for field in fields(Fault)}
    if not isinstance(value, dict):
        raise ServiceError(400, "A fault must be an object")
    for name in value:
        if name not in names:
            raise ServiceError(400, f"{name} is nothing that a fault has; it takes {', '.join(names)}")
    if not isinstance(value.get("kind"), str):
        raise ServiceError(400, f"kind is none of {', '.join(KINDS)}: {value.get('kind')}")
    if not isinstance(value.get("operation"), str | None):
        raise ServiceError(400, f"operation is no operationId: {value['operation']}")
    if not isinstance(value.get("retryAfter"), int | str | None):
        raise ServiceError(400, "retryAfter is neither a whole number of seconds nor a header's text")
    return Fault(**{names[name]: content for name, content in value.items() if name != "after" or content is not None})


def to_json(fault: Fault) -> JsonObject:
    """A fault as JSON; `after` and `times` say what is left of them."""
    return {_WIRE_NAMES.get(field.name, field.name): getattr(fault, field.name) for field in fields(Fault)}


def take(account: Account, operation: str) -> Fault | None:
    """The fault that hits this call of an operation, if there is one: the first whose turn it is."""
    hit = None
    for fault in list(account.faults):
        if fault.operation not in (None, operation):
            continue
        if fault.after:
            fault.after -= 1
        elif hit is None:
            hit = fault
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    account.faults.remove(fault)
    return hit


def reply_in_front(fault: Fault) -> Reply:
    """What is answered in place of the service."""
    if fault.kind == "drop-before":
        return _NO_ANSWER
    if fault.kind == "html":
        return Reply(content=_PAGE, content_type="text/html;charset=UTF-8")
    assert fault.status is not None
    headers = () if fault.retry_after is None else (("retry-after", str(fault.retry_after)),)
    if fault.status in _WITHOUT_BODY:
        return Reply(fault.status, content=b"", headers=headers)
    return Reply(fault.status, json={"message": "A fault of the test's", "status": fault.status}, headers=headers)


def spoil(fault: Fault, reply: Reply, operation: str) -> Reply:
    """The reply as the fault leaves it; time and connection are up to `deliver`."""
    if reply.text is not None:
        reply = Reply(reply.status, json=json.loads(reply.text), headers=reply.headers)
    is_json = reply.content is None
    match fault.kind:
        case "invalid-json" if is_json:
            # Whatever the value is, it is not one any more without its last character and with a bracket of its own.
            content = b"[" + json.dumps(reply.json).encode()[:-1]
            return Reply(reply.status, content=content, headers=reply.headers)
        case "cut-gzip":
            return _with_cut_gzip(reply)
        case "unknown-fields" | "unknown-values" | "nulls" if is_json:
            spoiled = spoiled_answers.SPOILERS[fault.kind](operation, reply.status, reply.json)
            return Reply(reply.status, json=spoiled, headers=reply.headers)
        case _:
            return reply


def _with_cut_gzip(reply: Reply) -> Reply:
    content = json.dumps(reply.json).encode() if reply.content is None else reply.content
    headers = reply.headers
    if not content.startswith(b"\x1f\x8b"):  # an archive or a log file is gzip by itself
        content = compress(content, "gzip")
        headers = (*headers, ("content-encoding", "gzip"))
    return Reply(reply.status, content=content[: len(content) // 2], content_type=reply.content_type, headers=headers)


async def deliver(fault: Fault, scope: Scope, receive: Receive, send: Send) -> Send | None:
    """Does to the connection what the fault does; the `send` to answer with, or None when it is closed."""
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
