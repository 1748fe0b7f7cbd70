"""Unpacking an archive: nothing outside the folder, whatever is in it, and nothing left of a refused one."""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.client.projects import entry, read, tar_gz, write
from treasure_workflow import archive
from treasure_workflow.errors import ArchiveError

pieces = st.sampled_from(["a", "b", "c", "..", ".", "", "~", "C:", "..\\a"])
paths = st.lists(pieces, min_size=1, max_size=4).map("/".join)
kinds = st.sampled_from([tarfile.REGTYPE] * 2 + [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])


@given(st.lists(st.tuples(paths, kinds, paths), min_size=1, max_size=7))
@example([("a", tarfile.SYMTYPE, "a//a")])
@settings(max_examples=200)
def test_nothing_is_written_outside_the_folder(entries: list[tuple[str, bytes, str]]) -> None:
    """Whatever names and links an archive combines: what is around the folder stays, and no link inside leads out."""
    source = tar_gz(
        *(entry(name, b"x" if kind == tarfile.REGTYPE else b"", kind=kind, link=link) for name, kind, link in entries)
    )
    with tempfile.TemporaryDirectory() as folder:
        around = write(Path(folder), {"a": b"mine", "deep/a": b"mine", "deep/b": b"mine"})
        target = around / "deep" / "project"
        try:
            archive.extract(io.BytesIO(source), target)
        except ArchiveError:
            assert not target.exists()
        for path in target.rglob("*"):
            assert Path(os.path.realpath(path)).is_relative_to(os.path.realpath(target))
        assert {name: text for name, text in read(around).items() if not name.startswith("deep/project/")} == {
            "a": b"mine",
            "deep/a": b"mine",
            "deep/b": b"mine",
        }


@given(st.integers(0, 700), st.binary(min_size=1, max_size=40), st.booleans())
@settings(max_examples=200)
def test_a_damaged_archive_is_an_archive_error_or_unpacks(position: int, damage: bytes, compressed: bool) -> None:
    """Damaged bytes, packed or unpacked, never surface as another exception."""
    whole = tar_gz(
        entry("main.dig", b"+a:\n  echo>: b\n" * 20),
        entry("n" * 120, b"long name"),
        entry("link", kind=tarfile.SYMTYPE, link="main.dig"),
    )
    if compressed:
        source = whole[:position] + damage + whole[position + len(damage) :]
    else:
        plain = gzip.decompress(whole)
        source = gzip.compress(plain[: position * 4] + damage + plain[position * 4 + len(damage) :])
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "new")
        try:
            archive.extract(io.BytesIO(source), target)
        except ArchiveError:
            assert not target.exists()


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([entry("/etc/x", b"x")], "outside the folder"),
        ([entry("../x", b"x")], "outside the folder"),
        ([entry("a/../../x", b"x")], "outside the folder"),
        ([entry("../x", kind=tarfile.DIRTYPE)], "outside the folder"),
        ([entry("a", kind=tarfile.SYMTYPE, link="/etc")], "is a link to '/etc'"),
        ([entry("a", kind=tarfile.SYMTYPE, link="../x")], "outside the folder"),
        ([entry("d/a", kind=tarfile.SYMTYPE, link="../../x")], "outside the folder"),
        (
            [entry("d/up", kind=tarfile.SYMTYPE, link=".."), entry("a", kind=tarfile.SYMTYPE, link="d/up/../x")],
            "outside the folder",
        ),
        ([entry("a", kind=tarfile.LNKTYPE, link="../x")], "outside the folder"),
        ([entry("a", kind=tarfile.LNKTYPE, link="b")], "no file before it"),
        ([entry("a", kind=tarfile.SYMTYPE, link="."), entry("a/x", b"x")], "cannot be unpacked"),
        ([entry("a", kind=tarfile.FIFOTYPE)], "neither a file"),
        ([entry("a", kind=tarfile.CHRTYPE)], "neither a file"),
        ([entry("a", kind=tarfile.BLKTYPE)], "neither a file"),
    ],
)
def test_what_would_leave_the_folder_is_refused(
    tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], words: str
) -> None:
    """Nothing of a refused archive is left, not even the folders made for it."""
    source = tar_gz(entry("good.dig", b"x"), *entries)
    with pytest.raises(ArchiveError, match=words):
        archive.extract(io.BytesIO(source), tmp_path / "some" / "new")
    assert list(tmp_path.iterdir()) == []


def test_folders_are_unpacked_too(tmp_path: Path) -> None:
    """Empty folders, and an archive with nothing in it, leave folders behind."""
    assert archive.extract(io.BytesIO(tar_gz(entry("out/logs", kind=tarfile.DIRTYPE))), tmp_path / "new") == ()
    assert (tmp_path / "new" / "out" / "logs").is_dir()
    archive.extract(io.BytesIO(tar_gz()), tmp_path / "nothing")
    assert (tmp_path / "nothing").is_dir()


