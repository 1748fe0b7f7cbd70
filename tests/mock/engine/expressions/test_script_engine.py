"""What scripts find: ECMAScript 5, `Date` in the workflow's zone, `moment`, Java's texts."""

from __future__ import annotations

import datetime
import json
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
from treasure_workflow_mock.engine.expressions.script_error import ScriptError

ZONES = [
    "UTC",
    "Asia/Tokyo",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SESSION = {"session_time": "2024-07-04T00:00:00-07:00"}


def run(script: str, timezone: str = "UTC", **params: object) -> str:
    return ScriptEngine(timezone).run("${" + script + "}", json.dumps(params), "{}")


def script_offset(timezone: str, instant: float) -> float:
    """What scripts take a zone to be ahead of UTC: what it was in 1970, and the daylight saving of the instant."""
    zone = zoneinfo.ZoneInfo(timezone)
    base = EPOCH.astimezone(zone).utcoffset()
    saving = (EPOCH + datetime.timedelta(seconds=instant)).astimezone(zone).dst()
    assert base is not None and saving is not None  # noqa: PT018
    return (base + saving).total_seconds()


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 4_000_000_000))
def test_dates_show_the_time_of_the_zone_as_it_was_in_1970(timezone: str, seconds: int) -> None:
    """The fields of an instant, and its offset, are those of the zone's offset of 1970 and today's daylight saving."""
    offset = script_offset(timezone, seconds)
    local = EPOCH + datetime.timedelta(seconds=seconds + offset)
    fields = "[d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()]"
    shown = run(
        f"(function (d) {{ return {fields} + ' ' + d.getTimezoneOffset(); }})(new Date(s * 1000))", timezone, s=seconds
    )
    assert shown == ",".join(map(str, local.timetuple()[:6])) + f" {0 - offset / 60:g}"


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime.datetime(1975, 1, 1), datetime.datetime(2090, 1, 1)).map(
        lambda time: time.replace(microsecond=0, tzinfo=datetime.UTC)
    ),
)
def test_local_fields_become_instants(timezone: str, time: datetime.datetime) -> None:
    """The daylight saving is that of the instant without it; texts of ISO 8601 are UTC, others local."""
    standard = time.timestamp() - script_offset(timezone, 0)
    saving = script_offset(timezone, standard) - script_offset(timezone, 0)
    fields = f"{time.year}, {time.month - 1}, {time.day}, {time.hour}, {time.minute}, {time.second}"
    assert run(f"'' + new Date({fields}).getTime() / 1000", timezone) == f"{standard - saving:.0f}"
    text = f"{time:%Y/%m/%d %H:%M:%S}"
    assert run(f"'' + new Date('{text}').getTime() / 1000", timezone) == f"{standard - saving:.0f}"
    assert run(f"'' + new Date('{time:%Y-%m-%dT%H:%M:%S}').getTime() / 1000", timezone) == f"{time.timestamp():.0f}"


@pytest.mark.parametrize(
    ("fields", "instant"),
    [
        ("2026, 2, 8, 1, 59", "2026-03-08T06:59:00.000Z"),
        ("2026, 2, 8, 2, 30", "2026-03-08T06:30:00.000Z"),
        ("2026, 2, 8, 3, 0", "2026-03-08T07:00:00.000Z"),
        ("2026, 10, 1, 0, 59", "2026-11-01T04:59:00.000Z"),
        ("2026, 10, 1, 1, 30", "2026-11-01T06:30:00.000Z"),
        ("2026, 10, 1, 2, 0", "2026-11-01T07:00:00.000Z"),
    ],
)
def test_local_times_around_a_clock_change(fields: str, instant: str) -> None:
    """A time that is skipped counts in summer time; one that is there twice is the later."""
    assert run(f"new Date({fields}).toISOString()", "America/New_York") == instant


