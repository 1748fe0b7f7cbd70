"""How long an attempt and a task may take. Past that the attempt is asked to stop, as if somebody had killed it."""

from __future__ import annotations

from collections.abc import Iterator

from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Task, TaskState

# A task that is blocked, planned or ready waits for others, or for the service itself.
_UNDER_WAY: frozenset[TaskState] = frozenset({"running", "retry_waiting", "group_retry_waiting"})


def deadlines(account: Account, attempt: Attempt, task: Task) -> Iterator[float]:
    """When a task that takes its time, and its attempt, have had all of it, in seconds since the epoch."""
    yield _end_of(account, attempt)
    if task.started_at is not None:
        yield task.started_at + account.settings["executor.task_ttl"]


def is_over(account: Account, attempt: Attempt, now: float) -> bool:
    """Whether the time of an attempt, or that of one of its tasks, is up at `now`."""
    if now >= _end_of(account, attempt):
        return True
    latest_start = now - account.settings["executor.task_ttl"]
    return any(
        task.started_at is not None and task.started_at <= latest_start and task.state in _UNDER_WAY
        for task in attempt.tasks
    )


def _end_of(account: Account, attempt: Attempt) -> float:
    end: float = attempt.created_at + account.settings["executor.attempt_ttl"]
    return end
