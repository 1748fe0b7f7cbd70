"""Session times: the instant that a session stands for, from a word, a datetime or ISO 8601 text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

NOW: Literal["now"] = "now"


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
        ValueError: It has no time zone; the message calls it `what`.
    """
    if time.utcoffset() is None:
        raise ValueError(f"{what} {time.isoformat()} has no time zone: give one, such as datetime.UTC or an offset")
    return time
