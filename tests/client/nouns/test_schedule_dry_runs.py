"""The law of dry runs of schedules: what one tells is what happens, for any rule, zone and time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.client.schedules import BEGIN, NAMES, RULES, ZONES, World
from treasure_workflow import Conflict
from treasure_workflow._logic.schedules import ENDED
from treasure_workflow_mock import MockService
from treasure_workflow_mock._types import Flavour


@dataclass
class Case:
    """A schedule and when it is looked at: how long it was off, and how far it is followed."""

    definition: str
    start: datetime
    off: timedelta
    flavour: Flavour


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any rule in any zone around the days when clocks change; seldom one that ends."""
    rule, zone = draw(st.sampled_from(RULES)), draw(st.sampled_from(ZONES))
    end = draw(st.sampled_from(("", "", "  end: 2024-03-20\n")))
    # Never at a time when a session runs: what is due at this very second is due for one server and not for another.
    start = BEGIN + timedelta(minutes=draw(st.integers(0, 30 * 24 * 60)), seconds=7)
    off = timedelta(minutes=draw(st.integers(0, 4 * 24 * 60)))
    flavour: Flavour = draw(st.sampled_from(("hosted", "digdag")))
    return Case(f"timezone: {zone}\nschedule:\n  {rule}\n{end}+a:\n  echo>: x\n", start, off, flavour)


