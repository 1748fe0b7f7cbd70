"""Pushing and pulling a project of 20 MB: the largest memory that a program takes for it above a bare interpreter."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.bench import fixed_server
from scripts.bench.measure import Row, medians

MEGABYTE = 1024 * 1024
SIZE = 20 * MEGABYTE

PUSH = """
client.projects.push({folder!r}, "big", revision="r1", max_archive_bytes=64 * 1024 * 1024)
"""
PULL = """
client.projects.pull("1", {folder!r})
"""
OURS = """
from treasure_workflow import TreasureWorkflow
with TreasureWorkflow("1/{key:040x}", base_url={address!r}) as client:
    {work}
"""
THEIRS = """
import tdworkflow
client = tdworkflow.client.Client(endpoint={endpoint!r}, apikey="1/{key:040x}", scheme="http")
client.create_project("big", {folder!r})
"""
# Of Linux alone, but true: what getrusage tells includes the process that started this one.
PEAK = """
import re
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def peak(program: str) -> float:
    """The largest resident memory in MB of an interpreter that runs a program."""
    done = subprocess.run([sys.executable, "-c", program + PEAK], check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def rows() -> Iterator[Row]:
    """Memory in MB above an empty interpreter's, after our own import and for the whole program."""
    with tempfile.TemporaryDirectory() as folder, fixed_server.running() as address:
        project = Path(folder, "project")
        project.mkdir()
        (project / "main.dig").write_text("+done:\n  echo>: done\n")
        noise = random.Random(0)
        for number in range(4):
            (project / f"data{number}.bin").write_bytes(noise.randbytes(SIZE // 4))
        facts = {"address": address, "endpoint": address.removeprefix("http://"), "key": 1}
        pulled = iter(range(1000))

        def ours(work: str) -> float:
            return peak(OURS.format(work=work.strip(), **facts))

        found = medians(
            {
                "empty": lambda: peak(""),
                "idle": lambda: ours("client.projects"),
                "push": lambda: ours(PUSH.format(folder=os.fspath(project))),
                "pull": lambda: ours(PULL.format(folder=os.path.join(folder, f"pulled{next(pulled)}"))),
                "tdworkflow": lambda: peak(THEIRS.format(folder=os.fspath(project), **facts)),
            },
            rounds=3,
        )
    for work in ("push", "pull"):
        yield Row(f"{work} 20 MB: above the interpreter", found[work] - found["empty"], "30 MB", 30.0, "MB", target=1.0)
        yield Row(f"{work} 20 MB: above the idle client", found[work] - found["idle"], "30 MB", 30.0, "MB")
    yield Row("push 20 MB", found["push"] - found["empty"], "tdworkflow", found["tdworkflow"] - found["empty"], "MB")
