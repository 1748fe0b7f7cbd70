"""The tasks of one attempt as a tree: what lies below a task, what waits for it, and how new tasks grow."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

from treasure_workflow_mock.dig.task_definitions import TaskDefinition
from treasure_workflow_mock.engine.operators.base import unexpected_error
from treasure_workflow_mock.java import exceptions
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import NOTHING, Attempt, Task, TaskState

_FAILED: frozenset[TaskState] = frozenset({"error", "group_error"})


class TaskTree:
    """The tree of an attempt, which grows. All that lasts is in the tasks; the rest is found anew from them."""

    def __init__(self, account: Account, attempt: Attempt) -> None:
        self._account = account
        self._attempt = attempt
        self._children: dict[int, list[Task]] = defaultdict(list)
        self._downstreams: dict[int, list[Task]] = defaultdict(list)
        self._missing: dict[int, int] = {}  # how many upstreams have not succeeded yet
        for task in attempt.tasks:
            self._link(task)

    def _link(self, task: Task) -> None:
        if task.parent is not None:
            self._children[task.parent.id].append(task)
        self._missing[task.id] = 0
        for upstream in task.upstreams:
            if upstream.state != "success":
                self._downstreams[upstream.id].append(task)
                self._missing[task.id] += 1

    def children(self, task: Task) -> list[Task]:
        """The tasks right below one, by rising id."""
        return self._children[task.id]

    def is_free(self, task: Task) -> bool:
        """Whether nothing holds a blocked task back any more."""
        parent = task.parent
        return (
            task.state == "blocked" and not self._missing[task.id] and parent is not None and parent.state == "planned"
        )

    def take_downstreams(self, task: Task) -> list[Task]:
        """What waited for a task that has succeeded, and does so no longer."""
        downstreams = self._downstreams.pop(task.id, [])
        for downstream in downstreams:
            self._missing[downstream.id] -= 1
        return downstreams

    def has_failed_child(self, task: Task) -> bool:
        """Whether one of the tasks right below has failed; of all tries of one only the last counts."""
        last = {child.full_name: child for child in self._children[task.id]}
        return any(child.state in _FAILED for child in last.values())

    # Growing

    def insert(
        self,
        definitions: Sequence[TaskDefinition],
        now: float,
        tasks: list[Task],
        parent: Task | None = None,
        upstreams: Sequence[Task] = (),
        *,
        initial: bool,
    ) -> list[Task]:
        """Makes tasks of definitions, beyond those in `tasks`; what the attempt resumes is a success already.

        Their root comes below `parent` and waits for `upstreams`.
        """
        for definition in definitions[len(tasks) :]:
            waits_for = [tasks[index] for index in definition.upstreams]
            task = Task(
                self._account.next_id("task"),
                definition.full_name,
                parent if definition.parent is None else tasks[definition.parent],
                definition.config,
                definition.is_group,
                upstreams=[*upstreams, *waits_for] if definition.parent is None else waits_for,
                export_params=definition.config.get("_export") or NOTHING,
                updated_at=now,
                initial=initial,
            )
            if (source := self._attempt.carried.get(definition.full_name)) is not None:
                task.state = "success"
                task.config = source.config
                task.export_params = source.export_params
                task.store_params = source.store_params
                task.error = source.error
                task.updated_at = source.updated_at
            tasks.append(task)
            self._attempt.tasks.append(task)
            self._link(task)
        return tasks

    def copy_initial(self, group: Task, now: float) -> None:
        """Adds copies of the tasks that a group had from the beginning, for another try."""
        copies: dict[int, Task] = {group.id: group}
        originals = self._initial_children(group)
        for original in originals:  # grows while it is gone through
            originals.extend(self._initial_children(original) if original.is_group else ())
        for original in sorted(originals, key=lambda task: task.id):
            assert original.parent is not None
            copy = Task(
                self._account.next_id("task"),
                original.full_name,
                copies[original.parent.id],
                original.config,
                original.is_group,
                upstreams=[copies[upstream.id] for upstream in original.upstreams],
                export_params=original.config.get("_export") or NOTHING,
                updated_at=now,
            )
            copies[original.id] = copy
            self._attempt.tasks.append(copy)
            self._link(copy)

    def _initial_children(self, task: Task) -> list[Task]:
        return list(itertools.takewhile(lambda child: child.initial, self._children[task.id]))


def check_task_limit(account: Account, current: int, adding: int) -> None:
    """Raises TaskError if an attempt of `current` tasks may not have that many more."""
    limit = account.settings["executor.task_max_run"]
    if adding and current + adding > limit:
        raise unexpected_error(
            f"Too many tasks. Limit: {limit}, Current: {current}, Adding: {adding}", exceptions.TASK_LIMIT_EXCEEDED
        )
