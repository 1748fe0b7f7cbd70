"""Cron patterns in the dialect of the service's schedules, and when they match.

Five fields of which all must match, also when day of month and day of week are both restricted; `|` between
alternative patterns; `L` for the last day of a month; ranges may wrap (`fri-mon`). Empty parts between separators
are ignored, which makes a minus sign before a number mean nothing.
"""

from __future__ import annotations

import bisect
import calendar
import datetime
import re
from dataclasses import dataclass
from functools import lru_cache

from treasure_workflow_mock.java.times import DAY, date_of, day_of, instant_of, utc_offset

_MINUTES_OF_DAY = 24 * 60
_LAST_DAY = 32  # what `L` counts as, so that it can stand in ranges as any day
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    names: dict[str, int]

    def number(self, text: str) -> int:
        if re.fullmatch(r"\+?\d+", text):
            value = int(text)
            if not self.first <= value <= self.last:
                raise ValueError(f'invalid {self.name} "{text}": value out of range')
            return value % 7 if "sun" in self.names else value  # 7 is Sunday, as 0 is
        if (named := self.names.get(text.lower())) is not None:
            return named
        raise ValueError(f'invalid {self.name} "{text}": invalid value')

    def range(self, text: str) -> list[int]:
        if text == "*":
            return [*range(self.first, self.last + 1)]
        bounds = _parts(text, "-")
        if not 1 <= len(bounds) <= 2:
            raise ValueError(f'invalid {self.name} "{text}": syntax error')
        first, last = self.number(bounds[0]), self.number(bounds[-1])
        if first <= last:
            return [*range(first, last + 1)]
        return [*range(first, self.last + 1), *range(self.first, last + 1)]

    def values(self, text: str) -> frozenset[int]:
        values: set[int] = set()
        for element in _parts(text, ","):
            parts = _parts(element, "/")
            if not 1 <= len(parts) <= 2:
                raise ValueError(f'invalid {self.name} "{element}": syntax error')
            values.update(self.range(parts[0])[:: _step(parts[1]) if len(parts) == 2 else 1])
        if not values:
            raise ValueError(f'invalid {self.name} "{text}"')
        return frozenset(values)


_MINUTE = _Field("minute", 0, 59, {})
_HOUR = _Field("hour", 0, 23, {})
_DAY_OF_MONTH = _Field("day of month", 1, 31, {"l": _LAST_DAY})
_MONTH = _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTH_NAMES, 1)})
_WEEKDAY = _Field("day of week", 0, 7, {name: number for number, name in enumerate(_WEEKDAY_NAMES)})


def _parts(text: str, separators: str) -> list[str]:
    return [part for part in re.split(f"[{re.escape(separators)}]", text) if part]


def _step(text: str) -> int:
    if not re.fullmatch(r"\+?\d+", text) or int(text) == 0:
        raise ValueError(f'invalid divisor "{text}"')
    return int(text)


@dataclass(frozen=True, slots=True)
class _Alternative:
    """One five-field pattern. A time of day is in minutes, a local minute counts from 1970-01-01T00:00."""

    times: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def matches(self, local_minute: int) -> bool:
        day, time = divmod(local_minute, _MINUTES_OF_DAY)
        at = bisect.bisect_left(self.times, time)
        return at < len(self.times) and self.times[at] == time and self._has_day(day)

    def at_or_after(self, local_minute: int) -> int:
        """The first local minute from the given one on that matches."""
        day, time = divmod(local_minute, _MINUTES_OF_DAY)
        if self._has_day(day):
            at = bisect.bisect_left(self.times, time)
            if at < len(self.times):
                return day * _MINUTES_OF_DAY + self.times[at]
        return self._day_after(day) * _MINUTES_OF_DAY + self.times[0]

    def ever_matches(self) -> bool:
        # The calendar brings each date on every day of the week, so month and day alone decide.
        return any(day <= _LONGEST_MONTHS[month - 1] or day == _LAST_DAY for month in self.months for day in self.days)

    def _has_day(self, day: int) -> bool:
        year, month, number = date_of(day)
        return month in self.months and self._counts(number, _length_of_month(year, month)) and self._on_weekday(day)

    def _counts(self, number: int, length: int) -> bool:
        return number in self.days or (number == length and _LAST_DAY in self.days)

    def _on_weekday(self, day: int) -> bool:
        return (day + 4) % 7 in self.weekdays  # 1970-01-01 was a Thursday

    def _day_after(self, day: int) -> int:
        year, month, number = date_of(day)
        number += 1
        while True:
            length = _length_of_month(year, month)
            if number > 31 or month not in self.months:
                year, month, number = *_month_after(year, month), 1
            elif not self._counts(number, length):
                number += 1
            elif number > length:
                # The service lets the 30th of February be the 2nd of March, and has then passed over the 1st.
                year, month, number = *_month_after(year, month), number - length
            elif self._on_weekday(day_of(year, month, number)):
                return day_of(year, month, number)
            else:
                number += 1


def _month_after(year: int, month: int) -> tuple[int, int]:
    return (year, month + 1) if month < 12 else (year + 1, 1)


def _length_of_month(year: int, month: int) -> int:
    return 29 if month == 2 and calendar.isleap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


@dataclass(frozen=True, slots=True)
class CronPattern:
    """Alternatives of which any may match."""

    alternatives: tuple[_Alternative, ...]

    def next(self, instant: int, zone: datetime.tzinfo) -> int:
        """The first match after the minute of `instant`, both in seconds since the epoch.

        Only the very next minute is looked at as an instant. After that the clock's fields are counted up, and the
        local time found is resolved: a skipped one moves on, and of one that comes twice the second is meant.
        """
        following = (instant // 60 + 1) * 60
        local_minute = (following + utc_offset(zone, following)) // 60
        if any(alternative.matches(local_minute) for alternative in self.alternatives):
            return following
        return min(_first_match(alternative, local_minute, zone) for alternative in self.alternatives)


def _first_match(alternative: _Alternative, local_minute: int, zone: datetime.tzinfo) -> int:
    while True:
        wanted = alternative.at_or_after(local_minute)
        instant = instant_of(zone, wanted * 60, later=True)
        shown_day = (instant + utc_offset(zone, instant)) // DAY
        if shown_day == wanted // _MINUTES_OF_DAY:
            return instant
        # Moved past midnight by a gap: the service goes on looking from this time of day on the new day.
        local_minute = shown_day * _MINUTES_OF_DAY + wanted % _MINUTES_OF_DAY


@lru_cache(maxsize=1024)
def parse_cron(text: str) -> CronPattern:
    """The pattern a text stands for; ValueError if it is none, or if no date ever fits it."""
    alternatives: list[_Alternative] = []
    for part in _parts(text, "|"):
        fields = _parts(part, " \t")
        if len(fields) != 5:
            raise ValueError(f'invalid pattern: "{part}"')
        minutes, hours = sorted(_MINUTE.values(fields[0])), sorted(_HOUR.values(fields[1]))
        alternative = _Alternative(
            times=tuple(hour * 60 + minute for hour in hours for minute in minutes),
            days=_DAY_OF_MONTH.values(fields[2]),
            months=_MONTH.values(fields[3]),
            weekdays=_WEEKDAY.values(fields[4]),
        )
        if not alternative.ever_matches():
            raise ValueError(f'invalid pattern: "{part}" matches no date')
        alternatives.append(alternative)
    if not alternatives:
        raise ValueError(f'invalid pattern: "{text}"')
    return CronPattern(tuple(alternatives))
