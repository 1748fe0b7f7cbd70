"""Schedule rules: what a workflow's `schedule:` means, and which times follow from it.

A schedule has two times for each session: the session time itself, and the time at which it is run, which is later
by the schedule's delay. `daily>: 07:00:00` is midnight of each day with a delay of seven hours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple, Protocol

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.dig.config_values import described, integer, json_text, near_misses
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java.hash_order import hash_ordered
from treasure_workflow_mock.java.integers import INT32, java_integer
from treasure_workflow_mock.java.times import DAY, END_OF_TIME, calendar_zone, day_of, instant_of, zone
from treasure_workflow_mock.model.records import Workflow
from treasure_workflow_mock.schedules.cron import CronPattern, parse_cron

_SHORT = 4 * DAY  # so far back that going on from there takes no time to speak of
_OPTIONS = ("start", "end", "skip_on_overtime", "skip_delayed_by")
_OPTIONAL_TEXT = (
    "Expected [reference type, class com.google.common.base.Optional<java.lang.String>"
    "<[simple type, class java.lang.String]>]"
)
_OPTIONAL_CONFIG = (
    "Expected [reference type, class com.google.common.base.Optional<io.digdag.client.config.Config>"
    "<[simple type, class io.digdag.client.config.Config]>]"
)


class ScheduleTime(NamedTuple):
    """A session time and when it is run, in seconds since the epoch."""

    time: int
    run_time: int


FINISHED = ScheduleTime(END_OF_TIME, END_OF_TIME)
"""The times of a schedule after its `end`."""


class SessionTimes(Protocol):
    """The endless row of a schedule's session times."""

    def first(self, instant: float, delay: int) -> int:
        """The session time to begin with at `instant`."""
        ...

    def next(self, instant: int) -> int:
        """The first session time after `instant`."""
        ...

    def last(self, instant: int) -> int:
        """The last session time before `instant`."""
        ...


