"""A call of each operation that writes, which works in a world that nobody used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treasure_workflow_contract.archives import pack
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.laws.attempts import start
from treasure_workflow_contract.world import World

_SECRET = "warehouse.password"
_BACKFILL = {"fromTime": "2098-12-31T00:00:00+09:00", "attemptName": "again", "dryRun": False}
_SKIP = {"nextTime": "2099-02-01T00:00:00+09:00", "dryRun": False}
_RULE = {"priority": 7, "conditions": [{"type": "invocation_type", "values": ["scheduled"]}]}

# What deletes comes after what it deletes is used.
WORKING: dict[str, Callable[[World], tuple[dict[str, Any], Any]]] = {
    "createPool": lambda world: ({}, {"name": world.new_project_name("pool"), "concurrencyLimit": 2}),
    "updatePool": lambda world: ({"poolId": world["pool"][1]}, {"concurrencyLimit": 2}),
    "createPoolRule": lambda world: ({}, {**_RULE, "poolId": str(world["pool"][1])}),
    "updatePoolRule": lambda world: ({"poolRuleId": world["pool rule"][0]}, {"priority": 8}),
    "deletePoolRule": lambda world: ({"poolRuleId": world["pool rule"][0]}, None),
    "deletePool": lambda world: ({"poolId": world["pool"][0]}, None),
    "putProjectSecret": lambda world: ({"id": world["project"][0], "key": _SECRET}, {"value": "x"}),
    "deleteProjectSecret": lambda world: ({"id": world["project"][0], "key": _SECRET}, None),
    "disableSchedule": lambda world: ({"id": world["schedule"][0]}, None),
    "enableSchedule": lambda world: ({"id": world["schedule"][0]}, {"skipSchedule": False}),
    "backfillSchedule": lambda world: ({"id": world["schedule"][0]}, _BACKFILL),
    "skipSchedule": lambda world: ({"id": world["schedule"][0]}, _SKIP),
    "startAttempt": lambda world: ({}, start(world, "nightly", "2025-01-01T00:00:00Z")),
    "killAttempt": lambda world: ({"id": world["attempt"][world["workflow name"].index("waiting")]}, None),
    "putProject": lambda world: (
        {"project": world["project name"][0], "revision": "again"},
        pack({"nightly.dig": "+a:\n  echo>: '1'\n"}),
    ),
    "deleteProject": lambda world: ({"id": world["project"][0]}, None),
}
"""Its parameters and perhaps its body, by operation. It works once at least."""
assert WORKING.keys() == {id for id, operation in effective().operations.items() if operation.method != "GET"}
