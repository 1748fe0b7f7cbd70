"""What tells when a schedule's sessions are without asking the service: somebody else's, who knows its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias


class ScheduleRule(Protocol):
    """One workflow's schedule. Times are pairs of a session time and the time at which that session runs."""

    def first(self, at: datetime, /) -> tuple[datetime, datetime] | None:
        """The first session that runs at a time or after it; None when the schedule is over."""
        ...

    def next(self, after: datetime, /) -> tuple[datetime, datetime] | None:
        """The first session after a session time; None when the schedule is over."""
        ...


ScheduleRules: TypeAlias = Callable[[Path], Mapping[str, ScheduleRule]]
"""The schedules of the workflows in a folder, by the workflows' names."""
