"""Resuming an attempt: which tasks of an earlier one count as done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from treasure_workflow_mock.hash_order import hash_ordered
from treasure_workflow_mock.state import Account, Attempt, ServiceError, Task
from treasure_workflow_mock.variables import ancestors, descendants

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
    """The tasks of the earlier attempt that are carried over. ServiceError 400 if the start cannot be told."""
    source = account.attempts.get(resume.attempt_id)
    tasks = [] if source is None else source.tasks
    if resume.mode == "failed":
        return [task for task in tasks if task.state == "success"]
    start = _match(tasks, resume.start_from or "")
    assert source is not None  # or nothing would have matched
    return _before(source, start)


def check_tasks(resume: Resume, tasks: list[Task]) -> dict[str, Task]:
    """The tasks by full name. ServiceError 400 if one of them cannot be carried over."""
    for task in tasks:
        if task.parent is None:
            raise ServiceError(400, "Resuming successfully completed attempts is not supported")
        if task.state != "success":
            raise ServiceError(400, f"Resuming non-successful tasks is not allowed: task_id={task.id}")
    by_name = {task.full_name: task for task in tasks}
    if len(by_name) < len(tasks):
        raise _repeated(tasks, resume)
    return by_name


def _repeated(tasks: list[Task], resume: Resume) -> ServiceError:
    name = next(name for name, count in Counter(task.full_name for task in tasks).items() if count > 1)
    return ServiceError(400, f"Attempt {resume.attempt_id} cannot be resumed: it ran task {name} more than once")


def _match(tasks: list[Task], pattern: str) -> Task:
    if pattern and (len(pattern) == 1 or "++" in pattern or pattern.endswith("+")):
        raise ServiceError(400, f"Invalid task pattern: {pattern}")
    found = [task for task in tasks if task.full_name.endswith(pattern)]
    names = hash_ordered(task.full_name for task in found)
    if len(names) > 1:
        raise ServiceError(
            400,
            f"{_MATCHING}MultipleTaskMatchException: Task pattern '{pattern}' is ambiguous. "
            f"Matching candidates are [{', '.join(names)}]",
        )
    if not found:
        raise ServiceError(400, f"{_MATCHING}NoMatchException: Task pattern '{pattern}' doesn't match with any tasks.")
    if len(found) > 1:
        raise ServiceError(400, f"The attempt ran task {names[0]} more than once")
    return found[0]


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
