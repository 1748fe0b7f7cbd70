"""Session times: the instant that a session stands for, from a word, a datetime or ISO 8601 text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal, NamedTuple, TypeAlias

NOW: Literal["now"] = "now"

SessionTime: TypeAlias = datetime | date | str
"""A session time as callers may give it; see `wanted`."""

Mode: TypeAlias = Literal["hour", "day", "schedule", "next_schedule"]

WORDS: dict[str, Mode] = {
    "hourly": "hour",
    "daily": "day",
    "schedule": "schedule",
    "next_schedule": "next_schedule",
}
"""Words for session times that depend on the workflow, and how the service cuts the present time for them."""


class Wanted(NamedTuple):
    """A session time as far as it is known without the workflow."""

    time: datetime | str
    """An instant, or text without an offset: local time in the workflow's zone."""
    mode: Mode | None = None
    """What the service is to make of it."""

    @property
    def instant(self) -> datetime | None:
        """The session time, None where the service has to be asked for it."""
        return self.time if isinstance(self.time, datetime) and self.mode is None else None


def wanted(value: SessionTime, *, now: datetime | None = None) -> Wanted:
    """What `value` means, in whole seconds, as the service keeps it.

    Args:
        value: `"now"`; `"hourly"` or `"daily"`, the begin of the hour or day in the workflow's zone; `"schedule"` or
            `"next_schedule"`, the session time of the schedule's next run at or after now, or strictly after it; a
            datetime with a zone; a date, which is its midnight in the workflow's zone; or ISO 8601 text, which is
            local time in the workflow's zone when it has no offset.
        now: What `"now"` means; the clock's time when None.

    Raises:
        TypeError: It is none of these types.
        ValueError: A datetime without a zone, or text that is no time.
    """
    if isinstance(value, datetime):
        return Wanted(instant(value))
    if isinstance(value, date):
        return Wanted(f"{value.isoformat()}T00:00:00")
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"a session time is a datetime with a time zone, a date or a text such as 'now', not {type(value).__name__}"
        )
    if value == NOW or value in WORDS:
        return Wanted((now or datetime.now(UTC)).replace(microsecond=0), WORDS.get(value))
    text = value.strip()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        words = ", ".join(repr(word) for word in (NOW, *WORDS))
        raise ValueError(f"session time {value!r} is neither ISO 8601 nor one of {words}") from None
    if time.utcoffset() is None:
        return Wanted(time.replace(microsecond=0).isoformat())
    return Wanted(time.replace(microsecond=0))


def instant(value: datetime | str, *, now: datetime | None = None) -> datetime:
    """The session time that `value` means, in whole seconds, as the service keeps it.

    Args:
        value: `"now"`, a datetime with a time zone, or ISO 8601 text with an offset (`2024-05-09T00:00:00+09:00`).
        now: What `"now"` means; the clock's time when None.

    Raises:
        ValueError: A time without a zone or offset, of which nobody can tell what it means elsewhere; or no time.
    """
    if value == NOW:
        return (now or datetime.now(UTC)).replace(microsecond=0)
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(f"session time {value!r} is neither 'now' nor ISO 8601: {error}") from None
    else:
        time = value
    return aware(time, "session time").replace(microsecond=0)


def aware(time: datetime, what: str) -> datetime:
    """`time` itself.

    Raises:
        TypeError: It is no datetime.
        ValueError: It has no time zone, or a year that UTC does not have; the message calls it `what`.
    """
    if not isinstance(time, datetime):  # pyright: ignore[reportUnnecessaryIsInstance] # callers may not use types
        raise TypeError(f"{what} is a datetime with a time zone, not {time!r}")
    if time.utcoffset() is None:
        raise ValueError(f"{what} {time.isoformat()} has no time zone: give one, such as datetime.UTC or an offset")
    try:
        time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{what} {time.isoformat()} lies before the year 1 or after 9999 in UTC") from None
    return time
