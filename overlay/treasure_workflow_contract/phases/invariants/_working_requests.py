"""A call of each operation that writes, which works in a sandbox that nobody used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.invariants.attempts import start
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

_SECRET = "warehouse.password"
_BACKFILL = {"fromTime": "2098-12-31T00:00:00+09:00", "attemptName": "again", "dryRun": False}
_SKIP = {"nextTime": "2099-02-01T00:00:00+09:00", "dryRun": False}
_RULE = {"priority": 7, "conditions": [{"type": "invocation_type", "values": ["scheduled"]}]}

# What deletes comes after what it deletes is used.
WORKING: dict[str, Callable[[Sandbox], tuple[dict[str, Any], Any]]] = {
    "createPool": lambda sandbox: ({}, {"name": sandbox.new_project_name("pool"), "concurrencyLimit": 2}),
    "updatePool": lambda sandbox: ({"poolId": sandbox.some("pool")[1]}, {"concurrencyLimit": 2}),
    "createPoolRule": lambda sandbox: ({}, {**_RULE, "poolId": str(sandbox.some("pool")[1])}),
    "updatePoolRule": lambda sandbox: ({"poolRuleId": sandbox.some("pool rule")[0]}, {"priority": 8}),
    "deletePoolRule": lambda sandbox: ({"poolRuleId": sandbox.some("pool rule")[0]}, None),
    "deletePool": lambda sandbox: ({"poolId": sandbox.some("pool")[0]}, None),
    "putProjectSecret": lambda sandbox: ({"id": sandbox.some("project")[0], "key": _SECRET}, {"value": "x"}),
    "deleteProjectSecret": lambda sandbox: ({"id": sandbox.some("project")[0], "key": _SECRET}, None),
    "disableSchedule": lambda sandbox: ({"id": sandbox.some("schedule")[0]}, None),
    "enableSchedule": lambda sandbox: ({"id": sandbox.some("schedule")[0]}, {"skipSchedule": False}),
    "backfillSchedule": lambda sandbox: ({"id": sandbox.some("schedule")[0]}, _BACKFILL),
    "skipSchedule": lambda sandbox: ({"id": sandbox.some("schedule")[0]}, _SKIP),
    "startAttempt": lambda sandbox: ({}, start(sandbox, "nightly", "2025-01-01T00:00:00Z")),
    "killAttempt": lambda sandbox: (
        {"id": sandbox.some("attempt")[sandbox.some("workflow name").index("waiting")]},
        None,
    ),
    "putProject": lambda sandbox: (
        {"project": sandbox.some("project name")[0], "revision": "again"},
        pack({"nightly.dig": "+a:\n  echo>: '1'\n"}),
    ),
    "deleteProject": lambda sandbox: ({"id": sandbox.some("project")[0]}, None),
}
"""Its parameters and perhaps its body, by operation. It works once at least."""
assert WORKING.keys() == {id for id, operation in effective().operations.items() if operation.method != "GET"}
