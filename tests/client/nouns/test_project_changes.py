"""Plans, pushes that change nothing, rollbacks and promotions, on the mock."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.client.nouns.conftest import OwnAccount
from tests.support.client.support import Guise, guise_of
from tests.support.mock.api import Api
from treasure_workflow import ArchiveError, BadRequest, Conflict, NotFound, PlanOutdated, PushedProject
from treasure_workflow._http.files import FileSink
from treasure_workflow_mock import schedule_rules

NIGHTLY = "timezone: Asia/Tokyo\nschedule:\n  daily>: 03:00:00\n+a:\n  echo>: one\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a schedule, a plain workflow and a query."""
    made = tmp_path / "shop"
    made.mkdir()
    (made / "nightly.dig").write_text(NIGHTLY)
    (made / "plain.dig").write_text("+a:\n  echo>: x\n")
    (made / "query.sql").write_text("select 1")
    return made


def test_a_push_of_the_same_contents_sends_nothing(mocked: Guise, folder: Path) -> None:
    """Unless it is forced, names its revision, or changes schedules."""
    projects: Any = mocked.client.projects
    first = mocked.run(lambda: projects.push(folder, "shop"))
    again = mocked.run(lambda: projects.push(folder, "shop"))
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again == first
    assert isinstance(again, PushedProject)
    assert (again.id, again.name, again.revision, again.archive_md5) == (
        first.id,
        "shop",
        first.revision,
        first.archive_md5,
    )
    for options in ({"force": True}, {"revision": "r2"}, {"clear_schedules": ["nightly"]}, {"clear_schedules": "all"}):
        pushed = mocked.run(lambda options=options: projects.push(folder, "shop", **options))  # type: ignore[misc]
        assert not pushed.unchanged
    assert len(mocked.rows(projects.revisions("shop"))) == 5
    (folder / "query.sql").write_text("select 2")
    assert not mocked.run(lambda: projects.push(folder, "shop")).unchanged


def test_progress_ends_with_the_whole_archive(mocked: Guise, folder: Path) -> None:
    """The bytes sent rise to the archive's size."""
    (folder / "noise.bin").write_bytes(random.Random(1).randbytes(300_000))
    seen: list[tuple[int, int]] = []
    mocked.run(
        lambda: mocked.client.projects.push(folder, "shop", on_progress=lambda sent, total: seen.append((sent, total)))
    )
    assert len(seen) > 3
    assert [sent for sent, _ in seen] == sorted({sent for sent, _ in seen})
    assert seen[-1][0] == seen[-1][1] > 300_000


def test_a_plan_shows_what_a_push_does(mocked: Guise, folder: Path) -> None:
    """Files, workflows and schedules that come, change and go; nothing is changed by asking."""
    projects: Any = mocked.client.projects
    plan = mocked.run(lambda: projects.plan(folder, "shop"))
    assert (plan.revision, plan.unchanged) == (None, False)
    assert plan.files.added == ("nightly.dig", "plain.dig", "query.sql")
    assert [(one.workflow, one.change) for one in plan.schedules] == [("nightly", "added")]
    assert mocked.rows(projects.list()) == []

    mocked.run(lambda: projects.push(folder, "shop", revision="r1"))
    same = mocked.run(lambda: projects.plan(folder, "shop"))
    assert (same.revision, same.unchanged, bool(same.files), bool(same.workflows)) == ("r1", True, False, False)
    (schedule,) = mocked.rows(mocked.client.schedules.list(project="shop"))
    assert same.schedules[0].next_run_before == schedule.next_run_time
    assert same.schedules[0].next_run_after == schedule.next_run_time

    (folder / "query.sql").unlink()
    (folder / "nightly.dig").write_text(NIGHTLY.replace("03:00", "04:00"))
    (folder / "new.dig").write_text("schedule:\n  hourly>: 00:00\n+a:\n  echo>: x\n")
    plan = mocked.run(lambda: projects.plan(folder, "shop", clear_schedules=["nightly", "ghost"]))
    assert plan.files == type(plan.files)(("new.dig",), ("nightly.dig",), ("query.sql",))
    assert plan.workflows == type(plan.workflows)(("new",), ("nightly",), ())
    assert [(one.workflow, one.change, one.cleared) for one in plan.schedules] == [
        ("new", "added", False),
        ("nightly", "changed", True),
    ]
    assert [warning.split(",")[0] for warning in plan.warnings] == ["clear_schedules names ghost"]
    text = str(plan)
    for part in ("+ new.dig", "~ nightly.dig", "- query.sql", "(cleared)", "told by the service", "warning: "):
        assert part in text

    (folder / "nightly.dig").unlink()
    plan = mocked.run(lambda: projects.plan(folder, "shop"))
    assert plan.schedules[1].change == "removed"
    assert "schedules end: nightly" in plan.warnings[0]


