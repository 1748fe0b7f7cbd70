"""Puts a folder in another one's place at once: whoever looks, at any moment, sees all of the old or all of the new."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = ".being-generated-"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # Linux, renameat2(2)
_RENAME_SWAP = 2  # macOS, renamex_np(2)


@contextlib.contextmanager
def workplace(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, gone in the end; what a run that was killed left behind goes first."""
    with _alone(parent):
        for left in parent.glob(f"{_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent) as folder:
            yield Path(folder)


@contextlib.contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """One run after the other: the system drops the lock of a run that was killed."""
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        yield
        return
    handle = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def put_in_place(made: Path, place: Path) -> None:
    """Puts `made` where `place` is; what was there ends up where `made` was. Both are on one file system."""
    if not place.exists():
        made.rename(place)
    elif not _exchanged(made, place):
        # A system without an exchange: for a moment neither is there, and the old one is kept beside.
        kept = made.with_name(f"{made.name}.old")
        place.rename(kept)
        made.rename(place)


def _exchanged(made: Path, place: Path) -> bool:
    """Whether the system exchanged the two in one step."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        paths = (os.fsencode(made), os.fsencode(place))
        if sys.platform == "darwin":
            return bool(library.renamex_np(paths[0], paths[1], _RENAME_SWAP) == 0)
        return bool(library.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0)
    except (AttributeError, OSError, TypeError):
        return False
