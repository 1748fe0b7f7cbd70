"""What a run makes at a target for its calls to be about, and how that is removed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import ATTEMPT_KINDS, POOL_KINDS, PROJECT_KINDS, SESSION_TIME, Sandbox
from treasure_workflow_contract.sandbox.found import all_rows, found_pools, of_attempts, of_project, projects_named
from treasure_workflow_contract.transport.connection import Connection

REVISION = "2025-03-10 +hot/fix%"
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


class OwnSandbox(Sandbox):
    """A project of its own, pushed to the target, with attempts and the rest as they are needed.

    `dispose` takes it away again. Its name, and that of every project that a call may make, begins with `marker`. With
    `pools` its calls change the account's pools, which are then this sandbox's alone.
    """

    def __init__(self, connection: Connection, marker: str, *, pools: bool = False) -> None:
        super().__init__(connection)
        self._marker = marker
        self.pools = pools and connection.target.writes == "everything" and connection.target.flavour == "hosted"
        self._names_given = False
        self.project_name = f"{self._marker}orders & returns 日本"

    def provide(self, kind: str) -> dict[str, list[Any]]:
        """Makes what `kind` is of."""
        if kind in POOL_KINDS and not self.pools:
            return found_pools(self)
        return _MAKERS[kind](self)

    def new_project_name(self, text: str) -> str:
        """A name of this sandbox's own that ends with `text`."""
        self._names_given = True
        return self._marker + text

    def dispose(self) -> None:
        """Kills what still runs and deletes the projects, and with `pools` all pools and rules of the account."""
        if self._names_given or "project" in self._known:
            remove_projects(self, self._marker)
        if self.pools:
            remove_pools(self)
        self._known.clear()


def remove_projects(sandbox: Sandbox, marker: str) -> None:
    """Kills the attempts of all projects whose names begin with `marker`, and deletes these."""
    for project in projects_named(sandbox, marker):
        query = {"project": project["name"], "include_retried": "true"}
        for attempt in all_rows(sandbox, "/api/attempts", "attempts", query):
            if not attempt.get("done"):
                sandbox.connection.exchange("POST", f"/api/attempts/{attempt['id']}/kill")
        sandbox.connection.exchange("DELETE", f"/api/projects/{project['id']}")


def remove_pools(sandbox: Sandbox) -> None:
    """Deletes all pool rules, and all pools but the default one."""
    for rule in sandbox.readable_rows("/api/pool_rules", "poolRules"):
        sandbox.connection.exchange("DELETE", f"/api/pool_rules/{rule.get('id')}")
    for pool in sandbox.readable_rows("/api/pools", "pools"):
        if not pool.get("default"):
            sandbox.connection.exchange("DELETE", f"/api/pools/{pool.get('id')}")


def _made_project(sandbox: OwnSandbox) -> dict[str, list[Any]]:
    project = sandbox.call(
        "PUT",
        "/api/projects",
        query={"project": sandbox.project_name, "revision": REVISION, "schedule_from": SCHEDULE_FROM},
        content=pack(FILES),
        headers={"Content-Type": "application/gzip"},
    )
    return of_project(sandbox, project)


def _made_attempts(sandbox: OwnSandbox) -> dict[str, list[Any]]:
    start = {"sessionTime": SESSION_TIME, "params": {"größe": 2**60}, "retryAttemptName": ATTEMPT_NAME}
    attempts = [
        sandbox.call("PUT", "/api/attempts", json={**start, "workflowId": str(workflow)})
        for workflow in sandbox.some("workflow")
    ]
    for attempt in attempts:
        if attempt["workflow"]["name"] != "waiting":
            sandbox.wait_until_done(attempt["id"])
    return of_attempts(sandbox, attempts)


def _made_secrets(sandbox: OwnSandbox) -> dict[str, list[Any]]:
    for key in SECRET_KEYS:
        path = f"/api/projects/{sandbox.some('project')[0]}/secrets/{quote(key)}"
        # A server without a key of its own for them keeps no secrets; its cases say so.
        sandbox.connection.exchange("PUT", path, json={"value": "correct horse"})
    return {"secret": list(SECRET_KEYS)}


def _made_pools(sandbox: OwnSandbox) -> dict[str, list[Any]]:
    names = [sandbox.new_project_name(text) for text in ("spare", "used by a rule")]
    for name in names:
        sandbox.call("POST", "/api/pools", json={"name": name, "concurrencyLimit": 3})
    # A pool of an earlier sandbox stays as long as something runs in it.
    rows = sandbox.rows("/api/pools", "pools")
    pools = [pool for name in names for pool in rows if pool["name"] == name]
    condition = {"type": "invocation_type", "values": ["scheduled"]}
    body = {"poolId": pools[-1]["id"], "priority": 100, "conditions": [condition]}
    rule = sandbox.call("POST", "/api/pool_rules", json=body)
    default = [pool for pool in rows if pool["default"]]
    return {
        "pool": [int(pool["id"]) for pool in pools + default],
        "pool name": names,
        "pool rule": [int(rule["id"])],
    }


_MAKERS: dict[str, Callable[[OwnSandbox], dict[str, list[Any]]]] = {
    **dict.fromkeys(PROJECT_KINDS, _made_project),
    **dict.fromkeys(ATTEMPT_KINDS, _made_attempts),
    "secret": _made_secrets,
    **dict.fromkeys(POOL_KINDS, _made_pools),
}
