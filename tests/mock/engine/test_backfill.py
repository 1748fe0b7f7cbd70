"""Backfills of schedules: which sessions they make, in which order, and what is refused."""

from __future__ import annotations

import pytest

from tests.support.mock.scheduling import ECHO, HOUR, START, WAIT, attempts, call, new_account, sessions, upload
from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.engine import attempts as engine
from treasure_workflow_mock.engine import scheduler
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Schedule
from treasure_workflow_mock.service.statuses import status_of


@pytest.fixture
def account() -> Account:
    """An open-source account whose clock stands at the beginning of 2030."""
    return new_account("digdag")


def past(account: Account) -> Schedule:
    """A daily schedule that ended after five sessions, which nobody started."""
    config = {"schedule": {"daily>": "07:00:00", "end": "2016-01-05"}, **WAIT}
    (schedule,) = upload(account, {"load": config})
    return schedule


FROM = times.parse_instant("2016-01-01T00:00:00Z")


def test_backfill_runs_session_after_session(account: Account) -> None:
    """All attempts are made at once; each begins when the session before it is done, and knows that session."""
    schedule = past(account)
    response = call(account, "backfillSchedule", schedule.id, fromTime=FROM, attemptName="bf", count=3, dryRun=False)
    assert [one["sessionTime"][:10] for one in response["attempts"]] == ["2016-01-01", "2016-01-02", "2016-01-03"]
    assert [one["params"].get("last_executed_session_time", "")[:10] for one in response["attempts"]] == [
        "",
        "2016-01-01",
        "2016-01-02",
    ]
    scheduler.settle(account, account.clock.now())
    assert [bool(attempt.tasks) for attempt in attempts(account)] == [True, False, False]
    account.clock.advance(2 * times.DAY)
    scheduler.settle(account, account.clock.now())
    assert [attempt.done for attempt in attempts(account)] == [True, True, False]
    assert schedule.next_schedule_time == times.END_OF_TIME


def test_a_dry_backfill_keeps_nothing(account: Account) -> None:
    """A dry run shows attempts without ids, and neither the limit nor the account is touched."""
    account.settings["executor.attempt_max_run"] = 1
    schedule = past(account)
    response = call(account, "backfillSchedule", schedule.id, fromTime=FROM, attemptName="bf", dryRun=True)
    assert len(response["attempts"]) == 5
    assert {(one["id"], one["sessionId"], one["index"]) for one in response["attempts"]} == {("0", "0", 0)}
    assert len({one["sessionUuid"] for one in response["attempts"]}) == 5
    assert not account.attempts
    assert not account.sessions


def test_errors_of_a_backfill_come_in_their_order(account: Account) -> None:
    """Too large a count is told before a name in use, and that before the limit; nothing is made."""
    account.settings["executor.attempt_max_run"] = 3
    schedule = past(account)
    call(account, "backfillSchedule", schedule.id, fromTime=FROM, attemptName="bf", count=3, dryRun=False)
    for name, count, status, words in (
        ("bf", 6, 400, "count is set to 6 but there are only 5 attempts until the next schedule time"),
        ("bf", 5, 409, "workflow=load instant=2016-01-01T00:00:00Z attempt name=bf already exists"),
        ("other", 5, 400, "Too many attempts running. Limit: 3, Current: 3"),
        ("", 0, 200, ""),
    ):
        body = {"fromTime": FROM, "attemptName": name, "count": count, "dryRun": False}
        if status == 200:
            assert call(account, "backfillSchedule", schedule.id, **body)["attempts"] == []
            continue
        with pytest.raises(ServiceError) as refusal:
            call(account, "backfillSchedule", schedule.id, **body)
        assert status_of(refusal.value) == status
        assert words in str(refusal.value.message)
    assert len(account.attempts) == 3


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("name", ["", "n" * 256])
def test_names_of_a_backfill(account: Account, name: str, dry: bool) -> None:
    """An attempt name has 1 to 255 characters, in a dry run too."""
    schedule = past(account)
    with pytest.raises(ServiceError, match="retry attempt name must not be"):
        call(account, "backfillSchedule", schedule.id, fromTime=FROM, attemptName=name, count=1, dryRun=dry)
    assert account.attempts == {}


def test_hosted_backfill_passes_over_existing_sessions() -> None:
    """With `skipExisting`, sessions that have attempts are left out but counted, and no name is needed."""
    account = new_account("hosted")
    schedule = past(account)
    engine.start_attempt(
        account, schedule.workflow, session_time=int(FROM) + times.DAY, params={}, now=account.clock.now()
    )
    body = {"fromTime": FROM, "count": 3, "skipExisting": True, "dryRun": False}
    response = call(account, "backfillSchedule", schedule.id, **body)
    assert [one["sessionTime"][:10] for one in response["attempts"]] == ["2016-01-01", "2016-01-03"]
    assert {one["retryAttemptName"] for one in response["attempts"]} == {None}


def test_hosted_backfill_advances_the_schedule() -> None:
    """With `advanceSchedule` it covers what the schedule would run next, and the schedule goes on behind that."""
    account = new_account("hosted")
    (schedule,) = upload(account, {"hourly": {"schedule": {"hourly>": "30:00"}, **ECHO}})
    body = {"skipExisting": True, "advanceSchedule": True, "count": 2}
    dry = call(account, "backfillSchedule", schedule.id, dryRun=True, **body)
    assert schedule.next_schedule_time == START
    real = call(account, "backfillSchedule", schedule.id, dryRun=False, **body)
    assert [one["sessionTime"] for one in dry["attempts"]] == [one["sessionTime"] for one in real["attempts"]]
    assert sessions(account) == ["hourly 2030-01-01T00:00:00Z", "hourly 2030-01-01T01:00:00Z"]
    assert (schedule.next_schedule_time, schedule.next_run_time) == (START + 2 * HOUR, START + 2.5 * HOUR)


@pytest.mark.parametrize(
    "body",
    [
        {"advanceSchedule": True},
        {"advanceSchedule": True, "skipExisting": True, "attemptName": "bf"},
        {"skipExisting": True},
        {"fromTime": START},
        {"attemptName": "bf"},
    ],
)
def test_hosted_options_of_a_backfill_belong_together(body: JsonObject) -> None:
    """Options that contradict one another, or leave open where to begin, are a 400."""
    account = new_account("hosted")
    (schedule,) = upload(account, {"hourly": {"schedule": {"hourly>": "30:00"}, **ECHO}})
    with pytest.raises(ServiceError) as refusal:
        call(account, "backfillSchedule", schedule.id, dryRun=True, **body)
    assert status_of(refusal.value) == 400
