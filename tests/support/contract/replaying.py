"""Recorded scenarios of the project, replayed on the mock in this process."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.known import KNOWN_FILE
from treasure_workflow_contract.phases.replay import play
from treasure_workflow_contract.phases.replay.player import Player
from treasure_workflow_contract.phases.replay.scenarios import Scenario
from treasure_workflow_contract.results import known_differences
from treasure_workflow_contract.results.known_differences import Differences
from treasure_workflow_contract.results.run_results import Results
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.target import Target

RECORDED = Path(__file__).parents[2] / "recorded" / "answers"
"""What a real server answered, one file a scenario."""


def names() -> list[str]:
    """The names of all recorded scenarios."""
    return sorted(path.stem for path in RECORDED.glob("*.json"))


def replayed(scenario: Scenario, base_url: str, account: str) -> tuple[Results, list[str]]:
    """What differs in a scenario on an account that nobody used, and the known differences that are gone."""
    differences = Differences(known_differences.load(KNOWN_FILE), "digdag")
    target = Target(base_url, flavour="digdag", writes="everything")
    with Run(target, differences, marker="") as run:
        play(run, scenario, Player(base_url, json.dumps(account)))
        results = run.ledger.take()
    return results, differences.gone(results)


def told(results: Results) -> str:
    """A line for each difference that is not known."""
    return "\n".join(finding.complaint for finding in results.unknown)
