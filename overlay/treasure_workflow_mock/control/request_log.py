"""What arrived at an account, for its tests to look at: the last calls, without keys and without secret values."""

from __future__ import annotations

import json
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.http.asgi import Scope
from treasure_workflow_mock.http.routing import Route
from treasure_workflow_mock.model.account import Account

_KEPT = 1000
_MAX_BODY = 64 * 1024  # larger bodies are shown by their size alone
_HIDDEN_HEADERS = {b"authorization", b"proxy-authorization", b"cookie"}
_SECRET_BODIES = {"putProjectSecret"}


class RequestLog:
    """The last calls of each account, oldest first."""

    def __init__(self) -> None:
        self._calls: WeakKeyDictionary[Account, deque[tuple[Any, ...]]] = WeakKeyDictionary()

    def add(self, account: Account, scope: Scope, route: Route | None, content: bytes, status: int) -> None:
        """Takes down a call; `scope` is ASGI's, `content` the body as far as it was read."""
        calls = self._calls.get(account)
        if calls is None:
            calls = self._calls[account] = deque(maxlen=_KEPT)
        operation = None if route is None else route.operation.id
        kept = b"" if operation in _SECRET_BODIES or len(content) > _MAX_BODY else content
        calls.append((scope, operation, len(content), kept, status))

    def clear(self, account: Account) -> None:
        """Forgets the calls of an account."""
        self._calls.pop(account, None)

    def show(self, account: Account) -> list[JsonObject]:
        """The calls as JSON."""
        return [_shown(*call) for call in self._calls.get(account, ())]


def _shown(scope: Scope, operation: str | None, size: int, content: bytes, status: int) -> JsonObject:
    return {
        "operation": operation,
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": [
            [name.decode("latin-1"), value.decode("latin-1")]
            for name, value in scope["headers"]
            if name not in _HIDDEN_HEADERS
        ],
        "bodySize": size,
        "json": _json(content),
        "status": status,
    }


def _json(content: bytes) -> Json:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
