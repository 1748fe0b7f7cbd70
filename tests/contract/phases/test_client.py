"""Calls of every operation through the generated client, drawn from the contract, over a real socket."""

from __future__ import annotations

import pytest

from tests.contract.conftest import NewRun
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_contract.generation.calls import Way
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.client import check_operation

CASES = 35  # so many that every operation both succeeds and refuses
# Lists that take whatever a caller may send, so that nothing is left to refuse.
NEVER_REFUSED = {"getPoolRules", "getPools", "getProjects", "getSchedules", "getSessions"}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_calls_and_responses_keep_the_contract(operation: str, way: Way, new_run: NewRun) -> None:
    """Requests and responses are the contract's, nothing given is lost on the way, models go back to the JSON sent."""
    run = new_run()
    check_operation(run, operation, way, CASES)
    assert run.results.unknown == []
    tally = run.results.tally(operation)
    assert tally.cases["client"] >= CASES
    assert any(200 <= status < 300 for status in tally.statuses), tally.statuses
    assert operation in NEVER_REFUSED or any(status >= 400 for status in tally.statuses), tally.statuses


def test_every_operation_of_the_contract_is_called() -> None:
    """The client's own list of operations leaves none of the contract's out."""
    assert OPERATIONS.keys() == effective().operations.keys()


def test_the_same_seed_draws_the_same_cases(new_run: NewRun) -> None:
    """A finding can be looked for again; another seed draws other cases."""

    def seen(seed: int) -> set[int]:
        run = new_run(seed=seed)
        check_operation(run, "getAttempts", "sync", 20)
        return run.results.tally("getAttempts").distinct

    assert seen(1) == seen(1) != seen(2)