def test_what_is_planned_of_times_happens(mocked: Guise, folder: Path) -> None:
    """Sessions that were skipped come back with a push when nothing has run, and the plan says so."""
    projects, schedules = mocked.client.projects, mocked.client.schedules
    mocked.run(lambda: projects.push(folder, "shop"))
    (before,) = mocked.rows(schedules.list())
    mocked.run(lambda: schedules.skip(before, from_time=before.next_schedule_time, count=3))
    (folder / "query.sql").write_text("select 2")
    plan = mocked.run(lambda: projects.plan(folder, "shop"))
    mocked.run(lambda: projects.push(folder, "shop"))
    (after,) = mocked.rows(schedules.list())
    assert plan.schedules[0].next_session_after == after.next_schedule_time == before.next_schedule_time
    assert plan.schedules[0].next_session_before != after.next_schedule_time


@pytest.mark.parametrize("rules", [None, schedule_rules], ids=["service", "rules"])
def test_a_schedule_that_is_over_has_no_next_run(mocked: Guise, folder: Path, rules: Any) -> None:
    """Nor does anything of it run at once."""
    projects: Any = mocked.client.projects
    (folder / "nightly.dig").write_text("schedule:\n  daily>: 03:00:00\n  end: 2020-01-01\n+a:\n  echo>: x\n")
    mocked.run(lambda: projects.push(folder, "shop"))
    (folder / "query.sql").write_text("select 2")
    plan = mocked.run(lambda: projects.plan(folder, "shop", schedule_rules=rules))
    (told,) = plan.schedules
    times = (told.next_session_before, told.next_run_before, told.next_session_after, told.next_run_after)
    assert times == (None, None, None, None)
    assert told.after_told_by == ("service" if rules is None else "rules")
    assert str(told).startswith("  nightly: next run none -> none")
    assert plan.warnings == ()


@pytest.mark.parametrize("rules", [None, schedule_rules], ids=["service", "rules"])
def test_a_schedule_goes_on_after_what_it_ran(
    mocked: Guise, folder: Path, own: OwnAccount, monkeypatch: pytest.MonkeyPatch, rules: Any
) -> None:
    """Not with what it ran already, unless it forgets that; of what it missed the plan warns that it runs at once."""
    projects: Any = mocked.client.projects
    clock = own.account.clock
    clock.freeze(datetime(2024, 5, 8, 12, tzinfo=UTC))
    monkeypatch.setattr(mocked.clock, "utcnow", lambda: datetime.fromtimestamp(clock.now(), UTC))
    mocked.run(lambda: projects.push(folder, "shop"))
    clock.advance(timedelta(hours=7))  # it runs at 18 o'clock in UTC
    assert len(mocked.rows(mocked.client.sessions.list())) == 1
    (folder / "query.sql").write_text("select 2")
    plan = mocked.run(lambda: projects.plan(folder, "shop", schedule_rules=rules))
    assert plan.schedules[0].next_session_after == datetime(2024, 5, 9, 15, tzinfo=UTC)
    assert plan.warnings == ()
    past = datetime(2024, 5, 8, 1, tzinfo=UTC)
    options = {"schedule_from": past, "clear_schedules": ["nightly"], "schedule_rules": rules}
    plan = mocked.run(lambda: projects.plan(folder, "shop", **options))
    assert plan.schedules[0].next_session_after == datetime(2024, 5, 8, 15, tzinfo=UTC)
    assert "goes on in the past: what it missed since then runs at once" in plan.warnings[0]
    plan = mocked.run(lambda: projects.plan(folder, "shop", schedule_from=past, schedule_rules=rules))
    assert plan.schedules[0].next_session_after == datetime(2024, 5, 9, 15, tzinfo=UTC)
    assert "goes on after its session 2024-05-09T00:00:00+09:00; had it not run that one itself" in plan.warnings[0]
    (folder / "nightly.dig").write_text(NIGHTLY.replace("daily>: 03:00:00", "hourly>: '15:00'"))
    for skips, expected in (
        (True, datetime(2024, 5, 8, 19, tzinfo=UTC)),
        (False, datetime(2024, 5, 8, 16, tzinfo=UTC)),
    ):
        plan = mocked.run(
            lambda skips=skips: projects.plan(folder, "shop", skip_schedule=skips, schedule_rules=rules)  # type: ignore[misc]
        )
        assert plan.schedules[0].next_session_after == (expected if rules else None)