@dataclass(frozen=True, slots=True)
class CronTimes:
    """Session times that follow a cron pattern on the clock of a zone."""

    pattern: CronPattern
    zone: tzinfo

    def first(self, instant: float, delay: int) -> int:
        """The first session time that is run, `delay` seconds later, at `instant` or after it."""
        return self.next(math.ceil(instant) - 1 - delay)

    def next(self, instant: int) -> int:
        """The first session time after `instant`."""
        return self.pattern.next(instant, self.zone)

    def last(self, instant: int) -> int:
        """The last session time before `instant`, as far as the service can tell.

        It guesses that two distances of the coming sessions lead back to an earlier one, and goes on from there. Where
        they do not (before the first hour of a working day, say), it takes the time it went back to for a session.
        """
        following = self.next(instant)
        back = 2 * (self.next(following) - following)
        while back > _SHORT and self.next(instant - back // 2) < instant:
            back //= 2  # the same session is reached in fewer steps
        last = instant - back
        while (following := self.next(last)) < instant:
            last = following
        return last


@dataclass(frozen=True, slots=True)
class IntervalTimes:
    """Session times at the multiples of some seconds since the epoch."""

    seconds: int

    def first(self, instant: float, delay: int) -> int:
        """The first session time at `instant` or after it, whatever the delay."""
        self._check(instant)
        return self.next(math.ceil(instant) - 1)

    def next(self, instant: int) -> int:
        """The first session time after `instant`."""
        # Division as in Java, towards zero: with a negative interval the times go backwards.
        return (int(instant / self.seconds) + 1) * self.seconds

    def last(self, instant: int) -> int:
        """The last session time before `instant`."""
        self._check(instant)
        seconds = abs(self.seconds)
        return (instant - 1) // seconds * seconds

    @staticmethod
    def _check(instant: float) -> None:
        if instant < 1:
            raise InvalidDefinition("seconds_interval>: there are no sessions before 1970")


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    """When a workflow is scheduled. `delay` is in seconds; `start` and `end` bound the run times, `end` exclusively."""

    times: SessionTimes
    delay: int = 0
    start: int | None = None
    end: int | None = None

    def first(self, instant: float) -> ScheduleTime:
        """The earliest session whose run time is not before `instant`."""
        return self._bounded(self.times.first(instant, self.delay))

    def next(self, instant: float) -> ScheduleTime:
        """The earliest session after `instant`."""
        return self._bounded(self.times.next(math.floor(instant)))

    def _bounded(self, time: int) -> ScheduleTime:
        if self.end is not None and time + self.delay >= self.end:
            return FINISHED
        if self.start is not None and time + self.delay < self.start:
            time = self.times.next(self.start - 1)
        # Past the end of time nothing is delayed any more.
        return ScheduleTime(time, time if time >= END_OF_TIME else time + self.delay)

    def last(self, instant: float) -> int:
        """The latest session time before `instant`, whatever `start` and `end` say."""
        return self.times.last(math.ceil(instant))


def schedule_of(workflow: Workflow) -> ScheduleRule | None:
    """The rule of a workflow's `schedule:`, or None if it has none."""
    config = workflow.config.get("schedule")
    return None if config is None else parse_schedule(config, workflow.timezone)


def parse_schedule(config: Json, timezone: str) -> ScheduleRule:
    """The rule that a `schedule:` stands for.

    InvalidDefinition if its type is unknown or a value is wrong. Unknown options are `check_options`'s matter,
    since an upload looks for them later.
    """
    if not isinstance(config, dict):
        raise InvalidDefinition(f"{_OPTIONAL_CONFIG} for key 'schedule' but got {described(config)}")
    kind, given = _kind_and_command(config)
    if (parse := _KINDS.get(kind)) is None:
        raise InvalidDefinition(f"Unknown scheduler type: {kind}")
    return parse(given, config, timezone)


def check_options(config: JsonObject) -> None:
    """InvalidDefinition if a `schedule:` has options that mean nothing."""
    used = "_type" if "_type" in config else _type_key(config)
    known = hash_ordered((str(used), *_OPTIONS))
    unknown = [key for key in hash_ordered(config, copied=len(config)) if key not in known]
    if unknown:
        raise InvalidDefinition(
            "".join(f"Parameter '{key}' is not used at schedule. {_hint(key, known)}\n" for key in unknown)
        )


def _type_key(config: JsonObject) -> str | None:
    return next((key for key in config if key.endswith(">")), None)


def _kind_and_command(config: JsonObject) -> tuple[str, JsonObject]:
    """The type, and the values its scheduler looks at: `_command` for the short form, else what is given."""
    if "_type" in config:
        if config["_type"] is None:
            raise InvalidDefinition("Parameter '_type' is required but null")
        return _text(config, "_type"), config
    key = _type_key(config)
    if key is None:
        raise InvalidDefinition(f"Schedule config requires 'type>: at' parameter: {json_text(config)}")
    if config[key] is None:
        raise InvalidDefinition(f"Parameter '{key}' is required but null")
    return key[:-1], config | {"_command": config[key]}


def _hint(key: str, known: list[str]) -> str:
    similar = near_misses(key, known)
    return f"> Did you mean '[{', '.join(similar)}]'?" if similar else ""


# Values


def _scalar_text(value: Json) -> str | None:
    """A scalar as text, which is how the service takes one where it wants text; None for lists and objects."""
    if isinstance(value, str):
        return value
    return None if isinstance(value, list | dict) else json_text(value)


def _text(config: JsonObject, key: str) -> str:
    if config.get(key) is None:
        raise InvalidDefinition(f"Parameter '{key}' is required but {'null' if key in config else 'not set'}")
    text = _scalar_text(config[key])
    if text is None:
        raise InvalidDefinition(f"Expected string type for key '{key}' but got {described(config[key])}")
    return text


def _optional_text(config: JsonObject, key: str) -> str | None:
    value = config.get(key)
    if value is None:
        return None
    text = _scalar_text(value)
    if text is None:
        raise InvalidDefinition(f"{_OPTIONAL_TEXT} for key '{key}' but got {described(value)}")
    return text


def _at(config: JsonObject) -> str:
    command = _optional_text(config, "_command")
    return _text(config, "at") if command is None else command


def _time_of_day(text: str, problem: str, units: tuple[int, ...]) -> int:
    """Integers between colons, in seconds. They may be negative and have no upper bound."""
    parts = text.rstrip(":").split(":")  # as Java splits: without the empty parts at the end
    try:
        if len(parts) != len(units):
            raise ValueError(text)
        total = sum(java_integer(part, INT32) * unit for part, unit in zip(parts, units, strict=True))
        return (total + INT32) % (2 * INT32) - INT32  # the service counts in 32 bits
    except ValueError:
        raise InvalidDefinition(f"{problem} format: {text}") from None


def _hours_minutes_seconds(text: str, kind: str) -> int:
    return _time_of_day(text, f"{kind}> scheduler requires hh:mm:ss", (3600, 60, 1))


# Types


def _rule(pattern: str, delay: int, config: JsonObject, timezone: str) -> ScheduleRule:
    start, end = _bound(config, "start"), _bound(config, "end")
    if start is not None and end is not None and start > end:
        raise InvalidDefinition("The schedule of end is earlier than start")
    try:
        times = CronTimes(parse_cron(pattern), calendar_zone(timezone))
    except ValueError as problem:
        raise InvalidDefinition(str(problem)) from None
    clock = zone(timezone)
    return ScheduleRule(
        times,
        delay,
        start=None if start is None else instant_of(clock, start * DAY),
        end=None if end is None else instant_of(clock, (end + 1) * DAY),  # the last day belongs to it
    )


def _bound(config: JsonObject, key: str) -> int | None:
    """The day that `start` or `end` names, counted from 1970-01-01."""
    text = _optional_text(config, key)
    if text is None:
        return None
    try:
        return _day(text)
    except ValueError as problem:
        cause = f"java.time.format.DateTimeParseException: Text '{text}' could not be parsed{problem}"
        raise InvalidDefinition(f"Invalid {key}: {text} ({cause})") from None


def _day(text: str) -> int:
    at = 0
    for part in (r"[0-9]{4}(?![0-9])|-[0-9]{4,9}|\+[0-9]{5,9}", "-", "[0-9]{2}", "-", "[0-9]{2}"):
        match = re.compile(part).match(text, at)
        if match is None:
            raise ValueError(f" at index {at}")
        at = match.end()
    if at < len(text):
        raise ValueError(f", unparsed text found at index {at}")
    year, month, day = int(text[:-6]), int(text[-5:-3]), int(text[-2:])
    if not 1 <= month <= 12:
        raise ValueError(f": Invalid value for MonthOfYear (valid values 1 - 12): {month}")
    if not 1 <= day <= 31:
        raise ValueError(f": Invalid value for DayOfMonth (valid values 1 - 28/31): {day}")
    try:
        return day_of(year, month, day)
    except ValueError:
        if (month, day) == (2, 29):
            raise ValueError(f": Invalid date 'February 29' as '{year}' is not a leap year") from None
        raise ValueError(f": Invalid date '{_MONTHS[month]} {day}'") from None


_MONTHS = {2: "FEBRUARY", 4: "APRIL", 6: "JUNE", 9: "SEPTEMBER", 11: "NOVEMBER"}


def _hourly(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    delay = _time_of_day(_at(given), "hourly>: scheduler requires mm:ss", (60, 1))
    return _rule("0 * * * *", delay, config, timezone)


def _daily(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    return _rule("0 0 * * *", _hours_minutes_seconds(_at(given), "daily"), config, timezone)


def _weekly(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    text = _at(given)
    problem = InvalidDefinition(f"weekly>: scheduler requires day,hh:mm:ss format: {text}")
    day, comma, time = (part.strip() for part in text.partition(","))
    if not comma:
        raise problem
    if re.fullmatch(r"-0*[1-9]\d*", day):  # in a pattern the minus sign would mean nothing
        raise InvalidDefinition(f"weekly>: invalid day: {day}")
    delay = _hours_minutes_seconds(time, "weekly")
    try:
        parse_cron(f"0 0 * * {day}")
    except ValueError:
        raise problem from None
    return _rule(f"0 0 * * {day}", delay, config, timezone)


def _monthly(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    text = _at(given)
    day, comma, time = text.partition(",")
    try:
        day_of_month = java_integer(day if comma else "", INT32)
    except ValueError:
        raise InvalidDefinition(f"monthly>: scheduler requires day,hh:mm:ss format: {text}") from None
    return _rule(f"0 0 {day_of_month} * *", _hours_minutes_seconds(time, "monthly"), config, timezone)


def _minutes_interval(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    return _rule(f"*/{integer(given, '_command')} * * * *", 0, config, timezone)


def _cron(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    return _rule(_text(given, "_command"), 0, config, timezone)


def _seconds_interval(given: JsonObject, config: JsonObject, timezone: str) -> ScheduleRule:
    seconds = integer(given, "_command")
    if seconds == 0:
        raise InvalidDefinition("seconds_interval>: an interval must not be 0")
    return ScheduleRule(IntervalTimes(seconds))


_KINDS: dict[str, Callable[[JsonObject, JsonObject, str], ScheduleRule]] = {
    "hourly": _hourly,
    "daily": _daily,
    "weekly": _weekly,
    "monthly": _monthly,
    "minutes_interval": _minutes_interval,
    "cron": _cron,
    "seconds_interval": _seconds_interval,
}
