"""Schedule rules: what a `schedule:` means, and the times that follow from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st

from tests.support.calls import calls_of
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.java import times
from treasure_workflow_mock.schedules.cron import parse_cron
from treasure_workflow_mock.schedules.rules import (
    FINISHED,
    CronTimes,
    IntervalTimes,
    ScheduleRule,
    ScheduleTime,
    check_options,
    parse_schedule,
)
from treasure_workflow_mock.service.statuses import status_of

LOS_ANGELES = "America/Los_Angeles"
ZONE = st.sampled_from(["UTC", "Asia/Kolkata", LOS_ANGELES, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Beirut"])
# Two years around the turn of 2030, with every kind of clock change.
INSTANT = st.integers(1_880_000_000, 1_943_000_000)


def at(text: str) -> float:
    """The instant that a text with an offset names."""
    return times.parse_instant(text)


def shown(moment: ScheduleTime, timezone: str) -> tuple[str, str]:
    """Session time and run time, both in the zone."""
    return times.zoned_text(moment.time, timezone), times.zoned_text(moment.run_time, timezone)


SIX_DAILY = {"daily>": "10:00:00"}
VECTORS = [
    (SIX_DAILY, "UTC", "first", "2016-02-03T10:00:00Z", "2016-02-03T00:00:00+00:00", "2016-02-03T10:00:00+00:00"),
    (SIX_DAILY, "UTC", "first", "2016-02-03T10:00:01Z", "2016-02-04T00:00:00+00:00", "2016-02-04T10:00:00+00:00"),
    ({"daily>": "10:11:23"}, LOS_ANGELES, "next", "2016-03-02T12:34:56-08:00",
     "2016-03-03T00:00:00-08:00", "2016-03-03T10:11:23-08:00"),
    (SIX_DAILY, LOS_ANGELES, "next", "2016-03-13T00:00:00-08:00",
     "2016-03-14T00:00:00-07:00", "2016-03-14T10:00:00-07:00"),
    ({**SIX_DAILY, "start": "2016-03-01", "end": "2016-03-31"}, "UTC", "first", "2016-03-31T10:00:00Z",
     "2016-03-31T00:00:00+00:00", "2016-03-31T10:00:00+00:00"),
    ({**SIX_DAILY, "start": "2016-03-01", "end": "2016-03-31"}, "UTC", "first", "2016-03-31T10:00:01Z",
     "9999-01-01T00:00:00+00:00", "9999-01-01T00:00:00+00:00"),
    ({"daily>": "05:00:00"}, LOS_ANGELES, "first", "2016-03-13T00:00:00-08:00",
     "2016-03-13T00:00:00-08:00", "2016-03-13T06:00:00-07:00"),
    ({"hourly>": "15:00"}, LOS_ANGELES, "next", "2016-03-13T01:00:00-08:00",
     "2016-03-13T03:00:00-07:00", "2016-03-13T03:15:00-07:00"),
    ({"hourly>": "15:00"}, LOS_ANGELES, "first", "2016-11-06T01:15:00-07:00",
     "2016-11-06T01:00:00-07:00", "2016-11-06T01:15:00-07:00"),
    ({"hourly>": "15:00"}, LOS_ANGELES, "next", "2016-11-06T01:00:00-07:00",
     "2016-11-06T02:00:00-08:00", "2016-11-06T02:15:00-08:00"),
    ({"hourly>": "15:00"}, LOS_ANGELES, "next", "2016-11-06T00:00:00-07:00",
     "2016-11-06T01:00:00-08:00", "2016-11-06T01:15:00-08:00"),
    ({"weekly>": "Wed,17:15:00"}, "UTC", "first", "2016-02-03T17:15:00Z",
     "2016-02-03T00:00:00+00:00", "2016-02-03T17:15:00+00:00"),
    ({"weekly>": "Wed,17:15:00"}, "UTC", "first", "2016-02-03T17:15:01Z",
     "2016-02-10T00:00:00+00:00", "2016-02-10T17:15:00+00:00"),
    ({"weekly>": "Sun,15:00:00"}, LOS_ANGELES, "first", "2016-03-13T01:59:00-08:00",
     "2016-03-13T00:00:00-08:00", "2016-03-13T16:00:00-07:00"),
    ({"weekly>": "fri-mon,02:00:00"}, "UTC", "first", "2030-02-05T00:00:00Z",
     "2030-02-08T00:00:00+00:00", "2030-02-08T02:00:00+00:00"),
    ({"cron>": "00 10 * * *"}, "Asia/Tokyo", "first", "2016-02-03T10:00:00+09:00",
     "2016-02-03T10:00:00+09:00", "2016-02-03T10:00:00+09:00"),
    ({"hourly>": "32:32"}, "Asia/Tokyo", "first", "2019-02-24T14:20:10+09:00",
     "2019-02-24T14:00:00+09:00", "2019-02-24T14:32:32+09:00"),
    ({"monthly>": "2,10:32:32"}, "Asia/Tokyo", "first", "2019-02-24T14:20:10+09:00",
     "2019-03-02T00:00:00+09:00", "2019-03-02T10:32:32+09:00"),
    ({"monthly>": "31,09:00:00"}, "UTC", "first", "2030-02-01T00:00:00Z",
     "2030-03-31T00:00:00+00:00", "2030-03-31T09:00:00+00:00"),
    ({"minutes_interval>": 7}, "UTC", "first", "2030-01-01T09:56:01Z",
     "2030-01-01T10:00:00+00:00", "2030-01-01T10:00:00+00:00"),
    ({"seconds_interval>": 45}, "UTC", "first", "2030-01-01T00:01:31Z",
     "2030-01-01T00:02:15+00:00", "2030-01-01T00:02:15+00:00"),
    ({"cron>": "0 0 13 * fri"}, "UTC", "next", "2030-09-13T00:00:00Z",
     "2030-12-13T00:00:00+00:00", "2030-12-13T00:00:00+00:00"),
    ({"cron>": "0 0 29 2 *"}, "UTC", "next", "2097-01-01T00:00:00Z",
     "2104-02-29T00:00:00+00:00", "2104-02-29T00:00:00+00:00"),
    ({"cron>": "30 2 * * *"}, LOS_ANGELES, "first", "2030-03-10T00:00:00-08:00",
     "2030-03-10T03:30:00-07:00", "2030-03-10T03:30:00-07:00"),
    ({"daily>": "10:20:30"}, "UTC+3", "first", "2030-07-01T12:00:00Z",
     "2030-07-02T03:00:00+03:00", "2030-07-02T13:20:30+03:00"),
    ({"monthly>": "15,09:00:00", "start": "2030-03-16", "end": "2030-04-14"}, "UTC", "first", "2030-01-01T00:00:00Z",
     "2030-04-15T00:00:00+00:00", "2030-04-15T09:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "timezone", "call", "given_time", "session", "run"), VECTORS)
def test_vectors(config: dict[str, Any], timezone: str, call: str, given_time: str, session: str, run: str) -> None:
    """Session time and run time are those that the service computes."""
    rule = parse_schedule(config, timezone)
    moment = rule.first(at(given_time)) if call == "first" else rule.next(at(given_time))
    assert shown(moment, timezone) == (session, run)


def test_delay_of_an_interval() -> None:
    """Intervals begin at their multiples; a delay, which no upload can set, only moves the run times."""
    rule = ScheduleRule(IntervalTimes(3), delay=2)
    assert (rule.first(3), rule.first(4)) == (ScheduleTime(3, 5), ScheduleTime(6, 8))


def test_intervals_begin_with_the_epoch() -> None:
    """Where intervals begin, the service refuses what lies before."""
    rule = parse_schedule({"seconds_interval>": 10}, "UTC")
    assert rule.last(1) == 0
    for ask in (rule.first, rule.last):
        with pytest.raises(ServiceError, match="before 1970"):
            ask(0)


def test_past_the_end_of_time_nothing_is_delayed() -> None:
    """From the year 9999 on the run time is the session time, and the rule still goes on."""
    rule = parse_schedule({"daily>": "07:00:00"}, "UTC")
    assert rule.first(at("9998-12-31T08:00:00Z")) == FINISHED
    assert shown(rule.first(at("+12030-01-01T00:00:00Z")), "UTC") == ("+12030-01-01T00:00:00+00:00",) * 2


BAD_VALUES = [
    ({"hourly>": "10:11:12"}, "hourly>: scheduler requires mm:ss format: 10:11:12"),
    ({"hourly>": " 10:00"}, "hourly>: scheduler requires mm:ss format:  10:00"),
    ({"hourly>": None}, "Parameter 'hourly>' is required but null"),
    ({"daily>": "07:00"}, "daily> scheduler requires hh:mm:ss format: 07:00"),
    ({"daily>": True}, "daily> scheduler requires hh:mm:ss format: true"),
    ({"daily>": "99999999999:00:00"}, "daily> scheduler requires hh:mm:ss format: 99999999999:00:00"),
    ({"daily>": {"at": 1}}, "for key '_command' but got {\"at\":1} (object)"),
    ({"weekly>": "Monday,09:00:00"}, "weekly>: scheduler requires day,hh:mm:ss format: Monday,09:00:00"),
    ({"weekly>": "-1,09:00:00"}, "weekly>: invalid day: -1"),
    ({"weekly>": "Funday,09:00"}, "weekly> scheduler requires hh:mm:ss format: 09:00"),
    ({"weekly>": "Mon,Tue,09:00:00"}, "weekly> scheduler requires hh:mm:ss format: Tue,09:00:00"),
    ({"monthly>": "1, 09:00:00"}, "monthly> scheduler requires hh:mm:ss format:  09:00:00"),
    ({"monthly>": "1"}, "monthly>: scheduler requires day,hh:mm:ss format: 1"),
    ({"monthly>": "0,09:00:00"}, "out of range"),
    ({"monthly>": "32,09:00:00"}, "out of range"),
    ({"minutes_interval>": "often"}, "Expected integer (int) type for key '_command' but got \"often\" (string)"),
    ({"minutes_interval>": 2**40}, "Expected integer (int) type"),
    ({"minutes_interval>": 0}, "invalid divisor"),
    ({"minutes_interval>": ""}, "invalid divisor"),
    ({"minutes_interval>": -5}, "invalid divisor"),
    ({"seconds_interval>": 0}, "must not be 0"),
    ({"cron>": ["0 0 * * *"]}, "Expected string type for key '_command' but got [\"0 0 * * *\"] (array)"),
    ({"cron>": "0 10 * *"}, "invalid pattern"),
    ({"cron>": "@daily"}, "invalid pattern"),
    ({"cron>": "|"}, "invalid pattern"),
    ({"cron>": "60 * * * *"}, "out of range"),
    ({"cron>": "0 0 ? * 1"}, "invalid"),
    ({"cron>": "0 0 * * 1#2"}, "invalid"),
    ({"cron>": "*/0 * * * *"}, "invalid divisor"),
    ({"cron>": "0 0 31 2 *"}, "matches no date"),
    ({"cron>": "0 0 * * *|0 0 30-31 feb *"}, "matches no date"),
    ({"yearly>": "01-01"}, "Unknown scheduler type: yearly"),
    ({"_type": "yearly"}, "Unknown scheduler type: yearly"),
    ({"_type": "daily"}, "Parameter 'at' is required but not set"),
    ({}, "Schedule config requires 'type>: at' parameter: {}"),
    ("daily", "for key 'schedule' but got \"daily\" (string)"),
    (False, "for key 'schedule' but got false (boolean)"),
    ({**SIX_DAILY, "start": "tomorrow"}, "Invalid start: tomorrow"),
    ({**SIX_DAILY, "start": "2030-2-1"}, "could not be parsed at index 5"),
    ({**SIX_DAILY, "start": "2030-02-30"}, "Invalid date 'FEBRUARY 30'"),
    ({**SIX_DAILY, "end": "2030-02-29"}, "'2030' is not a leap year"),
    ({**SIX_DAILY, "end": "2030-13-01"}, "MonthOfYear"),
    ({**SIX_DAILY, "end": "2030-02-01 00:00:00"}, "unparsed text found at index 10"),
    ({**SIX_DAILY, "start": "2030-02-02", "end": "2030-02-01"}, "The schedule of end is earlier than start"),
]


@pytest.mark.parametrize(("config", "message"), BAD_VALUES)
def test_bad_schedules_are_refused(config: Any, message: str) -> None:
    """A schedule that the service refuses, or falls over, is a 400 that says why."""
    with pytest.raises(ServiceError) as refusal:
        parse_schedule(config, "UTC")
    assert status_of(refusal.value) == 400
    assert message in str(refusal.value.message)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"daily>": "07:00:00", "hourly>": "10:00"}, "Parameter 'hourly>' is not used at schedule. \n"),
        (
            {"daily>": "07:00:00", "foo": 1, "bar": 2},
            "Parameter 'bar' is not used at schedule. \nParameter 'foo' is not used at schedule. \n",
        ),
        (
            {"daily>": "07:00:00", "skip_on_overtme": True},
            "Parameter 'skip_on_overtme' is not used at schedule. > Did you mean '[skip_on_overtime]'?\n",
        ),
        ({"_type": "daily", "at": "01:00:00"}, "Parameter 'at' is not used at schedule. \n"),
        ({"_type": "daily", "_command": "01:00:00"}, "Parameter '_command' is not used at schedule. \n"),
    ],
)
def test_unknown_options_are_refused(config: dict[str, Any], message: str) -> None:
    """An option that means nothing is a 400 of its own, which an upload raises after other checks."""
    parse_schedule(config, "UTC")
    with pytest.raises(ServiceError) as refusal:
        check_options(config)
    assert (status_of(refusal.value), refusal.value.message) == (400, message)


def test_known_options_are_taken() -> None:
    """All options that the service knows pass, null values included."""
    for options in ({}, {"start": None, "end": None}, {"skip_on_overtime": "maybe", "skip_delayed_by": "soon"}):
        config = {"daily>": "07:00:00", **options}
        parse_schedule(config, "UTC")
        check_options(config)


def test_a_gap_before_midnight_leads_far() -> None:
    """An hour that a gap moves to the next day is sought for again there, by its time of day."""
    rule = parse_schedule({"hourly>": "00:00"}, "America/Nuuk")
    assert shown(rule.next(at("2030-03-30T22:00:00-02:00")), "America/Nuuk")[0] == "2030-03-31T23:00:00-01:00"


@pytest.mark.parametrize(
    ("config", "session", "last"),
    [
        ({"daily>": "07:00:00"}, "2030-01-08T10:11:12", "2030-01-08T00:00:00"),
        ({"monthly>": "31,07:00:00"}, "2030-05-31T00:00:00", "2030-03-31T00:00:00"),
        ({"cron>": "0 0 * * mon,thu"}, "2030-01-10T00:00:00", "2030-01-07T00:00:00"),
        ({"cron>": "0 9-17 * * *"}, "2030-01-08T10:00:00", "2030-01-08T09:00:00"),
        # Where the next two sessions are closer than the last one, the service takes a wrong time for a session.
        ({"cron>": "0 9-17 * * *"}, "2030-01-08T09:00:00", "2030-01-08T07:00:00"),
        ({"cron>": "0 0 * * mon-fri"}, "2030-01-07T00:00:00", "2030-01-05T00:00:00"),
    ],
)
def test_last_sessions(config: dict[str, Any], session: str, last: str) -> None:
    """The last session before another is found by the distance of the sessions that follow."""
    rule = parse_schedule(config, "UTC")
    assert times.zoned_text(rule.last(at(f"{session}Z")), "UTC") == f"{last}+00:00"


# Properties


def field(first: int, last: int) -> st.SearchStrategy[str]:
    """A field of a pattern: anything, a number, a range or a list, perhaps with a step."""
    number = st.integers(first, last).map(str)
    spread = st.tuples(number, number).map("-".join)
    element = st.one_of(
        number, spread, st.tuples(st.one_of(st.just("*"), spread), st.integers(1, 9).map(str)).map("/".join)
    )
    return st.one_of(st.just("*"), element, st.lists(element, min_size=1, max_size=3).map(",".join))


PATTERN = st.tuples(field(0, 59), field(0, 23), st.one_of(field(1, 31), st.just("L")), field(1, 12), field(0, 7)).map(
    " ".join
)


@st.composite
def cron_times(draw: st.DrawFn) -> CronTimes:
    """The session times of some pattern in some zone."""
    pattern = draw(st.one_of(PATTERN, st.tuples(PATTERN, PATTERN).map("|".join)))
    try:
        parsed = parse_cron(pattern)
    except ValueError:  # no date ever fits it
        reject()
    return CronTimes(parsed, times.zone(draw(ZONE)))


@given(cron_times(), INSTANT)
@settings(deadline=None)
@example(CronTimes(parse_cron("0 * * * *"), times.zone(LOS_ANGELES)), 1920009600)
def test_next_and_last_surround_an_instant(row: CronTimes, instant: int) -> None:
    """The next session is later; the last one is earlier, and from it the next does not lead to one in between."""
    following, last = row.next(instant), row.last(instant)
    assert last < instant < following
    assert row.next(last) >= instant
    assert row.last(following) < following


@given(st.integers(1, 100_000), st.integers(1, 2 * 10**9))
@settings(deadline=None)
def test_next_and_last_of_an_interval(seconds: int, instant: int) -> None:
    """The multiples on both sides of an instant, which itself is none of the two."""
    row = IntervalTimes(seconds)
    assert row.last(instant) < instant < row.next(instant)
    assert row.next(row.last(instant)) == (instant if instant % seconds == 0 else row.next(instant))


CONFIG = st.one_of(
    st.integers(-59, 90).map(lambda minute: {"hourly>": f"{minute}:30"}),
    st.integers(-10, 50).map(lambda hour: {"daily>": f"{hour}:15:00"}),
    st.integers(0, 7).map(lambda day: {"weekly>": f"{day},07:00:00"}),
    st.integers(1, 31).map(lambda day: {"monthly>": f"{day},07:00:00"}),
    st.integers(1, 100).map(lambda minutes: {"minutes_interval>": minutes}),
    st.integers(1, 10_000).map(lambda seconds: {"seconds_interval>": seconds}),
)


def moved_by_a_gap(rule: ScheduleRule, session_time: int) -> bool:
    """Whether the clock shows another time at a session than its pattern asks for."""
    if not isinstance(rule.times, CronTimes):
        return False
    clock = (session_time + times.utc_offset(rule.times.zone, session_time)) // 60
    return not any(alternative.matches(clock) for alternative in rule.times.pattern.alternatives)


def test_a_session_moved_by_a_gap_is_behind_its_own_time() -> None:
    """Midnight does not exist on this day; asked from the moved session's run time on, the service skips it."""
    rule = parse_schedule({"daily>": "07:00:00"}, "Asia/Beirut")
    moved = rule.first(at("2030-03-30T12:00:00Z"))
    assert shown(moved, "Asia/Beirut") == ("2030-03-31T01:00:00+03:00", "2030-03-31T08:00:00+03:00")
    assert rule.first(moved.run_time) == rule.next(moved.time)


