"""Every operation, with each of its responses lost before or after the service acted: done once, or told.

One table of calls, held against the same call without a fault: what the service saw, and what it holds afterwards.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.support import Guise, guise_of
from tests.support.mock.api import Api
from treasure_workflow import TransportError, TreasureWorkflow
from treasure_workflow._http import outcomes
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_mock import Fault, MockService

WORKFLOWS = {
    "greet": "+a:\n  echo>: x\n",
    "long": "+a:\n  wait>: 10h\n",
    "nightly": "schedule:\n  daily>: 03:00:00\n  start: 2099-01-01\n+a:\n  wait>: 10h\n",
    "paused": "schedule:\n  daily>: 03:00:00\n  start: 2099-01-01\n+a:\n  wait>: 10h\n",
}
FIRST, FIFTH, NINTH = (datetime(2099, 1, day, tzinfo=UTC) for day in (1, 5, 9))


@dataclass(frozen=True)
class Here:
    """What the account of a test holds."""

    folder: Path
    project: Any
    ended: Any
    running: Any
    log: Any
    nightly: Any
    paused: Any
    pool: Any
    spare: Any
    rule: Any


Call = Callable[[Any, Here], Any]


@dataclass(frozen=True)
class Case:
    """A call of the client that leads to an operation."""

    operation: str
    call: Call
    variant: str = ""
    repeated: bool = True
    """Whether a request whose response was lost is sent again."""
    told_by: int = 0
    """How many requests of the operation more it takes to tell our own change from another's."""

    def __str__(self) -> str:
        return f"{self.operation} {self.variant}".strip()


