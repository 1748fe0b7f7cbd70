"""A project's archive, unpacked into a folder: whole or not at all, and never outside of it.

- Everything is unpacked beside the folder first, and put in place by one rename. Whatever ends the process before
  leaves the folder as it was; what lies beside it then stops nobody.
- An archive comes from a server: it is input. Its size, its entries and their headers have limits, names stay inside,
  and links are made last, so that nothing is ever written through one.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import stat
import tarfile
import tempfile
import unicodedata
import zlib
from collections.abc import Generator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NoReturn, Protocol, Self

from treasure_workflow.errors import ArchiveError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""How far `extract` unpacks unless told otherwise, in bytes: a server of your own may allow more than the hosted."""

_MAX_ENTRIES = 100_000
_MAX_HEADER_BYTES = 64 * 1024  # names are far shorter, and the service writes no other headers
_CHUNK_BYTES = 64 * 1024
_STAGING_PREFIX = ".treasure-workflow-"
_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_OF_WINDOWS = re.compile(
    r"""[<>:"|?*\x00-\x1f]|[ .]\Z|\A(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)""", re.IGNORECASE
)


class Readable(Protocol):
    """Anything that gives bytes in pieces, none at the end: an open binary file, a temporary file."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        ...


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
            written outside the folder, or names that this disk cannot hold.
    """
    target = Path(os.path.realpath(directory))
    with _made(target.parent, Path(directory)):
        try:
            if target.exists() and any(not _is_left_over(entry.name) for entry in target.iterdir()):
                raise ArchiveError(f"{directory} is not empty: give a new or an empty folder")
            staging = _staging(target)
        except OSError as error:
            raise ArchiveError(
                f"{directory} cannot be used as the project's folder: {error.strerror or error}"
            ) from error
        try:
            content = staging / "content"  # a folder with the mode that folders have here
            content.mkdir()
            files = _unpack(source, content, max_unpacked_bytes)
            _put_in_place(content, target)
        except (OSError, ValueError, RecursionError, zlib.error, tarfile.TarError) as error:
            raise ArchiveError(f"The archive cannot be unpacked into {directory}: {error}") from error
        finally:
            with contextlib.suppress(RecursionError):  # what lies very deep stays, and stops nobody
                shutil.rmtree(staging, ignore_errors=True)
    return files


@contextlib.contextmanager
def _made(folder: Path, named: Path) -> Generator[None, None, None]:
    """Makes a folder with all above it, and takes back what it made when the block fails."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        for each in reversed(made):
            each.mkdir(exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{named} cannot be used as the project's folder: {error.strerror or error}") from error
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for each in made:
                each.rmdir()
        raise


def _is_left_over(name: str) -> bool:
    """Whether an unpacking that was killed has left this in the folder."""
    return name.startswith(_STAGING_PREFIX)


def _staging(target: Path) -> Path:
    """A new folder on the target's own disk: beside it, or within where another disk is mounted there."""
    if target.exists():
        for entry in target.iterdir():
            shutil.rmtree(entry, ignore_errors=True)
        beside = target.parent.stat().st_dev == target.stat().st_dev and os.access(target.parent, os.W_OK)
        if not beside:
            return Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=target))
    return Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=target.parent))


def _put_in_place(content: Path, target: Path) -> None:
    """Gives the target the content. One that is there already is replaced, unless somebody stands in it."""
    if not target.exists():
        content.rename(target)
        return
    if content.is_relative_to(target) or _is_working_folder(target) or os.name == "nt":
        for entry in content.iterdir():
            entry.rename(target / entry.name)
        return
    content.chmod(stat.S_IMODE(target.stat().st_mode))
    content.rename(target)


def _is_working_folder(target: Path) -> bool:
    try:
        return Path.cwd().is_relative_to(target)
    except OSError:  # the working folder is gone
        return False


class _Names:
    """The names that were given out, to tell those that the disk cannot tell apart or cannot hold."""

    def __init__(self, root: Path) -> None:
        probe = root / "a"
        probe.touch()
        self._folds = (root / "A").exists()
        probe.unlink()
        self._seen: dict[str, str] = {}

    def check(self, name: str) -> None:
        """Refuses a name. Raises ArchiveError."""
        if os.name == "nt":
            for part in name.split("/"):
                if _OF_WINDOWS.search(part):
                    raise ArchiveError(f"The archive's {name!r} has a name that Windows cannot hold: {part!r}")
        if self._folds:
            end = len(name)
            while end > 0:
                path = name[:end]
                other = self._seen.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
                if other != path:
                    raise ArchiveError(
                        f"The archive holds {other!r} and {path!r}, which are one name on this disk: "
                        "unpack it on one that tells capital letters apart"
                    )
                end = name.rfind("/", 0, end)


class _Entry(tarfile.TarInfo):
    """An entry's header, read no further than it may go."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if entry.type in _HEADERS and entry.size > _MAX_HEADER_BYTES:
            raise ArchiveError(f"The archive has a header of {entry.size:,} bytes: more than names need")
        if entry.type == tarfile.GNUTYPE_SPARSE:
            _refuse(entry.name)
        return entry


def _refuse(name: str) -> NoReturn:
    raise ArchiveError(f"The archive's {name!r} is neither a file, a folder nor a link")


def _unpack(source: Readable, root: Path, limit: int) -> tuple[str, ...]:
    """Symbolic links are made last, so nothing is ever written through one."""
    files: set[str] = set()
    links: dict[str, str] = {}
    names = _Names(root)
    unpacked = _Unpacked(source, limit)
    with tarfile.open(fileobj=unpacked, mode="r|", encoding="utf-8", tarinfo=_Entry) as tar:
        for count, entry in enumerate(tar, 1):
            if count > _MAX_ENTRIES:
                raise ArchiveError(f"The archive has more than {_MAX_ENTRIES:,} entries")
            name, path = _place(entry.name, root)
            names.check(name)
            if entry.isdir():
                _make_folders(path, root)
                continue
            _make_folders(path.parent, root)
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


def _make_folders(path: Path, root: Path) -> None:
    """Makes a folder below `root` with all between; not by recursion, since an archive may go down far."""
    folder = os.fspath(root)
    for part in path.parts[len(root.parts) :]:
        folder = os.path.join(folder, part)
        if not os.path.isdir(folder):
            os.mkdir(folder)


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
        _refuse(entry.name)
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
