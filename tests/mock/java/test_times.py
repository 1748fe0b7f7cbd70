"""Times and zones: read as the service reads them, written as it writes them."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treasure_workflow_mock.java import times

ZONES = (
    "UTC",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Africa/Cairo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Chatham",
)
ZONE = st.sampled_from(ZONES)
INSTANT = st.integers(-30 * 366 * times.DAY, 130 * 366 * times.DAY)


def seconds(text: str) -> float:
    """The instant that a text with an offset names."""
    return times.parse_local_time_or_instant(text).in_zone("UTC")


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("CET", "CET"),
        ("Etc/GMT-9", "Etc/GMT-9"),
        ("UTC", "UTC"),
        ("Z", "Z"),
        ("+00:00", "Z"),
        ("-3", "-03:00"),
        ("+9", "+09:00"),
        ("+0530", "+05:30"),
        ("-03:30", "-03:30"),
        ("+053015", "+05:30:15"),
        ("+18:00", "+18:00"),
        ("GMT+9", "GMT+09:00"),
        ("UTC+3", "UTC+03:00"),
        ("GMT+0", "GMT"),
        ("GMT0", "GMT0"),
    ],
)
def test_zone_names_are_normalised(name: str, normal: str) -> None:
    """A zone's name comes back as the service shows it, and the shown name means the same zone."""
    assert times.normal_zone_name(name) == normal
    assert times.utc_offset(times.zone(name), 0) == times.utc_offset(times.zone(normal), 0)


@pytest.mark.parametrize(
    "name",
    ["JST", "PST", "EST", "asia/tokyo", "utc", "z", "+19:00", "+18:01", "+25:00", "+9:00", "+09:60", "UTC0", "9", "",
     "Mars/Base", "America", "../UTC", "/etc/localtime", "${tz}"],
)  # fmt: skip
def test_names_unknown_to_java_are_refused(name: str) -> None:
    """What Java takes for no zone is a ValueError, whatever the system's own zone files say."""
    with pytest.raises(ValueError, match=r".+"):
        times.zone(name)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("UTC+3", 0), ("UTC+09:00", 0), ("+05:30:15", 0), ("+09:00", 9), ("GMT+9", 9), ("Z", 0), ("Etc/GMT+5", -5)],
)
def test_patterns_know_fewer_zones(name: str, hours: int) -> None:
    """Schedule patterns are evaluated in GMT where Java's older calendar does not know the zone."""
    assert times.utc_offset(times.calendar_zone(name), 0) == hours * 3600


@pytest.mark.parametrize(
    ("local", "timezone", "shown"),
    [
        ("2030-03-10T02:30:00", "America/Los_Angeles", "2030-03-10T03:30:00-07:00"),
        ("2030-11-03T01:30:00", "America/Los_Angeles", "2030-11-03T01:30:00-07:00"),
        ("2030-10-06T02:10:00", "Australia/Lord_Howe", "2030-10-06T02:40:00+11:00"),
        ("2030-03-31T00:00:00", "Asia/Beirut", "2030-03-31T01:00:00+03:00"),
        ("1880-01-01T00:00:00", "Asia/Tokyo", "1880-01-01T00:00:00+09:18"),
        ("0000-01-01T00:00:00Z", "Asia/Tokyo", "0001-01-01T09:18:59+09:18"),
        ("+12345-01-01T00:00:00Z", "Asia/Tokyo", "+12345-01-01T09:00:00+09:00"),
        ("2030-05-06T07:08:09.987654Z", "UTC", "2030-05-06T07:08:09+00:00"),
        ("2030-05-06t07:08z", "Asia/Kolkata", "2030-05-06T12:38:00+05:30"),
        ("2030-05-06T07:08:09+09", "Asia/Tokyo", "2030-05-06T07:08:09+09:00"),
        ("2030-05-06T07:08:09+09:00:30", "Asia/Tokyo", "2030-05-06T07:07:39+09:00"),
        ("1965-03-04T05:06:07Z", "Asia/Tokyo", "1965-03-04T14:06:07+09:00"),
    ],
)
def test_times_are_read_and_written_in_a_zone(local: str, timezone: str, shown: str) -> None:
    """Gaps shift forward, overlaps take the earlier offset, and any year can be shown."""
    assert times.zoned_text(times.parse_local_time_or_instant(local).in_zone(timezone), timezone) == shown


