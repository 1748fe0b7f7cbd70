"""What the script engine's `Date` has to know of a time zone."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from functools import lru_cache

from treasure_workflow_mock.java import times

# Clock changes are looked for in the years 1960 to 2099; beyond, a zone keeps what it has.
_FIRST = -315619200
_LAST = 4102444800
_STEP = 14 * times.DAY  # no zone changes its clocks twice in so short a time
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_BEGINNING = -8.64e15  # the first instant that JavaScript knows


@dataclass(frozen=True, slots=True)
class _Clock:
    """How a zone's clock goes at an instant; offsets and savings in seconds."""

    offset: int
    saving: int
    name: str


@lru_cache(maxsize=64)
def script_zone(timezone: str) -> str:
    """The zone as the script engine's `Date` takes it, as JSON.

    That engine adds the daylight saving of an instant to the offset that the zone had on 1970-01-01.
    """
    zone = times.zone(timezone)
    periods = _without_negative_savings(_periods(zone))
    rows = [[start, clock.saving * 1000, clock.name] for start, clock in periods]
    return json.dumps({"offset": times.utc_offset(zone, 0) * 1000, "periods": rows})


def _periods(zone: datetime.tzinfo) -> list[tuple[float, _Clock]]:
    clock = _clock(zone, _FIRST)
    periods: list[tuple[float, _Clock]] = [(_BEGINNING, clock)]
    for start in range(_FIRST, _LAST, _STEP):
        if _clock(zone, start + _STEP) != clock:
            before, after = start, start + _STEP
            while after - before > 1:
                middle = (before + after) // 2
                if _clock(zone, middle) == clock:
                    before = middle
                else:
                    after = middle
            clock = _clock(zone, after)
            periods.append((after * 1000, clock))
    return periods


def _clock(zone: datetime.tzinfo, instant: int) -> _Clock:
    local = (_EPOCH + datetime.timedelta(seconds=instant)).astimezone(zone)
    saving = local.dst() or datetime.timedelta()
    name = local.tzname() or ""
    return _Clock(times.utc_offset(zone, instant), int(saving.total_seconds()), name if name.isalpha() else "")


def _without_negative_savings(periods: list[tuple[float, _Clock]]) -> list[tuple[float, _Clock]]:
    """The platform knows no winter time that is taken off a summer one: there the summer's is added."""
    found = []
    for index, (start, clock) in enumerate(periods):
        around = [other.saving for _, other in periods[max(index - 1, 0) : index + 2]]
        saving = 0 if clock.saving < 0 else clock.saving or -min(*around, 0)
        found.append((start, _Clock(clock.offset, saving, clock.name)))
    return found
