"""The script engine's `Date` in the workflow's zone, and `moment` on top of it."""

from __future__ import annotations

import datetime
import importlib.util
import json
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treasure_workflow_mock.script_engine import ScriptEngine, ScriptError

ZONES = ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]
SESSION = {"session_time": "2024-07-04T00:00:00-07:00"}


def run(script: str, timezone: str = "UTC", **params: object) -> str:
    return ScriptEngine(timezone).run(f"return {script}", json.dumps(params), "{}")


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000))
def test_dates_show_the_zones_own_time(timezone: str, seconds: int) -> None:
    """The fields of an instant are those of the zone's clock, and its offset the zone's."""
    local = datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(timezone))
    fields = "[d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()]"
    shown = run(
        f"(function (d) {{ return {fields} + ' ' + d.getTimezoneOffset(); }})(new Date(s * 1000))", timezone, s=seconds
    )
    offset = local.utcoffset()
    assert offset is not None
    assert shown == ",".join(map(str, local.timetuple()[:6])) + f" {0 - offset.total_seconds() / 60:g}"


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime.datetime(1975, 1, 1), datetime.datetime(2090, 1, 1)).map(
        lambda time: time.replace(microsecond=0)
    ),
)
def test_local_times_become_instants(timezone: str, time: datetime.datetime) -> None:
    """A local time is an instant of the zone: of two the earlier, of none the one that the old offset gives."""
    expected = time.replace(tzinfo=zoneinfo.ZoneInfo(timezone)).timestamp()
    fields = f"{time.year}, {time.month - 1}, {time.day}, {time.hour}, {time.minute}, {time.second}"
    assert run(f"'' + new Date({fields}).getTime() / 1000", timezone) == f"{expected:.0f}"
    assert run(f"'' + new Date('{time.isoformat()}').getTime() / 1000", timezone) == f"{expected:.0f}"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("new Date('2024-07-04T00:00:00Z').toString()", "Wed Jul 03 2024 17:00:00 GMT-0700"),
        ("new Date('2024-07-04').toISOString()", "2024-07-04T00:00:00.000Z"),
        ("'' + new Date(2024, 2, 9).setDate(10) / 3600000", "475016"),
        ("'' + new Date('x')", "Invalid Date"),
        ("'' + (new Date() instanceof Date)", "true"),
        ("JSON.stringify(new Date(0))", '"1970-01-01T00:00:00.000Z"'),
        ("'' + (Date.UTC(1970, 0, 2) + Date.parse('1970-01-01T00:00:00'))", "115200000"),
    ],
)
def test_dates_are_dates(script: str, expected: str) -> None:
    """The rest of a date's methods work as ever."""
    assert run(script, "America/Los_Angeles") == expected


@pytest.mark.skipif(importlib.util.find_spec("xstatic") is None, reason="no package brings moment")
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("moment(session_time).utc().add(1, 'days').format('YYYY-MM-DD')", "2024-07-05"),
        ("moment(session_time).format('YYYY/MM/DD HH:mm:ss Z')", "2024/07/04 00:00:00 -07:00"),
        ("moment(session_time).subtract(1, 'month').startOf('month').format()", "2024-06-01T00:00:00-07:00"),
        ("moment('2024-03-09').add(1, 'day').add(1, 'day').format()", "2024-03-11T00:00:00-07:00"),
        ("'' + moment(session_time).unix()", "1720076400"),
    ],
)
def test_moment_works_in_the_zone(script: str, expected: str) -> None:
    """Times are read, moved and written in the workflow's zone."""
    assert run(script, "America/Los_Angeles", **SESSION) == expected


def test_an_engine_that_was_closed_starts_anew() -> None:
    """Nothing that scripts left behind is there any more."""
    engine = ScriptEngine()
    engine.run("return '' + (leaked = 1)", "{}", "{}")
    assert engine.run("return typeof leaked", "{}", "{}") == "number"
    engine.close()
    assert engine.run("return typeof leaked", "{}", "{}") == "undefined"


@pytest.mark.parametrize("body", ["return 5", "return undefined", "return function () {}"])
def test_a_script_gives_text_or_fails(body: str) -> None:
    """Other values are refused."""
    with pytest.raises(ScriptError):
        ScriptEngine().run(body, "{}", "{}")
