"""Each public call once, with the type that it promises. Checked by mypy and pyright, never run."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import assert_type

from treasure_workflow import (
    AsyncClock,
    AsyncPages,
    AsyncTreasureWorkflow,
    AttemptExists,
    AttemptFailed,
    Clock,
    Config,
    ContractError,
    Diagnosis,
    Fleet,
    FleetResult,
    LogLine,
    Pages,
    PausedSchedule,
    PoolExplanation,
    PoolPlan,
    ProjectPlan,
    PushedProject,
    RateLimited,
    Report,
    ScheduleChange,
    ScheduledSession,
    SchedulePlan,
    SecretsPlan,
    StartedAttempt,
    StatusError,
    TransportError,
    TreasureWorkflow,
    WaitTimeout,
)
from treasure_workflow_api import Client
from treasure_workflow_api.api.log import get_file
from treasure_workflow_api.api.pool import create_pool, get_pools
from treasure_workflow_api.models import (
    RestLogFileHandle,
    RestPool,
    RestPoolCollection,
    RestPoolCreateRequest,
    RestPoolRule,
    RestProject,
    RestRevision,
    RestSchedule,
    RestScheduleAttemptCollection,
    RestScheduleSummary,
    RestSecretMetadata,
    RestSession,
    RestSessionAttempt,
    RestTask,
    RestWorkflowDefinition,
    RestWorkflowSessionTime,
    ResumeFailed,
)
from treasure_workflow_api.types import File
from treasure_workflow_mock import schedule_rules

TIME = datetime(2024, 5, 9, tzinfo=UTC)


def the_client() -> TreasureWorkflow:
    """Making clients."""
    TreasureWorkflow()
    TreasureWorkflow("1/key", "eu01")
    TreasureWorkflow(base_url="http://127.0.0.1:65432", anonymous=True, clock=Clock())
    client = TreasureWorkflow(
        api_key="1/key",
        region="aws",
        timeout=10,
        max_retries=0,
        proxy="http://proxy",
        verify=ssl.create_default_context(),
    )
    assert_type(client.with_options(timeout=1, max_retries=2), TreasureWorkflow)
    assert_type(client.config, Config)
    assert_type(client.config.explain(), str)
    assert_type(client.raw, Client)
    assert_type(client.close(), None)
    with client as entered:
        assert_type(entered, TreasureWorkflow)
    return client


def the_projects(client: TreasureWorkflow, project: RestProject, attempt: RestSessionAttempt) -> None:
    """Every method of projects. This and what follows is the sync half; the async half is the same behind `await`."""
    projects = client.projects
    assert_type(projects.list(name="a", name_pattern="b", limit=1), Pages[RestProject])
    assert_type(projects.get(12), RestProject)
    assert_type(projects.get(project), RestProject)
    assert_type(projects.find("shop"), RestProject)
    assert_type(
        projects.push(
            Path("shop"),
            "shop",
            revision="r1",
            schedule_from=TIME,
            force=True,
            clear_schedules=["nightly"],
            skip_schedule=True,
            max_archive_bytes=1,
            allow_no_workflows=True,
            on_progress=print,
        ),
        PushedProject,
    )
    assert_type(projects.plan("shop", "shop", clear_schedules="all"), ProjectPlan)
    assert_type(projects.plan("shop", "shop", schedule_rules=schedule_rules).schedules, tuple[SchedulePlan, ...])
    assert_type(projects.rollback("shop", "r1"), PushedProject)
    assert_type(projects.rollback("shop", "r1", dry_run=True), ProjectPlan)
    assert_type(projects.promote("shop", "shop2", revision="r1", to=client).missing_secrets, tuple[str, ...])
    assert_type(projects.pull("shop", "out", revision="r1"), tuple[str, ...])
    assert_type(projects.download("shop", BytesIO(), revision="r1"), None)
    assert_type(projects.revisions(attempt.project, name="r1", limit=1), Pages[RestRevision])
    assert_type(projects.delete("12"), None)


def workflows_and_schedules(client: TreasureWorkflow, attempt: RestSessionAttempt) -> None:
    """Every method of workflows and schedules."""
    workflows = client.workflows
    assert_type(
        workflows.list(name_pattern="n", search_project_name=True, order="desc", limit=1), Pages[RestWorkflowDefinition]
    )
    assert_type(workflows.of_project("shop", revision="r1"), Pages[RestWorkflowDefinition])
    assert_type(workflows.get(attempt.workflow), RestWorkflowDefinition)
    assert_type(workflows.find("shop", "nightly", revision="r1"), RestWorkflowDefinition)
    assert_type(workflows.truncate_session_time(77, TIME, mode="next_schedule"), RestWorkflowSessionTime)

    schedules = client.schedules
    assert_type(schedules.list(project="shop", workflow="nightly", limit=1), Pages[RestSchedule])
    assert_type(schedules.get(5), RestSchedule)
    assert_type(schedules.enable(5, skip_schedule=True, next_time="2024-05-12T00:00:00"), RestScheduleSummary)
    assert_type(schedules.disable(5), RestScheduleSummary)
    assert_type(schedules.skip(5, from_time=TIME, count=1, next_run_time=TIME), RestScheduleSummary)
    assert_type(schedules.skip(project="shop", workflow="nightly", count=1, dry_run=True), ScheduleChange)
    assert_type(schedules.enable(5, dry_run=True), ScheduleChange)
    assert_type(schedules.disable(5, dry_run=True), ScheduleChange)
    assert_type(schedules.preview(5, count=3), tuple[ScheduledSession, ...])
    assert_type(schedules.find("shop", "nightly"), RestSchedule)
    assert_type(schedules.pause_all("paused.json"), Report[PausedSchedule])
    assert_type(schedules.resume_all("paused.json"), Report[PausedSchedule])
    assert_type(
        schedules.backfill(
            5, from_time=TIME, attempt_name="b", count=1, skip_existing=True, advance_schedule=False, dry_run=True
        ),
        RestScheduleAttemptCollection,
    )


def sessions_and_attempts(client: TreasureWorkflow, attempt: RestSessionAttempt) -> None:
    """Every method of sessions and attempts."""
    sessions = client.sessions
    assert_type(sessions.list(project=12, workflow="nightly", limit=1), Pages[RestSession])
    assert_type(sessions.get("340"), RestSession)
    assert_type(sessions.attempts(sessions.get(340), limit=1), Pages[RestSessionAttempt])

    attempts = client.attempts
    assert_type(
        attempts.list(project="shop", workflow="nightly", include_retried=True, limit=1), Pages[RestSessionAttempt]
    )
    assert_type(attempts.get(attempt), RestSessionAttempt)
    if last := sessions.get(340).last_attempt:
        assert_type(attempts.get(last), RestSessionAttempt)
    assert_type(
        attempts.start(
            "shop",
            "nightly",
            session_time=TIME,
            params={"n": 1},
            retry_attempt_name="again",
            resume=ResumeFailed(attempt_id="1", mode="failed"),
            revision="r1",
            allow_queueing=True,
        ),
        StartedAttempt,
    )
    assert_type(attempts.start(None, client.workflows.get(77)), StartedAttempt)
    assert_type(attempts.wait(attempt, timeout=60, poll_interval=1, on_progress=print), RestSessionAttempt)
    assert_type(attempts.tasks(attempt), Pages[RestTask])
    assert_type(attempts.retries(attempt), Pages[RestSessionAttempt])
    assert_type(attempts.kill(901, wait=True, timeout=60), RestSessionAttempt)
    assert_type(attempts.retry(901, rerun="all", latest_revision=True, params={"n": 1}), StartedAttempt)
    assert_type(attempts.diagnose(901), Diagnosis)
    assert_type(attempts.kill_all(project="shop", until=TIME, dry_run=False), Report[RestSessionAttempt])
    assert_type(attempts.retry_all(project="shop", since="2024-05-09T00:00:00Z"), Report[RestSessionAttempt])


def logs_and_secrets(
    client: TreasureWorkflow, project: RestProject, attempt: RestSessionAttempt, log: RestLogFileHandle
) -> None:
    """Every method of logs and secrets."""
    assert_type(client.logs.files(attempt, task="+a"), Pages[RestLogFileHandle])
    assert_type(client.logs.download(attempt, log, "a.log.gz"), None)
    assert_type(client.logs.text(attempt, task="+a"), str)

    assert_type(client.secrets.list(project), Pages[RestSecretMetadata])
    assert_type(client.logs.tail(attempt, "+a", lines=5), str)
    assert_type(client.logs.lines(attempt, level="WARN", pattern="x"), Iterator[LogLine])
    assert_type(client.logs.follow(attempt, poll_interval=1), Iterator[LogLine])
    assert_type(client.secrets.set(project, "a.b", "x"), None)
    assert_type(client.secrets.set(project, "a.b", Path("key.txt")), None)
    assert_type(client.secrets.set_all(project, {"a.b": "x"}), SecretsPlan)
    assert_type(client.secrets.sync(project, "secrets.yaml", prune=True, dry_run=True), SecretsPlan)
    assert_type(client.secrets.delete(project, "a.b"), None)


def pools_and_rules(client: TreasureWorkflow) -> None:
    """Every method of pools and their rules."""
    pools, rules = client.pools, client.pool_rules
    assert_type(pools.list(), Pages[RestPool])
    assert_type(pools.get("batch"), RestPool)
    assert_type(pools.create("batch", 50), RestPool)
    assert_type(pools.update(17, name="b", limit=5), RestPool)
    assert_type(pools.delete(pools.get(17)), None)
    assert_type(pools.plan("pools.yaml"), PoolPlan)
    assert_type(pools.apply({"pools": {}}), PoolPlan)
    assert_type(pools.apply(pools.plan("pools.yaml")), PoolPlan)
    assert_type(rules.list(), Pages[RestPoolRule])
    assert_type(rules.get(63), RestPoolRule)
    assert_type(rules.create("batch", 10, project_name=["a", "b"], invocation_type="scheduled"), RestPoolRule)
    assert_type(rules.update(63, pool=17, priority=20, workflow_name="w", workflow_type="audience"), RestPoolRule)
    assert_type(rules.delete(63), None)
    assert_type(rules.explain("shop", "nightly", "scheduled"), PoolExplanation)


def several_accounts(client: TreasureWorkflow) -> None:
    """A fleet's rows know their items."""
    with Fleet(["us", "jp"], timeout=10) as fleet:
        assert_type(fleet.sessions(since=TIME), FleetResult[RestSession])
        assert_type(fleet.schedules(), FleetResult[RestSchedule])
        for row in Fleet({"us": client}).ask(lambda client: client.projects.list()):
            assert_type((row.label, row.region, row.item), tuple[str, str | None, RestProject])