@pytest.mark.parametrize(
    ("timezone", "minutes"),
    [("Asia/Singapore", 450), ("Europe/Istanbul", 120), ("Asia/Kathmandu", 330), ("Europe/Dublin", 60)],
)
def test_a_zone_that_moved_since_1970_is_where_it_was(timezone: str, minutes: int) -> None:
    """So it was recorded of a real server; winter time that is taken off counts as summer time that is added."""
    assert run("'' + -new Date(Date.UTC(2026, 0, 15)).getTimezoneOffset()", timezone) == str(minutes)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("1970-01-02", "24"),
        ("1970-01-02T00:00", "24"),
        ("1970-01-02T24:00:00Z", "48"),
        ("+001970-01-01T00:00:00Z", "0"),
        ("1/2/1970", "32"),
        ("Jan 2, 1970 3:30 pm", "47.5"),
        ("2 January 1970 00:00 GMT+0200", "22"),
        ("Fri Jan 02 1970 00:00:00 GMT-0800 (PST)", "32"),
        ("1970-01-02 00:00 EST", "29"),
        ("12:00", "262988"),
        ("1970-01-32", "NaN"),
        ("1970-01-02T00:00:00+", "NaN"),
        ("one day", "NaN"),
        ("1970 1 2 3", "NaN"),
        ("1:2:3:4:5", "NaN"),
        ("Jan Feb 1970", "NaN"),
    ],
)
def test_texts_become_dates(text: str, hours: str) -> None:
    """Texts that are no dates of ISO 8601 are read word by word, in local time unless they name their zone."""
    assert run(f"'' + Date.parse({text!r}) / 3600000", "America/Los_Angeles") == hours


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("new Date('2024-07-04T00:00:00Z').toString()", "Wed Jul 03 2024 17:00:00 GMT-0700 (PDT)"),
        ("new Date('2024-07-04').toISOString()", "2024-07-04T00:00:00.000Z"),
        ("'' + new Date(2024, 2, 9).setDate(10) / 3600000", "475016"),
        ("'' + new Date('x')", "Invalid Date"),
        ("'' + (new Date() instanceof Date)", "true"),
        ("'' + new Date(124, 0).setYear(99)", "915177600000"),
        ("JSON.stringify(new Date(0))", '"1970-01-01T00:00:00.000Z"'),
    ],
)
def test_dates_are_dates(script: str, expected: str) -> None:
    """The rest of a date's methods work as ever."""
    assert run(script, "America/Los_Angeles") == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("moment(session_time).utc().add(1, 'days').format('YYYY-MM-DD')", "2024-07-05"),
        ("moment(session_time).format('YYYY/MM/DD HH:mm:ss Z')", "2024/07/04 00:00:00 -07:00"),
        ("moment(session_time).subtract(1, 'month').startOf('month').format()", "2024-06-01T00:00:00-07:00"),
        ("moment('2024-03-09').add(1, 'day').add(1, 'day').format()", "2024-03-11T00:00:00-07:00"),
        ("'' + moment(session_time).unix()", "1720076400"),
        ("moment.version", "2.21.0"),
        ("moment('2024-02-29').year(2025).format('YYYY-MM-DD')", "2025-02-28"),
        ("moment('2024-02-29').set('year', 2028).format('YYYY-MM-DD')", "2028-02-29"),
        ("moment(session_time).isoWeekday('Sunday').format('YYYY-MM-DD')", "2024-07-07"),
        ("moment(session_time).toISOString(true)", "2024-07-04T00:00:00.000-07:00"),
        ("'' + moment('x').toISOString()", "null"),
        ("moment(session_time).inspect()", 'moment("2024-07-04T00:00:00.000")'),
        ("moment.parseZone('2024-01-01T05:00').format()", "2024-01-01T05:00:00Z"),
        ("moment.duration({months: 1, days: -1}).toISOString()", "P1M-1D"),
        ("'' + moment.duration({hours: 1.5, minutes: 1}).isValid()", "false"),
        ("'' + moment.duration(NaN).asHours()", "NaN"),
        ("moment.utc(session_time).format(moment.HTML5_FMT.WEEK)", "2024-W27"),
        ("'' + moment.duration(2, 'h').clone().asHours()", "2"),
    ],
)
def test_moment_works_in_the_zone(script: str, expected: str) -> None:
    """Times are read, moved and written in the workflow's zone, as the service's version of the library does."""
    assert run(script, "America/Los_Angeles", **SESSION) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('"abc".length() + "abc".length', "6"),
        ('"a-b".contains("-") && "ab".startsWith("b", 1)', "true"),
        ('"abc".hashCode()', "96354"),
        ('"b".compareTo("abc")', "1"),
        ('"2026-01-02".replaceAll("(\\\\d+)-(\\\\d+)", "$2/$1")', "01/2026-02"),
        ('"a.b".replaceAll("\\\\Q.\\\\E", "\\\\$")', "a$b"),
        ('"ABC".matches("(?i)[a-z&]+")', "true"),
        ('"aXbX".replaceFirst("[[:upper:]X]", "-")', "a-bX"),
        ('" a ".strip() + "|" + "ab".repeat(2)', "a|abab"),
        ('["a", "b"].map(function (s) { return s.equals("a"); })', "[true,false]"),
        ('java.lang.String.format("%03d %-4s| %,.2f %x %S %e", 5, "ab", 1234567.891, 255, "up", 12345.678)',
         "005 ab  | 1,234,567.89 ff UP 1.234568e+04"),
        ('java.lang.String.join("-", ["a", "b"]) + java.lang.String.join("+", "c", "d")', "a-bc+d"),
        ('new java.lang.String("x").concat("y")', "xy"),
        ('Java.type("java.lang.String").valueOf(1)', "1"),
    ],
)  # fmt: skip
def test_texts_have_javas_methods(script: str, expected: str) -> None:
    """What Java's strings can do, texts in scripts can when it is called, and only then."""
    assert run(script) == expected
    assert run('typeof "".contains + typeof "".repeat') == "undefinedundefined"


