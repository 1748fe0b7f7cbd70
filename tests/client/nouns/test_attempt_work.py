"""Attempts after something went wrong: session times, filters, retries, kills, diagnoses, many at once; on the mock."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.client.nouns.conftest import OwnAccount
from tests.support.client.support import Guise
from treasure_workflow import AttemptExists, AttemptFailed, BadRequest, Conflict, NotFound, WaitTimeout
from treasure_workflow._logic.diagnosis import failures
from treasure_workflow_mock import Fault

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2024, 5, 9, 20, 34, 56, tzinfo=UTC)  # the 10th, 05:34:56 in Tokyo
FILES = {
    "nightly.dig": "timezone: Asia/Tokyo\nschedule:\n  daily>: 07:00:00\n+a:\n  echo>: x\n",
    "bad.dig": """
+first:
  echo>: fine
+group:
  +load:
    fail>: on purpose
  +never:
    echo>: x
_error:
  echo>: sorry
""",
    "worse.dig": "+load:\n  fail>: on purpose\n  _error:\n    fail>: worse\n",
    "slow.dig": "+wait:\n  wait>: 1h\n",
}


@pytest.fixture
def shop(mocked: Guise, own: OwnAccount, tmp_path: Path) -> Any:
    """The client of a project with a workflow that works, one that fails and one that takes long."""
    own.account.clock.freeze(NOW.timestamp())
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    mocked.run(lambda: mocked.client.projects.push(folder, "shop", revision="r1"))
    return mocked.client


def start(mocked: Guise, workflow: str, session_time: Any, **options: Any) -> Any:
    """A new attempt of a workflow of the project."""
    return mocked.run(lambda: mocked.client.attempts.start("shop", workflow, session_time=session_time, **options))


def test_now_and_ages_are_told_by_the_client_s_clock(mocked: Guise, shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose clock shows an account's stopped time starts and filters by it."""
    monkeypatch.setattr(mocked.clock, "utcnow", lambda: NOW + timedelta(hours=1))
    started = start(mocked, "slow", "now")
    assert started.session_time == NOW + timedelta(hours=1)
    for noun in (shop.attempts, shop.sessions):
        assert len(mocked.rows(noun.list(since=timedelta(minutes=61)))) == 1
        assert mocked.rows(noun.list(since=timedelta(minutes=59))) == []
        assert mocked.rows(noun.list(until=timedelta(minutes=61))) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (date(2016, 4, 19), "2016-04-19T00:00:00+09:00"),
        ("2016-04-19", "2016-04-19T00:00:00+09:00"),
        ("2016-04-19 01:02:03", "2016-04-19T01:02:03+09:00"),
        ("2016-04-19T01:02:03Z", "2016-04-19T10:02:03+09:00"),
        (datetime(2016, 4, 19, tzinfo=UTC), "2016-04-19T09:00:00+09:00"),
    ],
)
def test_session_times_are_read_in_the_workflows_zone(mocked: Guise, shop: Any, given: Any, expected: str) -> None:
    """What has no offset of its own is local time there."""
    assert start(mocked, "nightly", given).session_time == datetime.fromisoformat(expected)


def test_words_are_cut_as_the_service_cuts(mocked: Guise, shop: Any) -> None:
    """Hours and days begin in the workflow's zone; a schedule's words give its session times."""
    now = datetime.now(TOKYO)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    due = day if now < day + timedelta(hours=7) else day + timedelta(days=1)
    assert start(mocked, "nightly", "hourly").session_time == now.replace(minute=0, second=0, microsecond=0)
    assert start(mocked, "nightly", "daily").session_time == day
    assert start(mocked, "nightly", "next_schedule").session_time == day + timedelta(days=1)
    if due != day:
        with pytest.raises(AttemptExists):
            start(mocked, "nightly", "schedule")


@pytest.mark.parametrize("given", [1461086578, 1.5, None, b"now", [], datetime(2016, 4, 19), "yesterday", "Now"])
def test_what_is_no_session_time_is_refused(mocked: Guise, shop: Any, own: OwnAccount, given: Any) -> None:
    """The error tells what is taken, and nothing was asked for."""
    before = len(own.requests)
    with pytest.raises((TypeError, ValueError), match="session time"):
        start(mocked, "nightly", given)
    assert len(own.requests) == before


