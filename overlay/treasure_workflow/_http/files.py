"""Where downloads go: into a file that is whole or as it was before, or into an open file of the caller's."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
from collections.abc import Generator
from typing import BinaryIO, Protocol

from treasure_workflow import errors

_DOWNLOAD = "the download"


class Sink(Protocol):
    """What a download fills. It may have to begin again: a download that was cut is read once more."""

    def restart(self) -> None:
        """Forgets what was written."""

    def write(self, data: bytes, /) -> object:
        """Takes the next piece."""

    def complete(self) -> None:
        """Told that everything has come."""


class FileSink:
    """Fills an open file from where it stands."""

    def __init__(self, file: BinaryIO, md5: str | None = None) -> None:
        """`md5`: what the content's MD5 has to be, in base64; None when it is not known."""
        self._file = file
        self._expected = md5
        self._start = file.tell() if _can_seek(file) else None
        self._written = 0

    def restart(self) -> None:
        """Goes back to the start; a file that cannot do so has to be at it still."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        if not self._written:
            return
        if self._start is None:
            problem = "the download was cut, and the file that it goes to cannot be written from its start again"
            raise errors.TransportError(problem, _DOWNLOAD)
        self._file.seek(self._start)
        self._file.truncate()
        self._written = 0

    def write(self, data: bytes) -> None:
        """Writes the next piece, all of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) or len(rest) :]  # some files of callers do not say how much they took
        self._md5.update(data)
        self._written += len(data)

    def complete(self) -> None:
        """Compares the MD5.

        Raises:
            TransportError: What came is not what the service has.
        """
        found = base64.b64encode(self._md5.digest()).decode()
        if self._expected is not None and found != self._expected:
            problem = f"what came has MD5 {found} and not {self._expected}: it was damaged on its way"
            raise errors.TransportError(problem, _DOWNLOAD)


class ArchiveSink(FileSink):
    """The same for an archive, which is never empty."""

    def complete(self) -> None:
        """Looks whether anything came, too.

        Raises:
            ContractError: Nothing came.
            TransportError: As for any file.
        """
        super().complete()
        if not self._written:
            raise errors.ContractError("an archive should have come", 200, b"", _DOWNLOAD)


def _can_seek(file: BinaryIO) -> bool:
    return getattr(file, "seekable", bool)() is True


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """An open file that takes the place of `path` when the block ends well. Until then `path` is as it was.

    Raises:
        OSError: There is no such folder, or the disk is full.
    """
    target = os.fspath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as device:  # a pipe or /dev/stdout: nothing is there to be kept
            yield device
        return
    target = os.path.realpath(target)  # a link stays a link
    beside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(beside, "xb") as file:
            yield file
        with contextlib.suppress(FileNotFoundError):
            os.chmod(beside, os.stat(target).st_mode & 0o777)
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise
