"""What calls can be about at a target: a project of a case's own, or, where nothing may be written, what is there.

Everything is made and read by plain HTTP: a mistake of the generated client is to show in a case, not here.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from typing import Any

from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.transport.connection import Connection

SESSION_TIME = "2025-03-10T00:00:00+09:00"
KINDS = {
    "attempts": "attempt",
    "files": "log file",
    "logs": "logged attempt",
    "pool_rules": "pool rule",
    "pools": "pool",
    "projects": "project",
    "schedules": "schedule",
    "secrets": "secret",
    "sessions": "session",
    "workflows": "workflow",
}
"""What is named by a path's value, by the segment before it; a listing's rows have the same names."""


def kind_in_path(operation: Operation, name: str) -> str:
    """What a parameter of an operation's path names."""
    segments = operation.path.split("/")
    return KINDS[segments[segments.index(f"{{{name}}}") - 1]]


# What a call gets for something that the target does not hold.
_NOWHERE_ID = 2**31 - 1
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0


PROJECT_KINDS = ("project", "project name", "revision", "workflow", "workflow name", "schedule")
ATTEMPT_KINDS = ("attempt", "attempt name", "session", "session time", "task", "logged attempt", "log file")
POOL_KINDS = ("pool", "pool name", "pool rule")
_KINDS_WITHOUT_POOLS = (*PROJECT_KINDS, *ATTEMPT_KINDS, "secret")
_KINDS = (*_KINDS_WITHOUT_POOLS, *POOL_KINDS)
_NOWHERE = {
    **dict.fromkeys(("project name", "revision", "workflow name", "attempt name", "task", "log file"), "nowhere"),
    "secret": "nowhere",
    "session time": SESSION_TIME,
}


class SandboxError(Exception):
    """The target refuses what every case counts on, such as a project, or responds with something of no use.

    `operation` is the id of the operation that did; the message says how.
    """

    def __init__(self, operation: str, message: str) -> None:
        super().__init__(message)
        self.operation = operation


class Sandbox(ABC):
    """Ids and names by kind, each found or made when a call first needs it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: dict[str, list[Any]] = {}
        self._last = ""

    def some(self, kind: str) -> list[Any]:
        """As `ensure`, with something that is nowhere in place of nothing: what a call needs at least."""
        return self.ensure(kind) or [_NOWHERE.get(kind, _NOWHERE_ID)]

    def ensure(self, kind: str) -> list[Any]:
        """The ids or names of what is really there, found or made the first time. Raises SandboxError."""
        if kind not in self._known:
            try:
                self._known.update(self.provide(kind))
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                raise SandboxError(self._last, f"a response cannot be used: {error!r}") from error
        return self._known[kind]

    def known(self, kind: str) -> list[Any]:
        """The ids or names that were found or made so far."""
        return self._known.get(kind, [])

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a sandbox can hold at this target."""
        return _KINDS if self.connection.target.flavour == "hosted" else _KINDS_WITHOUT_POOLS

    @abstractmethod
    def provide(self, kind: str) -> dict[str, list[Any]]:
        """The ids or names of a kind, and of others that come with them."""

    def new_project_name(self, text: str) -> str:
        """The name under which a call may make a project."""
        return text

    def call(self, method: str, path: str, **request: Any) -> Any:
        """The JSON that a call gives. Raises SandboxError if it does not work."""
        operation = effective().operation_at(method, path)
        assert operation is not None, f"{method} {path} is no operation"
        self._last = operation.id
        response = self.connection.exchange(method, path, **request).response
        if not 200 <= response.status < 300:
            message = f"status {response.status} where a success is due: {response.body[:300].decode(errors='replace')}"
            raise SandboxError(operation.id, message)
        return json.loads(response.body) if response.body else None

    def rows(self, path: str, field: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a listing's first page. Raises SandboxError if it cannot be read."""
        rows: list[dict[str, Any]] = self.call("GET", path, query=query)[field]
        return rows

    def readable_rows(self, path: str, field: str, **query: Any) -> list[dict[str, Any]]:
        """The same; no rows where they cannot be read, by this key or by anyone."""
        response = self.connection.exchange("GET", path, query=query).response
        try:
            found = response.json[field] if response.status == 200 else []
            return [row for row in found if isinstance(row, dict)]
        except (LookupError, TypeError, ValueError):
            return []  # the cases of this operation will tell

    def wait_until_done(self, attempt_id: str) -> dict[str, Any]:
        """The attempt when it has ended. Raises SandboxError when that takes more than a minute."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            attempt: dict[str, Any] = self.call("GET", f"/api/attempts/{attempt_id}")
            if attempt["done"]:
                return attempt
            if time.monotonic() > deadline:
                message = f"attempt {attempt_id} is not done after a minute: does the target run attempts?"
                raise SandboxError("getAttempt", message)
            time.sleep(_POLL_SECONDS)