def test_lists_are_filtered_here(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """By status, since and until, for attempts and sessions alike; a session counts by its newest attempt."""
    clock = own.account.clock
    old = start(mocked, "bad", "2024-01-01")
    done = start(mocked, "nightly", "2024-01-01")
    mocked.run(lambda: shop.attempts.get(done))
    clock.advance(3600)
    new = start(mocked, "bad", "2024-01-02")
    slow = start(mocked, "slow", "2024-01-02")
    mocked.run(lambda: shop.attempts.get(new))

    def ids(listing: Any) -> list[str]:
        return [row.id for row in mocked.rows(listing)]

    attempts, sessions = shop.attempts, shop.sessions
    assert ids(attempts.list(status="error")) == [new.id, old.id]
    assert ids(attempts.list(status=["success", "running"])) == [slow.id, done.id]
    assert ids(attempts.list(since=NOW + timedelta(minutes=30))) == [slow.id, new.id]
    assert ids(attempts.list(until=NOW + timedelta(minutes=30), status="error")) == [old.id]
    assert ids(attempts.list(status="error", limit=1)) == [new.id]
    assert ids(sessions.list(status="error")) == [new.session_id, old.session_id]
    assert ids(sessions.list(project="shop", workflow="bad", limit=1, status="error")) == [new.session_id]
    assert ids(sessions.list(until=NOW + timedelta(minutes=30))) == [done.session_id, old.session_id]
    assert ids(sessions.list(since=NOW + timedelta(minutes=30), status="error")) == [new.session_id]
    again = mocked.run(lambda: attempts.retry(old))
    recent = mocked.rows(sessions.list(since=(NOW + timedelta(minutes=30)).isoformat()))
    assert [row.id for row in recent] == [old.session_id, slow.session_id, new.session_id]
    assert recent[0].last_attempt.id == again.id
    by_id = {row.id: row for row in mocked.rows(sessions.list())}
    assert {row.id: row for row in mocked.rows(sessions.list(since=NOW))} == by_id


def test_a_listing_stops_where_its_order_allows(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """With `since` the pages of older attempts are never asked for."""
    clock = own.account.clock
    for second in range(101):
        start(mocked, "nightly", f"2024-01-01T00:{second // 60:02}:{second % 60:02}Z")
    clock.advance(3600)
    start(mocked, "nightly", "2024-02-02")
    for listing in (shop.attempts.list, shop.sessions.list):
        before = len(own.requests)
        assert len(mocked.rows(listing(since=NOW + timedelta(minutes=1)))) == 1
        assert len(own.requests) == before + 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"status": "failed"}, "no such status: failed"),
        ({"since": datetime(2024, 1, 1)}, "since .* has no time zone"),
        ({"until": "yesterday"}, "until 'yesterday' is not ISO 8601"),
        ({"workflow": "bad"}, "give the project"),
    ],
)
def test_filters_that_mean_nothing_are_refused(mocked: Guise, shop: Any, options: dict[str, Any], message: str) -> None:
    """At once, with what is taken."""
    for noun in (shop.attempts, shop.sessions):
        with pytest.raises(ValueError, match=message):
            noun.list(**options)


def test_a_failure_tells_its_first_cause(mocked: Guise, shop: Any) -> None:
    """The task, its message and the end of its log; what only followed from it is not blamed."""
    attempt = start(mocked, "bad", "2024-01-01")
    with pytest.raises(AttemptFailed) as caught:
        mocked.run(lambda: shop.attempts.wait(attempt, timeout=60))
    error = caught.value
    assert error.task is not None
    assert error.task.full_name == "+bad+group+load"
    assert "on purpose" in (error.log_tail or "")
    text = str(error)
    assert "ended as error: task +bad+group+load: on purpose" in text
    assert f"client.attempts.diagnose({attempt.id})" in text
    assert str(pickle.loads(pickle.dumps(error))) == text


def test_what_followed_from_a_failure_is_not_its_cause(mocked: Guise, shop: Any) -> None:
    """A task is counted as failed only when its `_error` has ended: the cause comes first all the same."""
    attempt = start(mocked, "worse", "2024-01-01")
    found = mocked.run(lambda: shop.attempts.diagnose(attempt))
    assert [task.full_name for task in found.failed] == ["+worse+load", "+worse+load^error"]
    assert "failed too: +worse+load^error: worse" in str(found)
    load, error = found.failed
    load.updated_at += timedelta(seconds=1)
    assert failures([error, load]) == (load, error)


