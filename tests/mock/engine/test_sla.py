"""`sla:` of a workflow: when it takes hold, and what an attempt that still runs gets then."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mock.engine_support import (
    DAY,
    NOW,
    SESSION_TIME,
    move,
    names,
    new_account,
    printed,
    push,
    run,
    start,
    states,
)
from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.control import snapshots
from treasure_workflow_mock.engine import attempts, scheduler
from treasure_workflow_mock.engine.sla import due_time
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt
from treasure_workflow_mock.service.statuses import status_of

WAIT = "+a:\n  wait>: 2h\n"


def slow(sla: str, account: Account | None = None, tasks: str = WAIT) -> Attempt:
    """An attempt of a workflow that takes two hours."""
    return run(f"sla: {sla}\n{tasks}", account=account or new_account())


def test_an_attempt_that_takes_too_long_gets_an_alert() -> None:
    """At its time the alert and an empty group come below the root, and the attempt goes on to succeed."""
    account = new_account()
    attempt = slow("{duration: '01:00'}", account)
    move(account, 3599)
    assert names(attempt) == ["+main", "+main+a"]
    move(account, 1)
    assert states(attempt)["+main^sla^alert"] == states(attempt)["+main^sla"] == "success"
    alert, group = attempt.tasks[2:]
    assert (alert.config, alert.parent, alert.upstreams) == (
        {"_type": "notify", "_command": "SLA violation"},
        attempt.tasks[0],
        [],
    )
    assert (group.is_group, group.config) == (True, {})
    move(account, 3600)
    assert attempt.success
    assert len(attempt.tasks) == 4


def test_an_attempt_that_is_done_in_time_gets_nothing() -> None:
    """What has ended before is left alone."""
    account = new_account()
    attempt = slow("{duration: '02:00:01', fail: true}", account)
    move(account, 2 * 3600)
    move(account, DAY)
    assert attempt.success
    assert names(attempt) == ["+main", "+main+a"]


def test_fail_lets_the_attempt_fail_when_its_tasks_are_done() -> None:
    """The tasks under way go on; the attempt ends as an error, with an alert of its own."""
    account = new_account()
    attempt = slow("{duration: '00:30:00', fail: true, alert: false}", account)
    move(account, 1800)
    assert not attempt.done
    assert states(attempt)["+main^sla^fail"] == "error"
    move(account, 2 * 3600)
    assert (attempt.done, attempt.success) == (True, False)
    assert names(attempt)[2:] == ["+main^sla^fail", "+main^sla", "+main^failure-alert"]
    assert attempt.tasks[2].error == {"message": "SLA violation"}
    assert states(attempt)["+main+a"] == "success"


def test_tasks_of_the_sla_run_at_its_time() -> None:
    """They are a group of their own, in their order, beside the tasks of the workflow."""
    account = new_account()
    attempt = slow("{duration: '00:01', alert: false, +tell: {echo>: late}, +again: {echo>: really}}", account)
    move(account, 60)
    assert names(attempt)[2:] == ["+main^sla", "+main^sla+tell", "+main^sla+again"]
    assert printed(attempt, "+main^sla+tell") == "late"
    assert states(attempt)["+main^sla"] == "success"


def test_an_sla_that_cannot_be_compiled_adds_nothing() -> None:
    """Not even the alert; the attempt is not disturbed."""
    account = new_account()
    attempt = slow("{duration: '00:01', when: never}", account)
    move(account, 60)
    assert names(attempt) == ["+main", "+main+a"]
    move(account, DAY)
    assert attempt.success


def test_what_is_no_boolean_counts_as_not_given() -> None:
    """By default there is an alert and no failure."""
    account = new_account()
    attempt = slow("{duration: '00:01', alert: often, fail: [1]}", account)
    move(account, 60)
    assert names(attempt)[2:] == ["+main^sla^alert", "+main^sla"]


def test_a_group_that_waits_to_try_again_gets_its_sla_tasks_too() -> None:
    """They run once it does."""
    account = new_account()
    attempt = slow("{duration: '00:01', fail: false}", account, "_retry: {limit: 1, interval: 120}\n+a: {fail>: no}\n")
    move(account, 60)
    assert states(attempt)["+main"] == "group_retry_waiting"
    move(account, 120)
    assert attempt.done
    assert states(attempt)["+main^sla^alert"] == "success"


def test_an_attempt_that_waits_counts_from_its_begin() -> None:
    """An attempt that another session holds up is not late before it has begun."""
    account = new_account()
    push(account, {"main.dig": "sla: {duration: '03:00'}\n" + WAIT})
    first = start(account, "main")
    second = attempts.start_attempt(
        account,
        first.workflow,
        session_time=SESSION_TIME + 60,
        params={},
        now=account.clock.now(),
        waits_for=first.session,
    )
    move(account, 2 * 3600)
    assert second.sla_at == NOW + 5 * 3600
    move(account, DAY)
    assert [len(attempt.tasks) for attempt in (first, second)] == [2, 2]


def test_a_scheduled_attempt_counts_from_when_it_was_due() -> None:
    """One that is caught up with late is past its time at once."""
    account = new_account()
    account.clock.freeze(SESSION_TIME)
    project = push(account, {"main.dig": "schedule: {daily>: '07:00:00'}\nsla: {time: '08:00'}\n" + WAIT})
    scheduler.synchronise(account, project, project.revisions[-1], now=account.clock.now(), schedule_from=None)
    account.clock.freeze(SESSION_TIME + 9 * 3600)
    scheduler.settle(account, account.clock.now())
    attempts.advance(account, account.clock.now())
    (attempt,) = account.attempts.values()
    assert "+main^sla^alert" in names(attempt)


def test_an_attempt_that_is_held_back_does_not_begin_for_its_sla() -> None:
    """The setting `progress` still decides when it begins; then it is late already."""
    account = new_account()
    account.settings["progress"] = 2
    attempt = slow("{duration: '00:01'}", account)
    assert states(attempt) == {"+main": "planned", "+main+a": "blocked"}
    move(account, 60)
    assert states(attempt)["+main+a"] == "retry_waiting"
    assert "+main^sla^alert" in names(attempt)


def test_an_sla_survives_a_snapshot() -> None:
    """An account that was put back goes on to its time."""
    account = new_account()
    slow("{duration: '01:00'}", account)
    copy = new_account()
    snapshots.restore(copy, snapshots.take(account))
    move(copy, 3600)
    assert "+main^sla^alert" in names(copy.attempts[1])


# When


@pytest.mark.parametrize(
    ("sla", "base", "zone", "due"),
    [
        ({"time": "10:00"}, "2024-03-05T09:00:00+00:00", "UTC", "2024-03-05T10:00:00+00:00"),
        ({"time": "10:00"}, "2024-03-05T10:00:00+00:00", "UTC", "2024-03-05T10:00:00+00:00"),
        ({"time": "10:00"}, "2024-03-05T10:00:01+00:00", "UTC", "2024-03-06T10:00:00+00:00"),
        ({"time": "10:00:30"}, "2024-03-05T09:00:00+09:00", "Asia/Tokyo", "2024-03-05T10:00:30+09:00"),
        ({"time": "26:00"}, "2024-03-05T09:00:00+00:00", "UTC", "2024-03-06T02:00:00+00:00"),
        # the clock goes forward at 02:00: a skipped time moves on, and the next day is 24 hours later
        ({"time": "02:30"}, "2016-03-13T01:00:00-08:00", "America/Los_Angeles", "2016-03-13T03:30:00-07:00"),
        ({"time": "01:30"}, "2016-03-12T12:00:00-08:00", "America/Los_Angeles", "2016-03-13T01:30:00-08:00"),
        # the clock goes back at 02:00: of two such times the later
        ({"time": "01:30"}, "2016-11-06T00:30:00-07:00", "America/Los_Angeles", "2016-11-06T01:30:00-08:00"),
        ({"duration": "100:30"}, "2024-03-05T00:00:00+00:00", "UTC", "2024-03-09T04:30:00+00:00"),
        ({"duration": "00:00:-5"}, "2024-03-05T00:00:10+00:00", "UTC", "2024-03-05T00:00:05+00:00"),
        ({"duration": "1:30:", "time": None}, "2024-03-05T00:00:00+00:00", "UTC", "2024-03-05T01:30:00+00:00"),
    ],
)
def test_the_time_that_an_sla_takes_hold(sla: dict[str, str | None], base: str, zone: str, due: str) -> None:
    """A time of day is that of the workflow's zone, a duration counts from when the attempt was due."""
    found = due_time({"sla": sla}, datetime.datetime.fromisoformat(base).timestamp(), zone)
    assert found == datetime.datetime.fromisoformat(due).timestamp()


