"""Schedules of an account: what uploads, the clock and callers do to them. The clock is moved; nothing sleeps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.calls import calls_of
from tests.support.mock.scheduling import ECHO, HOUR, START, WAIT, attempts, call, new_account, sessions, upload
from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.api.schedules import HANDLERS
from treasure_workflow_mock.engine import attempts as engine
from treasure_workflow_mock.engine import scheduler
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.http.messages import Request
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.schedules.rules import parse_schedule
from treasure_workflow_mock.service.statuses import status_of


@pytest.fixture
def account() -> Account:
    """An open-source account whose clock stands at the beginning of 2030."""
    return new_account("digdag")


# The clock


def test_schedules_fire_when_the_clock_moves(account: Account) -> None:
    """Nothing runs before its run time; then each missed session is started, the earliest run time first."""
    upload(
        account,
        {"nightly": {"schedule": {"daily>": "07:00:00"}, **ECHO}, "noon": {"schedule": {"daily>": "12:00:00"}, **ECHO}},
    )
    account.clock.advance(7 * HOUR - 1)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == []
    account.clock.advance(24 * HOUR + 1)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == [
        "nightly 2030-01-01T00:00:00Z",
        "noon 2030-01-01T00:00:00Z",
        "nightly 2030-01-02T00:00:00Z",
    ]
    assert all(attempt.success for attempt in attempts(account))


def test_each_session_is_run_at_its_time(account: Account) -> None:
    """However far the clock is moved, sessions and their tasks come at the times at which they fall due."""
    config = {"schedule": {"hourly>": "10:00", "skip_delayed_by": "1m"}, "+step": {"wait>": "5m"}}
    upload(account, {"hourly": config})
    account.clock.advance(30 * times.DAY)
    scheduler.settle(account, account.clock.now())
    made = attempts(account)
    assert len(made) == 30 * 24
    assert [one.created_at - one.session.time for one in made] == [600] * len(made)
    assert all(one.success and one.finished_at == one.created_at + 300 for one in made)


def test_what_was_overdue_is_run_at_once(account: Account) -> None:
    """An upload from a past time is caught up when it is made, not later when the clock has moved on."""
    upload(account, {"daily": {"schedule": {"daily>": "07:00:00"}, **ECHO}}, START - 2 * times.DAY)
    account.clock.advance(times.DAY)
    scheduler.settle(account, account.clock.now())
    assert [one.created_at - START for one in attempts(account)] == [0, 0, 7 * HOUR]


def test_a_clock_set_back_undoes_nothing(account: Account) -> None:
    """Sessions that were run stay, and come only once when the time comes again."""
    (schedule,) = upload(account, {"daily": {"schedule": {"daily>": "07:00:00"}, **ECHO}})
    account.clock.advance(times.DAY)
    scheduler.settle(account, account.clock.now())
    account.clock.freeze(START)
    scheduler.settle(account, account.clock.now())
    assert schedule.next_schedule_time == START + times.DAY
    account.clock.advance(times.DAY)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["daily 2030-01-01T00:00:00Z"]


def test_params_of_scheduled_attempts(account: Account) -> None:
    """A scheduled attempt knows its neighbours, and the session that was run before it if there was one."""
    upload(account, {"hourly": {"schedule": {"hourly>": "10:00"}, **ECHO}})
    account.clock.advance(2 * HOUR)
    scheduler.settle(account, account.clock.now())
    first, second = (attempt.params for attempt in attempts(account))
    assert "last_executed_session_time" not in first
    assert list(second.items()) == [
        ("last_session_time", "2030-01-01T00:00:00+00:00"),
        ("next_session_time", "2030-01-01T02:00:00+00:00"),
        ("last_executed_session_time", "2030-01-01T00:00:00+00:00"),
    ]


def test_a_disabled_schedule_waits(account: Account) -> None:
    """A disabled schedule starts nothing; enabled without skipping it catches up, with skipping it does not."""
    schedule, other = upload(
        account, {"one": {"schedule": {"hourly>": "00:00"}, **ECHO}, "two": {"schedule": {"hourly>": "00:00"}, **ECHO}}
    )
    for each in (schedule, other):
        call(account, "disableSchedule", each.id)
    before = len(sessions(account))
    account.clock.advance(3 * HOUR)
    scheduler.settle(account, account.clock.now())
    assert len(sessions(account)) == before
    call(account, "enableSchedule", schedule.id)
    call(account, "enableSchedule", other.id, skipSchedule=True)
    scheduler.settle(account, account.clock.now())
    assert [name for name in sessions(account) if name.startswith("one")] == [
        f"one 2030-01-01T0{hour}:00:00Z" for hour in range(4)
    ]
    assert [name for name in sessions(account) if name.startswith("two")] == [
        "two 2030-01-01T00:00:00Z",
        "two 2030-01-01T03:00:00Z",
    ]


def test_the_limit_of_attempts_postpones(account: Account) -> None:
    """A session beyond the limit stays the next one and is tried again ten minutes later."""
    account.settings["executor.attempt_max_run"] = 1
    (schedule,) = upload(account, {"busy": {"schedule": {"hourly>": "00:00"}, **WAIT}})
    account.clock.advance(HOUR)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["busy 2030-01-01T00:00:00Z"]
    assert schedule.next_schedule_time == START + HOUR
    assert schedule.next_run_time == account.clock.now() + 600


def test_an_unreadable_option_postpones(account: Account) -> None:
    """Any other error puts the session off by an hour."""
    (schedule,) = upload(account, {"odd": {"schedule": {"hourly>": "00:00", "skip_delayed_by": "soon"}, **ECHO}})
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == []
    assert (schedule.next_schedule_time, schedule.next_run_time) == (START, START + HOUR)


def test_skip_delayed_by(account: Account) -> None:
    """Sessions that are too late are passed over; that does not count as having run."""
    config = {"schedule": {"hourly>": "00:00", "skip_delayed_by": "30m"}, **ECHO}
    (schedule,) = upload(account, {"late": config}, START - 5 * HOUR)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["late 2030-01-01T00:00:00Z"]
    call(account, "disableSchedule", schedule.id)
    account.clock.advance(3 * HOUR + 1801)
    call(account, "enableSchedule", schedule.id)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["late 2030-01-01T00:00:00Z"]
    assert schedule.last_session_time == START
    assert schedule.next_schedule_time == START + 4 * HOUR


def test_skip_on_overtime(account: Account) -> None:
    """While an attempt of the workflow runs, sessions are passed over, unless it is about to be killed."""
    config = {"schedule": {"hourly>": "00:00", "skip_on_overtime": True}, **WAIT}
    (schedule,) = upload(account, {"long": config})
    account.clock.advance(5 * HOUR)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["long 2030-01-01T00:00:00Z"]
    assert schedule.next_schedule_time == START + 6 * HOUR
    attempts(account)[0].cancel_requested = True
    account.clock.advance(HOUR)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["long 2030-01-01T00:00:00Z", "long 2030-01-01T06:00:00Z"]


def test_a_session_started_by_hand_counts_as_run(account: Account) -> None:
    """A schedule moves on from a session that exists, without a second attempt."""
    (schedule,) = upload(account, {"hourly": {"schedule": {"hourly>": "30:00"}, **ECHO}})
    engine.start_attempt(account, schedule.workflow, session_time=int(START), params={}, now=account.clock.now())
    account.clock.advance(HOUR)
    scheduler.settle(account, account.clock.now())
    assert len(attempts(account)) == 1
    assert schedule.last_session_time == START
    assert schedule.next_schedule_time == START + HOUR


@pytest.mark.parametrize("limit", [100, 1_000_000])
def test_a_year_overdue_is_bounded(account: Account, limit: int) -> None:
    """However much is overdue, one call does a bounded part of it and puts off the rest."""
    account.settings["executor.attempt_max_run"] = limit
    (schedule,) = upload(account, {"often": {"schedule": {"minutes_interval>": 1}}}, START - 365 * times.DAY)
    assert calls_of(lambda: scheduler.settle(account, account.clock.now())) < 1_000_000
    assert len(attempts(account)) == min(limit, 1000)
    assert schedule.next_run_time == START + 600


def test_a_year_too_late_goes_at_once(account: Account) -> None:
    """Passing over half a million sessions is no more work than passing over one."""
    config = {"schedule": {"minutes_interval>": 1, "skip_delayed_by": "10s"}, **ECHO}
    other = new_account("digdag")
    upload(other, {"often": config}, START - 60)
    (schedule,) = upload(account, {"often": config}, START - 365 * times.DAY)
    work = [calls_of(lambda one=one: scheduler.settle(one, one.clock.now())) for one in (other, account)]  # type: ignore[misc]
    assert work[1] < 2 * work[0]
    assert sessions(account) == ["often 2030-01-01T00:00:00Z"]
    assert schedule.next_run_time == START + 60


@pytest.mark.parametrize("options", [{}, {"skip_delayed_by": "1s"}, {"skip_on_overtime": True}])
def test_times_that_go_backwards_end(account: Account, options: JsonObject) -> None:
    """A negative interval, which an upload takes, does not keep a call for ever."""
    (schedule,) = upload(account, {"odd": {"schedule": {"seconds_interval>": -30, **options}, **WAIT}})
    scheduler.settle(account, account.clock.now())
    assert schedule.next_run_time == account.clock.now() + 600


def test_a_finished_schedule_stays_finished(account: Account) -> None:
    """After its end a schedule never runs, not even at the end of time."""
    (schedule,) = upload(account, {"once": {"schedule": {"daily>": "07:00:00", "end": "2030-01-01"}, **ECHO}})
    account.clock.freeze(times.END_OF_TIME + 10)
    scheduler.settle(account, account.clock.now())
    assert sessions(account) == ["once 2030-01-01T00:00:00Z"]
    assert schedule.next_schedule_time == schedule.next_run_time == times.END_OF_TIME


@given(st.integers(1, 59), st.integers(0, 40 * HOUR), st.integers(0, 4 * HOUR))
@settings(deadline=None)
def test_passing_over_equals_stepping(minutes: int, overdue: int, tolerance: int) -> None:
    """What is too late is passed over as if session after session were looked at."""
    account = new_account("digdag")
    config = {"minutes_interval>": minutes, "skip_delayed_by": f"{tolerance}s"}
    (schedule,) = upload(account, {"often": {"schedule": config, **ECHO}}, START - overdue)
    rule = parse_schedule(config, "UTC")
    expected = rule.first(START - overdue)
    while expected.run_time + tolerance < START:
        expected = rule.next(expected.time)
    scheduler.settle(account, account.clock.now())
    due = [one.time for one in account.sessions.values()]
    assert (due[0] if due else schedule.next_schedule_time) == expected.time


# Uploads


def test_an_upload_before_the_first_run(account: Account) -> None:
    """A schedule that has not run starts anew with each upload and forgets a skip, but keeps id and disabled state."""
    config = {"schedule": {"daily>": "07:00:00"}, **ECHO}
    (schedule,) = upload(account, {"nightly": config})
    call(
        account,
        "skipSchedule",
        schedule.id,
        nextTime=times.parse_local_time_or_instant("2030-06-01T00:00:00"),
        dryRun=False,
    )
    call(account, "disableSchedule", schedule.id)
    (again,) = upload(account, {"nightly": config}, START + 31 * times.DAY)
    assert again is schedule
    assert again.workflow.id == 2
    assert again.next_schedule_time == START + 31 * times.DAY
    assert again.disabled_at == START


def test_an_upload_after_a_run(account: Account) -> None:
    """A schedule that has run goes on after its last session, unless it is cleared, which also forgets the session."""
    config = {"schedule": {"hourly>": "00:00"}, **ECHO}
    (schedule,) = upload(account, {"hourly": config})
    scheduler.settle(account, account.clock.now())
    later = {"schedule": {"daily>": "07:00:00", "start": "2030-03-01"}, **ECHO}
    upload(account, {"hourly": later}, START + 365 * times.DAY)
    assert schedule.next_schedule_time == START + 59 * times.DAY
    upload(account, {"hourly": later}, START + 365 * times.DAY, clear={"hourly"})
    assert schedule.next_schedule_time == START + 365 * times.DAY
    assert schedule.last_session_time is None


def test_schedules_go_with_their_workflows(account: Account) -> None:
    """A workflow that loses its schedule, or goes, takes the schedule along; one that comes back has a new id."""
    config = {"schedule": {"daily>": "07:00:00"}, **ECHO}
    (schedule,) = upload(account, {"nightly": config})
    assert upload(account, {"nightly": ECHO}) == []
    (back,) = upload(account, {"nightly": config})
    assert back.id == schedule.id + 1
    assert upload(account, {}) == []


def test_a_changed_definition_may_leave_out_what_was_missed() -> None:
    """On the hosted service a schedule defined anew goes on from now, and one that stayed the same from its last."""
    account = new_account("hosted")
    hourly = {"schedule": {"hourly>": "00:00"}, **ECHO}
    kept, changed = upload(account, {"kept": hourly, "changed": hourly})
    scheduler.settle(account, account.clock.now())
    account.clock.advance(5 * HOUR)
    upload(account, {"kept": hourly, "changed": {"schedule": {"hourly>": "10:00"}, **ECHO}}, skip_changed=True)
    assert kept.next_schedule_time == START + HOUR
    assert changed.next_schedule_time == START + 5 * HOUR


# Callers


def test_skip_and_its_conflicts(account: Account) -> None:
    """A skip goes forward only; a dry run shows where it would lead and changes nothing."""
    (schedule,) = upload(account, {"nightly": {"schedule": {"daily>": "07:00:00"}, **ECHO}})
    there = times.parse_local_time_or_instant("2030-02-01T00:00:00")
    dry = call(account, "skipSchedule", schedule.id, nextTime=there, dryRun=True)
    assert dry["nextScheduleTime"] == "2030-02-01T00:00:00+00:00"
    assert schedule.next_schedule_time == START
    call(account, "skipSchedule", schedule.id, nextTime=there, dryRun=False)
    for again in (True, False):
        with pytest.raises(ServiceError) as conflict:
            call(account, "skipSchedule", schedule.id, nextTime=there, dryRun=again)
        assert status_of(conflict.value) == 409
    counted = call(
        account, "skipSchedule", schedule.id, fromTime=START, count=40, nextRunTime=START + 0.75, dryRun=False
    )
    assert (counted["nextScheduleTime"], counted["nextRunTime"]) == (
        "2030-02-10T00:00:00+00:00",
        "2030-01-01T00:00:00Z",
    )


@pytest.mark.parametrize("body", [{}, {"count": 1}, {"fromTime": START}, {"nextRunTime": START}])
def test_skip_needs_a_time_or_a_count(account: Account, body: JsonObject) -> None:
    """Without one of the two forms a skip is a 400, also for a schedule that does not exist."""
    with pytest.raises(ServiceError) as refusal:
        call(account, "skipSchedule", 999, dryRun=True, **body)
    assert status_of(refusal.value) == 400


def test_a_huge_count_is_refused(account: Account) -> None:
    """Neither a skip nor a backfill counts for ever."""
    (schedule,) = upload(account, {"often": {"schedule": {"minutes_interval>": 1}, **ECHO}}, START + HOUR)
    with pytest.raises(ServiceError, match="cannot be skipped at once"):
        call(account, "skipSchedule", schedule.id, fromTime=START, count=2**31 - 1, dryRun=True)
    with pytest.raises(ServiceError, match="cannot be backfilled at once"):
        call(account, "backfillSchedule", schedule.id, fromTime=0.0, attemptName="bf", dryRun=True)


def test_enable_with_a_conflict_changes_nothing(account: Account) -> None:
    """A skip that leads nowhere leaves the schedule disabled, as does a time that is none."""
    (schedule,) = upload(account, {"nightly": {"schedule": {"daily>": "07:00:00"}, **ECHO}})
    call(account, "disableSchedule", schedule.id)
    for next_time, status in ((None, 409), ("2030-01-01T00:00:00", 409), ("soon", 400)):
        body = {} if next_time is None else {"nextTime": next_time}
        with pytest.raises(ServiceError) as refusal:
            call(account, "enableSchedule", schedule.id, skipSchedule=True, **body)
        assert status_of(refusal.value) == status
        assert schedule.disabled_at is not None
    assert call(account, "enableSchedule", schedule.id, nextTime="soon")["disabledAt"] is None


def test_the_hosted_service_skips_by_default() -> None:
    """There a bare enable leaves out what was missed, and does not fail where nothing was."""
    account = new_account("hosted")
    (schedule,) = upload(account, {"hourly": {"schedule": {"hourly>": "30:00"}, **ECHO}})
    call(account, "disableSchedule", schedule.id)
    assert call(account, "enableSchedule", schedule.id)["nextScheduleTime"] == "2030-01-01T00:00:00+00:00"
    call(account, "disableSchedule", schedule.id)
    account.clock.advance(5 * HOUR)
    assert call(account, "enableSchedule", schedule.id)["nextScheduleTime"] == "2030-01-01T05:00:00+00:00"
    assert sessions(account) == []


def test_lists_by_page_and_workflow(account: Account) -> None:
    """A hundred to a page by rising id; a workflow's name makes the cursor mean nothing."""
    config = {"schedule": {"daily>": "07:00:00"}, **ECHO}
    upload(account, {f"w{number:03}": config for number in range(105)})

    def ids(operation: str, **query: Json) -> list[int]:
        response: JsonObject = HANDLERS[operation](account, Request(account.clock.now(), path={"id": 1}, query=query))
        return [int(schedule["id"]) for schedule in response["schedules"]]

    for operation in ("getSchedules", "getProjectSchedules"):
        assert ids(operation) == list(range(1, 101))
        assert ids(operation, last_id=100) == [101, 102, 103, 104, 105]
        assert ids(operation, last_id=105) == []
    assert ids("getProjectSchedules", workflow="w004", last_id=100) == [5]
    assert ids("getProjectSchedules", workflow="W004") == []


@pytest.mark.parametrize(
    "operation", ["getSchedule", "skipSchedule", "enableSchedule", "disableSchedule", "backfillSchedule"]
)
def test_unknown_schedules(account: Account, operation: str) -> None:
    """An operation on a schedule that is not there is a 404 that names the id."""
    body = {"fromTime": START, "count": 1, "attemptName": "bf", "dryRun": True}
    with pytest.raises(ServiceError) as refusal:
        call(account, operation, 7, **body)
    assert (status_of(refusal.value), refusal.value.message) == (404, "Resource does not exist: schedule id=7")
