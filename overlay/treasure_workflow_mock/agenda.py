"""What is due when in an account: attempts that begin, and tasks that have waited long enough.

Nothing happens by itself: the engine goes through the agenda whenever the account is asked for something, in the order
of the times, and does each thing as if at its own time.
"""

from __future__ import annotations

import heapq
import itertools

from treasure_workflow_mock.state import Account, Attempt, Task


class Agenda:
    """The agenda of one account. Made anew from the account's records when it is missing."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._entries: list[tuple[float, int, Attempt, Task | None]] = []
        self._count = itertools.count()  # keeps what is due at the same time in the order of entry
        self._watchers: dict[int, list[tuple[Attempt, Task]]] = {}  # by id of the attempt that they wait for
        for attempt in account.unfinished.values():
            if not attempt.held_for and (attempt.tasks or (attempt.waits_for is None and not attempt.queued)):
                self.add(attempt.created_at, attempt)

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
        self._watchers.setdefault(awaited.id, []).append((attempt, task))

    def take_watchers(self, awaited: Attempt) -> list[tuple[Attempt, Task]]:
        """The tasks that waited for an attempt; they do so no longer."""
        return self._watchers.pop(awaited.id, [])
