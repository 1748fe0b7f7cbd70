"""A project's folder as the archive that the service takes, and back again. Pure: no network, no client.

Rules of this module:
- The same files give the same bytes: names are sorted, times and owners are fixed, of the mode only "may be executed"
  is kept. (Compressed by the same zlib, that is; the files inside are equal whatever compressed them.)
- What counts is a file's place in the archive. A link inside the project is stored as the content it points to,
  because the service reads link entries as empty files and refuses a workflow that is one.
- Dot files and dot folders stay at home, `.digdagignore` too: its work is done once the archive is packed.
- Whatever is refused is refused before anything was sent or written, with the path and what to do about it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from treasure_workflow.errors import ArchiveError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from pathspec import GitIgnoreSpec

MAX_ARCHIVE_BYTES = 10 * 1024 * 1024
"""The hosted service's limit, in bytes: for the archive, for each file in it, and for all its files together."""

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""How far `extract` unpacks unless told otherwise, in bytes: a server of your own may allow more than the hosted."""

_CHUNK_BYTES = 64 * 1024
_SPOOL_BYTES = 1024 * 1024
_IGNORE_FILE = ".digdagignore"


class Readable(Protocol):
    """Anything that gives bytes in pieces, none at the end: an open binary file, a temporary file."""

    def read(self, size: int, /) -> bytes: ...


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
    max_archive_bytes: int = MAX_ARCHIVE_BYTES,
    allow_no_workflows: bool = False,
) -> Archive:
    """The project in `directory` as a gzipped tar, ready for upload.

    Left out are dot files, dot folders and what the folder's own `.digdagignore` (the syntax of `.gitignore`) names;
    folders are stored only with the files in them.

    Args:
        directory: The project's folder; its `.dig` files are the workflows.
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
    files = sorted(_find(root, "", _ignore_rules(root), root, (root,)))
    if not allow_no_workflows and not any("/" not in file.name and file.name.endswith(".dig") for file in files):
        raise ArchiveError(
            f"{root} has no workflow: no .dig file at its top that {_IGNORE_FILE} leaves in. "
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
            for file in files:
                _add(tar, file)
    except BaseException:
        spool.close()
        raise
    return Archive(
        spool, writer.size, base64.b64encode(writer.md5.digest()).decode(), tuple(file.name for file in files)
    )


def _ignore_rules(root: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # here, because importing the client should not wait for it

    path = os.path.join(root, _IGNORE_FILE)
    try:
        with open(path, encoding="utf-8-sig") as file:
            # Without the line ends, which the library takes for the blank that a rule has escaped.
            return GitIgnoreSpec.from_lines(file.read().split("\n"))
    except FileNotFoundError:
        return GitIgnoreSpec.from_lines([])
    except (OSError, ValueError) as error:
        raise ArchiveError(
            f"{path} cannot be used ({error}): it has to be UTF-8 text in the syntax of .gitignore"
        ) from error


def _is_ignored(name: str, rules: GitIgnoreSpec) -> bool:
    """Whether the last rule that speaks of an entry leaves it out. A folder's name ends with `/`.

    The library's own answer is for files alone, and takes what a rule says of a folder for what it says of all within.
    Here folders are asked about on the way to their files, as git does, so only a match of the entry itself counts:
    one in which the slash after a folder (the group `ps_d` of the rule's expression) is not followed by more. A rule
    without that group, such as `a/**`, is about what lies in a folder, and has to match without the slash.
    """
    name = name.replace("\n", "\0")  # which no rule can hold, and which the dots of the expressions pass over
    for rule in reversed(list(rules.patterns)):
        if rule.include is None or rule.regex is None:
            continue
        subject = name if "ps_d" in rule.regex.groupindex else name.removesuffix("/")
        for match in rule.regex.finditer(subject):
            if match.groupdict().get("ps_d") is None or match.end("ps_d") == len(name):
                return bool(rule.include)
    return False


class _File(NamedTuple):
    name: str  # inside the archive
    path: str
    size: int


def _find(folder: str, prefix: str, ignored: GitIgnoreSpec, root: str, above: tuple[str, ...]) -> Iterator[_File]:
    """The files below `folder`. `above`: the real folders on the way, by which a link's loop is seen."""
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise _unreadable(folder, error) from error
    for entry in entries:
        name = prefix + entry.name
        if entry.name.startswith(".") or _is_ignored(name + "/" if os.path.isdir(entry.path) else name, ignored):
            continue
        real = os.path.realpath(entry.path)
        if entry.is_symlink():
            _check_link(entry.path, real, root, above)
        try:
            status = entry.stat()
        except OSError as error:
            raise _unreadable(entry.path, error) from error
        if stat.S_ISDIR(status.st_mode):
            yield from _find(entry.path, name + "/", ignored, root, (*above, real))
        elif stat.S_ISREG(status.st_mode):
            yield _File(name, entry.path, status.st_size)
        else:
            raise ArchiveError(f"{entry.path} is neither a file nor a folder: remove it, or name it in {_IGNORE_FILE}")


def _check_link(path: str, real: str, root: str, above: tuple[str, ...]) -> None:
    if not Path(real).is_relative_to(root):
        raise ArchiveError(
            f"{path} is a link that leaves the project (to {real}): "
            f"put a copy in its place, or name it in {_IGNORE_FILE}"
        )
    if real in above:
        raise ArchiveError(f"{path} is a link to a folder it lies in: remove it, or name it in {_IGNORE_FILE}")


def _check_sizes(files: list[_File], limit: int) -> None:
    if not files:
        return
    largest = max(files, key=lambda file: file.size)
    if largest.size > limit:
        raise _too_large(largest.path, largest.size, limit)
    total = sum(file.size for file in files)
    if total > limit:
        raise _too_large(f"The files together (the largest: {largest.path}, {largest.size:,} bytes)", total, limit)


def _add(tar: tarfile.TarFile, file: _File) -> None:
    try:
        file.name.encode()
        with open(file.path, "rb") as content:
            status = os.fstat(content.fileno())
            entry = tarfile.TarInfo(file.name)
            entry.size = status.st_size
            entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
            tar.addfile(entry, content)
    except UnicodeEncodeError as error:
        raise ArchiveError(f"{file.path!r} has a name that is not Unicode: rename it") from error
    except OSError as error:
        raise _unreadable(file.path, error) from error


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
        f"{path} cannot be read ({error.strerror or error}): make it readable, or name it in {_IGNORE_FILE}"
    )


def _too_large(what: str, size: int, limit: int) -> ArchiveError:
    return ArchiveError(
        f"{what}: {size:,} bytes or more, over the limit of {limit:,}. Name what the workflows do not need in "
        f"{_IGNORE_FILE}, or give max_archive_bytes if your server takes more"
    )


def extract(
    source: Readable, directory: str | os.PathLike[str], *, max_unpacked_bytes: int = MAX_UNPACKED_BYTES
) -> tuple[str, ...]:
    """Unpacks a project's archive into `directory` and gives the paths of the files, sorted, with `/` between folders.

    Files, folders and links that stay inside are unpacked; times and owners are not taken over, of the mode only
    "may be executed". When anything is refused, nothing is left behind.

    Args:
        source: The archive's bytes; read once, in pieces, so a download can be unpacked as it arrives.
        directory: A folder that is empty or does not exist yet.
        max_unpacked_bytes: How many bytes the archive may unpack to, a file's name and header included.

    Raises:
        ArchiveError: The folder has something in it, or the archive is damaged, too large, or holds what would be
            written outside the folder.
    """
    target = Path(directory)
    made = [folder for folder in (target, *target.parents) if not folder.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise ArchiveError(f"{target} is not empty: give a new or an empty folder")
        staging = Path(tempfile.mkdtemp(dir=target))
    except OSError as error:
        raise ArchiveError(f"{target} cannot be used as the project's folder: {error.strerror or error}") from error
    try:
        files = _unpack(source, staging, max_unpacked_bytes)
        for entry in staging.iterdir():
            entry.rename(target / entry.name)
        staging.rmdir()
        made = []
    except (OSError, ValueError, zlib.error, tarfile.TarError) as error:
        raise ArchiveError(f"The archive cannot be unpacked into {target}: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with contextlib.suppress(OSError):
            for folder in made:
                folder.rmdir()
    return files


def _unpack(source: Readable, root: Path, limit: int) -> tuple[str, ...]:
    """Symbolic links are made last, so nothing is ever written through one."""
    files: set[str] = set()
    links: dict[str, str] = {}
    unpacked = _Unpacked(source, limit)
    with tarfile.open(fileobj=unpacked, mode="r|", encoding="utf-8") as tar:
        for entry in tar:
            name, path = _place(entry.name, root)
            if entry.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if entry.issym():
                links[name] = _target(name, entry.linkname, root)
                continue
            links.pop(name, None)  # the same name again: the last one counts, as it does for the service
            if entry.islnk():
                linked, original = _place(entry.linkname, root)
                if linked not in files:
                    raise ArchiveError(f"The archive's {name} is a link to {linked}, which is no file before it")
                unpacked.spend(original.stat().st_size)
                shutil.copy(original, path)
            else:
                _write(tar, entry, path)
            files.add(name)
        while unpacked.read(_CHUNK_BYTES):
            pass  # only the end of the compressed data has the checksum
    for name, link_target in links.items():
        root.joinpath(name).unlink(missing_ok=True)
        root.joinpath(name).symlink_to(link_target)
    return tuple(sorted(files | links.keys()))


def _place(name: str, root: Path) -> tuple[str, Path]:
    """The entry's name without `./`, and its path below `root`."""
    parts = PurePosixPath(name).parts
    path = root.joinpath(*parts)
    # The second condition sees absolute names, and what only another system takes for a separator or a drive.
    if ".." in parts or path.parts[len(root.parts) :] != parts:
        raise ArchiveError(f"The archive's {name!r} lies outside the folder")
    return "/".join(parts), path


def _target(name: str, target: str, root: Path) -> str:
    """Where the link `name` leads, without `//` and `/./`, once it is seen to stay inside.

    `..` may only stand at the front, where folders are real: behind another link it could leave.
    """
    folders = name.split("/")[:-1]
    parts = PurePosixPath(target).parts
    climbed = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    if target.startswith("/") or climbed > len(folders):
        raise ArchiveError(f"The archive's {name!r} is a link to {target!r}, outside the folder")
    _place("/".join((*folders[: len(folders) - climbed], *parts[climbed:])), root)
    return "/".join(parts) or "."


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(entry) if entry.isfile() and not entry.issparse() else None
    if content is None:
        raise ArchiveError(f"The archive's {entry.name!r} is neither a file, a folder nor a link")
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)
    if entry.mode & stat.S_IXUSR:
        path.chmod(0o755)


class _Unpacked(io.RawIOBase):
    """The first gzip member of `source` (the service looks no further), unpacked as it is read, up to `limit` bytes."""

    def __init__(self, source: Readable, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._spent = 0
        self._gzip = zlib.decompressobj(wbits=31)  # 31: a gzip header, and its checksum is compared

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        while not self._gzip.eof:
            packed = self._gzip.unconsumed_tail or self._source.read(_CHUNK_BYTES)
            if not packed:
                raise ArchiveError("The archive is cut short: fetch it again")
            if data := self._gzip.decompress(packed, len(view)):
                self.spend(len(data))
                view[: len(data)] = data
                return len(data)
        return 0

    def spend(self, count: int) -> None:
        self._spent += count
        if self._spent > self._limit:
            raise ArchiveError(
                f"The archive unpacks to more than {self._limit:,} bytes: give max_unpacked_bytes if it may"
            )
