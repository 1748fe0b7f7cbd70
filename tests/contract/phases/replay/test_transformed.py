"""The recorded scenarios under other names and at other times: rules answer them as before, special cases would not."""

from __future__ import annotations

import pytest

from tests.support.contract.replaying import RECORDED, names, replayed, told
from tests.support.contract.transforming import has_fixed_times, moved, renamed
from tests.support.known import known
from treasure_workflow_contract.phases.replay.scenarios import load

WEEKS = (52, 1461)


def left_out(of: str) -> set[str]:
    """The scenarios that are left out of a kind of replay."""
    return {entry["scenario"] for entry in known("left_out") if entry["from"] == of}


@pytest.mark.parametrize("name", [name for name in names() if name not in left_out("renamed")])
def test_renamed_scenario(name: str, base_url: str) -> None:
    """With projects, workflows and keys called otherwise, every response is the recorded one with these names."""
    results, _ = replayed(renamed(load(RECORDED / f"{name}.json")), base_url, f"renamed {name}")
    assert not told(results), told(results)


def to_be_moved() -> list[tuple[str, int]]:
    """The scenarios with fixed times, and by how many weeks they move."""
    return [
        (name, weeks)
        for weeks in WEEKS
        for name in names()
        if name not in left_out(f"moved {weeks} weeks") and has_fixed_times(load(RECORDED / f"{name}.json"))
    ]


@pytest.mark.parametrize(("name", "weeks"), to_be_moved())
def test_moved_scenario(name: str, weeks: int, base_url: str) -> None:
    """With all fixed times some weeks later, every response is the recorded one with these times."""
    other = moved(load(RECORDED / f"{name}.json"), weeks)
    results, _ = replayed(other, base_url, f"moved {weeks} {name}")
    assert not told(results), told(results)


def test_what_is_left_out_is_there() -> None:
    """Each scenario that is left out exists, with a reason, and is left out of something that is done."""
    for entry in known("left_out"):
        assert entry["scenario"] in names()
        assert entry["from"] in {"renamed", *(f"moved {weeks} weeks" for weeks in WEEKS)}
        assert entry["reason"].strip()
