"""What a test's account holds: a pushed project, attempts, secrets, pools, each made when it is first needed.

Everything is made and read by calls of the generated client, so any service can be seeded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.contract.archives import pack
from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_api.api.attempt import get_tasks, start_attempt
from treasure_workflow_api.api.log import get_file_handles
from treasure_workflow_api.api.pool import create_pool, create_pool_rule, get_pools
from treasure_workflow_api.api.project import get_workflows, put_project, put_project_secret
from treasure_workflow_api.api.schedule import get_schedules
from treasure_workflow_api.models import (
    RestPoolCreateRequest,
    RestPoolRuleCreateRequest,
    RestPoolRuleInvocationTypeCondition,
    RestSessionAttemptRequest,
    RestSetSecretRequest,
)
from treasure_workflow_api.types import File, Response, parse_datetime

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
    """Ids and names by kind of what exists in the account that clients from `connect` open."""

    def __init__(self, connect: Callable[[], AuthenticatedClient]) -> None:
        self._connect = connect
        self._known: dict[str, list[Any]] = {}

    def __getitem__(self, kind: str) -> list[Any]:
        if kind not in self._known:
            with self._connect() as client:
                self._known.update(_PROVIDERS[kind](self, client))
        return self._known[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(_PROVIDERS)

    def __len__(self) -> int:
        return len(_PROVIDERS)


def _project(_resources: Resources, client: AuthenticatedClient) -> dict[str, list[Any]]:
    project = _made(
        put_project.sync_detailed(
            client=client,
            body=File(payload=io.BytesIO(pack(FILES))),
            project=PROJECT,
            revision=REVISION,
            schedule_from=SCHEDULE_FROM,
        )
    )
    workflows = _made(get_workflows.sync_detailed(int(project.id), client=client)).workflows
    return {
        "project": [int(project.id)],
        "project name": [project.name],
        "revision": [project.revision],
        "workflow": [int(workflow.id) for workflow in workflows],
        "workflow name": [workflow.name for workflow in workflows],
        "schedule": [int(schedule.id) for schedule in _made(get_schedules.sync_detailed(client=client)).schedules],
    }


def _attempts(resources: Resources, client: AuthenticatedClient) -> dict[str, list[Any]]:
    attempts = [
        _made(
            start_attempt.sync_detailed(
                client=client,
                body=RestSessionAttemptRequest(
                    workflow_id=str(workflow),
                    session_time=parse_datetime(SESSION_TIME),
                    params={"größe": 2**60, "none": None},
                    retry_attempt_name=ATTEMPT_NAME,
                ),
            )
        )
        for workflow in resources["workflow"]
    ]
    ids = [int(attempt.id) for attempt in attempts]
    tasks = [task for id in ids for task in _made(get_tasks.sync_detailed(id, client=client)).tasks]
    files = _made(get_file_handles.sync_detailed(ids[0], client=client)).files
    return {
        "attempt": ids,
        "logged attempt": ids[:1],
        "log file": [file.file_name for file in files],
        "attempt name": [ATTEMPT_NAME],
        "session": [int(attempt.session_id) for attempt in attempts],
        "session time": [SESSION_TIME],
        "task": [task.full_name for task in tasks],
    }


def _secrets(resources: Resources, client: AuthenticatedClient) -> dict[str, list[Any]]:
    keys = ["warehouse.password", "api_key"]
    for key in keys:
        body = RestSetSecretRequest(value="correct horse")
        _made(put_project_secret.sync_detailed(resources["project"][0], key, client=client, body=body))
    return {"secret": keys}


def _pools(_resources: Resources, client: AuthenticatedClient) -> dict[str, list[Any]]:
    for name in ("spare", "used by a rule"):
        _made(create_pool.sync_detailed(client=client, body=RestPoolCreateRequest(concurrency_limit=3, name=name)))
    pools = _made(get_pools.sync_detailed(client=client)).pools
    condition = RestPoolRuleInvocationTypeCondition(type_="invocation_type", values=["scheduled"])
    rule = RestPoolRuleCreateRequest(conditions=[condition], pool_id=pools[-1].id, priority=100)
    made = _made(create_pool_rule.sync_detailed(client=client, body=rule))
    return {
        "pool": [int(pool.id) for pool in pools],
        "pool name": [pool.name for pool in pools],
        "pool rule": [int(made.id)],
    }


_PROVIDERS: dict[str, Callable[[Resources, AuthenticatedClient], dict[str, list[Any]]]] = {
    **dict.fromkeys(("project", "project name", "revision", "workflow", "workflow name", "schedule"), _project),
    **dict.fromkeys(
        ("attempt", "attempt name", "session", "session time", "task", "logged attempt", "log file"), _attempts
    ),
    "secret": _secrets,
    **dict.fromkeys(("pool", "pool name", "pool rule"), _pools),
}


def _made(response: Response[Any]) -> Any:
    """What a call that has to work gave."""
    if response.status_code >= 300:
        raise RuntimeError(f"the account could not be seeded: {response.status_code} {response.content[:300]!r}")
    return response.parsed
