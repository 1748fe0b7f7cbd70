"""What a test's account holds: a pushed project, attempts, secrets, pools, each made when it is first needed.

Everything is made and read by plain HTTP: a mistake of the generated client is to show in a case, not here.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from tests.contract.archives import pack

PROJECT = "orders & returns 日本"
REVISION = "2025-03-10 +hot/fix%"
SESSION_TIME = "2025-03-10T00:00:00+09:00"
ATTEMPT_NAME = "after fix+1"
# Schedules begin long after any run of the tests, so nothing starts by itself.
SCHEDULE_FROM = "2099-01-01T00:00:00Z"
FILES = {
    "nightly.dig": (
        "timezone: Asia/Tokyo\nschedule:\n  daily>: 03:00:00\n"
        "+load:\n  echo>: loaded ${session_date}\n"
        "+both:\n  _parallel: true\n  +first:\n    echo>: '1'\n  +second:\n    echo>: '2'\n"
    ),
    "report.dig": "_export:\n  'dotted.key': [1, 2.5, null, {}]\n+stop:\n  fail>: no data for ${session_time}\n",
    "waiting.dig": "+pause:\n  wait>: 1h\n",
}


class Resources(Mapping[str, list[Any]]):
    """Ids and names by kind of what exists in the account that an `Authorization` header opens."""

    def __init__(self, service_url: str, authorization: str, ssl_context: ssl.SSLContext) -> None:
        self._service_url = service_url
        self._authorization = authorization
        self._ssl_context = ssl_context
        self._known: dict[str, list[Any]] = {}

    def __getitem__(self, kind: str) -> list[Any]:
        if kind not in self._known:
            self._known.update(_PROVIDERS[kind](self))
        return self._known[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(_PROVIDERS)

    def __len__(self) -> int:
        return len(_PROVIDERS)

    def call(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **request: Any) -> Any:
        """The JSON that a call gives; it has to work."""
        response = httpx.request(
            method,
            self._service_url + path,
            headers={"Authorization": self._authorization, **(headers or {})},
            verify=self._ssl_context,
            trust_env=False,
            **request,
        )
        if not response.is_success:
            raise RuntimeError(f"the account cannot be seeded: {method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None


def _project(account: Resources) -> dict[str, list[Any]]:
    project = account.call(
        "PUT",
        "/api/projects",
        params={"project": PROJECT, "revision": REVISION, "schedule_from": SCHEDULE_FROM},
        content=pack(FILES),
        headers={"Content-Type": "application/gzip"},
    )
    workflows = account.call("GET", f"/api/projects/{project['id']}/workflows")["workflows"]
    schedules = account.call("GET", f"/api/projects/{project['id']}/schedules")["schedules"]
    return {
        "project": [int(project["id"])],
        "project name": [project["name"]],
        "revision": [project["revision"]],
        "workflow": [int(workflow["id"]) for workflow in workflows],
        "workflow name": [workflow["name"] for workflow in workflows],
        "schedule": [int(schedule["id"]) for schedule in schedules],
    }


def _attempts(account: Resources) -> dict[str, list[Any]]:
    start = {"sessionTime": SESSION_TIME, "params": {"größe": 2**60}, "retryAttemptName": ATTEMPT_NAME}
    attempts = [
        account.call("PUT", "/api/attempts", json={**start, "workflowId": str(workflow)})
        for workflow in account["workflow"]
    ]
    ids = [int(attempt["id"]) for attempt in attempts]
    tasks = [task for id in ids for task in account.call("GET", f"/api/attempts/{id}/tasks")["tasks"]]
    # The log files of one attempt, so that a file that is drawn is one of the attempt that is drawn with it.
    files = account.call("GET", f"/api/logs/{ids[0]}/files")["files"]
    return {
        "attempt": ids,
        "attempt name": [ATTEMPT_NAME],
        "log file": [file["fileName"] for file in files],
        "logged attempt": ids[:1],
        "session": [int(attempt["sessionId"]) for attempt in attempts],
        "session time": [SESSION_TIME],
        "task": [task["fullName"] for task in tasks],
    }


def _secrets(account: Resources) -> dict[str, list[Any]]:
    keys = ["warehouse.password", "api_key"]
    for key in keys:
        account.call("PUT", f"/api/projects/{account['project'][0]}/secrets/{key}", json={"value": "correct horse"})
    return {"secret": keys}


def _pools(account: Resources) -> dict[str, list[Any]]:
    for name in ("spare", "used by a rule"):
        account.call("POST", "/api/pools", json={"name": name, "concurrencyLimit": 3})
    pools = account.call("GET", "/api/pools")["pools"]
    condition = {"type": "invocation_type", "values": ["scheduled"]}
    rule = {"poolId": pools[-1]["id"], "priority": 100, "conditions": [condition]}
    return {
        "pool": [int(pool["id"]) for pool in pools],
        "pool name": [pool["name"] for pool in pools],
        "pool rule": [int(account.call("POST", "/api/pool_rules", json=rule)["id"])],
    }


_PROVIDERS: dict[str, Callable[[Resources], dict[str, list[Any]]]] = {
    **dict.fromkeys(("project", "project name", "revision", "workflow", "workflow name", "schedule"), _project),
    **dict.fromkeys(
        ("attempt", "attempt name", "session", "session time", "task", "logged attempt", "log file"), _attempts
    ),
    "secret": _secrets,
    **dict.fromkeys(("pool", "pool name", "pool rule"), _pools),
}
