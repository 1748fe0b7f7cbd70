"""The mock service responds to every recorded scenario as the real server did, in the digdag flavour."""

from __future__ import annotations

import re

import pytest

from tests.support.contract.replaying import RECORDED, names, replayed, told
from tests.support.known import known
from treasure_workflow_contract.phases.replay.scenarios import load


@pytest.mark.parametrize("name", names())
def test_scenario(name: str, base_url: str) -> None:
    """Every response of the scenario is the recorded one, but for the differences known, which are still there."""
    results, gone = replayed(load(RECORDED / f"{name}.json"), base_url, f"scenario {name}")
    assert not told(results), told(results)
    assert not gone, f"{name}: known differences that are gone, strike them out of tests/known.toml: {gone}"


def test_known_differences_are_of_steps_there_are() -> None:
    """Each known difference of a replay is about a step that exists."""
    calls = [
        f"{name}: {step['name']}: {step['send']}" for name in names() for step in load(RECORDED / f"{name}.json").steps
    ]
    for entry in known("difference"):
        assert entry["phase"] == "replay"
        assert any(re.search(entry["call"], call) for call in calls), entry
