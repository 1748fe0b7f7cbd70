"""Calls of every operation through the generated client, drawn from the contract, over a real socket.

`CONTRACT_CASES` is how many cases each operation gets (100, half of them async); another `CONTRACT_SEED` than 0 draws
other ones.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest

from tests.contract import summary
from tests.contract.calls import Way
from tests.contract.contract import effective
from tests.contract.exchanges import Target, check_operation
from treasure_workflow_api._operations import OPERATIONS

CASES = int(os.environ.get("CONTRACT_CASES", "100"))
# With fewer cases it is luck whether an operation both succeeds and refuses.
ENOUGH = 100
# Lists that take whatever a caller may send, so that nothing is left to refuse.
NEVER_REFUSED = {"getPoolRules", "getPools", "getProjects", "getSchedules"}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_calls_and_answers_keep_the_contract(
    operation: str, way: Way, target: Target, record_property: Callable[[str, object], None]
) -> None:
    """Requests and answers are the contract's, nothing given is lost on the way, models go back to the JSON sent."""
    statuses: Counter[int] = Counter()
    try:
        check_operation(target, operation, way, max(CASES // 2, 1), statuses)
    finally:
        record_property(summary.PROPERTY, summary.record(operation, way, statuses))
    if CASES >= ENOUGH:
        assert any(200 <= status < 300 for status in statuses), statuses
        assert operation in NEVER_REFUSED or any(status >= 400 for status in statuses), statuses


def test_every_operation_of_the_contract_is_called() -> None:
    """The client's own list of operations leaves none of the contract's out."""
    assert OPERATIONS.keys() == effective().operations.keys()
