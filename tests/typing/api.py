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
    Pages,
    RateLimited,
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


def the_nouns(
    client: TreasureWorkflow, project: RestProject, attempt: RestSessionAttempt, log: RestLogFileHandle
) -> None:
    """Every method of the sync half; the async half is the same behind `await`."""
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
            clear_schedule=["nightly"],
            clear_schedule_all=False,
            skip_schedule=True,
            max_archive_bytes=1,
            allow_no_workflows=True,
        ),
        RestProject,
    )
    assert_type(projects.pull("shop", "out", revision="r1"), tuple[str, ...])
    assert_type(projects.download("shop", BytesIO(), revision="r1"), None)
    assert_type(projects.revisions(attempt.project, name="r1", limit=1), Pages[RestRevision])
    assert_type(projects.delete("12"), None)

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
    assert_type(schedules.skip(5, from_time=TIME, count=1, next_run_time=TIME, dry_run=True), RestScheduleSummary)
    assert_type(
        schedules.backfill(
            5, from_time=TIME, attempt_name="b", count=1, skip_existing=True, advance_schedule=False, dry_run=True
        ),
        RestScheduleAttemptCollection,
    )

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
        RestSessionAttempt,
    )
    assert_type(attempts.start(None, workflows.get(77)), RestSessionAttempt)
    assert_type(attempts.wait(attempt, timeout=60, poll_interval=1, on_progress=print), RestSessionAttempt)
    assert_type(attempts.tasks(attempt), Pages[RestTask])
    assert_type(attempts.retries(attempt), Pages[RestSessionAttempt])
    assert_type(attempts.kill(901), RestSessionAttempt)

    assert_type(client.logs.files(attempt, task="+a"), Pages[RestLogFileHandle])
    assert_type(client.logs.download(attempt, log, "a.log.gz"), None)
    assert_type(client.logs.text(attempt, task="+a"), str)

    assert_type(client.secrets.list(project), Pages[RestSecretMetadata])
    assert_type(client.secrets.set(project, "a.b", "x"), None)
    assert_type(client.secrets.delete(project, "a.b"), None)


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
        assert_type(await client.projects.push("shop", "shop"), RestProject)
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
    if isinstance(error, AttemptExists | WaitTimeout | AttemptFailed):
        assert_type(error.attempt, RestSessionAttempt)
    if isinstance(error, RateLimited):
        assert_type(error.retry_after, float | None)
    if isinstance(error, StatusError):
        assert_type((error.status, error.message, error.body, error.request), tuple[int, str | None, bytes, str])
    if isinstance(error, ContractError):
        assert_type((error.status, error.body, error.request), tuple[int, bytes, str])
    if isinstance(error, TransportError):
        assert_type((error.problem, error.request), tuple[str, str])
