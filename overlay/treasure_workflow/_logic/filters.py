"""Filters that the service does not have: by status and by age, on rows that it sends."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, get_args

from treasure_workflow.session_time import aware

if TYPE_CHECKING:
    from treasure_workflow_api.models import Attempt, RestSession, RestSessionAttempt

T = TypeVar("T")

Status: TypeAlias = Literal["blocked", "queued", "running", "canceling", "success", "error", "killed"]
Moment: TypeAlias = datetime | timedelta | str
"""A time: a datetime with a zone, ISO 8601 text with an offset, or how long ago as a timedelta."""

Sift: TypeAlias = "Callable[[list[RestSessionAttempt]], tuple[list[T], bool]]"
"""What takes from a page of attempts what is asked for, and knows whether no row after them counts."""

STATUSES: tuple[str, ...] = get_args(Status)


def statuses(value: Status | Collection[Status] | None) -> frozenset[str] | None:
    """The statuses asked for, None for all.

    Raises:
        ValueError: There is no such status.
    """
    if value is None:
        return None
    found = frozenset((value,) if isinstance(value, str) else value)
    unknown = sorted(str(one) for one in found if one not in STATUSES)
    if unknown:
        raise ValueError(f"no such status: {', '.join(unknown)}. There are {', '.join(STATUSES)}")
    return found


def status_of(attempt: RestSessionAttempt | Attempt) -> str:
    """The attempt's status; from its flags where the service tells none, as open-source servers do in sessions."""
    if attempt.status:
        return str(attempt.status)
    if attempt.done:
        return "success" if attempt.success else "killed" if attempt.cancel_requested else "error"
    return "canceling" if attempt.cancel_requested else "running"


def moment(value: Moment | None, what: str, now: datetime) -> datetime | None:
    """The time that `value` means, None for None.

    Raises:
        TypeError: It is no time.
        ValueError: It has no time zone, or is no ISO 8601 text.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        try:
            return now - value
        except OverflowError:
            raise ValueError(f"{what} lies before the year 1 or after 9999: give a shorter timedelta") from None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(f"{what} {value!r} is not ISO 8601: {error}") from None
    if not isinstance(value, datetime):  # pyright: ignore[reportUnnecessaryIsInstance] # callers may not use types
        raise TypeError(f"{what} is a datetime with a time zone, a timedelta or ISO 8601 text, not {value!r}")
    return aware(value, what)


def sifting(wanted: frozenset[str] | None, since: datetime | None, until: datetime | None) -> Sift[RestSessionAttempt]:
    """What takes from each page of a listing, newest first, the attempts that are asked for, and knows its end."""

    def sift(rows: list[RestSessionAttempt]) -> tuple[list[RestSessionAttempt], bool]:
        within = [row for row in rows if since is None or row.created_at >= since]
        kept = [row for row in within if _fits(row, wanted, until)]
        return kept, len(within) < len(rows)

    return sift


def sifting_sessions(
    wanted: frozenset[str] | None, until: datetime | None
) -> Callable[[list[RestSession]], tuple[list[RestSession], bool]]:
    """The same for sessions, by their newest attempts; their order tells no end."""

    def sift(rows: list[RestSession]) -> tuple[list[RestSession], bool]:
        if wanted is None and until is None:
            return rows, False
        return [row for row in rows if row.last_attempt and _fits(row.last_attempt, wanted, until)], False

    return sift


def _fits(attempt: RestSessionAttempt | Attempt, wanted: frozenset[str] | None, until: datetime | None) -> bool:
    return (until is None or attempt.created_at < until) and (wanted is None or status_of(attempt) in wanted)


def session_of(attempt: RestSessionAttempt) -> RestSession:
    """The session whose newest attempt this is, as the service tells it in listings of sessions."""
    from attrs import fields

    from treasure_workflow_api.models import Attempt, RestSession

    same = {one.name: getattr(attempt, one.name) for one in fields(Attempt) if one.init}
    return RestSession(
        id=attempt.session_id,
        last_attempt=Attempt(**same),
        project=attempt.project,
        session_time=attempt.session_time,
        session_uuid=attempt.session_uuid,
        workflow=attempt.workflow,
    )
