"""Resuming an attempt: which tasks of an earlier one count as done."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from treasure_workflow_mock.engine.params import ancestors, descendants
from treasure_workflow_mock.errors import InvalidRequest, ServiceError
from treasure_workflow_mock.java.hash_order import hash_ordered
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Task

_PIECE_STARTS = re.compile(r"(?=[^\w\-=\[\]{}%&@,.])")  # what a piece of a pattern begins with: + ^ and the like
_MATCHING = "io.digdag.core.workflow.TaskMatchPattern$"


@dataclass(frozen=True, slots=True)
class Resume:
    """What to resume: the failed tasks of an attempt (`failed`), or all from a task on (`from`).

    `start_from` is the end of that task's full name.
    """

    mode: str
    attempt_id: int
    start_from: str | None = None


def find_tasks(account: Account, resume: Resume) -> list[Task]:
    """The tasks of the earlier attempt that are carried over. InvalidRequest if the start cannot be told."""
    source = account.attempts.get(resume.attempt_id)
    tasks = [] if source is None else source.tasks
    if resume.mode == "failed":
        return [task for task in tasks if task.state == "success"]
    start = _match(tasks, resume.attempt_id, resume.start_from or "")
    assert source is not None  # or nothing would have matched
    return _before(source, start)


def check_tasks(resume: Resume, tasks: list[Task]) -> dict[str, Task]:
    """The tasks by full name. InvalidRequest if one of them cannot be carried over."""
    for task in tasks:
        if task.parent is None:
            raise InvalidRequest("Resuming successfully completed attempts is not supported")
        if task.state != "success":
            raise InvalidRequest(f"Resuming non-successful tasks is not allowed: task_id={task.id}")
    by_name = {task.full_name: task for task in tasks}
    if len(by_name) < len(tasks):
        raise _repeated(tasks, resume.attempt_id)
    return by_name


def _repeated(tasks: list[Task], attempt_id: int) -> ServiceError:
    name = next(name for name, count in Counter(task.full_name for task in tasks).items() if count > 1)
    return InvalidRequest(f"Attempt {attempt_id} cannot be resumed: it ran task {name} more than once")


def _match(tasks: list[Task], attempt_id: int, pattern: str) -> Task:
    """The one task whose full name ends with the pattern. InvalidRequest if there is none, or more than one."""
    if any(len(piece) == 1 for piece in _PIECE_STARTS.split(pattern)):
        raise InvalidRequest(f"Invalid task pattern: {pattern}")
    by_name = {task.full_name: task for task in tasks}
    if len(by_name) < len(tasks):
        raise _repeated(tasks, attempt_id)
    names = hash_ordered(name for name in by_name if name.endswith(pattern))
    if len(names) > 1:
        raise InvalidRequest(
            f"{_MATCHING}MultipleTaskMatchException: Task pattern '{pattern}' is ambiguous. "
            f"Matching candidates are [{', '.join(names)}]",
        )
    if not names:
        raise InvalidRequest(f"{_MATCHING}NoMatchException: Task pattern '{pattern}' doesn't match with any tasks.")
    return by_name[names[0]]


def _before(source: Attempt, start: Task) -> list[Task]:
    """All that ran before a task and the groups that it is in, by rising id."""
    found: dict[int, Task] = {}
    for level in [start, *ancestors(start)]:
        unseen = list(level.upstreams)
        while unseen:
            upstream = unseen.pop()
            if upstream.id not in found:
                found[upstream.id] = upstream
                found.update((task.id, task) for task in descendants(source, upstream))
                unseen.extend(upstream.upstreams)
    return [found[key] for key in sorted(found)]