def test_a_diagnosis_tells_what_to_do(mocked: Guise, shop: Any) -> None:
    """By id, by model, and by the address of the attempt or of its session in the console."""
    attempt = start(mocked, "bad", "2024-01-01")
    found = mocked.run(lambda: shop.attempts.diagnose(attempt))
    assert found.failed[0].full_name == "+bad+group+load"
    assert found.cause == found.failed[0]
    assert [task.full_name for task in found.skipped] == ["+bad+group+never"]
    assert found.next_step.startswith(f"client.attempts.retry({attempt.id})")
    for part in ("bad: error", "first cause: +bad+group+load: on purpose", "never ran: +bad+group+never", "next: "):
        assert part in str(found)
    for address in (
        f"https://console.treasuredata.com/app/workflows/7/sessions/{attempt.session_id}/attempts/{attempt.id}",
        f"https://console.eu01.treasuredata.com/app/sessions/{attempt.session_id}",
        f"http://127.0.0.1/#/attempts/{attempt.id}?tab=log",
        attempt.id,
    ):
        assert mocked.run(lambda address=address: shop.attempts.diagnose(address)).attempt.id == attempt.id  # type: ignore[misc]
    running = start(mocked, "slow", "2024-01-01")
    slow = mocked.run(lambda: shop.attempts.diagnose(running))
    assert [task.full_name for task in slow.unfinished] == ["+slow+wait"]
    fine = start(mocked, "nightly", "2024-01-01")
    assert mocked.run(lambda: shop.attempts.diagnose(fine)).next_step == "nothing: it succeeded"
    with pytest.raises(ValueError, match="names no attempt"):
        mocked.run(lambda: shop.attempts.diagnose("https://console.treasuredata.com/app/workflows/7"))
    with pytest.raises(NotFound):
        mocked.run(lambda: shop.attempts.diagnose("https://console.treasuredata.com/app/sessions/4711"))


def states(mocked: Guise, attempt: Any) -> dict[str, Any]:
    """When each task of an attempt began: None for one that was taken over."""
    mocked.run(lambda: mocked.client.attempts.get(attempt))
    return {task.full_name: task.started_at for task in mocked.rows(mocked.client.attempts.tasks(attempt))}


def test_a_retry_is_one_call(mocked: Guise, shop: Any, tmp_path: Path) -> None:
    """What failed, everything, or from a task on; of the same revision or the latest; with its params or others."""
    retry: Callable[..., Any] = shop.attempts.retry

    def wait(attempt: Any) -> Any:
        return mocked.run(lambda: shop.attempts.wait(attempt, timeout=60))

    first = start(mocked, "bad", "2024-01-01", params={"a": 1, "b": 2})
    mocked.run(lambda: shop.attempts.get(first))

    failed = mocked.run(lambda: retry(first, params={"b": 3}))
    assert (failed.session_id, failed.index, failed.params) == (first.session_id, 2, {"a": 1, "b": 3})
    assert states(mocked, failed)["+bad+first"] is None
    everything = mocked.run(lambda: retry(first.id, rerun="all", keep_params=False))
    assert everything.params == {}
    assert states(mocked, everything)["+bad+first"] is not None
    resumed = mocked.run(lambda: retry(first, from_task="+load", name="mine"))
    assert resumed.retry_attempt_name == "mine"
    assert states(mocked, resumed)["+bad+first"] is None

    (tmp_path / "shop" / "bad.dig").write_text(FILES["bad.dig"].replace("fail>: on purpose", "echo>: mended"))
    mocked.run(lambda: shop.projects.push(tmp_path / "shop", "shop", revision="r2"))
    with pytest.raises(AttemptFailed):
        wait(mocked.run(lambda: retry(first)))
    assert wait(mocked.run(lambda: retry(first, revision="r2"))).success
    good = mocked.run(lambda: retry(first, latest_revision=True))
    assert wait(good).success

    with pytest.raises(AttemptExists):
        mocked.run(lambda: retry(first, name="mine"))
    with pytest.raises(BadRequest):
        mocked.run(lambda: retry(good))
    with pytest.raises(NotFound):
        mocked.run(lambda: retry(first, revision="r9"))


@pytest.mark.parametrize(
    "options",
    [
        {"rerun": "all", "from_task": "+load"},
        {"revision": "r1", "latest_revision": True},
        {"rerun": "some"},
        {"from_task": "+"},
    ],
)
def test_a_retry_that_contradicts_itself_is_refused(mocked: Guise, shop: Any, options: dict[str, Any]) -> None:
    """Before any request."""
    with pytest.raises(ValueError, match=r"."):
        mocked.run(lambda: shop.attempts.retry(4711, **options))