def session_before(rule: ScheduleRule, time: int) -> int:
    """The session before another, found by going from session to session from long before it."""
    often = rule.next(rule.next(time).time).time - rule.next(time).time < times.DAY
    before = following = time - (times.DAY if often else 70 * times.DAY)
    while following < time:
        before, following = following, rule.next(following).time
    return before


@given(CONFIG, ZONE, INSTANT)
@settings(deadline=None)
def test_first_is_the_earliest_run_not_before(config: dict[str, Any], timezone: str, instant: int) -> None:
    """The run time of the first session is not before the instant, and that of the session before it is."""
    rule = parse_schedule(config, timezone)
    first = rule.first(instant)
    assert first.run_time >= instant
    assert session_before(rule, first.time) + rule.delay < instant
    assert rule.first(instant - 0.5) == first
    # A session that a gap moved on is not found from its own time: the service looks at clock times from there on.
    if not moved_by_a_gap(rule, first.time):
        assert rule.first(first.run_time) == first
    assert rule.next(first.time).time > first.time


@given(CONFIG, ZONE, INSTANT, st.integers(0, 400), st.integers(0, 400))
@settings(deadline=None)
def test_start_and_end_bound_the_runs(
    config: dict[str, Any], timezone: str, instant: int, start: int, length: int
) -> None:
    """Runs before the start give way to the first session from then on; after the end the schedule is finished."""
    assume("seconds_interval>" not in config)
    day = 21_760 + start  # from 2029-07-30
    dates = ["{:04}-{:02}-{:02}".format(*times.date_of(one)) for one in (day, day + length)]
    rule = parse_schedule({**config, "start": dates[0], "end": dates[1]}, timezone)
    free = parse_schedule(config, timezone)
    assert rule.start is not None
    assert rule.end is not None
    unbound = free.first(instant)
    if unbound.run_time >= rule.end:
        assert rule.first(instant) == FINISHED
    elif unbound.run_time >= rule.start:
        assert rule.first(instant) == unbound
    else:
        assert rule.first(instant) == free.next(rule.start - 1)


SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.from_regex(r"[\d,:*/L| -]{0,20}")
)
KEYS = ("hourly>", "daily>", "weekly>", "monthly>", "cron>", "minutes_interval>", "seconds_interval>", "_type", "at")


@given(
    st.dictionaries(
        st.sampled_from([*KEYS, "_command", "start", "end", "skip_on_overtime", "other"]),
        st.one_of(SCALAR, st.lists(SCALAR, max_size=2)),
        max_size=3,
    ),
    st.integers(-(10**15), 10**15),
)
@settings(deadline=None)
def test_any_mapping_is_a_rule_or_refused(config: dict[str, Any], instant: int) -> None:
    """Whatever stands under `schedule:` is refused with a 400, or gives times that can be shown."""
    moments: tuple[ScheduleTime, ...] = ()
    status = 200
    try:
        rule = parse_schedule(config, LOS_ANGELES)
        check_options(config)
        moments = (rule.first(instant), rule.next(instant))
    except ServiceError as refusal:
        status = status_of(refusal)
    assert status == (200 if moments else 400)
    assert all(text[-6] in "+-" for moment in moments for text in shown(moment, LOS_ANGELES))


def test_rare_dates_are_found_fast() -> None:
    """A search over centuries is little work: days that cannot match are not tried minute by minute."""
    rule = parse_schedule({"cron>": "59 23 29 2 mon"}, LOS_ANGELES)
    moment = rule.first(at("2001-03-01T00:00:00Z"))

    def search() -> None:
        nonlocal moment
        for _ in range(20):
            moment = rule.next(moment.time)

    assert calls_of(search) < 500_000
    assert times.date_of(moment.time // times.DAY)[1:] == (3, 1)  # 08:00 UTC on the day after
    assert rule.last(moment.time) < moment.time
