"""The mock service answers every recorded scenario as the real server did, in the digdag flavour."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.congruence.comparison import Comparison, Difference
from tests.congruence.player import Player
from tests.congruence.scenarios import ANSWERS, load, names
from treasure_workflow_mock.server import MockService

KNOWN = tomllib.loads(Path(__file__).with_name("known_differences.toml").read_text("utf-8")).get("difference", [])


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """A service of this worker's own; each scenario has an account of its own on it."""
    with MockService(flavour="digdag") as service:
        yield service.base_url


def differences_in(name: str, base_url: str) -> list[Difference]:
    """What the service answers differently in one scenario, wording aside."""
    comparison, player = Comparison(), Player(base_url, authorization=f"scenario {name}")
    found: list[Difference] = []
    for step, call, answer in player.play(load(ANSWERS / f"{name}.json")):
        found += comparison.compare(step, call, answer)
    return [difference for difference in found if not difference.wording]


@pytest.mark.parametrize("name", names())
def test_scenario(name: str, base_url: str) -> None:
    """Every answer of the scenario is the recorded one, but for the differences known, which are still there."""
    known = {(entry["step"], entry["path"]) for entry in KNOWN if entry["scenario"] == name}
    found = differences_in(name, base_url)
    unknown = [str(one) for one in found if (one.step, one.path) not in known]
    gone = known - {(one.step, one.path) for one in found}
    assert not unknown, "\n".join([f"{name}:", *unknown])
    assert not gone, f"{name}: known differences that are gone, strike them out: {sorted(gone)}"


def test_known_differences_are_of_scenarios_there_are() -> None:
    """Each known difference names a scenario and a step that exist, and says why it stays."""
    for entry in KNOWN:
        steps = {step["name"] for step in load(ANSWERS / f"{entry['scenario']}.json").steps}
        assert entry["step"] in steps, entry
        assert entry["reason"].strip(), entry
