"""Why an attempt ended as it did: its tasks read, the first cause, what ran long, what never ran."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from treasure_workflow._logic.filters import status_of

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestSessionAttempt, RestTask

_LONGEST = 5
_AFTERMATH = re.compile(r"\^(failure-alert|error|sla)\b")


@dataclass(frozen=True)
class TaskTime:
    """How long a task has run."""

    task: RestTask
    duration: timedelta

    def __str__(self) -> str:
        return f"{self.task.full_name} {self.duration.total_seconds():.0f} s ({self.task.state})"


@dataclass(frozen=True)
class Diagnosis:
    """What became of an attempt. `str()` of it is a short report."""

    attempt: RestSessionAttempt
    failed: tuple[RestTask, ...]
    """Tasks that failed by themselves, the first cause first."""
    log_tail: str | None
    """The last lines of the first cause's log, None where there is none."""
    longest: tuple[TaskTime, ...]
    """The tasks that ran longest, five at most."""
    skipped: tuple[RestTask, ...]
    """Tasks that never ran, or were cancelled, because of what failed or was killed before them."""
    unfinished: tuple[RestTask, ...]
    """Tasks at work or waiting to be tried again, while the attempt runs."""
    next_step: str
    """The call that would go on from here, or what to wait for."""

    @property
    def cause(self) -> RestTask | None:
        """The task that failed first, None when none did."""
        return self.failed[0] if self.failed else None

    def __str__(self) -> str:
        attempt = self.attempt
        lines = [f"attempt {attempt.id} of workflow {attempt.workflow.name}: {status_of(attempt)}"]
        if self.cause is not None:
            lines.append(f"first cause: {self.cause.full_name}: {error_message(self.cause)}")
            lines += [f"failed too: {task.full_name}: {error_message(task)}" for task in self.failed[1:]]
        if self.log_tail:
            lines += ["last lines of its log:", *(f"  {line}" for line in self.log_tail.splitlines())]
        for title, tasks in (("never ran", self.skipped), ("at work", self.unfinished)):
            if tasks:
                lines.append(f"{title}: {', '.join(task.full_name for task in tasks)}")
        if self.longest:
            lines.append(f"ran longest: {', '.join(str(one) for one in self.longest)}")
        return "\n".join([*lines, f"next: {self.next_step}"])


def error_message(task: RestTask) -> str:
    """What the service says of a task's failure."""
    message = (task.error or {}).get("message")
    return message if isinstance(message, str) else "no message"


def failures(tasks: Sequence[RestTask]) -> tuple[RestTask, ...]:
    """The tasks that failed by themselves, the first cause first.

    Groups only pass on what failed in them. What ran because of a failure, such as `_error` tasks and the alert, comes
    after what it ran for, even though the failed task is counted as ended only when they have.
    """
    failed = [task for task in tasks if task.state == "error"]
    return tuple(sorted(failed, key=lambda task: (bool(_AFTERMATH.search(task.full_name)), _ended(task), int(task.id))))


def diagnosis(
    attempt: RestSessionAttempt, tasks: Sequence[RestTask], log_tail: str | None, now: datetime | None = None
) -> Diagnosis:
    """What became of an attempt with these tasks."""
    moment = now or datetime.now(UTC)
    times = [
        TaskTime(task, max(timedelta(), (moment if task.state == "running" else _ended(task)) - task.started_at))
        for task in tasks
        if task.started_at and not task.is_group
    ]
    longest = sorted(times, key=lambda one: one.duration, reverse=True)[:_LONGEST]
    skipped = tuple(task for task in tasks if attempt.done and task.state in ("blocked", "canceled"))
    working = ("ready", "running", "retry_waiting", "group_retry_waiting")
    unfinished = tuple(task for task in tasks if not attempt.done and task.state in working and not task.is_group)
    failed = failures(tasks)
    return Diagnosis(attempt, failed, log_tail, tuple(longest), skipped, unfinished, _next_step(attempt, failed, tasks))


def _ended(task: RestTask) -> datetime:
    return task.updated_at or datetime.max.replace(tzinfo=UTC)


def _next_step(attempt: RestSessionAttempt, failed: Sequence[RestTask], tasks: Sequence[RestTask]) -> str:
    id = attempt.id
    match status_of(attempt):
        case "success":
            return "nothing: it succeeded"
        case "blocked" | "queued":
            return "wait: it starts when its turn comes"
        case "running" | "canceling":
            return f"wait: client.attempts.wait({id}, timeout=...)"
        case _:
            pass
    names = [task.full_name for task in tasks]
    if len(set(names)) < len(names):
        # The service refuses to resume these; see field reports of groups whose _retry has run.
        return f'client.attempts.retry({id}, rerun="all"): tasks stand twice in it, so it cannot be resumed'
    if failed or any(task.state == "success" for task in tasks):
        return f"client.attempts.retry({id}): runs again what did not succeed"
    return f'client.attempts.retry({id}, rerun="all")'


def attempt_or_session_in(address: str) -> tuple[Literal["attempt", "session"], int]:
    """What the address of a page of the console is about.

    Raises:
        ValueError: It names neither an attempt nor a session.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = None
    if parts is not None and parts.scheme in ("http", "https"):
        path = f"{parts.path}#{parts.fragment}"
        for kind in ("attempt", "session"):
            found: list[str] = re.findall(rf"\b{kind}s?/([0-9]{{1,19}})\b", path)
            if found:
                return ("attempt" if kind == "attempt" else "session"), int(found[-1])
    raise ValueError(
        f"{address!r} names no attempt: give its id, its model, or the console's address of an attempt or a session "
        "(https://console.../sessions/340 or .../attempts/901)"
    )