@pytest.fixture(scope="module")
def services() -> Iterator[dict[Flavour, MockService]]:
    """A mock of each flavour for all examples, each of which has accounts of its own."""
    with MockService("hosted") as hosted, MockService("digdag") as digdag:
        yield {"hosted": hosted, "digdag": digdag}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the project."""
    return tmp_path_factory.mktemp("shop")


@contextlib.contextmanager
def worlds(services: dict[Flavour, MockService], case: Case, folder: Path, count: int) -> Iterator[list[World]]:
    """Accounts that are the same."""
    made = [World(services[case.flavour], case.start, case.definition, folder) for _ in range(count)]
    with contextlib.ExitStack() as stack:
        for world in made:
            stack.enter_context(world.client)
        yield made


@settings(max_examples=40)
@given(case=cases(), count=st.integers(1, 6))
def test_a_preview_is_what_runs(case: Case, count: int, services: dict[Flavour, MockService], folder: Path) -> None:
    """The next sessions, in their order, and at their times; fewer only where the schedule ends."""
    with worlds(services, case, folder, 1) as (world,):
        told = world.schedules.preview(**NAMES, count=count)
        for session in told:
            world.run_until(session.run_time - timedelta(seconds=1))
            assert session.session_time not in world.ran()
            world.run_until(session.run_time)
            assert session.session_time in world.ran()
        assert world.ran() == [session.session_time for session in told]
        if len(told) < count:
            assert "end:" in case.definition
            world.run_until(BEGIN + timedelta(days=365))
            assert len(world.ran()) == len(told)


@settings(max_examples=60)
@given(
    case=cases(), count=st.integers(1, 5), ahead=st.timedeltas(timedelta(0), timedelta(days=3)), by_count=st.booleans()
)
def test_what_a_skip_tells_is_left_out(
    case: Case,
    count: int,
    ahead: timedelta,
    by_count: bool,
    services: dict[Flavour, MockService],
    folder: Path,
) -> None:
    """Exactly the sessions that run without it and do not run with it, and it goes on where it said."""
    with worlds(services, case, folder, 2) as (skipped, plain):
        how: dict[str, Any] = {"count": count} if by_count else {"next_time": case.start + ahead}
        try:
            told = skipped.schedules.skip(**NAMES, **how, dry_run=True)
        except Conflict:
            with pytest.raises(Conflict):
                skipped.schedules.skip(**NAMES, **how)
            return
        assume(not told.more)
        if by_count and "end:" not in case.definition:
            assert len(told.sessions) == count
        done = skipped.schedules.skip(**NAMES, **how)
        assert done == told.after
        if told.after.next_schedule_time < ENDED:
            assert skipped.schedules.preview(**NAMES, count=1)[0].session_time == told.after.next_schedule_time
        end = min(told.after.next_run_time, BEGIN + timedelta(days=365))
        for world in (skipped, plain):
            world.run_until(end)
        left_out = [time for time in plain.ran() if time not in skipped.ran()]
        assert left_out == [session.session_time for session in told.sessions]


@settings(max_examples=60)
@given(case=cases(), how=st.sampled_from((None, True, False)), ahead=st.none() | st.integers(-60, 3000))
def test_what_an_enabling_tells_of_missed_sessions_happens(
    case: Case,
    how: Literal[True, False] | None,
    ahead: int | None,
    services: dict[Flavour, MockService],
    folder: Path,
) -> None:
    """Those that it says run at once run at once, and those that it says are left out never run."""
    assume(ahead is None or how or (how is None and case.flavour == "hosted"))  # where a time counts
    with worlds(services, case, folder, 1) as (world,):
        world.schedules.disable(**NAMES)
        now = case.start + case.off
        world.run_until(now)
        options: dict[str, Any] = {"skip_schedule": how}
        if ahead is not None:
            options["next_time"] = now + timedelta(minutes=ahead)
        skips = how if how is not None else case.flavour == "hosted"
        missed = world.schedules.find(**NAMES)
        try:
            told = world.schedules.enable(**NAMES, **options, dry_run=True)
        except Conflict:
            assert ahead is not None
            with pytest.raises(Conflict):
                world.schedules.enable(**NAMES, **options)
            return
        assert world.schedules.find(**NAMES) == missed
        sessions = [session.session_time for session in told.sessions]
        assume(not told.more)
        try:
            world.schedules.enable(**NAMES, **options)
        except Conflict:
            assert (case.flavour, how, sessions) == ("digdag", True, [])
            return
        at_once = world.ran()
        assert at_once == ([] if skips else sessions)
        if not skips:
            return
        if told.after is not None:
            assert world.schedules.find(**NAMES).next_schedule_time == told.after.next_schedule_time
        world.run_until(now + timedelta(days=40))
        assert not set(sessions) & set(world.ran())
        if sessions:
            assert sessions[0] == missed.next_schedule_time
            assert max(sessions) < min(world.ran(), default=datetime.max.replace(tzinfo=UTC))


@settings(max_examples=30)
@given(case=cases())
def test_what_a_disabling_tells_does_not_run(case: Case, services: dict[Flavour, MockService], folder: Path) -> None:
    """The first sessions that run with the schedule on are those that it names."""
    with worlds(services, case, folder, 2) as (off, on):
        told = off.schedules.disable(**NAMES, dry_run=True)
        off.schedules.disable(**NAMES)
        for world in (off, on):
            world.run_until(max([case.start, *(session.run_time for session in told.sessions)]))
        assert off.ran() == []
        assert on.ran() == [session.session_time for session in told.sessions]
        assert told.more or "end:" in case.definition


@settings(max_examples=40)
@given(case=cases(), back=st.integers(0, 5 * 24 * 60), count=st.none() | st.integers(0, 5), done=st.booleans())
def test_what_a_backfill_tells_is_started(
    case: Case,
    back: int,
    count: int | None,
    done: bool,
    services: dict[Flavour, MockService],
    folder: Path,
) -> None:
    """The same sessions, or the same refusal; and with `skip_existing` those that have attempts are left out."""
    with worlds(services, case, folder, 1) as (world,):
        begin = case.start - timedelta(minutes=back)
        options: dict[str, Any] = {"from_time": begin, "attempt_name": "b", "count": count}
        if done:
            assume(case.flavour == "hosted")
            with contextlib.suppress(Exception):
                world.schedules.backfill(**NAMES, from_time=begin, attempt_name="first", count=1)
            options |= {"attempt_name": None, "skip_existing": True}
        before = world.ran()
        try:
            told = world.schedules.backfill(**NAMES, **options, dry_run=True)
        except Exception as refused:  # noqa: BLE001  whatever it is, the other is refused likewise
            with pytest.raises(type(refused)):
                world.schedules.backfill(**NAMES, **options)
            return
        assert world.ran() == before
        started = world.schedules.backfill(**NAMES, **options)
        times = [attempt.session_time for attempt in told.attempts]
        assert [attempt.session_time for attempt in started.attempts] == times
        assert world.ran() == sorted({*before, *times})