def test_a_rollback_brings_old_contents_back(mocked: Guise, folder: Path, tmp_path: Path) -> None:
    """As a new revision, with the very bytes; a dry run only tells."""
    projects: Any = mocked.client.projects
    first = mocked.run(lambda: projects.push(folder, "shop", revision="r1"))
    (folder / "query.sql").write_text("select 2")
    mocked.run(lambda: projects.push(folder, "shop", revision="r2"))
    plan = mocked.run(lambda: projects.rollback("shop", "r1", dry_run=True))
    assert plan.files.changed == ("query.sql",)
    back = mocked.run(lambda: projects.rollback("shop", "r1"))
    assert back.archive_md5 == first.archive_md5
    assert back.revision.startswith("r1-again-")
    assert len(mocked.rows(projects.revisions("shop"))) == 3
    mocked.run(lambda: projects.pull("shop", tmp_path / "out"))
    assert (tmp_path / "out" / "query.sql").read_text() == "select 1"
    assert mocked.run(lambda: projects.rollback("shop", "r1")).unchanged
    assert mocked.run(lambda: projects.rollback("shop", "r2", new_revision="r2b")).revision == "r2b"
    with pytest.raises(NotFound):
        mocked.run(lambda: projects.rollback("shop", "r9"))


def test_a_promotion_names_the_secrets_that_are_missing(
    mocked: Guise, folder: Path, own: OwnAccount, request: pytest.FixtureRequest
) -> None:
    """A revision goes to another account byte for byte, under its name, after a plan."""
    projects: Any = mocked.client.projects
    mocked.run(lambda: projects.push(folder, "shop", revision="r1"))
    mocked.run(lambda: mocked.client.secrets.set("shop", "td.apikey", "x"))
    mocked.run(lambda: mocked.client.secrets.set("shop", "mail.password", "x"))
    with guise_of(
        request.node.callspec.params["mocked"], own.service.base_url, api_key=Api(own.service.base_url).key
    ) as other:
        promotion = mocked.run(lambda: projects.promote("shop", "prod", dry_run=True))
        assert (promotion.project, promotion.missing_secrets) == (None, ("mail.password", "td.apikey"))
        assert promotion.plan.files.added == ("nightly.dig", "plain.dig", "query.sql")
        assert "secrets missing there: mail.password, td.apikey" in str(promotion)
        if request.node.callspec.params["mocked"] == "sync":  # an async client belongs to its own event loop
            there = mocked.run(lambda: projects.promote("shop", to=other.client, revision="r1")).project
            assert other.client.projects.find("shop") == there
            other.client.secrets.set("shop", "td.apikey", "y")
            again = projects.promote("shop", to=other.client)
            assert (again.project.unchanged, again.missing_secrets) == (True, ("mail.password",))
    done = mocked.run(lambda: projects.promote("shop", "prod"))
    assert (done.project.name, done.project.revision) == ("prod", "r1")
    (folder / "query.sql").write_text("select 3")
    mocked.run(lambda: projects.push(folder, "shop", revision="r2"))
    mocked.run(lambda: projects.promote("shop", "prod"))
    with pytest.raises(Conflict):
        mocked.run(lambda: projects.promote("shop", "prod", revision="r1"))
    assert (
        mocked.run(lambda: projects.promote("shop", "prod", revision="r1", new_revision="r3")).project.revision == "r3"
    )
    with pytest.raises(ValueError, match="promoted to itself"):
        mocked.run(lambda: projects.promote("shop", "shop"))


def test_a_promotion_that_was_looked_at_is_carried_out(mocked: Guise, folder: Path) -> None:
    """As it was shown, or not at all: it tells what differs when one of the projects has changed since."""
    projects: Any = mocked.client.projects
    mocked.run(lambda: projects.push(folder, "shop", revision="r1"))
    shown = mocked.run(lambda: projects.promote("shop", "prod", dry_run=True, schedule_rules=schedule_rules))
    done = mocked.run(lambda: projects.promote("shop", "prod", planned=shown))
    assert (done.plan, done.project.revision) == (shown.plan, "r1")
    with pytest.raises(PlanOutdated, match="new in it: project prod: now at revision r1"):
        mocked.run(lambda: projects.promote("shop", "prod", planned=shown))
    shown = mocked.run(lambda: projects.promote("shop", "prod", dry_run=True))
    (folder / "query.sql").write_text("select 2")
    mocked.run(lambda: projects.push(folder, "shop", revision="r2"))
    with pytest.raises(PlanOutdated, match=r"new in it: +~ query\.sql") as caught:
        mocked.run(lambda: projects.promote("shop", "prod", planned=shown))
    assert mocked.run(lambda: projects.find("prod")).revision == "r1"
    mocked.run(lambda: projects.promote("shop", "prod", planned=caught.value.plan))
    assert mocked.run(lambda: projects.find("prod")).revision == "r2"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("+a:\n  echo>: x\n b: c\n", "plain.dig, line 3: no YAML"),
        ("+a:\n\techo>: x\n", "plain.dig, line 2: no YAML"),
        ("- a\n", "plain.dig, line 1: expected keys such as `\\+task:`, got a list"),
        ("# nothing\n", "plain.dig, line 1: expected .*, got nothing"),
        ("+a: \x07\n", "plain.dig: no YAML: unacceptable character"),
    ],
)
def test_a_plan_tells_what_a_push_would_be_refused_for(mocked: Guise, folder: Path, text: str, problem: str) -> None:
    """With the file and the line; the service refuses it indeed."""
    projects: Any = mocked.client.projects
    (folder / "plain.dig").write_text(text)
    with pytest.raises(ArchiveError, match=f"the service would refuse this push: {problem}"):
        mocked.run(lambda: projects.plan(folder, "shop"))
    with pytest.raises(BadRequest):
        mocked.run(lambda: projects.push(folder, "shop"))


