"""Reading uploaded archives: what is tolerated, what is refused, and that hostile ones cost little."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import calls_of
from tests.support.mock.api import Api, pack
from treasure_workflow_mock.dig.archive import read_archive
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.service.statuses import status_of

LIMIT = 2 * 1024 * 1024
names = (
    st.text(alphabet="abc.-_é/", min_size=1, max_size=150)
    .map(lambda text: text.strip("/"))
    .filter(lambda name: bool(name) and not any(part in {"", ".", ".."} for part in name.split("/")))
)


def refusal_of(content: bytes) -> str | None:
    """The message with which an archive is refused."""
    with pytest.raises(ServiceError) as refusal:
        read_archive(content, LIMIT, "<folder>")
    assert status_of(refusal.value) == 400
    return refusal.value.message


def status_of_reading(content: bytes) -> int:
    """200 for an archive that is read, else the status of the refusal."""
    try:
        read_archive(content, LIMIT, "<folder>")
    except ServiceError as refusal:
        return status_of(refusal)
    return 200


def tar(*members: tuple[tarfile.TarInfo, bytes], pax: bool = False) -> bytes:
    """A plain tar of the given members."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT) as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return plain.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """The head of one entry."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@given(files=st.dictionaries(names, st.binary(max_size=2000), max_size=6), pax=st.booleans())
def test_files_come_back(files: dict[str, bytes], pax: bool) -> None:
    """What tar packs, long names and pax headers included, is read back byte by byte and in order."""
    clear = {name: data for name, data in files.items() if not any(other.startswith(f"{name}/") for other in files)}
    content = gzip.compress(tar(*((entry(name), data) for name, data in clear.items()), pax=pax))
    found = read_archive(content, LIMIT, "<folder>")
    assert list(found.items()) == list(clear.items())


@given(st.binary(max_size=3000))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    """Any bytes, packed or not, give files or a refusal."""
    assert status_of_reading(content) in {200, 400}
    assert status_of_reading(gzip.compress(content)) in {200, 400}


@given(position=st.integers(0, 2000), byte=st.integers(0, 255))
def test_a_damaged_tar_is_read_or_refused(position: int, byte: int) -> None:
    """One wrong byte anywhere in the tar gives files or a refusal."""
    plain = bytearray(tar((entry("a.dig"), b"+a:\n"), (entry("b" * 120), b"x" * 600)))
    plain[position % len(plain)] = byte
    assert status_of_reading(gzip.compress(bytes(plain))) in {200, 400}


def test_tolerated_oddities() -> None:
    """A tail cut off, bytes behind the gzip, zeros and little of anything are read as far as they go."""
    plain = tar((entry("a"), b"1"))
    for content in (gzip.compress(plain[:1024]), gzip.compress(plain) + b"more", gzip.compress(plain) * 2):
        assert read_archive(content, LIMIT, "<folder>") == {"a": b"1"}
    for little in (b"", b"x" * 511, bytes(5000)):
        assert read_archive(gzip.compress(little), LIMIT, "<folder>") == {}
    links = tar((entry("s", tarfile.SYMTYPE, "/etc/passwd"), b""), (entry("h", tarfile.LNKTYPE, "../x"), b""))
    assert read_archive(gzip.compress(links), LIMIT, "<folder>") == {"s": b"", "h": b""}
    devices = tar((entry("d", tarfile.CHRTYPE), b""), (entry("p", tarfile.FIFOTYPE), b""))
    assert read_archive(gzip.compress(devices), LIMIT, "<folder>") == {"d": b"", "p": b""}