CASES = [
    Case("getAttempts", lambda client, _: client.attempts.list(project="shop")),
    Case("startAttempt", lambda client, here: client.attempts.start(here.project, "long", session_time=NINTH)),
    Case("startAttempt", lambda client, here: client.attempts.retry(here.ended, rerun="all", name="n"), "retry"),
    Case("getAttempt", lambda client, here: client.attempts.get(here.ended)),
    Case("killAttempt", lambda client, here: client.attempts.kill(here.running)),
    Case("getAttemptRetries", lambda client, here: client.attempts.retries(here.ended)),
    Case("getTasks", lambda client, here: client.attempts.tasks(here.ended)),
    Case("getFileHandles", lambda client, here: client.logs.files(here.ended)),
    Case("getFile", lambda client, here: client.logs.download(here.ended, here.log, io.BytesIO())),
    Case("getPoolRules", lambda client, _: client.pool_rules.list()),
    Case(
        "createPoolRule",
        lambda client, here: client.pool_rules.create(here.pool, 20, project_name="b"),
        repeated=False,
    ),
    Case("deletePoolRule", lambda client, here: client.pool_rules.delete(here.rule)),
    Case("getPoolRule", lambda client, here: client.pool_rules.get(here.rule)),
    Case("updatePoolRule", lambda client, here: client.pool_rules.update(here.rule, priority=30)),
    Case("getPools", lambda client, _: client.pools.list()),
    Case("createPool", lambda client, _: client.pools.create("new", 7)),
    Case(
        "createPool",
        lambda client, _: client.pools.apply({"pools": {"batch": {"limit": 5}, "n": {"limit": 2}}}),
        "apply",
    ),
    Case("deletePool", lambda client, here: client.pools.delete(here.spare)),
    Case("getPool", lambda client, here: client.pools.get(here.pool)),
    Case("updatePool", lambda client, here: client.pools.update(here.pool, name="again", limit=9)),
    Case("getProjects", lambda client, _: client.projects.list()),
    Case("putProject", lambda client, here: client.projects.push(here.folder, "shop", revision="r2")),
    Case("putProject", lambda client, _: client.projects.promote("shop", "shop2"), "promote"),
    Case("deleteProject", lambda client, here: client.projects.delete(here.project)),
    Case("getProject", lambda client, here: client.projects.get(here.project)),
    Case("getArchive", lambda client, here: client.projects.download(here.project, io.BytesIO())),
    Case("getRevisions", lambda client, here: client.projects.revisions(here.project)),
    Case("getProjectSchedules", lambda client, here: client.schedules.list(project=here.project)),
    Case("getProjectSecrets", lambda client, here: client.secrets.list(here.project)),
    Case("deleteProjectSecret", lambda client, here: client.secrets.delete(here.project, "a.b")),
    Case("putProjectSecret", lambda client, here: client.secrets.set(here.project, "c.d", "x")),
    Case("getProjectSessions", lambda client, here: client.sessions.list(project=here.project)),
    Case("getWorkflows", lambda client, here: client.workflows.of_project(here.project)),
    Case("getWorkflowByName", lambda client, here: client.workflows.find(here.project, "long")),
    Case("getSchedules", lambda client, _: client.schedules.list()),
    Case("getSchedule", lambda client, here: client.schedules.get(here.nightly)),
    Case(
        "backfillSchedule",
        lambda client, here: client.schedules.backfill(here.nightly, from_time=FIRST, attempt_name="b", count=3),
        "by name",
    ),
    Case(
        "backfillSchedule",
        lambda client, here: client.schedules.backfill(here.nightly, from_time=FIRST, attempt_name="b"),
        "without a count",
    ),
    Case(
        "backfillSchedule",
        lambda client, here: client.schedules.backfill(here.nightly, from_time=FIRST, skip_existing=True),
        "of what has no attempt",
        repeated=False,
    ),
    Case(
        "backfillSchedule",
        lambda client, here: client.schedules.backfill(
            here.nightly, from_time=FIRST, attempt_name="b", skip_existing=True
        ),
        "by name, of what has no attempt",
        repeated=False,
    ),
    Case(
        "backfillSchedule",
        lambda client, here: client.schedules.backfill(here.nightly, from_time=FIRST, attempt_name="b", dry_run=True),
        "dry run",
    ),
    Case("disableSchedule", lambda client, here: client.schedules.disable(here.nightly)),
    Case("enableSchedule", lambda client, here: client.schedules.enable(here.paused)),
    Case(
        "enableSchedule",
        lambda client, here: client.schedules.enable(here.paused, skip_schedule=True, next_time=NINTH),
        "skipping",
        told_by=1,
    ),
    Case("skipSchedule", lambda client, here: client.schedules.skip(here.nightly, count=3), "by count"),
    Case("skipSchedule", lambda client, here: client.schedules.skip(here.nightly, from_time=FIFTH, count=2), "from"),
    Case("skipSchedule", lambda client, here: client.schedules.skip(here.nightly, next_time=NINTH), "to a time"),
    Case(
        "skipSchedule",
        lambda client, here: client.schedules.skip(here.nightly, next_time=NINTH, next_run_time=FIFTH),
        "with a run time",
    ),
    Case("skipSchedule", lambda client, here: client.schedules.preview(here.nightly, count=3), "preview"),
    Case("getSessions", lambda client, _: client.sessions.list()),
    Case("getSession", lambda client, here: client.sessions.get(here.ended.session_id)),
    Case("getSessionAttempts", lambda client, here: client.sessions.attempts(here.ended.session_id)),
    Case("getWorkflowDefinitions", lambda client, _: client.workflows.list()),
    Case("getWorkflowDefinition", lambda client, here: client.workflows.get(here.nightly.workflow)),
    Case(
        "getWorkflowTruncatedSessionTime",
        lambda client, here: client.workflows.truncate_session_time(here.nightly.workflow, NINTH, mode="day"),
    ),
]


@pytest.fixture(scope="module")
def service() -> Iterator[MockService]:
    """One mock; every call has an account of its own."""
    with MockService() as running:
        yield running


