"""Replays a scenario against the mock service, less the differences that are known."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.congruence.comparison import Comparison, Difference
from tests.congruence.player import Player
from tests.congruence.scenarios import Scenario

KNOWN = tomllib.loads(Path(__file__).with_name("known_differences.toml").read_text("utf-8")).get("difference", [])


def known_in(name: str) -> set[tuple[str, str]]:
    """Step and path of each known difference in a scenario."""
    return {(entry["step"], entry["path"]) for entry in KNOWN if entry["scenario"] == name}


def differences_in(scenario: Scenario, base_url: str, account: str) -> list[Difference]:
    """What the service answers differently in one scenario, wording aside; `account` is one that nobody used."""
    comparison, player = Comparison(), Player(base_url, authorization=account)
    found: list[Difference] = []
    for step, call, answer in player.play(scenario):
        found += comparison.compare(step, call, answer)
    return [difference for difference in found if not difference.wording]
