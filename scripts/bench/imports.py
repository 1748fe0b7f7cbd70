"""What importing the client costs, beside httpx and tdworkflow: whole interpreters, less an empty one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from scripts.bench.measure import Row, medians, milliseconds


def rows() -> Iterator[Row]:
    """Import time in ms."""

    def importing(program: str) -> None:
        subprocess.run([sys.executable, "-c", program], check=True)

    programs = {
        "empty": "pass",
        "ours": "import treasure_workflow",
        "client": "import treasure_workflow; treasure_workflow.TreasureWorkflow",
        "operation": "import treasure_workflow_api.api.attempt.get_attempts",
        "httpx": "import httpx",
        "tdworkflow": "import tdworkflow",
    }
    candidates = {name: milliseconds(partial(importing, program)) for name, program in programs.items()}
    found = medians(candidates, rounds=15)
    cost = {name: value - found["empty"] for name, value in found.items()}
    yield Row("import treasure_workflow", cost["ours"], "httpx", cost["httpx"], "ms", target=1.2)
    yield Row("import one operation", cost["operation"], "httpx", cost["httpx"], "ms", target=1.15)
    yield Row("the same, with the client's class", cost["client"], "httpx", cost["httpx"], "ms", target=1.5)
    yield Row("the same", cost["client"], "tdworkflow", cost["tdworkflow"], "ms")