@contextmanager
def account(service: MockService, kind: str, folder: Path) -> Iterator[tuple[Guise, Here, TreasureWorkflow, str]]:
    """A client of a fresh account that holds one of everything, another one to look at it, and the key."""
    key = Api(service.base_url).key
    with (
        TreasureWorkflow(key, base_url=service.base_url) as seen,
        guise_of(kind, service.base_url, api_key=key) as guise,
    ):
        project = seen.projects.push(folder, "shop", revision="r1")
        ended = seen.attempts.wait(
            seen.attempts.start(project, "greet", session_time=FIRST), timeout=60, poll_interval=0.01
        )
        running = seen.attempts.start(project, "long", session_time=FIRST)
        (log,) = seen.logs.files(ended)
        nightly, paused = (seen.schedules.find("shop", name) for name in ("nightly", "paused"))
        seen.schedules.skip(nightly, next_time=FIFTH)
        seen.schedules.disable(paused)
        seen.secrets.set(project, "a.b", "x")
        pool, spare = seen.pools.create("batch", 5), seen.pools.create("spare", 5)
        rule = seen.pool_rules.create(pool, 10, project_name="a")
        service.application.request_log.clear(service.account(key))
        yield guise, Here(folder, project, ended, running, log, nightly, paused, pool, spare, rule), seen, key


def held(client: TreasureWorkflow) -> dict[str, Any]:
    """What an account holds, as far as calls change it."""
    projects = list(client.projects.list())
    pools = {pool.id: pool for pool in client.pools.list()}
    return {
        "revisions": {one.name: sorted(each.revision for each in client.projects.revisions(one)) for one in projects},
        "secrets": {one.name: sorted(each.key for each in client.secrets.list(one)) for one in projects},
        "attempts": sorted(
            (one.workflow.name, one.session_time, one.retry_attempt_name or "", one.cancel_requested)
            for one in client.attempts.list(include_retried=True)
            if one.workflow.name != "greet" or one.retry_attempt_name
        ),
        "schedules": sorted(
            (one.project.name, one.workflow.name, one.next_schedule_time, one.next_run_time, one.disabled_at is None)
            for one in client.schedules.list()
        ),
        "pools": sorted((one.name, one.concurrency_limit) for one in pools.values()),
        "rules": sorted((one.priority, pools[one.pool_id].name) for one in client.pool_rules.list()),
    }


def carry_out(case: Case, guise: Guise, here: Here) -> Any:
    """The result of the call."""
    if OPERATIONS[case.operation].pagination is not None:
        return guise.rows(case.call(guise.client, here))
    return guise.run(lambda: case.call(guise.client, here))


def seen_of(service: MockService, key: str, operation: str) -> int:
    """How many requests of the operation arrived."""
    return sum(one["operation"] == operation for one in service.requests(key))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's folder."""
    for name, text in WORKFLOWS.items():
        (tmp_path / f"{name}.dig").write_text(text)
    return tmp_path


def test_the_table_has_every_operation() -> None:
    """None is left out, and those that nobody may simply send again say where to look."""
    assert {case.operation for case in CASES} == set(OPERATIONS)
    changes = {name for name, one in OPERATIONS.items() if one.method != "GET" and one.retry.policy != "safe"}
    assert set(outcomes._SHOWN_BY) == {name for name in changes if OPERATIONS[name].method != "DELETE"}


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
@pytest.mark.parametrize("kind", ["sync", "asyncio"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_lost_response_does_nothing_twice(
    case: Case, kind: str, fault: str, service: MockService, folder: Path
) -> None:
    """Whichever of its requests it hits, the call ends as without it, or says that it cannot know."""
    with account(service, kind, folder) as (guise, here, seen, key):
        before = held(seen)
        service.application.request_log.clear(service.account(key))
        clean = carry_out(case, guise, here)
        requests, after = seen_of(service, key, case.operation), held(seen)
    assert requests >= 1
    for number in range(requests):
        with account(service, kind, folder) as (guise, here, seen, key):
            service.faults(key).append(Fault(fault, operation=case.operation, after=number, times=1))
            if case.repeated:
                assert type(carry_out(case, guise, here)) is type(clean)
                told = case.told_by if fault == "drop-after" else 0
                assert seen_of(service, key, case.operation) == requests + 1 + told
                assert held(seen) == after
            else:
                with pytest.raises(TransportError, match="the service may have done it all the same: look at"):
                    carry_out(case, guise, here)
                assert seen_of(service, key, case.operation) == number + 1
                assert held(seen) == (after if fault == "drop-after" else before)