@given(
    base=st.floats(1_000_000_000, 2_000_000_000),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "+05:30", "Asia/Kolkata"]),
)
def test_a_time_of_day_comes_within_a_day(base: float, hour: int, minute: int, zone: str) -> None:
    """Where no clock changes, the time shows that hour and minute, and is never past."""
    found = due_time({"sla": {"time": f"{hour}:{minute}"}}, base, zone)
    assert found is not None
    assert base <= found < base + DAY
    offset = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    shown = datetime.datetime.fromtimestamp(found, offset if zone.startswith("+") else zoneinfo.ZoneInfo(zone))
    assert (shown.hour, shown.minute) == (hour, minute)


PART = st.one_of(st.integers(-99, 99), st.integers(-(2**31), 2**31), st.text(max_size=3)).map(str)
TIMES = st.one_of(st.just("01:00"), st.lists(PART, min_size=1, max_size=4).map(":".join))
VALUES = st.one_of(TIMES, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.lists(TIMES))
TASKS = st.sampled_from([{"echo>": "late"}, {"fail>": "late"}, {"nop>": None}, {}, {"a>": 1, "b>": 2}, "text"])


@given(
    sla=st.dictionaries(st.sampled_from(["time", "duration", "alert", "fail", "echo>", "+"]), VALUES),
    tasks=st.dictionaries(st.sampled_from(["+x", "+y", "_error", "_do"]), TASKS),
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "UTC+3"]),
)
def test_whatever_an_sla_holds_an_attempt_ends(sla: JsonObject, tasks: JsonObject, zone: str) -> None:
    """It is refused at the start, or the attempt goes on to its end."""
    account = new_account()
    push(account, {"main.dig": WAIT})
    (workflow,) = account.workflows.values()
    workflow.config, workflow.timezone = {"sla": {**sla, **tasks}, **workflow.config}, zone
    try:
        attempt = start(account, "main")
    except ServiceError as error:
        refused = status_of(error)
    else:
        refused = None
        move(account, 3600)
        move(account, 3600)
        assert attempt.done
        assert states(attempt)["+main+a"] == "success"
    assert refused in (None, 400)


@pytest.mark.parametrize(
    ("sla", "problem"),
    [
        ({}, "either the 'time' or 'duration'"),
        ({"time": "1:00", "duration": "1:00"}, "either the 'time' or 'duration'"),
        ({"time": "soon"}, "HH:MM or HH:MM:SS"),
        ({"time": 12}, "HH:MM or HH:MM:SS"),
        ({"duration": "1:2:3:4"}, "HH:MM or HH:MM:SS"),
        ({"duration": ["1:00"]}, "HH:MM or HH:MM:SS"),
        ("late", "must be an object"),
    ],
)
def test_an_sla_without_a_time_is_refused(sla: object, problem: str) -> None:
    """It has either a time of day or a duration, of hours and minutes and perhaps seconds."""
    with pytest.raises(ServiceError) as refused:
        due_time({"sla": sla}, NOW, "UTC")
    assert status_of(refused.value) == 400
    assert problem in str(refused.value.message)
