"""What calls can be about at a target: a project of a case's own, or, where nothing may be written, what is there.

Everything is made and read by plain HTTP: a mistake of the generated client is to show in a case, not here.
"""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from treasure_workflow_contract.archives import pack
from treasure_workflow_contract.connection import Connection
from treasure_workflow_contract.contract import Operation, effective

REVISION = "2025-03-10 +hot/fix%"
SESSION_TIME = "2025-03-10T00:00:00+09:00"
ATTEMPT_NAME = "after fix+1"
SECRET_KEYS = ("warehouse.password", "api_key")
# Schedules begin long after any run of the tests, so nothing starts by itself.
SCHEDULE_FROM = "2099-01-01T00:00:00Z"
FILES = {
    "nightly.dig": (
        "timezone: Asia/Tokyo\nschedule:\n  daily>: 03:00:00\n"
        "+load:\n  echo>: loaded ${session_date}\n"
        "+both:\n  _parallel: true\n  +first:\n    echo>: '1'\n  +second:\n    echo>: '2'\n"
    ),
    "report.dig": "_export:\n  'dotted.key': [1, 2.5, null, {}]\n+stop:\n  fail>: no data for ${session_time}\n",
    # A killed task that waits is canceled when it looks again.
    "waiting.dig": "+pause:\n  wait>: 1h\n  poll_interval: 1s\n",
}
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


class WorldError(Exception):
    """The target refuses what every case counts on, such as a project, or answers it with something of no use.

    `operation` is the id of the operation that did; the message says how.
    """

    def __init__(self, operation: str, message: str) -> None:
        super().__init__(message)
        self.operation = operation