def test_refused_bytes() -> None:
    """What is no gzip, is cut, is damaged or holds no tar is refused with the service's words."""
    packed = gzip.compress(tar((entry("a"), bytes(range(256)) * 40)))
    assert refusal_of(b"") == refusal_of(b"PK\x03\x04") == "Input is not in the .gz format"
    assert refusal_of(packed[:-9]) is None
    assert refusal_of(packed[: len(packed) // 2]) is None
    assert "CRC32" in (refusal_of(packed[:-8] + bytes(4) + packed[-4:]) or "")
    assert refusal_of(gzip.compress(b"x" * 512)) == "Error detected parsing the header"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", ".."])
def test_a_name_that_leaves_the_project(name: str) -> None:
    """Absolute names and names that climb out are refused, wherever they would lead."""
    assert refusal_of(gzip.compress(tar((entry(name), b"x")))) == "Bad zip entry"


def test_names_that_a_file_system_would_refuse() -> None:
    """A file below a file, a file in place of a folder and a way through a folder that is not there are refused."""
    assert refusal_of(gzip.compress(tar((entry("a"), b""), (entry("a/b"), b"")))) == "<folder>/a"
    assert refusal_of(gzip.compress(tar((entry("a/b"), b""), (entry("a"), b"")))) == "<folder>/a"
    assert refusal_of(gzip.compress(tar((entry("a/../b"), b"")))) == "<folder>/a/../b"
    there = gzip.compress(tar((entry("a/x"), b""), (entry("a/../b"), b"2")))
    assert read_archive(there, LIMIT, "<folder>") == {"a/x": b"", "b": b"2"}


def test_a_name_that_is_not_utf_8() -> None:
    """A name of other bytes is refused."""
    plain = tar((entry("name"), b""))
    assert "UTF-8" in (refusal_of(gzip.compress(plain.replace(b"name", b"na\xffe", 1))) or "")


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_long_name_cut_inside_a_character(format: int) -> None:
    """Its header ends in half a character; the whole name is in a header of its own."""
    name = "n" + "é" * 60 + ".sql"
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=format) as archive:
        archive.addfile(tarfile.TarInfo(name))
    assert list(read_archive(gzip.compress(tar.getvalue()), LIMIT, "<folder>")) == [name]


def test_sizes() -> None:
    """One file, and all together, may hold the limit and no more; folders count nothing."""
    exact = gzip.compress(tar((entry("d", tarfile.DIRTYPE), b""), (entry("a"), bytes(LIMIT))))
    assert len(read_archive(exact, LIMIT, "<folder>")["a"]) == LIMIT
    assert "exceeds limit (2097153 > 2097152 bytes): a" in (
        refusal_of(gzip.compress(tar((entry("a"), bytes(LIMIT + 1))))) or ""
    )
    two = tar((entry("a"), bytes(LIMIT)), (entry("b"), b"1"))
    assert "Total size of the archive exceeds limit (2097153 > " in (refusal_of(gzip.compress(two)) or "")


def a_file_of_terabytes() -> bytes:
    """A header that claims terabytes, and little behind it."""
    huge = entry("huge")
    huge.size = 8 * 1024**4
    return huge.tobuf(tarfile.GNU_FORMAT) + bytes(1024 * 1024)


def a_name_of_a_gigabyte() -> bytes:
    """An extension header that claims a gigabyte for the next entry's name."""
    long_name = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    long_name.size = 1024**3
    return long_name.tobuf(tarfile.GNU_FORMAT) + b"a" * 1024 * 1024


def a_hundred_thousand_entries() -> bytes:
    """Empty files without end."""
    return entry("f").tobuf(tarfile.GNU_FORMAT) * 100_000


def folders_that_hold_data() -> bytes:
    """Folders, which count nothing towards the limit, each with megabytes behind it."""
    folder = entry("d/", tarfile.DIRTYPE)
    folder.size = 1024**2
    return (folder.tobuf(tarfile.GNU_FORMAT) + bytes(1024**2)) * 64


def files_of_a_thousand_times_their_size() -> bytes:
    """Files of zeros, each as long as a file may be: gzip makes a thousandth of them."""
    member = entry("zeros")
    member.size = LIMIT
    return (member.tobuf(tarfile.GNU_FORMAT) + bytes(LIMIT)) * 64


@pytest.mark.parametrize(
    "build",
    [
        a_file_of_terabytes,
        a_name_of_a_gigabyte,
        a_hundred_thousand_entries,
        folders_that_hold_data,
        files_of_a_thousand_times_their_size,
    ],
)
def test_hostile_archives_cost_little(build: Callable[[], bytes]) -> None:
    """An archive that claims or unpacks to far too much is refused with little work and memory."""
    content = gzip.compress(build(), 1)
    assert len(content) < LIMIT
    tracemalloc.start()
    try:
        assert calls_of(lambda: refusal_of(content)) < 3_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * 1024 * 1024


def test_nothing_is_written_outside(digdag: Api, tmp_path: Path) -> None:
    """An upload leaves no file, whether by an absolute name, one that climbs out, a link or a way through a link."""
    target = str(tmp_path / "escaped")
    link = entry("link", tarfile.SYMTYPE, str(tmp_path))
    attempts = (
        ([entry(target)], 400),
        ([entry(f"{'../' * 40}{target.lstrip('/')}")], 400),
        ([link, entry("link/escaped")], 400),
        ([entry("link", tarfile.SYMTYPE, target), entry("a.sql")], 200),
        ([entry("link", tarfile.LNKTYPE, target), entry("link")], 200),
    )
    for number, (members, status) in enumerate(attempts):
        content = gzip.compress(tar(*((member, b"") for member in members)))
        assert digdag.upload(content, revision=f"r{number}").status == status, members
    assert not list(tmp_path.iterdir())


def test_a_refused_upload_changes_nothing(digdag: Api) -> None:
    """After a refusal, of the archive or of a workflow in it, the account is as it was."""
    assert digdag.upload({"a.dig": "+a:\n  echo>: x\n"}).status == 200
    before = digdag.get("/api/projects").content, digdag.get("/api/projects/1/revisions").content
    for content in (b"rubbish", pack({"../x": "y"}), pack({"b.dig": "oops: 1\n"}), pack({"b.dig": "["})):
        assert digdag.upload(content, revision="r2").status == 400
        assert digdag.upload(content, project="other").status == 400
    assert (digdag.get("/api/projects").content, digdag.get("/api/projects/1/revisions").content) == before
