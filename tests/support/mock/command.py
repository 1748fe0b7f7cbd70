"""The mock's command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEY = "7/" + "ab" * 20
FOLDERS = os.pathsep.join(str(Path(__file__).parents[3] / name) for name in ("generated", "overlay"))


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "treasure_workflow_mock", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": FOLDERS},
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip().removeprefix("listening on ")
    finally:
        process.kill()
        process.communicate()
