"""How many tasks of an account run at once; the others wait, first come first served."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Task


class TaskSlots:
    """The tasks of an account that run, and those that are ready but wait for one of them to end.

    All that lasts is in the tasks' states; the rest is found anew from them.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        tasks = [(attempt, task) for attempt in account.unfinished.values() for task in attempt.tasks]
        self._running = {task.id for _, task in tasks if task.state == "running"}
        ready = [(attempt, task) for attempt, task in tasks if task.state == "ready" and not task.is_group]
        self._waiting = deque(sorted(ready, key=lambda pair: (pair[1].updated_at, pair[1].id)))

    def take(self, attempt: Attempt, task: Task) -> bool:
        """Whether a task may run now; one that may not waits."""
        if self._free() <= 0:
            self._waiting.append((attempt, task))
            return False
        self._running.add(task.id)
        return True

    def give_back(self, *tasks: Task) -> None:
        """Notes that tasks do not run any more."""
        self._running.difference_update(task.id for task in tasks)

    def admitted(self) -> Iterator[tuple[Attempt, Task]]:
        """The tasks that have waited and may run now, or are to end without; they wait no longer."""
        for pair in [pair for pair in self._waiting if pair[1].cancel_requested]:
            self._waiting.remove(pair)
            yield pair
        for _ in range(min(self._free(), len(self._waiting))):
            yield self._waiting.popleft()

    def _free(self) -> int:
        limit: int = self._account.settings["agent.max_task_threads"]
        return limit - len(self._running) if limit else len(self._waiting) + 1


def slots_of(account: Account) -> TaskSlots:
    """The slots of an account, made when they are first asked for."""
    if account.slots is None:
        account.slots = TaskSlots(account)
    slots: TaskSlots = account.slots
    return slots
