"""Longer pieces of work with attempts: session times, retries, diagnoses, and the same for many attempts."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from treasure_workflow import errors
from treasure_workflow._async import _lookups
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.outcomes import not_found
from treasure_workflow._http.responses import or_unset
from treasure_workflow._logic.diagnosis import Diagnosis, attempt_or_session_in, diagnosis, failures
from treasure_workflow._logic.filters import Sift, session_of
from treasure_workflow._logic.reports import Outcome, Report
from treasure_workflow._runtime import aeach, check_concurrency

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._ids import AttemptLike, ProjectLike
    from treasure_workflow.session_time import Wanted
    from treasure_workflow_api.models import RestSession, RestSessionAttempt, RestTask

T = TypeVar("T")

_TAIL_LINES = 20


class AsyncDo(Protocol):
    """What is done to one of many attempts."""

    async def __call__(self, attempt: RestSessionAttempt, /) -> RestSessionAttempt:
        """The attempt that the service responds with."""
        ...


def listing(
    calls: AsyncCalls,
    project: ProjectLike | None,
    workflow: str | None,
    sift: Sift[T],
    *,
    include_retried: bool = False,
    limit: int | None = None,
) -> AsyncPages[T]:
    """What `sift` makes of the attempts, newest first. Operation getAttempts."""
    if project is None and workflow is not None:
        raise ValueError("give the project of the workflow, too: a name alone does not tell which workflow")

    async def fetch(name: str | None, **position: Any) -> object:
        from treasure_workflow_api.api.attempt import get_attempts

        return await calls.call(
            get_attempts,
            project=or_unset(name),
            workflow=or_unset(workflow),
            include_retried=include_retried,
            **position,
        )

    look_up = _lookups.project_name_once(calls, project)
    return AsyncPages(fetch, "getAttempts", limit=limit, look_up=look_up, sift=sift)


def sessions_since(
    calls: AsyncCalls,
    project: ProjectLike | None,
    workflow: str | None,
    sift: Sift[RestSessionAttempt],
    limit: int | None,
) -> AsyncPages[RestSession]:
    """The sessions of the newest attempts that `sift` keeps."""

    def made(rows: list[RestSessionAttempt]) -> tuple[list[RestSession], bool]:
        kept, over = sift(rows)
        return [session_of(attempt) for attempt in kept], over

    return listing(calls, project, workflow, made, limit=limit)


async def session_time(calls: AsyncCalls, workflow: int, wanted: Wanted) -> Any:
    """The session time that is meant for a workflow, asked of the service where only it can tell."""
    if wanted.instant is not None:
        return wanted.instant
    from treasure_workflow._async.workflows import AsyncWorkflows

    found = await AsyncWorkflows(calls).truncate_session_time(workflow, wanted.time, mode=wanted.mode)
    return found.session_time


def retried_params(
    attempt: RestSessionAttempt, params: Mapping[str, Any] | None, *, keep_params: bool
) -> dict[str, Any]:
    """The parameters of a retry: the attempt's own, with what is given laid over them."""
    kept = (attempt.params or {}) if keep_params else {}
    return {**kept, **(params or {})}


async def first_cause(calls: AsyncCalls, attempt: RestSessionAttempt) -> tuple[RestTask | None, str | None]:
    """The task that failed first and the end of its log; what cannot be read is None."""
    from treasure_workflow._async.attempts import AsyncAttempts

    with contextlib.suppress(errors.TreasureWorkflowError):
        failed = failures([task async for task in AsyncAttempts(calls).tasks(attempt)])
        if failed:
            return failed[0], await log_tail(calls, attempt, failed[0])
    return None, None


async def log_tail(calls: AsyncCalls, attempt: RestSessionAttempt, task: RestTask) -> str | None:
    """The last lines of a task's log, None when there is none or it cannot be read."""
    from treasure_workflow._async.logs import AsyncLogs

    with contextlib.suppress(errors.TreasureWorkflowError):
        return await AsyncLogs(calls).tail(attempt, task.full_name, lines=_TAIL_LINES) or None
    return None


async def diagnose(calls: AsyncCalls, attempt: AttemptLike) -> Diagnosis:
    """What became of an attempt, given as everywhere or by the address of a page of the console."""
    from treasure_workflow._async.attempts import AsyncAttempts

    attempts = AsyncAttempts(calls)
    found = await attempts.get(await _attempt_at(calls, attempt) if _is_address(attempt) else attempt)
    tasks = [task async for task in attempts.tasks(found)]
    failed = failures(tasks)
    return diagnosis(found, tasks, await log_tail(calls, found, failed[0]) if failed else None)


def _is_address(attempt: object) -> bool:
    return isinstance(attempt, str) and not attempt.isdigit()


async def _attempt_at(calls: AsyncCalls, address: Any) -> AttemptLike:
    kind, id = attempt_or_session_in(address)
    if kind == "attempt":
        return id
    from treasure_workflow._async.sessions import AsyncSessions

    session = await AsyncSessions(calls).get(id)
    if not session.last_attempt:
        raise not_found(f"session {id} has no attempt", "GET /api/sessions/{id}", "session attempt")
    return session.last_attempt


async def for_all(
    work: str,
    attempts: AsyncPages[RestSessionAttempt],
    do: AsyncDo,
    *,
    dry_run: bool,
    concurrency: int,
) -> Report[RestSessionAttempt]:
    """Does something to each attempt of a listing, so many at once, and tells what happened to each."""
    check_concurrency(concurrency)

    async def one(attempt: RestSessionAttempt) -> Outcome[RestSessionAttempt]:
        if dry_run:
            return Outcome(attempt, "planned")
        try:
            return Outcome(attempt, "done", await do(attempt))
        except errors.TreasureWorkflowError as error:
            return Outcome(attempt, "failed", error=error)

    # All of them first: what is done changes the listing.
    found = [attempt async for attempt in attempts]
    return Report(work, tuple(await aeach(one, found, concurrency)))
