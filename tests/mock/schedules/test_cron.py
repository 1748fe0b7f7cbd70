"""Cron patterns: which of them mean the same, when they match, and what the fast search finds."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treasure_workflow_mock.java import times
from treasure_workflow_mock.schedules.cron import CronPattern, parse_cron

LOS_ANGELES = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("pattern", "like"),
    [
        ("*/15 * * * *", "0,15,30,45 * * * *"),
        ("10-40/10 3 * * *", "10,20,30,40 3 * * *"),
        ("0 22-2 * * *", "0 22,23,0,1,2 * * *"),
        ("0 0 * * fri-mon", "0 0 * * 0,1,5,6"),
        ("0 0 * * 7", "0 0 * * sun"),
        ("0 0 1 jan,Jul *", "0 0 1 1,7 *"),
        ("-5 7 * * *", "5 7 * * *"),
        ("05 07 01 * *", "5 7 1 * *"),
        (" 0\t12  *  *  * ", "0 12 * * *"),
        ("0 7 * * *|", "0 7 * * *"),
        ("*/90 * * * *", "0 * * * *"),
        ("0 0 * * 0-7", "0 0 * * 0"),
        ("0 0 * * 1-7", "0 0 * * *"),
        ("1 0 28-31,L * *", "1 0 28-31 * *"),
    ],
)
def test_patterns_that_mean_the_same(pattern: str, like: str) -> None:
    """Lists, ranges, steps and names are the dialect's: an odd pattern matches when a plain one does."""
    start = int(times.parse_instant("2030-01-01T00:00:00Z"))
    assert matches(parse_cron(pattern), start, 60) == matches(parse_cron(like), start, 60)


def matches(pattern: CronPattern, start: int, count: int) -> list[int]:
    """The next matches after an instant, in UTC."""
    found = []
    for _ in range(count):
        start = pattern.next(start, datetime.UTC)
        found.append(start)
    return found


def test_last_day_of_the_month() -> None:
    """`L` is the last day of each month, leap years included."""
    days = matches(parse_cron("0 0 L * *"), int(times.parse_instant("2031-12-31T00:00:00Z")), 4)
    assert [times.date_of(day // times.DAY)[1:] for day in days] == [(1, 31), (2, 29), (3, 31), (4, 30)]


@pytest.mark.parametrize(
    ("pattern", "after", "expected"),
    [
        ("0 0 1,30 * *", "2030-02-02", (3, 30)),
        ("0 0 1-31/10 * *", "2030-02-22", (3, 11)),
        ("0 0 1,31 * *", "2030-04-02", (5, 1)),
        ("0 0 1,31 * *", "2032-02-02", (3, 31)),
        ("0 0 1,29 * *", "2030-02-02", (3, 1)),
        ("0 0 1,31 1-4 *", "2030-04-02", (1, 1)),
    ],
)
def test_dates_that_do_not_exist_run_over(pattern: str, after: str, expected: tuple[int, int]) -> None:
    """The service goes on from where the 30th of February would be, and so passes over the days before."""
    found = parse_cron(pattern).next(int(times.parse_instant(f"{after}T00:00:00Z")), datetime.UTC)
    assert times.date_of(found // times.DAY)[1:] == expected


@dataclass(frozen=True)
class Plain:
    """A pattern that only lists values, so that what it matches can be said without reading it."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # Sunday is 0

    def __str__(self) -> str:
        fields = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        return " ".join(",".join(map(str, values)) for values in fields)

    def matches(self, clock: datetime.datetime) -> bool:
        return (
            clock.minute in self.minutes
            and clock.hour in self.hours
            and clock.day in self.days
            and clock.month in self.months
            and clock.isoweekday() % 7 in self.weekdays
        )


def values(first: int, last: int, *, most: bool = False) -> st.SearchStrategy[frozenset[int]]:
    """Some values of a field, or `most` often all of them."""
    some = st.frozensets(st.integers(first, last), min_size=1)
    return st.one_of(st.just(frozenset(range(first, last + 1))), some) if most else some


PLAIN = st.builds(
    Plain,
    minutes=values(0, 59),
    hours=values(0, 23),
    days=st.one_of(st.just(frozenset(range(1, 32))), values(1, 28)),  # others may run over the end of a month
    months=values(1, 12, most=True),
    weekdays=values(0, 6, most=True),
)
CLOCK_CHANGES = [
    (LOS_ANGELES, "2030-03-10T10:00:00Z"),
    (LOS_ANGELES, "2030-11-03T09:00:00Z"),
    ("Europe/Berlin", "2030-03-31T01:00:00Z"),
    ("Europe/Berlin", "2030-10-27T01:00:00Z"),
    ("Australia/Lord_Howe", "2030-04-06T15:00:00Z"),
    ("Australia/Lord_Howe", "2030-10-05T15:30:00Z"),
    ("Asia/Beirut", "2030-03-30T22:00:00Z"),
    ("Asia/Kolkata", "2030-01-31T18:30:00Z"),
]


@given(PLAIN, st.sampled_from(CLOCK_CHANGES), st.integers(-2 * times.DAY, times.DAY))
@settings(deadline=None)
def test_the_fast_search_finds_what_a_scan_finds(plain: Plain, change: tuple[str, str], distance: int) -> None:
    """Counting the clock up minute by minute leads to the same match, also where the clock is changed."""
    zone, instant = times.zone(change[0]), int(times.parse_instant(change[1])) + distance
    found = parse_cron(str(plain)).next(instant, zone)
    following = (instant // 60 + 1) * 60
    clock = datetime.datetime.fromtimestamp(following, zone).replace(tzinfo=None)
    if plain.matches(clock):
        assert found == following
        return
    end = clock + datetime.timedelta(days=4)
    while not plain.matches(clock) and clock < end:
        clock += datetime.timedelta(minutes=1)
    expected = times.instant_of(zone, int(clock.replace(tzinfo=datetime.UTC).timestamp()), later=True)
    assert found == expected if clock < end else found >= expected
