"""What is due when in an account: attempts that begin, and tasks that have waited long enough.

Nothing happens by itself: the engine goes through the queue whenever the account is asked for something, in the order
of the times, and does each thing as if at its own time.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable

from treasure_workflow_mock.engine.expressions.javascript import RunningScripts
from treasure_workflow_mock.model.records import Attempt, Task


class EventQueue:
    """The event queue of one account, with what an earlier one had if that is given."""

    def __init__(
        self,
        entries: Iterable[tuple[float, Attempt, Task | None]] = (),
        watchers: Iterable[tuple[int, Attempt, Task]] = (),
    ) -> None:
        self._entries: list[tuple[float, int, Attempt, Task | None]] = []
        self.scripts = RunningScripts()
        self._count = itertools.count()  # keeps what is due at the same time in the order of entry
        self._watchers: dict[int, list[tuple[Attempt, Task]]] = {}  # by id of the attempt that they wait for
        for time, attempt, due in entries:
            self.add(time, attempt, due)
        for awaited_id, attempt, task in watchers:
            self._watch(awaited_id, attempt, task)

    def entries(self) -> list[tuple[float, Attempt, Task | None]]:
        """What is due, in its order: the time, the attempt, and the task unless it is the attempt itself."""
        return [(time, attempt, task) for time, _, attempt, task in sorted(self._entries, key=lambda entry: entry[:2])]

    def watchers(self) -> list[tuple[int, Attempt, Task]]:
        """The tasks that wait for an attempt, behind its id."""
        return [(awaited, *watcher) for awaited, watchers in self._watchers.items() for watcher in watchers]

    def add(self, time: float, attempt: Attempt, task: Task | None = None) -> None:
        """Enters that a task is due at `time` (seconds since the epoch), or that the attempt itself is."""
        heapq.heappush(self._entries, (time, next(self._count), attempt, task))

    def is_due(self, now: float) -> bool:
        """Whether anything is due at `now`."""
        return bool(self._entries) and self._entries[0][0] <= now

    def take(self, now: float) -> tuple[float, Attempt, list[Task | None]]:
        """Takes out what comes first: the time, an attempt, and what is due in it at that time."""
        time, _, attempt, task = heapq.heappop(self._entries)
        due = [task]
        while self._entries and self._entries[0][0] == time and self._entries[0][2] is attempt and time <= now:
            due.append(heapq.heappop(self._entries)[3])
        return time, attempt, due

    def watch(self, awaited: Attempt, attempt: Attempt, task: Task) -> None:
        """Makes `task` due when the `awaited` attempt is done."""
        self._watch(awaited.id, attempt, task)

    def _watch(self, awaited_id: int, attempt: Attempt, task: Task) -> None:
        self._watchers.setdefault(awaited_id, []).append((attempt, task))

    def take_watchers(self, awaited: Attempt) -> list[tuple[Attempt, Task]]:
        """The tasks that waited for an attempt; they do so no longer."""
        return self._watchers.pop(awaited.id, [])
