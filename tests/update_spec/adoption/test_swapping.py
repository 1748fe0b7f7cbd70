"""A tree is the old one or the new one, whole, whenever the power goes or the command is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.update_spec.adoption import swapping
from tests.support.update_spec.judging import ROOT


def test_a_swap_that_is_killed_is_finished_or_never_began(tmp_path: Path) -> None:
    """Killed at twenty moments, the tree is the old one or the new one, whole, after whoever comes next."""
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2])\n"
        "from scripts.update_spec.adoption import swapping\n"
        "root = pathlib.Path(sys.argv[1]); new = swapping.prepare(root)\n"
        "for name in ('a/x', 'a/y', 'b', 'c'):\n"
        "    (new / name).parent.mkdir(parents=True, exist_ok=True); (new / name).write_text('new')\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "swapping.swap(root, new, [pathlib.Path(name) for name in ('a', 'b', 'c')])\n"
    )
    outcomes = set()
    for moment in range(20):
        root = tmp_path / str(moment)
        (root / "a").mkdir(parents=True)
        for name in ("a/x", "b", "c"):
            (root / name).write_text("old")
        command = [sys.executable, "-c", program, str(root), str(ROOT)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.stdin.write("go\n")
            process.stdin.flush()
            _wait_for_stage(root, moment)
            os.kill(process.pid, signal.SIGKILL)
        swapping.finish(root)
        state = {name: (root / name).read_text() for name in ("a/x", "a/y", "b", "c") if (root / name).exists()}
        assert state in ({"a/x": "old", "b": "old", "c": "old"}, dict.fromkeys(("a/x", "a/y", "b", "c"), "new"))
        outcomes.add(state["b"])
    assert outcomes


def _wait_for_stage(root: Path, moment: int) -> None:
    """Lets the swap come to one of its stages: not begun, planned, or a number of looks later."""
    for _ in range(moment * moment):
        if (root / "b").read_text() == "new":
            return


def test_what_a_killed_run_left_running_writes_into_its_own_folder(tmp_path: Path) -> None:
    """Each adoption has a folder of its own, even while that of a killed one is still written to."""
    first = swapping.prepare(tmp_path)
    second = swapping.prepare(tmp_path)
    assert first != second
    first.mkdir(parents=True, exist_ok=True)
    (first / "late").write_text("written by a process that outlived its parent")
    assert list(second.iterdir()) == []


@pytest.mark.parametrize("done", range(5))
def test_a_swap_that_stopped_half_way_is_finished(tmp_path: Path, done: int) -> None:
    """However many renames were made before the power went, the rest is made later."""
    for name in ("a/x", "b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    new = swapping.prepare(tmp_path)
    for name in ("a/y", "b"):
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_text("new")
    work = new.parent
    (work / "old").mkdir()
    plan = {"folder": work.name, "paths": ["a", "b"]}
    (tmp_path / swapping.WORK / "plan.json").write_text(json.dumps(plan))
    renames = [(tmp_path / "a", work / "old" / "a"), (new / "a", tmp_path / "a"), (new / "b", tmp_path / "b")]
    for source, target in renames[:done]:
        source.rename(target)
    assert swapping.finish(tmp_path)
    assert not (tmp_path / "a" / "x").exists()
    assert {name: (tmp_path / name).read_text() for name in ("a/y", "b")} == {"a/y": "new", "b": "new"}
    assert not swapping.finish(tmp_path)
