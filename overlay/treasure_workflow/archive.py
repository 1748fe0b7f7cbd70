"""A project's folder as the archive that the service takes, and back again. Pure: no network, no client.

Rules of this module:
- The same files give the same bytes: names are sorted, times and owners are fixed, of the mode only "may be executed"
  is kept. (Compressed by the same zlib, that is; the files inside are equal whatever compressed them.)
- What counts is a file's place in the archive. A link inside the project is stored as the content it points to,
  because the service reads link entries as empty files and refuses a workflow that is one.
- Dot files and dot folders that are not asked for stay at home, `.digdagignore` too: its work is done by then.
- Whatever is refused is refused before anything was sent or written, with the path and what to do about it.
"""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from treasure_workflow._extraction import MAX_UNPACKED_BYTES, extract
from treasure_workflow._ignore_rules import IGNORE_FILE, IgnoreRules
from treasure_workflow.errors import ArchiveError

MAX_ARCHIVE_BYTES = 10 * 1024 * 1024
"""The hosted service's limit, in bytes: for the archive, for each file in it, and for all its files together."""

MAX_ENTRIES = 50_000
"""How many files and folders `pack` takes: folders of links to folders would otherwise never end."""

__all__ = ["MAX_ARCHIVE_BYTES", "MAX_ENTRIES", "MAX_UNPACKED_BYTES", "Archive", "extract", "pack"]

_CHUNK_BYTES = 64 * 1024
_SPOOL_BYTES = 1024 * 1024


class Archive:
    """A packed project, kept in a temporary file that `close()` or leaving the `with` block removes."""

    size: int
    """Bytes of the archive, which is what the service wants as `Content-Length`."""
    md5: str
    """MD5 of the archive in base64, as the service reports it in `archiveMd5`."""
    files: tuple[str, ...]
    """Paths inside the archive, sorted, with `/` between folders."""

    def __init__(
        self, spool: tempfile.SpooledTemporaryFile[bytes], size: int, md5: str, files: tuple[str, ...]
    ) -> None:
        self._spool = spool
        self.size = size
        self.md5 = md5
        self.files = files

    def chunks(self) -> Iterator[bytes]:
        """The archive's bytes in pieces of up to 64 KiB, from the start each time: a request may be repeated."""
        position = 0
        while position < self.size:
            self._spool.seek(position)
            chunk = self._spool.read(_CHUNK_BYTES)
            position += len(chunk)
            yield chunk

    def close(self) -> None:
        """Removes the temporary file."""
        self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def pack(
    directory: str | os.PathLike[str],
    *,
    include: Iterable[str] = (),
    max_archive_bytes: int = MAX_ARCHIVE_BYTES,
    allow_no_workflows: bool = False,
) -> Archive:
    """The project in `directory` as a gzipped tar, ready for upload.

    Left out are dot files, dot folders and what the folder's own `.digdagignore` (the syntax of `.gitignore`) names;
    folders are stored only with the files in them.

    Args:
        directory: The project's folder; its `.dig` files are the workflows.
        include: Paths inside the folder of dot files that are packed all the same, and of dot folders, whose other
            files are packed then, such as `.ruby-version`. What the ignore file names stays out.
        max_archive_bytes: Limit in bytes for the archive, for each file and for all files together. The hosted
            service's by default; a server of your own may have another.
        allow_no_workflows: Packs a folder without a `.dig` file at its top. The service takes such an archive and
            removes every schedule of the project, so it has to be asked for.

    Raises:
        ArchiveError: The folder or a file cannot be read, a link leaves the project, a limit is passed, or there is
            no workflow.
    """
    root = os.path.realpath(directory)
    if not os.path.isdir(root):
        raise ArchiveError(f"{os.fspath(directory)} is not a folder: give the folder that holds the .dig files")
    files = sorted(_find(root, IgnoreRules.of(root), _included(root, include)))
    if not allow_no_workflows and not any("/" not in file.name and file.name.endswith(".dig") for file in files):
        raise ArchiveError(
            f"{root} has no workflow: no .dig file at its top that {IGNORE_FILE} leaves in. "
            "Give the folder that holds the .dig files, or allow_no_workflows=True to push it all the same "
            "(which removes the project's schedules)"
        )
    _check_sizes(files, max_archive_bytes)
    spool = tempfile.SpooledTemporaryFile[bytes](max_size=_SPOOL_BYTES)
    try:
        writer = _Digest(spool, max_archive_bytes)
        with (
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=writer, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8") as tar,
        ):
            left = max_archive_bytes
            for file in files:
                left -= _add(tar, file, left)
    except BaseException:
        spool.close()
        raise
    return Archive(
        spool, writer.size, base64.b64encode(writer.md5.digest()).decode(), tuple(file.name for file in files)
    )


class _File(NamedTuple):
    name: str  # inside the archive
    path: str  # as it was found
    real: str  # without links
    size: int
    identity: tuple[int, int]  # device and number, by which what is opened is seen to be what was looked at


class _Folder(NamedTuple):
    path: str
    prefix: str
    real: str
    above: tuple[str, ...]  # the real folders on the way, by which a link's loop is seen


def _included(root: str, include: Iterable[str]) -> list[tuple[str, ...]]:
    """The paths of dot files and dot folders that are packed all the same, in their parts."""
    if isinstance(include, str):
        raise ArchiveError(f"include must be a list of paths, not the text {include!r}")
    paths = [(path, PurePosixPath(path).parts) for path in include]
    for path, parts in paths:
        if not parts or ".." in parts or path.startswith("/"):
            raise ArchiveError(f"include names {path!r}: give a path inside the folder, such as '.ruby-version'")
        if not os.path.lexists(os.path.join(root, *parts)):
            raise ArchiveError(f"include names {path!r}, which {root} does not have")
    return [parts for _, parts in paths]


def _is_hidden(name: str, included: list[tuple[str, ...]]) -> bool:
    """Whether an entry is a dot file, or lies in a dot folder, that nobody asked for."""
    parts = tuple(name.split("/"))
    dotted = max((depth for depth, part in enumerate(parts, 1) if part.startswith(".")), default=0)
    return (
        dotted > 0
        and not any(
            (parts[: len(path)] == path and len(path) >= dotted)  # it is asked for, or what it lies in
            or path[: len(parts)] == parts  # it is on the way to what is asked for
            for path in included
        )
    )


def _find(root: str, rules: IgnoreRules, included: list[tuple[str, ...]]) -> Iterator[_File]:
    """The files of a project."""
    folders = [_Folder(root, "", root, (root,))]
    count = 0
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder.path))
        except OSError as error:
            raise _unreadable(folder.path, error) from error
        for entry in entries:
            name = folder.prefix + entry.name
            if _is_hidden(name, included) or rules.leave_out(name, is_folder=os.path.isdir(entry.path)):
                continue
            count += 1
            if count > MAX_ENTRIES:
                raise ArchiveError(
                    f"{root} has more than {MAX_ENTRIES:,} files and folders, those behind links counted each time: "
                    f"name what the workflows do not need in {IGNORE_FILE}"
                )
            real = os.path.join(folder.real, entry.name)
            if entry.is_symlink():
                real = os.path.realpath(real)
                _check_link(entry.path, real, root, folder.above)
            try:
                status = os.stat(real)
            except OSError as error:
                raise _unreadable(entry.path, error) from error
            if stat.S_ISDIR(status.st_mode):
                folders.append(_Folder(entry.path, name + "/", real, (*folder.above, real)))
            elif stat.S_ISREG(status.st_mode):
                yield _File(name, entry.path, real, status.st_size, (status.st_dev, status.st_ino))
            else:
                raise ArchiveError(
                    f"{entry.path} is neither a file nor a folder: remove it, or name it in {IGNORE_FILE}"
                )


def _check_link(path: str, real: str, root: str, above: tuple[str, ...]) -> None:
    if not Path(real).is_relative_to(root):
        raise ArchiveError(
            f"{path} is a link that leaves the project (to {real}): "
            f"put a copy in its place, or name it in {IGNORE_FILE}"
        )
    if real in above:
        raise ArchiveError(f"{path} is a link to a folder it lies in: remove it, or name it in {IGNORE_FILE}")
    if not os.path.lexists(real):
        raise ArchiveError(
            f"{path} is a link whose target {real} is missing: "
            f"put the target there, remove the link, or name it in {IGNORE_FILE}"
        )


def _check_sizes(files: list[_File], limit: int) -> None:
    if not files:
        return
    largest = max(files, key=lambda file: file.size)
    if largest.size > limit:
        raise _too_large(largest.path, largest.size, limit)
    total = sum(file.size for file in files)
    if total > limit:
        raise _too_large(f"The files together (the largest: {largest.path}, {largest.size:,} bytes)", total, limit)


def _add(tar: tarfile.TarFile, file: _File, limit: int) -> int:
    """Adds a file, and gives its size now: since it was looked at it may have grown, or be another."""
    try:
        file.name.encode()
        # Without waiting for the other end of a pipe, and without following a link that was put in its place.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(file.real, flags), "rb") as content:
            status = os.fstat(content.fileno())
            if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) != file.identity:
                raise _changed(file)
            if status.st_size > limit:
                raise _too_large(file.path, status.st_size, limit)
            entry = tarfile.TarInfo(file.name)
            entry.size = status.st_size
            entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
            tar.addfile(entry, content)
            if os.fstat(content.fileno()).st_size != status.st_size:
                raise _changed(file)
    except UnicodeEncodeError as error:
        raise ArchiveError(f"{file.path!r} has a name that is not Unicode: rename it") from error
    except OSError as error:
        if error.errno in (None, errno.ELOOP, errno.ENOENT, errno.ENXIO):  # None: tarfile says that it has shrunk
            raise _changed(file) from error
        raise _unreadable(file.path, error) from error
    return status.st_size


def _changed(file: _File) -> ArchiveError:
    return ArchiveError(f"{file.path} changed while it was packed: pack again when nothing writes to it")


class _Digest:
    """Counts, bounds and sums up what passes through to `spool`."""

    def __init__(self, spool: tempfile.SpooledTemporaryFile[bytes], limit: int) -> None:
        self.size = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        self._spool = spool
        self._limit = limit

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > self._limit:
            raise _too_large("The archive", self.size, self._limit)
        self.md5.update(data)
        try:
            return self._spool.write(data)
        except OSError as error:
            raise ArchiveError(f"The archive cannot be written to a temporary file: {error}") from error

    def flush(self) -> None:
        self._spool.flush()


def _unreadable(path: str, error: OSError) -> ArchiveError:
    return ArchiveError(
        f"{path} cannot be read ({error.strerror or error}): make it readable, or name it in {IGNORE_FILE}"
    )


def _too_large(what: str, size: int, limit: int) -> ArchiveError:
    return ArchiveError(
        f"{what}: {size:,} bytes or more, over the limit of {limit:,}. Name what the workflows do not need in "
        f"{IGNORE_FILE}, or give max_archive_bytes if your server takes more"
    )
