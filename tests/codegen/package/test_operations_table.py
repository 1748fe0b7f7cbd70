"""The table of operations: nothing that the contract says of paging and retries is lost on the way into it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from scripts.codegen import generate
from scripts.codegen.contract.corrections import CorrectionError
from scripts.codegen.package import operations_table
from treasure_workflow_api._operations import OPERATIONS

CONTRACT = generate.effective_contract()


@pytest.mark.parametrize("extension", ["x-retry", "x-pagination"])
def test_a_key_that_nothing_reads_is_refused(extension: str) -> None:
    """Text torn apart at a comma becomes a key of its own: it is named, not dropped."""
    contract = copy.deepcopy(CONTRACT)
    contract["paths"]["/api/projects"]["get"][extension]["and was not there before."] = None
    with pytest.raises(CorrectionError, match=f"{extension} has no key 'and was not there before.'"):
        operations_table.rows(contract)


def test_every_rule_of_a_conflict_says_how_to_know() -> None:
    """Where a conflict can mean success, the status and a whole sentence on how to tell are there."""
    found: dict[str, Any] = {
        id: operation.retry for id, operation in OPERATIONS.items() if operation.retry.policy == "conflict-means-done"
    }
    assert found
    for retry in found.values():
        assert retry.status in (404, 409)
        assert retry.tell.endswith(".")
    assert all(
        (operation.retry.status, operation.retry.tell) == (None, None)
        for id, operation in OPERATIONS.items()
        if id not in found
    )
