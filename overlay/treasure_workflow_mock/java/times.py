"""Time zones and times as the service reads and writes them.

The service runs on Java, so zone names, offsets, formats and the resolution of local times follow Java's rules.
An instant is seconds since the epoch, UTC; a local time is seconds since 1970-01-01T00:00 on the zone's own clock.
Years may lie outside Python's 1 to 9999: the calendar repeats every 400 years, which is what we calculate with.
"""

from __future__ import annotations

import datetime
import importlib.resources
import math
import re
import zoneinfo
from dataclasses import dataclass
from functools import cache, lru_cache

DAY = 86400
END_OF_TIME = 253370764800
"""9999-01-01T00:00:00Z: when a finished schedule says it runs next."""

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_EPOCH_ORDINAL = 719163
_CYCLE_DAYS = 146097  # the days of 400 years: whole weeks, so weekdays and clock changes repeat too
_CYCLE = _CYCLE_DAYS * DAY
# Years 2 to 9998: the instants that Python's own datetime can show in every zone.
_FIRST_INSTANT = -62104060800
_LAST_INSTANT = 253339228800
_MAX_OFFSET = 18 * 3600
_MAX_YEAR = 999_999_999

_OFFSET_NAME = re.compile(r"([+-])(?:([0-9]{1,2})|([0-9]{2}):?([0-9]{2})|([0-9]{2}):([0-9]{2}):([0-9]{2})|([0-9]{6}))")
_PREFIXED_OFFSET_NAME = re.compile(r"(UTC|GMT|UT)([+-].*)", re.DOTALL)
# In the zone database, yet unknown to Java as names of zones.
_NOT_IN_JAVA = {"EST", "MST", "HST", "ROC", "Factory"}