@pytest.mark.parametrize("text", ["timezone: UTC\n", "{}", "+a:\n  echo>: x\t\n", "\ufeff+a:\n  echo>: x\n"])
def test_a_plan_takes_what_the_service_takes(mocked: Guise, folder: Path, text: str) -> None:
    """A workflow without tasks, a tab behind a text, a byte order mark."""
    projects: Any = mocked.client.projects
    (folder / "plain.dig").write_text(text, "utf-8")
    assert "plain" in mocked.run(lambda: projects.plan(folder, "shop")).workflows.added
    mocked.run(lambda: projects.push(folder, "shop"))


def test_bad_input_is_refused_before_anything_is_sent(mocked: Guise, folder: Path) -> None:
    """Each with an error that tells what to give."""
    projects: Any = mocked.client.projects
    with pytest.raises(ValueError, match="must be a list of texts or 'all', not another text"):
        mocked.run(lambda: projects.push(folder, "shop", clear_schedules="nightly"))
    with pytest.raises(ArchiveError, match="is not a folder"):
        mocked.run(lambda: projects.plan(folder / "none", "shop"))
    with pytest.raises(ArchiveError, match="has no workflow"):
        mocked.run(lambda: projects.push(folder.parent, "shop"))
    with pytest.raises(NotFound):
        mocked.run(lambda: projects.pull("shop", folder.parent / "out", revision="r1"))
    assert mocked.rows(projects.list()) == []
    assert not (folder.parent / "out").exists()


def test_dot_files_that_are_named_are_pushed(mocked: Guise, folder: Path, tmp_path: Path) -> None:
    """They and no others: a path inside the folder, a dot folder with its plain files."""
    projects: Any = mocked.client.projects
    (folder / ".ruby-version").write_text("3.3")
    (folder / ".env").write_text("SECRET=1")
    (folder / ".conf" / "deep").mkdir(parents=True)
    for name in ("a.txt", ".b", "deep/c.txt"):
        (folder / ".conf" / name).write_text("x")
    plan = mocked.run(lambda: projects.plan(folder, "shop", include=[".ruby-version", ".conf/deep/c.txt"]))
    assert [name for name in plan.files.added if name.startswith(".")] == [
        ".conf/deep/c.txt",
        ".ruby-version",
    ]
    plan = mocked.run(lambda: projects.plan(folder, "shop", include=[".conf"]))
    assert [name for name in plan.files.added if name.startswith(".")] == [".conf/a.txt", ".conf/deep/c.txt"]
    mocked.run(lambda: projects.push(folder, "shop", include=[".ruby-version"]))
    pulled = mocked.run(lambda: projects.pull("shop", tmp_path / "out"))
    assert [name for name in pulled if name.startswith(".")] == [".ruby-version"]
    for wrong in ([".none"], ["../shop"], ["/etc/passwd"], [""]):
        with pytest.raises(ArchiveError, match="include"):
            mocked.run(lambda wrong=wrong: projects.push(folder, "shop", include=wrong))  # type: ignore[misc]


def test_a_full_disk_is_told_and_leaves_nothing(
    mocked: Guise, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulls, plans and rollbacks say what to do; no folder is made and no revision."""
    projects: Any = mocked.client.projects
    mocked.run(lambda: projects.push(folder, "shop", revision="r1"))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSink, "write", full)
    calls: list[Callable[[], Any]] = [
        lambda: projects.pull("shop", tmp_path / "out"),
        lambda: projects.plan(folder, "shop"),
        lambda: projects.rollback("shop", "r1", new_revision="r2"),
    ]
    for call in calls:
        with pytest.raises(ArchiveError, match=r"No space left on device.*make room"):
            mocked.run(call)
    assert not (tmp_path / "out").exists()
    assert len(mocked.rows(projects.revisions("shop"))) == 1
