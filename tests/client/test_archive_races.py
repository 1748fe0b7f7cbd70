"""Folders that change under the packer or never end, and unpackings that are killed or do not fit the disk."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.client.projects import entry, read, tar_gz, write
from treasure_workflow import _extraction, archive
from treasure_workflow.errors import ArchiveError

DIG = {"a.dig": b"+a:\n  echo>: a\n"}


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent.parent / "secret")


def another_file(path: Path) -> None:
    (path.parent / "new").write_bytes(b"yy")
    (path.parent / "new").replace(path)


def growth(path: Path) -> None:
    path.write_bytes(b"x" * 5000)


def nothing(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [a_pipe, a_link, another_file, growth, nothing, a_folder])
def test_a_file_that_changes_under_the_packer_is_told(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is packed is what was looked at: no pipe is waited for, no link followed, no limit passed."""
    write(tmp_path, {"secret": b"hunter2"})
    project = write(tmp_path / "project", DIG | {"data": b"xx"})
    check = archive._check_sizes

    def check_and_change(files: list[archive._File], limit: int) -> None:
        check(files, limit)
        change(project / "data")

    monkeypatch.setattr(archive, "_check_sizes", check_and_change)
    with pytest.raises(ArchiveError, match=r"project/data(: | changed | cannot be read)"):
        archive.pack(project, max_archive_bytes=1000)


def test_folders_of_links_to_folders_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two links a level double the folders: they are counted as they are found, not until the disk is full."""
    project = write(tmp_path / "project", DIG)
    for level in range(40):
        (project / f"l{level}").mkdir()
        for name in ("x", "y"):
            (project / f"l{level}" / name).symlink_to(project / f"l{level + 1}")
    (project / "l40").mkdir()
    monkeypatch.setattr(archive, "MAX_ENTRIES", 500)
    with pytest.raises(ArchiveError, match="more than 500 files and folders"):
        archive.pack(project)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder for more levels than pytest itself can clean up, which would end its run."""
    yield tmp_path
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        for folder in tmp_path.iterdir():
            shutil.rmtree(folder)
    finally:
        sys.setrecursionlimit(limit)


def test_a_project_may_be_very_deep(deep: Path) -> None:
    """More levels than Python has frames are packed, and unpacked again."""
    project = write(deep / "project", DIG)
    folder, down = os.open(project, os.O_RDONLY), "d"
    for _ in range(1100):
        os.mkdir(down, dir_fd=folder)
        below = os.open(down, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("deep.sql", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    with archive.pack(project) as packed:
        assert packed.files == ("a.dig", "d/" * 1100 + "deep.sql")
        files = archive.extract(io.BytesIO(b"".join(packed.chunks())), deep / "out")
    assert files == packed.files


def test_a_link_to_nowhere_says_what_is_missing(tmp_path: Path) -> None:
    """The cure is not to make the link readable."""
    project = write(tmp_path / "project", DIG)
    (project / "l").symlink_to("nowhere")
    with pytest.raises(ArchiveError, match=r"project/l is a link whose target \S+/nowhere is missing"):
        archive.pack(project)


WHOLE = tar_gz(entry("a.dig", DIG["a.dig"]), entry("sql/b.sql", b"select 1"))


@pytest.mark.parametrize("there", [False, True])
def test_the_folder_is_there_whole_or_not_at_all(there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the one rename nothing is in the folder; what a killed unpacking leaves beside it stops nobody."""
    target = tmp_path / "project"
    if there:
        target.mkdir(mode=0o750)

    class KilledError(BaseException):
        """Ends everything at once, as a signal does."""

    def killed(*_: object) -> None:
        assert not target.exists() or not list(target.iterdir())
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(_extraction, "_put_in_place", killed)
        patch.setattr(_extraction.shutil, "rmtree", lambda *_args, **_options: None)
        with pytest.raises(KilledError):
            archive.extract(io.BytesIO(WHOLE), target)
    assert target.exists() == there
    assert archive.extract(io.BytesIO(WHOLE), target) == ("a.dig", "sql/b.sql")
    assert read(target) == DIG | {"sql/b.sql": b"select 1"}
    assert not there or target.stat().st_mode & 0o777 == 0o750


def test_who_stands_in_the_folder_stays_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder is filled, not replaced by another of its name."""
    target = tmp_path / "project"
    target.mkdir()
    monkeypatch.chdir(target)
    before = target.stat().st_ino
    archive.extract(io.BytesIO(WHOLE), ".")
    assert target.stat().st_ino == before
    assert Path("a.dig").read_bytes() == DIG["a.dig"]


def test_a_folder_that_has_no_room_beside_it_is_filled_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another disk is mounted, what an unpacking that was killed has left is cleared away."""
    target = tmp_path / "project"
    (target / f"{_extraction._STAGING_PREFIX}old" / "content").mkdir(parents=True)
    monkeypatch.setattr(_extraction.os, "access", lambda *_: False)
    archive.extract(io.BytesIO(WHOLE), target)
    assert read(target) == DIG | {"sql/b.sql": b"select 1"}
    assert sorted(path.name for path in target.iterdir()) == ["a.dig", "sql"]


def test_entries_and_headers_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a name of megabytes nor a million empty entries nor headers without end take memory."""
    long_name = tar_gz(entry("n" * 100_000, b""))
    with pytest.raises(ArchiveError, match="header"):
        archive.extract(io.BytesIO(long_name), tmp_path / "a")
    monkeypatch.setattr(_extraction, "_MAX_ENTRIES", 3)
    with pytest.raises(ArchiveError, match="more than 3 entries"):
        archive.extract(io.BytesIO(tar_gz(*(entry(f"f{number}", b"") for number in range(4)))), tmp_path / "b")
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2
    blocks = header.tobuf(tarfile.GNU_FORMAT) + b"y\0".ljust(512, b"\0")
    import gzip

    with pytest.raises(ArchiveError):
        archive.extract(io.BytesIO(gzip.compress(blocks * 5000)), tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.sql", "A.SQL"), ("Sql/x", "sql/y"), (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"))],
)
def test_names_that_a_disk_takes_for_one_are_told(
    first: str, second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that ignores letter case, one file does not replace another without a word."""
    source = tar_gz(entry(first, b"1"), entry(second, b"2"))
    assert len(archive.extract(io.BytesIO(source), tmp_path / "told apart")) == 2

    def folding(self: _extraction._Names, root: Path) -> None:
        self._folds, self._seen = True, {}

    monkeypatch.setattr(_extraction._Names, "__init__", folding)
    with pytest.raises(ArchiveError, match="one name on this disk"):
        archive.extract(io.BytesIO(source), tmp_path / "taken for one")
    assert not (tmp_path / "taken for one").exists()


@pytest.mark.parametrize("name", ["con", "sql/NUL.sql", "a:b", "end.", "end ", "a?b", "com1.txt", "tab\tname"])
def test_names_that_windows_cannot_hold_are_told(name: str) -> None:
    """A device's name or a forbidden character is seen before anything is written to it."""
    assert any(_extraction._OF_WINDOWS.search(part) for part in name.split("/"))
    assert not _extraction._OF_WINDOWS.search("console.sql")