def test_a_kill_can_wait_for_the_end(
    mocked: Guise, shop: Any, own: OwnAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives the attempt as it ended, or says that it has not ended yet."""
    attempt = start(mocked, "slow", "2024-01-01")
    mocked.run(lambda: shop.attempts.get(attempt))
    with pytest.raises(WaitTimeout):
        mocked.run(lambda: shop.attempts.kill(attempt, wait=True, timeout=5))
    own.account.clock.advance(7200)
    assert mocked.run(lambda: shop.attempts.get(attempt)).status == "killed"
    other = start(mocked, "slow", "2024-01-02")
    monkeypatch.setattr(mocked.clock, "sleep", lambda _: own.account.clock.advance(600))
    ended = mocked.run(lambda: shop.attempts.kill(other, wait=True))
    assert (ended.id, ended.done, ended.status) == (other.id, True, "killed")
    with pytest.raises(Conflict):
        mocked.run(lambda: shop.attempts.kill(attempt, wait=True))


def test_many_are_killed_after_a_look(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """A dry run by itself; then a report of what happened to each, failures among them."""
    slow = [start(mocked, "slow", f"2024-01-0{day}") for day in (1, 2, 3)]
    own.account.clock.advance(600)
    young = start(mocked, "slow", "2024-01-04")
    moment = NOW + timedelta(minutes=5)
    planned = mocked.run(lambda: shop.attempts.kill_all(project="shop", until=moment))
    assert [outcome.subject.id for outcome in planned.planned] == [attempt.id for attempt in reversed(slow)]
    assert not mocked.run(lambda: shop.attempts.get(slow[0])).cancel_requested
    report = mocked.run(lambda: shop.attempts.kill_all(project="shop", until=moment, dry_run=False, concurrency=2))
    assert (len(report.done), len(report.failed), len(report)) == (3, 0, 3)
    assert "kill: 3 done, 0 failed, 0 planned" in str(report)
    assert f"done attempt {report.done[0].subject.id} of shop " in str(report)
    assert mocked.run(lambda: shop.attempts.get(slow[0])).cancel_requested
    assert not mocked.run(lambda: shop.attempts.get(young)).cancel_requested
    with pytest.raises(ValueError, match="concurrency"):
        mocked.run(lambda: shop.attempts.kill_all(concurrency=0, dry_run=False))


def test_many_are_retried_once(mocked: Guise, shop: Any, tmp_path: Path) -> None:
    """Every session that failed runs again, and a second call finds nothing left to do."""
    failed = [start(mocked, "bad", f"2024-01-0{day}") for day in (1, 2, 3)]
    start(mocked, "nightly", "2024-01-01")
    for attempt in failed:
        mocked.run(lambda attempt=attempt: shop.attempts.get(attempt))  # type: ignore[misc]
    (tmp_path / "shop" / "bad.dig").write_text(FILES["bad.dig"].replace("fail>: on purpose", "echo>: mended"))
    mocked.run(lambda: shop.projects.push(tmp_path / "shop", "shop"))
    assert len(mocked.run(lambda: shop.attempts.retry_all(project="shop")).planned) == 3
    report = mocked.run(
        lambda: shop.attempts.retry_all(project="shop", workflow="bad", latest_revision=True, dry_run=False)
    )
    assert [outcome.subject.id for outcome in report] == [attempt.id for attempt in reversed(failed)]
    for outcome in report.done:
        assert mocked.run(lambda outcome=outcome: shop.attempts.wait(outcome.result, timeout=60)).success  # type: ignore[misc]
    assert len(mocked.run(lambda: shop.attempts.retry_all(project="shop", dry_run=False))) == 0


def test_what_fails_for_one_leaves_the_others_alone(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """The report holds the error of each that failed."""
    for day in (1, 2):
        start(mocked, "bad", f"2024-01-0{day}")
    mocked.rows(shop.attempts.list())
    own.faults.append(Fault("status", operation="startAttempt", status=400, times=1))
    report = mocked.run(lambda: shop.attempts.retry_all(dry_run=False, concurrency=1))
    assert (len(report.done), len(report.failed)) == (1, 1)
    assert isinstance(report.failed[0].error, BadRequest)


def test_starts_that_always_queue_are_waited_for(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """As the service has announced: a start without a word on queueing waits for its slot, and so does its caller."""
    account = own.account
    account.settings |= {"api.start_always_queues": True, "executor.attempt_max_run": 1}
    first = start(mocked, "slow", "now")
    second = start(mocked, "nightly", "now", wait_for_slot=60)
    assert (first.status, second.status, second.outcome) == ("running", "queued", "created")
    assert mocked.clock.slept == []
    with pytest.raises(WaitTimeout):
        mocked.run(lambda: shop.attempts.wait(second, timeout=10))
    account.clock.advance(timedelta(hours=2))
    assert mocked.run(lambda: shop.attempts.wait(second, timeout=10)).success
