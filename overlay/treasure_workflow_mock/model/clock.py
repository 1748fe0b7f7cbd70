"""The account's time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta


class Clock:
    """The account's time: real until a test takes it over, then frozen until moved."""

    __module__ = "treasure_workflow_mock"

    def __init__(self) -> None:
        self._frozen: float | None = None

    @property
    def frozen(self) -> bool:
        """Whether a test has taken the clock over."""
        return self._frozen is not None

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() if self._frozen is None else self._frozen

    def freeze(self, now: float | datetime) -> None:
        """Stops the clock at `now`, an aware datetime or seconds since the epoch.

        Raises:
            ValueError: The datetime has no time zone.
        """
        if isinstance(now, datetime):
            if now.tzinfo is None:
                raise ValueError(f"now must have a time zone, such as datetime.UTC, got {now!r}")
            now = now.timestamp()
        self._frozen = now

    def advance(self, seconds: float | timedelta) -> None:
        """Freezes the clock `seconds` (or a timedelta) after what it shows."""
        self._frozen = self.now() + (seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)

    def run(self) -> None:
        """Lets the clock show real time again."""
        self._frozen = None
