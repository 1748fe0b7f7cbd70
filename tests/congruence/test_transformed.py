"""The recorded scenarios under other names and at other times: rules answer them as before, special cases would not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.congruence.replay import differences_in, known_in
from tests.congruence.scenarios import ANSWERS, Scenario, load, names
from tests.congruence.transforming import has_fixed_times, moved, renamed

LEFT_OUT = tomllib.loads(Path(__file__).with_name("left_out.toml").read_text("utf-8"))
WEEKS = (52, 1461)


def unknown_differences(scenario: Scenario, base_url: str, account: str) -> str:
    """A line for each difference that is not known: scenario, step, path and both values."""
    known = known_in(scenario.name)
    found = differences_in(scenario, base_url, account)
    return "\n".join(f"{scenario.name}: {one}" for one in found if (one.step, one.path) not in known)


@pytest.mark.parametrize("name", [name for name in names() if name not in LEFT_OUT["renamed"]])
def test_renamed_scenario(name: str, base_url: str) -> None:
    """With projects, workflows and keys called otherwise, every answer is the recorded one with these names."""
    differences = unknown_differences(renamed(load(ANSWERS / f"{name}.json")), base_url, f"renamed {name}")
    assert not differences, differences


def to_be_moved() -> list[tuple[str, int]]:
    """The scenarios with fixed times, and by how many weeks they move."""
    return [
        (name, weeks)
        for weeks in WEEKS
        for name in names()
        if name not in LEFT_OUT[f"moved-{weeks}"] and has_fixed_times(load(ANSWERS / f"{name}.json"))
    ]


@pytest.mark.parametrize(("name", "weeks"), to_be_moved())
def test_moved_scenario(name: str, weeks: int, base_url: str) -> None:
    """With all fixed times some weeks later, every answer is the recorded one with these times."""
    other = moved(load(ANSWERS / f"{name}.json"), weeks)
    differences = unknown_differences(other, base_url, f"moved {weeks} {name}")
    assert not differences, differences


def test_what_is_left_out_is_there() -> None:
    """Each scenario that is left out exists, with a reason."""
    for reasons in LEFT_OUT.values():
        assert reasons.keys() <= set(names())
        assert all(reasons.values())
