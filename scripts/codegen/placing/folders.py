"""Compares two folders both ways, for the checks that generated code is up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def differences(left: Path, right: Path) -> Iterator[str]:
    """The relative paths whose file is missing from either side, or differs."""
    names = {
        path.relative_to(side).as_posix()
        for side in (left, right)
        for path in side.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    for name in sorted(names):
        files = (left / name, right / name)
        if not all(file.is_file() for file in files) or files[0].read_bytes() != files[1].read_bytes():
            yield name