class World(Mapping[str, list[Any]]):
    """Ids and names by kind, found or made when they are first asked for. Something stands for what is not there."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: dict[str, list[Any]] = {}
        self._last = ""

    def __getitem__(self, kind: str) -> list[Any]:
        return self.held(kind) or [_NOWHERE.get(kind, _NOWHERE_ID)]

    def held(self, kind: str) -> list[Any]:
        """The ids or names of what is really there."""
        if kind not in self._known:
            try:
                self._known.update(self.provide(kind))
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                raise WorldError(self._last, f"an answer cannot be used: {error!r}") from error
        return self._known[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self.kinds)

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a world can hold at this target."""
        return _KINDS if self.connection.target.flavour == "hosted" else _KINDS_WITHOUT_POOLS

    @abstractmethod
    def provide(self, kind: str) -> dict[str, list[Any]]:
        """The ids or names of a kind, and of others that come with them."""

    def new_project_name(self, text: str) -> str:
        """The name under which a call may make a project."""
        return text

    def call(self, method: str, path: str, **request: Any) -> Any:
        """The JSON that a call gives. Raises WorldError if it does not work."""
        operation = effective().operation_at(method, path)
        assert operation is not None, f"{method} {path} is no operation"
        self._last = operation.id
        answer = self.connection.exchange(method, path, **request).answer
        if not 200 <= answer.status < 300:
            message = f"status {answer.status} where a success is due: {answer.body[:300].decode(errors='replace')}"
            raise WorldError(operation.id, message)
        return json.loads(answer.body) if answer.body else None

    def rows(self, path: str, field: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a listing's first page. Raises WorldError if it cannot be read."""
        rows: list[dict[str, Any]] = self.call("GET", path, query=query)[field]
        return rows

    def readable_rows(self, path: str, field: str, **query: Any) -> list[dict[str, Any]]:
        """The same; no rows where they cannot be read, by this key or by anyone."""
        answer = self.connection.exchange("GET", path, query=query).answer
        try:
            found = answer.json[field] if answer.status == 200 else []
            return [row for row in found if isinstance(row, dict)]
        except (LookupError, TypeError, ValueError):
            return []  # the cases of this operation will tell

    def wait_until_done(self, attempt_id: str) -> dict[str, Any]:
        """The attempt when it has ended. Raises WorldError when that takes more than a minute."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            attempt: dict[str, Any] = self.call("GET", f"/api/attempts/{attempt_id}")
            if attempt["done"]:
                return attempt
            if time.monotonic() > deadline:
                message = f"attempt {attempt_id} is not done after a minute: does the target run attempts?"
                raise WorldError("getAttempt", message)
            time.sleep(_POLL_SECONDS)


class FoundWorld(World):
    """What is at a target already, by the first page of each listing."""

    def provide(self, kind: str) -> dict[str, list[Any]]:
        """Reads the listing that tells of `kind`."""
        return _FINDERS[kind](self)

    def rows(self, path: str, field: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a listing's first page; none where the key may not read it, which is no mistake."""
        return self.readable_rows(path, field, **query)

    def project_names(self, beginning: str) -> list[str]:
        """The names of all projects that begin so."""
        return [project["name"] for project in _projects(self, beginning)]


class OwnWorld(World):
    """A project of its own, pushed to the target, with attempts and the rest as they are needed.

    `dispose` takes it away again. Its name, and that of every project that a call may make, begins with `marker`. With
    `pools` its calls change the account's pools, which are then this world's alone.
    """

    def __init__(self, connection: Connection, marker: str, *, pools: bool = False) -> None:
        super().__init__(connection)
        self._marker = marker
        self.pools = pools and connection.target.writes == "everything" and connection.target.flavour == "hosted"
        self._names_given = False
        self.project_name = f"{self._marker}orders & returns 日本"

    def provide(self, kind: str) -> dict[str, list[Any]]:
        """Makes what `kind` is of."""
        if kind in _POOL_KINDS and not self.pools:
            return _found_pools(self)
        return _MAKERS[kind](self)

    def new_project_name(self, text: str) -> str:
        """A name of this world's own that ends with `text`."""
        self._names_given = True
        return self._marker + text

    def dispose(self) -> None:
        """Kills what still runs and deletes the projects, and with `pools` all pools and rules of the account."""
        if self._names_given or "project" in self._known:
            remove_projects(self, self._marker)
        if self.pools:
            remove_pools(self)
        self._known.clear()


def remove_projects(world: World, marker: str) -> None:
    """Kills the attempts of all projects whose names begin with `marker`, and deletes these."""
    for project in _projects(world, marker):
        query = {"project": project["name"], "include_retried": "true"}
        for attempt in _all_rows(world, "/api/attempts", "attempts", query):
            if not attempt.get("done"):
                world.connection.exchange("POST", f"/api/attempts/{attempt['id']}/kill")
        world.connection.exchange("DELETE", f"/api/projects/{project['id']}")


def _projects(world: World, beginning: str) -> list[dict[str, Any]]:
    # A backslash in a pattern makes a wildcard of what follows literal, and itself nothing.
    rows = _all_rows(world, "/api/projects", "projects", {"name_pattern": beginning})
    return [project for project in rows if str(project.get("name")).startswith(beginning)]


def remove_pools(world: World) -> None:
    """Deletes all pool rules, and all pools but the default one."""
    for rule in world.readable_rows("/api/pool_rules", "poolRules"):
        world.connection.exchange("DELETE", f"/api/pool_rules/{rule.get('id')}")
    for pool in world.readable_rows("/api/pools", "pools"):
        if not pool.get("default"):
            world.connection.exchange("DELETE", f"/api/pools/{pool.get('id')}")


def _all_rows(world: World, path: str, field: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        cursor = {"last_id": rows[-1]["id"]} if rows else {}
        page = [row for row in world.readable_rows(path, field, **query, **cursor) if "id" in row]
        if not page or (rows and page[-1]["id"] == rows[-1]["id"]):
            return rows
        rows += page


def _made_project(world: OwnWorld) -> dict[str, list[Any]]:
    project = world.call(
        "PUT",
        "/api/projects",
        query={"project": world.project_name, "revision": REVISION, "schedule_from": SCHEDULE_FROM},
        content=pack(FILES),
        headers={"Content-Type": "application/gzip"},
    )
    return _of_project(world, project)


def _of_project(world: World, project: Mapping[str, Any]) -> dict[str, list[Any]]:
    workflows = world.rows(f"/api/projects/{project['id']}/workflows", "workflows", revision=project["revision"])
    schedules = world.rows(f"/api/projects/{project['id']}/schedules", "schedules")
    return {
        "project": [int(project["id"])],
        "project name": [project["name"]],
        "revision": [project["revision"]],
        "workflow": [int(workflow["id"]) for workflow in workflows],
        "workflow name": [workflow["name"] for workflow in workflows],
        "schedule": [int(schedule["id"]) for schedule in schedules],
    }


def _made_attempts(world: OwnWorld) -> dict[str, list[Any]]:
    start = {"sessionTime": SESSION_TIME, "params": {"größe": 2**60}, "retryAttemptName": ATTEMPT_NAME}
    attempts = [
        world.call("PUT", "/api/attempts", json={**start, "workflowId": str(workflow)})
        for workflow in world["workflow"]
    ]
    for attempt in attempts:
        if attempt["workflow"]["name"] != "waiting":
            world.wait_until_done(attempt["id"])
    return _of_attempts(world, attempts)


def _of_attempts(world: World, attempts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    ids = [int(attempt["id"]) for attempt in attempts]
    tasks = [task for id in ids[:4] for task in world.rows(f"/api/attempts/{id}/tasks", "tasks")]
    # The log files of one attempt, so that a file that is drawn is one of the attempt that is drawn with it.
    files: list[dict[str, Any]] = []
    logged = ids[:1]
    for id in ids[:4]:
        files = world.rows(f"/api/logs/{id}/files", "files")
        if files:
            logged = [id]
            break
    return {
        "attempt": ids,
        "attempt name": [name for name in (attempt["retryAttemptName"] for attempt in attempts) if name],
        "log file": [file["fileName"] for file in files],
        "logged attempt": logged,
        "session": [int(attempt["sessionId"]) for attempt in attempts],
        "session time": [attempt["sessionTime"] for attempt in attempts],
        "task": [task["fullName"] for task in tasks],
    }


def _made_secrets(world: OwnWorld) -> dict[str, list[Any]]:
    for key in SECRET_KEYS:
        path = f"/api/projects/{world['project'][0]}/secrets/{quote(key)}"
        # A server without a key of its own for them keeps no secrets; its cases say so.
        world.connection.exchange("PUT", path, json={"value": "correct horse"})
    return {"secret": list(SECRET_KEYS)}


def _made_pools(world: OwnWorld) -> dict[str, list[Any]]:
    names = [world.new_project_name(text) for text in ("spare", "used by a rule")]
    for name in names:
        world.call("POST", "/api/pools", json={"name": name, "concurrencyLimit": 3})
    # A pool of an earlier world stays as long as something runs in it.
    rows = world.rows("/api/pools", "pools")
    pools = [pool for name in names for pool in rows if pool["name"] == name]
    condition = {"type": "invocation_type", "values": ["scheduled"]}
    body = {"poolId": pools[-1]["id"], "priority": 100, "conditions": [condition]}
    rule = world.call("POST", "/api/pool_rules", json=body)
    default = [pool for pool in rows if pool["default"]]
    return {
        "pool": [int(pool["id"]) for pool in pools + default],
        "pool name": names,
        "pool rule": [int(rule["id"])],
    }


def _found_project(world: World) -> dict[str, list[Any]]:
    projects = world.rows("/api/projects", "projects")
    if not projects:
        return {kind: [] for kind in _PROJECT_KINDS}
    return {
        **_of_project(world, projects[0]),
        "project": [int(project["id"]) for project in projects],
        "project name": [project["name"] for project in projects],
        "schedule": [int(schedule["id"]) for schedule in world.rows("/api/schedules", "schedules")],
    }


def _found_attempts(world: World) -> dict[str, list[Any]]:
    return _of_attempts(world, world.rows("/api/attempts", "attempts"))


def _found_secrets(world: World) -> dict[str, list[Any]]:
    projects = world.held("project")[:1]
    return {
        "secret": [secret["key"] for id in projects for secret in world.rows(f"/api/projects/{id}/secrets", "secrets")]
    }


def _found_pools(world: World) -> dict[str, list[Any]]:
    pools = world.readable_rows("/api/pools", "pools")
    rules = world.readable_rows("/api/pool_rules", "poolRules")
    return {
        "pool": [int(pool["id"]) for pool in pools],
        "pool name": [pool["name"] for pool in pools],
        "pool rule": [int(rule["id"]) for rule in rules],
    }


_PROJECT_KINDS = ("project", "project name", "revision", "workflow", "workflow name", "schedule")
_ATTEMPT_KINDS = ("attempt", "attempt name", "session", "session time", "task", "logged attempt", "log file")
_POOL_KINDS = ("pool", "pool name", "pool rule")
_KINDS_WITHOUT_POOLS = (*_PROJECT_KINDS, *_ATTEMPT_KINDS, "secret")
_KINDS = (*_KINDS_WITHOUT_POOLS, *_POOL_KINDS)
_NOWHERE = {
    **dict.fromkeys(("project name", "revision", "workflow name", "attempt name", "task", "log file"), "nowhere"),
    "secret": "nowhere",
    "session time": SESSION_TIME,
}

_MAKERS: dict[str, Callable[[OwnWorld], dict[str, list[Any]]]] = {
    **dict.fromkeys(_PROJECT_KINDS, _made_project),
    **dict.fromkeys(_ATTEMPT_KINDS, _made_attempts),
    "secret": _made_secrets,
    **dict.fromkeys(_POOL_KINDS, _made_pools),
}
_FINDERS: dict[str, Callable[[World], dict[str, list[Any]]]] = {
    **dict.fromkeys(_PROJECT_KINDS, _found_project),
    **dict.fromkeys(_ATTEMPT_KINDS, _found_attempts),
    "secret": _found_secrets,
    **dict.fromkeys(_POOL_KINDS, _found_pools),
}
