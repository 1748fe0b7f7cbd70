"""Puts what was made in place of what is there, so that no moment shows half of it.

All files lie ready beside the tree, on the same disk. A process of its own, which outlives the one that started it,
renames them one after the other: that takes less than a millisecond. What is to be renamed is written down before, and
a swap that was interrupted all the same (the machine lost its power) is finished by whoever comes next.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WORK = ".update-spec"
_PLAN, _NEW, _OLD = "plan.json", "new", "old"


def prepare(root: Path) -> Path:
    """An empty folder beside the tree, on the same disk, for what will be put in place. Finishes what was left.

    It is a new one each time: what a killed run had started may still write into its own.
    """
    finish(root)
    work = root / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=work)) / _NEW
    new.mkdir()
    return new


def swap(root: Path, prepared: Path, paths: list[Path]) -> None:
    """Puts the files and folders at `paths` of the prepared folder in place of those of the tree."""
    work = root / WORK
    for path in paths:
        (prepared.parent / _OLD / path).parent.mkdir(parents=True, exist_ok=True)
    draft = prepared.parent / _PLAN
    plan = {"folder": prepared.parent.name, "paths": [path.as_posix() for path in paths]}
    draft.write_text(json.dumps(plan), encoding="utf-8")
    _sync(prepared.parent)
    os.replace(draft, work / _PLAN)
    command = [sys.executable, "-I", __file__, str(root)]
    subprocess.run(command, check=True, start_new_session=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(work, ignore_errors=True)


def finish(root: Path) -> bool:
    """Finishes a swap that was interrupted; whether there was one. Nothing is done to a tree that waits for none."""
    work = root / WORK
    plan = work / _PLAN
    if not plan.exists():
        return False
    moves = []
    written = json.loads(plan.read_text(encoding="utf-8"))
    folder = work / written["folder"]
    for name in written["paths"]:
        here, new, old = (str(place / name) for place in (root, folder / _NEW, folder / _OLD))
        if os.path.lexists(new):
            moves += [(here, old)] if os.path.lexists(here) and os.path.isdir(new) else []
            moves.append((new, here))
    for source, target in moves:
        os.rename(source, target)
    plan.unlink()
    return True


def _sync(folder: Path) -> None:
    """What was written is on the disk before the plan says that it is."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


if __name__ == "__main__" and finish(Path(sys.argv[1])):
    print("update-spec: the newer document is in place")
