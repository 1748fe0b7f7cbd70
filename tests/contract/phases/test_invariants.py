"""The invariants hold on a service that keeps them, in both flavours, and are broken by one that does not."""

from __future__ import annotations

import pytest

from tests.contract.conftest import NewRun
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases import invariants
from treasure_workflow_contract.phases.invariants._invariant import REGISTERED
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.target import Target

CASES = 4
EVERYTHING = set(effective().operations)


def checked(run: Run, name: str, cases: int = CASES) -> list[str]:
    """What an invariant finds wrong."""
    invariants.check(run, name, cases)
    return [f"{finding.call}: {finding.complaint}" for finding in run.results.unknown]


@pytest.mark.parametrize("name", REGISTERED)
def test_the_hosted_flavour_keeps_every_law(name: str, new_run: NewRun) -> None:
    """On a service that may be changed at will."""
    assert checked(new_run(), name) == []


@pytest.mark.parametrize(
    "name", [invariant.name for invariant in REGISTERED.values() if "createPool" not in invariant.operations]
)
def test_the_open_source_flavour_keeps_every_law_but_those_of_pools(name: str, new_run: NewRun) -> None:
    """On a server where only projects of a run's own may be changed."""
    assert checked(new_run(flavour="digdag", writes="projects"), name) == []


def test_every_operation_has_a_law() -> None:
    """None is left to schemas alone."""
    about = {id for invariant in REGISTERED.values() for id in invariant.operations}
    assert about == EVERYTHING


def test_nothing_is_written_where_a_target_is_only_read() -> None:
    """Invariants that need to write are left out there, and those of pools where there are none."""
    readable = list(invariants.for_target(Target("http://nowhere"), EVERYTHING))
    assert readable
    assert not any(invariant.writes for invariant in readable)
    own = invariants.for_target(Target("http://nowhere", flavour="digdag", writes="projects"), EVERYTHING)
    assert not any("Pool" in id for invariant in own for id in invariant.operations)
