"""The mock service answers every recorded scenario as the real server did, in the digdag flavour."""

from __future__ import annotations

import pytest

from tests.congruence.replay import KNOWN, differences_in, known_in
from tests.congruence.scenarios import ANSWERS, load, names


@pytest.mark.parametrize("name", names())
def test_scenario(name: str, base_url: str) -> None:
    """Every answer of the scenario is the recorded one, but for the differences known, which are still there."""
    known = known_in(name)
    found = differences_in(load(ANSWERS / f"{name}.json"), base_url, f"scenario {name}")
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