_DATE_TIME = re.compile(
    r"(?P<year>[0-9]{4}|-[0-9]{4,10}|\+[0-9]{5,10})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{0,9}))?)?"
    r"(?P<rest>.*)",
    re.DOTALL,
)
_OFFSET = re.compile(r"[Zz]|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_LENIENT_OFFSET = re.compile(r"[Zz]|[+-][0-9]{2}(?::[0-9]{2}(?::[0-9]{2})?)?")
_OFFSET_AND_ZONE = re.compile(rf"(?P<offset>{_OFFSET.pattern})(?:\[(?P<zone>[^\]]+)\])?")


# Calendar


def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day, counted from 1970-01-01."""
    cycle, within = divmod(day + _EPOCH_ORDINAL - 1, _CYCLE_DAYS)
    date = datetime.date.fromordinal(within + 1)
    return date.year + 400 * cycle, date.month, date.day


def day_of(year: int, month: int, day: int) -> int:
    """The day, counted from 1970-01-01; ValueError if there is no such date."""
    cycle, within = divmod(year - 1, 400)
    return datetime.date(within + 1, month, day).toordinal() + cycle * _CYCLE_DAYS - _EPOCH_ORDINAL


# Zones


@cache
def _zone_names() -> frozenset[str]:
    names = importlib.resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    return frozenset(names) - _NOT_IN_JAVA


def _offset_seconds(name: str) -> int:
    match = _OFFSET_NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"Invalid ID for ZoneOffset: {name}")
    digits = "".join(group for group in match.groups()[1:] if group is not None)
    if len(digits) == 1:
        digits = "0" + digits
    hours, minutes, seconds = (int(digits[start : start + 2] or 0) for start in (0, 2, 4))
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > _MAX_OFFSET:
        raise ValueError(f"Zone offset not in valid range: {name}")
    return -total if match[1] == "-" else total


def _offset_name(offset: int) -> str:
    if offset == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


@lru_cache(maxsize=1024)
def normal_zone_name(name: str) -> str:
    """The zone's name as responses show it: regions as they are, offsets in full (`-3` is `-03:00`).

    ValueError if it is neither a zone that Java knows nor an offset of at most 18 hours.
    """
    if name == "Z":
        return name
    if name.startswith(("+", "-")):
        return _offset_name(_offset_seconds(name))
    if prefixed := _PREFIXED_OFFSET_NAME.fullmatch(name):
        offset = _offset_seconds(prefixed[2])
        return prefixed[1] + (_offset_name(offset) if offset else "")
    if name == "UT" or name in _zone_names():
        return name
    raise ValueError(f"Unknown time-zone ID: {name}")


@lru_cache(maxsize=1024)
def zone(name: str) -> datetime.tzinfo:
    """The zone of that name, which may be an offset; ValueError if Java knows none."""
    normal = normal_zone_name(name)
    if prefixed := _PREFIXED_OFFSET_NAME.fullmatch(normal):
        normal = prefixed[2]
    if normal in ("Z", "UT", "UTC", "GMT"):
        return datetime.UTC
    if normal.startswith(("+", "-")):
        return datetime.timezone(datetime.timedelta(seconds=_offset_seconds(normal)))
    return zoneinfo.ZoneInfo(normal)


@lru_cache(maxsize=1024)
def calendar_zone(name: str) -> datetime.tzinfo:
    """The zone in which the service evaluates the pattern of a schedule; ValueError as for `zone`.

    The schedule library asks Java's older calendar, which takes names it does not know for GMT:
    `UTC+3`, and offsets with seconds.
    """
    normal = normal_zone_name(name)
    unknown = normal.startswith(("UTC+", "UTC-", "UT+", "UT-")) or re.search(r":[0-9]{2}:", normal)
    return datetime.UTC if unknown else zone(normal)


def utc_offset(zone: datetime.tzinfo, instant: int) -> int:
    """What the zone's clock is ahead of UTC at an instant, in seconds."""
    if instant < _FIRST_INSTANT:
        instant += -((instant - _FIRST_INSTANT) // _CYCLE) * _CYCLE
    elif instant >= _LAST_INSTANT:
        instant -= ((instant - _LAST_INSTANT) // _CYCLE + 1) * _CYCLE
    offset = (_EPOCH + datetime.timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert offset is not None  # a converted time always has one
    return offset.days * DAY + offset.seconds


def instant_of(zone: datetime.tzinfo, local: int, *, later: bool = False) -> int:
    """The instant at which the zone's clock shows a local time.

    A local time that is skipped when the clock goes forward moves on by what is skipped.
    Of one that comes twice when the clock goes back, the first is meant, or with `later` the second.
    """
    before = utc_offset(zone, local - DAY)
    after = utc_offset(zone, local + DAY)
    if before == after:
        return local - before
    first, second = local - before, local - after
    second_exists = utc_offset(zone, second) == after
    if utc_offset(zone, first) == before:
        return second if later and second_exists else first
    return second if second_exists else first


# Writing


def _seconds_text(local: int) -> str:
    """A local time of any year, in Java's `yyyy-MM-dd'T'HH:mm:ss`."""
    day, second = divmod(local, DAY)
    year, month, day_of_month = date_of(day)
    # Java's `yyyy` counts years of an era, so the year before 1 is 1 again.
    shown_year = year if year > 0 else 1 - year
    date = f"{'+' if shown_year > 9999 else ''}{shown_year:04}-{month:02}-{day_of_month:02}"
    return f"{date}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def instant_text(seconds: float) -> str:
    """An instant as responses show it, whole seconds: `2016-01-30T00:00:00Z`."""
    instant = math.floor(seconds)
    if _FIRST_INSTANT <= instant < _LAST_INSTANT:  # Python's own way is twice as fast
        return (_EPOCH + datetime.timedelta(seconds=instant)).isoformat()[:19] + "Z"
    return _seconds_text(instant) + "Z"


def zoned_text(seconds: float, timezone: str) -> str:
    """An instant as responses show it in a zone, whole seconds: `2016-01-30T00:00:00-08:00`, in UTC with `+00:00`."""
    instant = math.floor(seconds)
    if _FIRST_INSTANT <= instant < _LAST_INSTANT:
        # The service drops the seconds that offsets had before zones were introduced.
        return (_EPOCH + datetime.timedelta(seconds=instant)).astimezone(zone(timezone)).isoformat()[:25]
    offset = utc_offset(zone(timezone), instant)
    minutes = abs(offset) // 60
    return f"{_seconds_text(instant + offset)}{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


# Reading


@dataclass(frozen=True, slots=True)
class LocalTimeOrInstant:
    """A time that was given either with an offset (an instant) or without (a local time)."""

    seconds: float
    is_local: bool

    def in_zone(self, timezone: str) -> float:
        """The instant, with a local time read in that zone."""
        if not self.is_local:
            return self.seconds
        whole = math.floor(self.seconds)
        return instant_of(zone(timezone), whole) + (self.seconds - whole)


def _local_seconds(match: re.Match[str]) -> float:
    """The local time that was read, in seconds; ValueError if there is no such date or time of day."""
    year = int(match["year"])
    if match["year"].startswith("-") and year == 0:
        raise ValueError("the year 0 has no sign")
    if abs(year) > _MAX_YEAR:
        raise ValueError("a year has nine digits at most")
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no time of day")
    whole = day_of(year, int(match["month"]), int(match["day"])) * DAY + hour * 3600 + minute * 60 + second
    fraction = float(f"0.{match['fraction'] or 0}")
    # A float cannot hold the nanoseconds of our century, but a fraction must neither vanish nor become a second.
    return whole + min(max(fraction, 1e-6), 1 - 1e-6) if fraction else whole


def _given_offset(text: str) -> int:
    if text in ("Z", "z"):
        return 0
    return _offset_seconds(text)


def parse_instant(text: str) -> float:
    """The instant that a JSON value names: a date and time with an offset, perhaps with a `[Zone]` behind.

    ValueError with the service's message if it is none.
    """
    text = text.strip()
    invalid = ValueError(f"Invalid ISO time format: {text}")
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise invalid
    try:
        local = _local_seconds(match)
    except ValueError:
        raise invalid from None
    if not match["rest"]:
        raise ValueError(
            "Unable to obtain Instant from TemporalAccessor: {},ISO resolved to "
            f"{_java_local_text(match)} of type java.time.format.Parsed"
        )
    rest = _OFFSET_AND_ZONE.fullmatch(match["rest"])
    if rest is None:
        raise invalid
    try:
        if rest["zone"] is not None:
            zone(rest["zone"])
        return local - _given_offset(rest["offset"])
    except ValueError:
        raise invalid from None


def _java_local_text(match: re.Match[str]) -> str:
    """A local time as Java's messages show it: without what is zero at its end."""
    text = f"{match['year']}-{match['month']}-{match['day']}T{match['hour']}:{match['minute']}"
    digits = (match["fraction"] or "").ljust(9, "0")
    while digits.endswith("000"):
        digits = digits[:-3]
    if digits:
        return f"{text}:{match['second']}.{digits}"
    return text if match["second"] in (None, "00") else f"{text}:{match['second']}"


def parse_local_time_or_instant(text: str) -> LocalTimeOrInstant:
    """The time that `session_time` or `nextTime` names, with or without an offset.

    ValueError with the service's message if it is none.
    """
    match = _DATE_TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        local = _local_seconds(match)
        if not match["rest"]:
            return LocalTimeOrInstant(local, is_local=True)
        if not _LENIENT_OFFSET.fullmatch(match["rest"]):
            raise ValueError
        return LocalTimeOrInstant(local - _given_offset(match["rest"]), is_local=False)
    except ValueError:
        raise ValueError(f"Invalid timestamp format: {text}") from None


def parse_schedule_from(text: str) -> float:
    """The instant that the parameter `schedule_from` of an upload names.

    Unlike other times it must have seconds, and it may be `24:00:00` or a leap second.
    ValueError with the service's message if it is none.
    """
    match = _DATE_TIME.fullmatch(text)
    try:
        if match is None or match["second"] is None or not _OFFSET.fullmatch(match["rest"]):
            raise ValueError
        extra = 0
        at = f"{match['hour']}:{match['minute']}:{match['second']}"
        if at == "24:00:00" and not int(match["fraction"] or 0):
            match, extra = _with_time_of_day(match, "00:00:00"), DAY
        elif at == "23:59:60":
            match = _with_time_of_day(match, "23:59:59")
        return _local_seconds(match) + extra - _given_offset(match["rest"])
    except ValueError:
        raise ValueError("Invalid schedule_from= parameter format. Expected yyyy-MM-dd'T'HH:mm:ss'Z' format") from None


def _with_time_of_day(match: re.Match[str], at: str) -> re.Match[str]:
    changed = _DATE_TIME.fullmatch(match.string[: match.start("hour")] + at + match.string[match.end("second") :])
    assert changed is not None  # only digits were exchanged
    return changed