@pytest.mark.parametrize(
    "script",
    [
        '"abc".contains(1)',
        '"abc".repeat(-1)',
        '"abc".matches("(")',
        '"abc".replaceAll("b", "$1")',
        '"abc".substring()().x',
        '"abc".isEmpty(1)',
        "[1].contains(1)",
        "(5).intValue()",
        "java.lang.Math.max(1, 2)",
        'java.lang.String.format("%d", "x")',
        'Java.type("java.lang.System")',
        "new java.util.Date()",
    ],
)  # fmt: skip
def test_other_use_of_java_is_an_error(script: str) -> None:
    """Wrong arguments, other objects and other classes are refused."""
    with pytest.raises(ScriptError):
        run(script)


@pytest.mark.parametrize(
    "name",
    [
        *("Map", "Set", "Symbol", "Promise", "Proxy", "Reflect", "BigInt", "globalThis", "Intl", "console", "require"),
        *("Object.assign", "Object.values", "Array.from", "[].includes", "[].find", "[].flat", '"".padStart'),
        *('"".includes', '"".at', "Math.trunc", "Math.sign", "Number.isInteger", "Number.EPSILON", "/x/.sticky"),
    ],
)
def test_what_came_after_ecmascript_5_is_not_there(name: str) -> None:
    """A workflow that uses it fails on the service, so it does here."""
    assert run(f"typeof {name}") == "undefined"


def test_scripts_leave_nothing_behind() -> None:
    """Whatever a script does to the engine, the next one finds it as it was."""
    engine = ScriptEngine()
    for script in (
        "leaked = 1",
        "Array.prototype.leaked = 1",
        "[].constructor.prototype.leaked = 1",
        "(function () { var o = Object.prototype; o.leaked = 1; })()",
        "(function () { var Array = 1; })(), Array = 1",
        'eval("leaked = 1")',
        'Object["def" + "ineProperty"](Array.prototype, "leaked", {value: 1})',
        'moment.locale("xx", {})',
        "/(a)/.test('a')",
        "delete Math.max",
    ):
        engine.run("${" + script + "}", "{}", "{}")
        names = (
            "typeof leaked",
            "typeof [].leaked",
            "typeof [].map",
            "moment.locale()",
            "RegExp.$1",
            "typeof Math.max",
        )
        after = "${[" + ", ".join(names) + '].join("/")}'
        assert engine.run(after, "{}", "{}") == "undefined/undefined/function/en//function"