def test_links_inside_stay_links(tmp_path: Path) -> None:
    """A project packed with links by another tool comes back usable: symbolic links as such, hard ones as copies."""
    source = tar_gz(
        entry("./sql/a.sql", b"select 1"),
        entry("all/a.sql", kind=tarfile.SYMTYPE, link="../sql/a.sql"),
        entry("queries", kind=tarfile.SYMTYPE, link="sql"),
        entry("copy.sql", kind=tarfile.LNKTYPE, link="sql/a.sql"),
    )
    assert archive.extract(io.BytesIO(source), tmp_path / "new") == ("all/a.sql", "copy.sql", "queries", "sql/a.sql")
    assert (tmp_path / "new" / "all" / "a.sql").is_symlink()
    assert (tmp_path / "new" / "queries" / "a.sql").read_bytes() == b"select 1"
    assert (tmp_path / "new" / "copy.sql").read_bytes() == b"select 1"


def test_of_the_same_name_the_last_counts(tmp_path: Path) -> None:
    """As for the service, a later entry replaces an earlier one, whatever kind they are."""
    source = tar_gz(
        entry("a", b"1"), entry("a", b"2"), entry("l", b"1"), entry("l", kind=tarfile.SYMTYPE, link="a"),
        entry("f", kind=tarfile.SYMTYPE, link="a"), entry("f", b"3"),
    )  # fmt: skip
    archive.extract(io.BytesIO(source), tmp_path / "new")
    assert read(tmp_path / "new") == {"a": b"2", "l": b"2", "f": b"3"}
    assert not (tmp_path / "new" / "f").is_symlink()


def test_a_folder_with_something_in_it_is_not_touched(tmp_path: Path) -> None:
    """Unpacking never mixes with or replaces what is there; an empty folder is fine."""
    source = tar_gz(entry("main.dig", b"new"))
    write(tmp_path / "full", {"main.dig": b"old"})
    with pytest.raises(ArchiveError, match="is not empty"):
        archive.extract(io.BytesIO(source), tmp_path / "full")
    assert read(tmp_path / "full") == {"main.dig": b"old"}
    (tmp_path / "empty").mkdir()
    archive.extract(io.BytesIO(source), tmp_path / "empty")
    assert read(tmp_path / "empty") == {"main.dig": b"new"}


def test_a_target_that_cannot_be_a_folder(tmp_path: Path) -> None:
    """A file in the way is named."""
    write(tmp_path, {"file": b""})
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ArchiveError, match=f"{target.name} cannot be used"):
            archive.extract(io.BytesIO(tar_gz()), target)


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    """Wherever the bytes end early, the archive is refused and nothing stays."""
    whole = tar_gz(entry("main.dig", random.Random(1).randbytes(2000)))
    for length in (0, 1, 15, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        with pytest.raises(ArchiveError, match="cut short"):
            archive.extract(io.BytesIO(whole[:length]), tmp_path / "new")
        assert not (tmp_path / "new").exists()


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    """Bytes changed on the way are noticed, though only the last ones tell."""
    whole = bytearray(tar_gz(entry("main.dig", b"x")))
    whole[-8] ^= 1
    with pytest.raises(ArchiveError, match="cannot be unpacked"):
        archive.extract(io.BytesIO(whole), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_follows_the_archive_is_not_looked_at(tmp_path: Path) -> None:
    """The service stores such uploads and reads the first gzip member only."""
    archive.extract(io.BytesIO(tar_gz(entry("main.dig", b"x")) + b"more"), tmp_path / "new")
    assert read(tmp_path / "new") == {"main.dig": b"x"}


def sparse(map: str, size: int) -> bytes:
    info = tarfile.TarInfo("a")
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.map": map, "GNU.sparse.size": str(size)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "source",
    [
        tar_gz(entry("a", bytes(2_000_000))),
        tar_gz(*(entry(f"{n}") for n in range(3000))),
        tar_gz(entry("a", bytes(300_000)), *(entry(f"{n}", kind=tarfile.LNKTYPE, link="a") for n in range(5))),
        tar_gz(entry("n" * 2_000_000)),
        sparse("0,1", 10**12),
        sparse("no,numbers", 1),
    ],
    ids=["zeros", "many files", "many hard links", "a long name", "a sparse file", "a broken sparse file"],
)
def test_a_small_archive_does_not_become_a_large_folder(tmp_path: Path, source: bytes) -> None:
    """The limit holds for contents, headers, names and copies alike."""
    with pytest.raises(ArchiveError):
        archive.extract(io.BytesIO(source), tmp_path / "new", max_unpacked_bytes=1_000_000)
    assert not (tmp_path / "new").exists()


def test_an_error_of_the_source_leaves_nothing_behind(tmp_path: Path) -> None:
    """When a download breaks off, its error comes through and the folder is gone."""

    class Broken:
        def read(self, size: int, /) -> bytes:
            raise RuntimeError("connection lost")

    with pytest.raises(RuntimeError, match="connection lost"):
        archive.extract(Broken(), tmp_path / "new")
    assert not (tmp_path / "new").exists()
