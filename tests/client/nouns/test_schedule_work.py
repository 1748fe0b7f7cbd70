"""Schedules by their names, previews and dry runs, pausing and resuming many; on the mock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.client.nouns.conftest import OwnAccount
from tests.support.client.support import Guise, ScriptedServer, guise_of
from treasure_workflow import Conflict, NotFound
from treasure_workflow_mock.control.faults import Fault

NAMES = {"project": "shop", "workflow": "nightly"}
FILES = {
    "nightly.dig": "timezone: Europe/Berlin\nschedule:\n  daily>: 03:00:00\n+a:\n  echo>: x\n",
    "ending.dig": "schedule:\n  daily>: 03:00:00\n  end: 2024-04-02\n+a:\n  echo>: x\n",
    "plain.dig": "+a:\n  echo>: x\n",
}
MARCH = datetime(2024, 3, 28, 12, tzinfo=UTC)


@pytest.fixture
def shop(mocked: Guise, own: OwnAccount, tmp_path: Path) -> Any:
    """The client of a project with two schedules, three days before the clocks change in Berlin."""
    own.account.clock.freeze(MARCH.timestamp())
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    mocked.run(lambda: mocked.client.projects.push(folder, "shop", revision="r1"))
    return mocked.client


def test_a_preview_shows_what_the_service_will_do(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """Session times with the offset of their day, run times in UTC, and what really runs is the same."""
    sessions = mocked.run(lambda: shop.schedules.preview(**NAMES, count=4))
    assert [session.session_time.isoformat() for session in sessions] == [
        "2024-03-29T00:00:00+01:00",
        "2024-03-30T00:00:00+01:00",
        "2024-03-31T00:00:00+01:00",
        "2024-04-01T00:00:00+02:00",
    ]
    assert [session.run_time.hour for session in sessions] == [2, 2, 2, 1]
    for session in sessions:
        own.account.clock.freeze(session.run_time.timestamp())
        mocked.rows(shop.attempts.list())
    ran = mocked.rows(shop.sessions.list(project="shop", workflow="nightly"))
    assert [session.session_time for session in reversed(ran)] == [session.session_time for session in sessions]
    assert mocked.run(lambda: shop.schedules.preview(**NAMES, count=0)) == ()
    with pytest.raises(ValueError, match="count"):
        mocked.run(lambda: shop.schedules.preview(**NAMES, count=-1))


def test_a_preview_ends_with_the_schedule(mocked: Guise, shop: Any) -> None:
    """No session after its end is made up."""
    sessions = mocked.run(lambda: shop.schedules.preview(project="shop", workflow="ending", count=50))
    assert [session.session_time.day for session in sessions] == [29, 30, 31, 1, 2]


def test_a_schedule_is_found_by_its_names(mocked: Guise, shop: Any) -> None:
    """Every method takes the id, the model, or project and workflow; names without a schedule are not found."""
    schedules = shop.schedules
    found = mocked.run(lambda: schedules.find("shop", "nightly"))
    assert mocked.run(lambda: schedules.disable(**NAMES)).id == found.id
    assert mocked.run(lambda: schedules.get(found)).disabled_at is not None
    assert mocked.run(lambda: schedules.enable(**NAMES)).disabled_at is None
    after = mocked.run(lambda: schedules.skip(**NAMES, count=2))
    assert after.next_schedule_time == found.next_schedule_time + timedelta(days=2)
    assert len(mocked.run(lambda: schedules.preview(found, count=2))) == 2
    plan = mocked.run(lambda: schedules.backfill(**NAMES, from_time=MARCH, attempt_name="b", dry_run=True))
    assert [attempt.session_time.day for attempt in plan.attempts] == [29, 30]
    for names in ({"project": "shop", "workflow": "plain"}, {"project": "ghost", "workflow": "nightly"}):
        with pytest.raises(NotFound):
            mocked.run(lambda names=names: schedules.disable(**names))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["preview", "enable", "disable", "skip", "backfill"])
def test_names_come_in_pairs(mocked: Guise, shop: Any, name: str) -> None:
    """Half a name, none, or a name beside an id is refused."""
    method: Callable[..., Any] = getattr(shop.schedules, name)
    more = {"count": 1} if name == "skip" else {}
    for schedule, names in ((None, {}), (None, {"project": "shop"}), (None, {"workflow": "nightly"}), (1, NAMES)):
        with pytest.raises(ValueError, match="give "):
            mocked.run(lambda schedule=schedule, names=names: method(schedule, **names, **more))  # type: ignore[misc]


def test_dry_runs_tell_the_sessions_and_change_nothing(mocked: Guise, shop: Any) -> None:
    """What would be left out, run or not run; then the same is done."""
    schedules = shop.schedules
    before = mocked.run(lambda: schedules.find("shop", "nightly"))
    skipped = mocked.run(lambda: schedules.skip(**NAMES, count=3, dry_run=True))
    assert [session.session_time.day for session in skipped.sessions] == [29, 30, 31]
    to_time = mocked.run(lambda: schedules.skip(**NAMES, next_time="2024-04-01T00:00:00", dry_run=True))
    assert (to_time.sessions, to_time.after) == (skipped.sessions, skipped.after)
    assert "would be left out:\n  2024-03-29T00:00:00+01:00 (runs 2024-03-29T02:00:00+00:00)" in str(skipped)
    off = mocked.run(lambda: schedules.disable(before, dry_run=True))
    assert (len(off.sessions), off.more) == (5, True)
    assert mocked.run(lambda: schedules.get(before)) == before
    done = mocked.run(lambda: schedules.skip(**NAMES, count=3))
    assert done.next_schedule_time == skipped.after.next_schedule_time
    with pytest.raises(Conflict):
        mocked.run(lambda: schedules.skip(**NAMES, next_time="2024-03-29T00:00:00", dry_run=True))
    with pytest.raises(ValueError, match="next_time 'yesterday' is no ISO 8601 time"):
        mocked.run(lambda: schedules.skip(**NAMES, next_time="yesterday"))
    with pytest.raises(ValueError, match="next_time 'soon' is no ISO 8601 time"):
        mocked.run(lambda: schedules.enable(**NAMES, skip_schedule=True, next_time="soon"))
    day = mocked.run(lambda: schedules.skip(**NAMES, next_time="2024-04-03", dry_run=True))
    assert day.after.next_schedule_time.isoformat() == "2024-04-03T00:00:00+02:00"
    for wrong in (
        {},
        {"count": 0},
        {"count": 1, "next_time": MARCH},
        {"from_time": MARCH},
        {"count": 1, "from_time": MARCH.date()},
    ):
        with pytest.raises((ValueError, TypeError)):
            mocked.run(lambda wrong=wrong: schedules.skip(**NAMES, **wrong))  # type: ignore[misc]


def test_a_backfill_without_a_time_or_a_name_is_not_sent(mocked: Guise, shop: Any, own: OwnAccount) -> None:
    """Unless the options make one needless."""
    sent = len(own.requests)
    for options, told in (({"attempt_name": "b"}, "give from_time"), ({"from_time": MARCH}, "give attempt_name")):
        with pytest.raises(ValueError, match=told):
            mocked.run(lambda options=options: shop.schedules.backfill(**NAMES, **options))  # type: ignore[misc]
    assert len(own.requests) == sent
    plan = mocked.run(
        lambda: shop.schedules.backfill(**NAMES, skip_existing=True, advance_schedule=True, count=1, dry_run=True)
    )
    assert len(plan.attempts) == 1


def test_enabling_tells_what_was_missed(mocked: Guise, shop: Any, own: OwnAccount, tmp_path: Path) -> None:
    """The sessions that fell due while the schedule was off, and they are the ones that run."""
    schedules, clock = shop.schedules, own.account.clock
    mocked.run(lambda: schedules.disable(**NAMES))
    clock.freeze((datetime.now(UTC) - timedelta(days=3)).timestamp())
    mocked.run(lambda: shop.projects.push(tmp_path / "shop", "shop", clear_schedules="all"))
    clock.run()
    missed = mocked.run(lambda: schedules.enable(**NAMES, skip_schedule=False, dry_run=True))
    assert "would run at once" in missed.effect
    assert 2 <= len(missed.sessions) <= 3
    skip = mocked.run(lambda: schedules.enable(**NAMES, skip_schedule=True, dry_run=True))
    assert (skip.sessions, "left out" in skip.effect) == (missed.sessions, True)
    assert mocked.run(lambda: schedules.find("shop", "nightly")).disabled_at is not None
    mocked.run(lambda: schedules.enable(**NAMES, skip_schedule=False))
    mocked.rows(shop.attempts.list())
    ran = mocked.rows(shop.sessions.list(project="shop", workflow="nightly", limit=len(missed.sessions)))
    assert sorted(session.session_time for session in ran) == [session.session_time for session in missed.sessions]


def test_what_was_enabled_is_remembered(mocked: Guise, shop: Any, tmp_path: Path) -> None:
    """Pausing disables all that are enabled; resuming enables those and no others, and the file goes."""
    schedules, file = shop.schedules, tmp_path / "paused.json"
    mocked.run(lambda: schedules.disable(project="shop", workflow="ending"))
    assert len(mocked.run(lambda: schedules.pause_all(file, dry_run=True)).planned) == 1
    assert not file.exists()
    report = mocked.run(lambda: schedules.pause_all(file, project="shop"))
    assert [outcome.subject.workflow for outcome in report.done] == ["nightly"]
    assert all(row.disabled_at for row in mocked.rows(schedules.list()))
    with pytest.raises(FileExistsError):
        mocked.run(lambda: schedules.pause_all(file))
    assert len(mocked.run(lambda: schedules.resume_all(file, dry_run=True)).planned) == 1
    assert len(mocked.run(lambda: schedules.resume_all(file)).done) == 1
    assert [row.workflow.name for row in mocked.rows(schedules.list()) if row.disabled_at] == ["ending"]
    assert not file.exists()


def test_a_resume_that_failed_can_be_repeated(mocked: Guise, shop: Any, tmp_path: Path, own: OwnAccount) -> None:
    """What is enabled goes from the file, what failed stays; a schedule with a new id is found by its names."""
    schedules, file = shop.schedules, tmp_path / "paused.json"
    mocked.run(lambda: schedules.pause_all(file))
    own.faults.append(Fault("status", operation="enableSchedule", status=403, times=1))
    report = mocked.run(lambda: schedules.resume_all(file, concurrency=1))
    assert (len(report.done), len(report.failed)) == (1, 1)
    assert len(json.loads(file.read_text())["schedules"]) == 1
    (left,) = [row for row in mocked.rows(schedules.list()) if row.disabled_at]
    definition = (tmp_path / "shop" / f"{left.workflow.name}.dig").read_text()
    for text in (FILES["plain.dig"], definition):
        (tmp_path / "shop" / f"{left.workflow.name}.dig").write_text(text)
        mocked.run(lambda: shop.projects.push(tmp_path / "shop", "shop"))
    mocked.run(lambda: schedules.disable(project="shop", workflow=left.workflow.name))
    assert mocked.run(lambda: schedules.find("shop", left.workflow.name)).id != left.id
    assert len(mocked.run(lambda: schedules.resume_all(file)).done) == 1
    assert not [row for row in mocked.rows(schedules.list()) if row.disabled_at]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "treasure-workflow paused schedules", "version": 1}'])
def test_a_file_that_is_none_is_refused(mocked: Guise, shop: Any, tmp_path: Path, content: str) -> None:
    """Nothing is enabled by mistake."""
    file = tmp_path / "paused.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"paused\.json"):
        mocked.run(lambda: shop.schedules.resume_all(file))
    with pytest.raises(ValueError, match="cannot be read"):
        mocked.run(lambda: shop.schedules.resume_all(tmp_path / "none.json"))


def test_a_file_of_another_service_is_refused(mocked: Guise, shop: Any, tmp_path: Path, server: ScriptedServer) -> None:
    """Schedules of one region are not looked for in another."""
    file = tmp_path / "paused.json"
    mocked.run(lambda: shop.schedules.pause_all(file))
    with guise_of("sync", server.base_url) as other, pytest.raises(ValueError, match="use a client of that region"):
        other.client.schedules.resume_all(file)
    assert server.requests == []


def test_a_pause_that_cannot_be_written_disables_nothing(mocked: Guise, shop: Any, tmp_path: Path) -> None:
    """What would not be remembered is not done."""
    with pytest.raises(OSError, match="none"):
        mocked.run(lambda: shop.schedules.pause_all(tmp_path / "none" / "paused.json"))
    assert not any(row.disabled_at for row in mocked.rows(shop.schedules.list()))
