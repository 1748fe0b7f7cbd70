"""The law of a plan's times: what it tells of a schedule's next session is what the push makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.client.schedules import BEGIN, NAMES, RULES, ZONES, World
from treasure_workflow import BadRequest, Conflict, SchedulePlan
from treasure_workflow._logic.schedules import ENDED
from treasure_workflow_mock import MockService, schedule_rules

definitions = st.builds(
    "timezone: {}\nschedule:\n  {}\n{}+a:\n  echo>: x\n".format,
    st.sampled_from(ZONES),
    st.sampled_from(RULES),
    st.sampled_from(("", "", "", "  end: 2024-03-20\n", "  start: 2024-04-02\n")),
)
minutes = st.integers(0, 4 * 24 * 60).map(lambda count: timedelta(minutes=count))
pasts = st.fixed_dictionaries(
    {
        "passed": minutes,
        "skipped": st.integers(0, 3),
        "by hand": st.sampled_from((None, "now", "next_schedule")),
        "backfilled": st.integers(0, 3),
        "off": st.booleans(),
    }
)
pushes = st.fixed_dictionaries(
    {},
    optional={
        "schedule_from": minutes.map(lambda ahead: BEGIN + timedelta(days=10) + ahead),
        "clear_schedules": st.just("all"),
        "skip_schedule": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def service() -> Iterator[MockService]:
    """One mock for all examples, each of which has an account of its own."""
    with MockService() as running:
        yield running


def live(world: World, past: dict[str, Any]) -> None:
    """Lets happen to a schedule what may happen to one before a push."""
    first = min(world.client.schedules.find(**NAMES).next_run_time, BEGIN + timedelta(days=30))
    world.run_until(first + timedelta(seconds=7))
    if past["off"]:
        world.schedules.disable(**NAMES)
    world.run_until(first + past["passed"] + timedelta(seconds=7))
    if past["by hand"]:
        with suppress(BadRequest, Conflict):  # there may be no session left, or it has run before its time
            world.client.attempts.start(*NAMES.values(), session_time=past["by hand"])
    with suppress(Conflict, BadRequest):
        if past["backfilled"]:
            world.schedules.backfill(
                **NAMES, from_time=BEGIN - timedelta(days=9), attempt_name="b", count=past["backfilled"]
            )
    with suppress(Conflict):
        if past["skipped"] and past["by hand"] != "next_schedule":  # else nobody sees that it did not run that one
            world.schedules.skip(**NAMES, count=past["skipped"])


def check(told: SchedulePlan, world: World, warnings: tuple[str, ...], *, doubtful: bool) -> None:
    """Holds what was told against what is, once it is pushed. A doubt may be right where there is reason for it."""
    (found,) = world.account.schedules.values()  # as it is before anything that is due is run
    session, run = (datetime.fromtimestamp(time, UTC) for time in (found.next_schedule_time, found.next_run_time))
    past = any(one == "schedule a goes on in the past: what it missed since then runs at once" for one in warnings)
    assert told.next_session_after is None or told.next_session_after < ENDED
    if (told.next_session_after or ENDED) == session:
        assert told.next_run_after in (None, run)
        assert past == (run.timestamp() <= world.account.clock.now() and not told.disabled)
        return
    assert doubtful
    (doubt,) = [one for one in warnings if one.startswith("schedule a goes on after its session")]
    assert doubt.endswith("it ends" if session == ENDED else f"it goes on with session {told_as(session, doubt)}")


def told_as(session: datetime, text: str) -> str:
    """A time at the end of a text, as it is written there, when it is this time."""
    word = text.rpartition(" ")[2]
    return word if datetime.fromisoformat(word) == session else session.isoformat()


@settings(max_examples=80)
@given(before=definitions, after=st.none() | definitions, past=pasts, push=pushes)
def test_what_a_plan_tells_of_times_is_what_a_push_makes(
    before: str,
    after: str | None,
    past: dict[str, Any],
    push: dict[str, Any],
    service: MockService,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of a schedule that stays, changes or is cleared, whatever it has run; or the plan says what else may be."""
    folder = tmp_path_factory.mktemp("shop")
    world = World(service, BEGIN + timedelta(days=10, seconds=7), before, folder)
    with world.client as client:
        live(world, past)
        folder.joinpath("a.dig").write_text(after or before)
        folder.joinpath("b.txt").write_text("another file")
        plan = client.projects.plan(folder, "shop", schedule_rules=schedule_rules, **push)
        (told,) = plan.schedules
        assert told.after_told_by == "rules"
        assert "(computed here)" in str(told) or "disabled" in str(told) or "cleared" in str(told)
        client.projects.push(folder, "shop", **push)
        check(told, world, plan.warnings, doubtful=past["backfilled"] > 0)


@settings(max_examples=50)
@given(definition=definitions, past=pasts, push=pushes)
def test_the_service_tells_the_times_of_a_definition_that_stays(
    definition: str,
    past: dict[str, Any],
    push: dict[str, Any],
    service: MockService,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Without anybody else who knows the rules."""
    folder = tmp_path_factory.mktemp("shop")
    world = World(service, BEGIN + timedelta(days=10, seconds=7), definition, folder)
    with world.client as client:
        live(world, past)
        folder.joinpath("b.txt").write_text("another file")
        plan = client.projects.plan(folder, "shop", **push)
        (told,) = plan.schedules
        assert told.after_told_by == "service"
        client.projects.push(folder, "shop", **push)
        check(told, world, plan.warnings, doubtful=past["backfilled"] > 0)


@given(definition=definitions, push=pushes)
@settings(max_examples=20)
def test_a_new_project_s_times_are_told(
    definition: str, push: dict[str, Any], service: MockService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Before it is there."""
    folder, empty = tmp_path_factory.mktemp("shop"), tmp_path_factory.mktemp("other")
    world = World(service, BEGIN + timedelta(days=10, seconds=7), "+a:\n  echo>: x\n", empty)
    with world.client as client:
        client.projects.delete("shop")
        folder.joinpath("a.dig").write_text(definition)
        plan = client.projects.plan(folder, "shop", schedule_rules=schedule_rules, **push)
        assert plan.revision is None
        client.projects.push(folder, "shop", **push)
        check(plan.schedules[0], world, plan.warnings, doubtful=False)
        same = client.projects.plan(folder, "shop", schedule_rules=schedule_rules).schedules[0]
        assert (same.next_session_after, same.next_run_after) == (same.next_session_before, same.next_run_before)
        assert same.after_told_by == "service"