def models_of_another_kind(client: TreasureWorkflow, project: RestProject, schedule: RestSchedule) -> None:
    """The type checkers refuse them as the client does."""
    client.projects.delete(schedule)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.projects.delete(schedule.workflow)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.attempts.kill(project)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.schedules.get(project)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.sessions.get(schedule)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.workflows.get(project)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def listings(listing: Pages[RestProject]) -> None:
    """Reading a listing."""
    assert_type(listing.first(), RestProject | None)
    assert_type(listing.pages(), Iterator[list[RestProject]])
    for project in listing:
        assert_type(project, RestProject)


def any_operation(client: TreasureWorkflow) -> None:
    """`call` takes what an operation takes and gives what it gives."""
    assert_type(client.call(get_pools), RestPoolCollection)
    assert_type(client.call(create_pool, body=RestPoolCreateRequest(name="p", concurrency_limit=1)), RestPool)
    assert_type(client.call(get_file, 901, "a.log.gz"), File)


async def the_async_client() -> None:
    """The async half."""
    async with AsyncTreasureWorkflow("1/key", "eu01", clock=AsyncClock()) as client:
        assert_type(client.with_options(timeout=1), AsyncTreasureWorkflow)
        assert_type(await client.projects.push("shop", "shop"), PushedProject)
        assert_type(await client.projects.pull("shop", "out"), tuple[str, ...])
        assert_type(client.attempts.list(), AsyncPages[RestSessionAttempt])
        assert_type(client.attempts.list().pages(), AsyncIterator[list[RestSessionAttempt]])
        assert_type(await client.attempts.list().first(), RestSessionAttempt | None)
        async for attempt in client.attempts.list():
            assert_type(attempt, RestSessionAttempt)
        attempt = await client.attempts.start("shop", "nightly")
        assert_type(await client.attempts.wait(attempt, timeout=60), RestSessionAttempt)
        assert_type(await client.logs.text(attempt), str)
        assert_type(await client.call(get_pools), RestPoolCollection)
        assert_type(await client.aclose(), None)


def what_errors_carry(error: Exception) -> None:
    """What each error gives its handler."""
    if isinstance(error, AttemptExists | AttemptFailed):
        assert_type(error.attempt, RestSessionAttempt)
    if isinstance(error, WaitTimeout):
        assert_type(error.attempt, RestSessionAttempt | None)
    if isinstance(error, RateLimited):
        assert_type(error.retry_after, float | None)
    if isinstance(error, StatusError):
        assert_type((error.status, error.message, error.body, error.request), tuple[int, str | None, bytes, str])
    if isinstance(error, ContractError):
        assert_type((error.status, error.body, error.request), tuple[int, bytes, str])
    if isinstance(error, TransportError):
        assert_type((error.problem, error.request), tuple[str, str])