@pytest.mark.parametrize(
    "text",
    ["", "now", "1900000000", "2030-05-06", "2030-05-06 07:08:09", "2030-05-06T07:08:09+0900", "2030-02-30T00:00:00",
     "2030-05-06T24:00:00", "2030-05-06T23:59:60Z", "2030-05-06T07:08:09+09:00[Asia/Tokyo]", " 2030-05-06T07:08:09Z",
     "2030-5-6T07:08:09", "12030-05-06T07:08:09Z", "-0000-01-01T00:00:00Z", "2030-05-06T07:08:09+19:00"],
)  # fmt: skip
def test_other_forms_of_a_local_time_are_refused(text: str) -> None:
    """What is neither a local time nor an instant is refused with the service's words."""
    with pytest.raises(ValueError, match="Invalid timestamp format: "):
        times.parse_local_time_or_instant(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-03-05T10:20:30.999Z", "2024-03-05T10:20:30Z"),
        ("2024-03-05T19:20:31+09:00[Asia/Tokyo]", "2024-03-05T10:20:31Z"),
        ("2024-03-05T10:21Z", "2024-03-05T10:21:00Z"),
        (" 2023-01-02t00:00:00z ", "2023-01-02T00:00:00Z"),
        ("+10000-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"),
        ("-0044-03-15T12:00:00Z", "0045-03-15T12:00:00Z"),
    ],
)
def test_instants_of_json(text: str, shown: str) -> None:
    """An instant in JSON has an offset, perhaps a zone behind it, and is shown in UTC and whole seconds."""
    assert times.instant_text(times.parse_instant(text)) == shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2024-03-05", "Invalid ISO time format: 2024-03-05"),
        ("2024-03-05T10:22:00+09", "Invalid ISO time format: 2024-03-05T10:22:00+09"),
        ("2024-03-05T24:00:00Z", "Invalid ISO time format: 2024-03-05T24:00:00Z"),
        ("2024-03-05T00:00:00Z[Mars/Base]", "Invalid ISO time format: 2024-03-05T00:00:00Z[Mars/Base]"),
        ("2024-03-05T10:20:00", "{},ISO resolved to 2024-03-05T10:20 of type"),
        ("2024-03-05T10:20:30.250", "{},ISO resolved to 2024-03-05T10:20:30.250 of type"),
    ],
)
def test_other_forms_of_an_instant_are_refused(text: str, message: str) -> None:
    """What is no instant is refused with the service's words, which tell a missing offset from the rest."""
    with pytest.raises(ValueError, match=r".") as refusal:
        times.parse_instant(text)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2030-06-02T24:00:00Z", "2030-06-03T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2030-06-02T00:00:00+09:00", "2030-06-01T15:00:00Z"),
        ("2030-06-02t00:00:00.5z", "2030-06-02T00:00:00Z"),
    ],
)
def test_schedule_from(text: str, shown: str) -> None:
    """The parameter of an upload may be the end of a day or a leap second."""
    assert times.instant_text(times.parse_schedule_from(text)) == shown


@pytest.mark.parametrize("text", ["2030-06-02", "2030-06-02T00:00Z", "2030-06-02T00:00:00", "2030-06-02T24:00:01Z", ""])
def test_other_forms_of_schedule_from_are_refused(text: str) -> None:
    """It needs seconds and an offset."""
    with pytest.raises(ValueError, match="Invalid schedule_from"):
        times.parse_schedule_from(text)


@given(INSTANT, ZONE)
@settings(deadline=None)
def test_what_is_shown_can_be_read(instant: int, timezone: str) -> None:
    """A zoned time with a whole-minute offset reads as the instant it was written from."""
    assert seconds(times.zoned_text(instant, timezone)) == instant
    assert times.parse_instant(times.instant_text(instant)) == instant


@given(INSTANT, ZONE)
@settings(deadline=None)
def test_local_times_resolve_to_themselves(instant: int, timezone: str) -> None:
    """A local time that exists resolves to an instant that shows it; of two, to the first or the second as asked."""
    zone = times.zone(timezone)
    local = instant + times.utc_offset(zone, instant)
    first, second = times.instant_of(zone, local), times.instant_of(zone, local, later=True)
    assert instant in (first, second)
    assert first <= second
    assert first + times.utc_offset(zone, first) == second + times.utc_offset(zone, second) == local


@given(st.datetimes(datetime.datetime(1971, 1, 1), datetime.datetime(2090, 1, 1)), ZONE)
@settings(deadline=None)
def test_local_times_resolve_as_in_python(local: datetime.datetime, timezone: str) -> None:
    """Our resolution of local times is that of Python's own zones, except that gaps move on by what is skipped."""
    local = local.replace(microsecond=0, fold=0)  # of two instants with one local time Python takes the second for 1
    zone = times.zone(timezone)
    clock = int(local.replace(tzinfo=datetime.UTC).timestamp())
    python = zoneinfo.ZoneInfo(timezone)
    assert times.instant_of(zone, clock) == local.replace(tzinfo=python).timestamp()


@given(st.integers(-(10**9), 10**9))
@settings(deadline=None)
def test_days_and_dates_correspond(day: int) -> None:
    """Every day has one date, also in years that Python's dates do not reach."""
    assert times.day_of(*times.date_of(day)) == day


@given(INSTANT, ZONE, st.integers(0, 3))
@settings(deadline=None)
def test_the_calendar_repeats(instant: int, timezone: str, cycles: int) -> None:
    """Beyond Python's years, offsets are those of the same date 400 years before."""
    future = instant + (20 + cycles) * 146097 * times.DAY
    present = future - (19 + cycles) * 146097 * times.DAY
    zone = times.zone(timezone)
    assert times.utc_offset(zone, future) == times.utc_offset(zone, present)
    assert times.zoned_text(future, timezone)[-15:] == times.zoned_text(present, timezone)[-15:]


READERS = (times.parse_instant, times.parse_schedule_from, seconds, times.zone)


@given(
    st.one_of(
        st.text(max_size=30),
        st.text("0123456789+-:TZz.[]/ ", max_size=30),
        st.from_regex(
            r"[+-]?[0-9]{4,10}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}(:[0-9]{2})?)?",
            fullmatch=True,
        ),
    )
)
@settings(deadline=None)
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Whatever is sent is refused with a ValueError, or can be shown."""
    for read in READERS:
        try:
            value = read(text)
        except ValueError:
            continue
        if isinstance(value, float | int):
            assert times.instant_text(value).endswith("Z")
