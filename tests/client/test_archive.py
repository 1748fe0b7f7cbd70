"""Packing a project: equal bytes for equal files, and nothing that the service could not use."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import random
import tarfile
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.client.projects import WORKFLOW, Tree, packed_bytes, packed_files, read, write
from treasure_workflow import archive
from treasure_workflow.errors import ArchiveError

names = st.text(st.sampled_from("abz.-_ +'日é\\:"), min_size=1, max_size=8).filter(
    lambda name: name[0] != "."
) | st.just("n" * 120)
trees = st.recursive(
    st.binary(max_size=2000), lambda children: st.dictionaries(names, children, max_size=4), max_leaves=12
).filter(lambda tree: isinstance(tree, dict))


def flat(tree: object, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    if isinstance(tree, bytes):
        yield prefix, tree
    elif isinstance(tree, dict):
        for name, child in tree.items():
            yield from flat(child, f"{prefix}/{name}" if prefix else name)


@given(trees)
def test_unpacking_gives_back_what_was_packed(tree: object) -> None:
    """Every visible file comes back with its bytes, under its name, and nothing else does."""
    files = dict(flat(tree))
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder, "project"), WORKFLOW | files)
        with archive.pack(root) as packed:
            unpacked = archive.extract(io.BytesIO(b"".join(packed.chunks())), Path(folder, "new"))
            assert list(unpacked) == sorted(WORKFLOW | files) == list(packed.files)
        assert read(Path(folder, "new")) == WORKFLOW | files


@given(trees, st.randoms(use_true_random=False))
def test_equal_files_give_equal_bytes(tree: object, chance: random.Random) -> None:
    """Neither the order of creation, nor times, nor permissions for others change the archive."""
    files = list((WORKFLOW | dict(flat(tree))).items())
    with tempfile.TemporaryDirectory() as folder:
        one = write(Path(folder, "one"), dict(files))
        chance.shuffle(files)
        other = write(Path(folder, "other"), dict(files))
        for path in other.rglob("*"):
            os.utime(path, (chance.randrange(2**31), chance.randrange(2**31)))
            path.chmod(0o700 if path.is_dir() else 0o600)
        assert packed_bytes(one) == packed_bytes(other)


def test_size_checksum_and_a_second_reading(tmp_path: Path) -> None:
    """`size` and `md5` are those of the bytes sent, and the bytes can be sent again."""
    with archive.pack(write(tmp_path, WORKFLOW)) as packed:
        first, second = b"".join(packed.chunks()), b"".join(packed.chunks())
    assert first == second
    assert packed.size == len(first)
    assert packed.md5 == base64.b64encode(hashlib.md5(first).digest()).decode()


def test_two_readings_at_once(tmp_path: Path) -> None:
    """A reading that was given up does not disturb the next."""
    write(tmp_path, WORKFLOW | {"noise": random.Random(1).randbytes(300_000)})
    with archive.pack(tmp_path) as packed:
        given_up, whole = packed.chunks(), packed.chunks()
        start = next(whole) if next(given_up) else b""
        next(given_up)
        assert start + b"".join(whole) == b"".join(packed.chunks())


def test_of_the_owner_and_time_nothing_is_kept(tmp_path: Path) -> None:
    """The archive tells nothing of the machine it was packed on; of the mode, only that a file may be executed."""
    write(tmp_path, WORKFLOW | {"run.sh": b"echo"})
    (tmp_path / "run.sh").chmod(0o700)
    whole = packed_bytes(tmp_path)
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        found = {(e.name, oct(e.mode), e.mtime, e.uid, e.gid, e.uname, e.gname) for e in tar}
    assert found == {("nightly.dig", "0o644", 0, 0, 0, "", ""), ("run.sh", "0o755", 0, 0, 0, "", "")}
    assert whole[3] == 0, "the gzip header has no file name"
    assert whole[4:8] == b"\0\0\0\0", "nor a time"


def test_a_file_that_may_be_executed_still_may_be(tmp_path: Path) -> None:
    """The executable bit survives the way there and back."""
    write(tmp_path / "p", WORKFLOW | {"run.sh": b"echo"})
    (tmp_path / "p" / "run.sh").chmod(0o755)
    archive.extract(io.BytesIO(packed_bytes(tmp_path / "p")), tmp_path / "new")
    assert os.access(tmp_path / "new" / "run.sh", os.X_OK)
    assert not (tmp_path / "new" / "nightly.dig").stat().st_mode & 0o111


def test_dot_files_and_dot_folders_stay_at_home(tmp_path: Path) -> None:
    """No dot file is packed at any depth, and a dot folder is not even looked into."""
    write(
        tmp_path,
        WORKFLOW | {".env": b"KEY", "sql/.secret": b"KEY", ".git/config": b"token", ".aws/deep/credentials": b""},
    )
    (tmp_path / ".git" / "pipe").parent.chmod(0o755)
    os.mkfifo(tmp_path / ".git" / "pipe")
    (tmp_path / ".git" / "away").symlink_to("/")
    assert packed_files(tmp_path) == WORKFLOW


@pytest.mark.parametrize("above", ["digdag", "x.pyc", ".hidden", "tests"])
def test_the_way_to_the_project_does_not_matter(tmp_path: Path, above: str) -> None:
    """Only paths inside the project are looked at, not the folders it lies in."""
    assert packed_files(write(tmp_path / above / "p", WORKFLOW | {"digdag.dig": b"", "a.pyc/b": b""})).keys() == {
        "a.pyc/b",
        "digdag.dig",
        "nightly.dig",
    }


def test_the_ignore_file_is_read_as_git_reads_its_own(tmp_path: Path) -> None:
    """Anchored, folder, wildcard and negated patterns mean what they mean in `.gitignore`; the file itself stays."""
    ignored = b"# drafts\n/draft_*.dig\nbuild/\n*.csv\n!keep.csv\n**/tmp\n"
    kept = WORKFLOW | {"sub/draft_a.dig": b"", "sub/keep.csv": b"1", "builder/x": b""}
    dropped = {
        ".digdagignore": ignored,
        "draft_a.dig": b"",
        "build/x": b"",
        "sub/build/keep.csv": b"",
        "a.csv": b"",
        "x/y/tmp/z": b"",
    }
    assert packed_files(write(tmp_path, kept | dropped)) == kept


def test_the_ignore_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """The first rule of a file that a Windows editor wrote counts like the others."""
    assert packed_files(write(tmp_path, WORKFLOW | {".digdagignore": b"\xef\xbb\xbf*.csv\n", "a.csv": b""})) == WORKFLOW


def test_long_and_foreign_names_need_no_pax_headers(tmp_path: Path) -> None:
    """Servers have unpacked PAX headers as files: names of any length and script do without them."""
    whole = gzip.decompress(packed_bytes(write(tmp_path, WORKFLOW | {"日本" * 40: b""})))
    assert b"PaxHeader" not in whole
    assert tarfile.GNUTYPE_LONGNAME in (whole[start + 156 : start + 157] for start in range(0, len(whole), 512))


def test_only_the_ignore_file_at_the_top_counts(tmp_path: Path) -> None:
    """As for the service, a `.digdagignore` in a folder means nothing."""
    kept = WORKFLOW | {"sub/a.sql": b"select 1"}
    assert packed_files(write(tmp_path, kept | {"sub/.digdagignore": b"*\n"})) == kept


def test_what_is_ignored_may_be_anything(tmp_path: Path) -> None:
    """A pipe, a broken link and a link that leaves do no harm once they are ignored."""
    write(tmp_path, WORKFLOW | {".digdagignore": b"odd*\n"})
    os.mkfifo(tmp_path / "odd-pipe")
    (tmp_path / "odd-broken").symlink_to("nowhere")
    (tmp_path / "odd-away").symlink_to("/")
    assert packed_files(tmp_path) == WORKFLOW


def test_links_inside_the_project_are_packed_as_content(tmp_path: Path) -> None:
    """A linked workflow is a workflow to the service, and a linked folder brings its files."""
    write(tmp_path, WORKFLOW | {"sql/a.sql": b"select 1"})
    (tmp_path / "alias.dig").symlink_to("nightly.dig")
    (tmp_path / "queries").symlink_to(tmp_path / "sql")
    assert packed_files(tmp_path) == WORKFLOW | {
        "sql/a.sql": b"select 1",
        "alias.dig": WORKFLOW["nightly.dig"],
        "queries/a.sql": b"select 1",
    }


def link_away(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub" / "bad").symlink_to("../../outside")


def link_to_nothing(root: Path) -> None:
    (root / "bad").symlink_to("nothing")


def link_to_itself(root: Path) -> None:
    (root / "bad").symlink_to("bad")


def link_in_a_circle(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "sub" / "bad").symlink_to(root)


def pipe(root: Path) -> None:
    os.mkfifo(root / "bad")


def name_that_is_not_unicode(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/bad\xff")).touch()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (link_away, "leaves the project"),
        (link_to_nothing, "a link whose target .* is missing"),
        (link_to_itself, "cannot be read"),
        (link_in_a_circle, "a folder it lies in"),
        (pipe, "neither a file nor a folder"),
        (name_that_is_not_unicode, "not Unicode"),
    ],
)
def test_what_cannot_be_packed_is_refused_by_name(tmp_path: Path, spoil: Callable[[Path], None], words: str) -> None:
    """A file that the service could not use is an error that names it, not a hole in the archive."""
    write(tmp_path, {"outside": b"secret"})
    spoil(write(tmp_path / "project", WORKFLOW))
    with pytest.raises(ArchiveError, match=words) as caught:
        archive.pack(tmp_path / "project")
    assert "bad" in str(caught.value)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder that is also refused where the tests run as root: root gives up its rights for the while."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        os.chmod(folder, 0o755)
        if root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


@pytest.mark.parametrize("name", ["bad.sql", "bad", ".digdagignore"])
def test_an_unreadable_file_is_refused_by_name(unprivileged: Path, name: str) -> None:
    """A file or folder without read permission is an error, never silently left out."""
    write(unprivileged, WORKFLOW | ({"bad/a": b""} if name == "bad" else {name: b""}))
    (unprivileged / name).chmod(0)
    try:
        with pytest.raises(ArchiveError, match=name):
            archive.pack(unprivileged)
    finally:
        (unprivileged / name).chmod(0o755)


def test_an_ignore_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Rules that cannot be read are not taken for no rules."""
    with pytest.raises(ArchiveError, match=r"\.digdagignore cannot be used"):
        archive.pack(write(tmp_path, WORKFLOW | {".digdagignore": b"\xff\xfe"}))


@pytest.mark.parametrize(
    "files", [{}, {"a.txt": b""}, {"sub/a.dig": b""}, {".dig": b""}, {"A.DIG": b""}, {"x.dig/a": b""}]
)
def test_a_folder_without_workflows_has_to_be_asked_for(tmp_path: Path, files: Tree) -> None:
    """An upload that would remove every schedule does not happen by a wrong path."""
    write(tmp_path, files)
    with pytest.raises(ArchiveError, match=r"has no workflow.*allow_no_workflows=True"):
        archive.pack(tmp_path)
    assert packed_bytes(tmp_path, allow_no_workflows=True)


def test_workflows_that_are_all_ignored_are_none(tmp_path: Path) -> None:
    """The rules count before the check, as they do for the service."""
    with pytest.raises(ArchiveError, match="has no workflow"):
        archive.pack(write(tmp_path, WORKFLOW | {".digdagignore": b"*.dig"}))


def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    """A file, or nothing, in place of the project's folder is named."""
    for path in (tmp_path / "nothing", write(tmp_path, {"file": b""}) / "file"):
        with pytest.raises(ArchiveError, match=f"{path.name} is not a folder"):
            archive.pack(path)


def test_the_limit_holds_for_a_file_for_all_files_and_for_the_archive(tmp_path: Path) -> None:
    """Exactly the limit passes; one byte more, by any of the service's three measures, is refused and named."""
    noise = random.Random(1).randbytes(3000)
    root = write(tmp_path, WORKFLOW | {"a.bin": noise[:1500], "b.bin": noise[1500:]})
    together = 3000 + len(WORKFLOW["nightly.dig"])
    with archive.pack(root) as packed:
        size = packed.size
    assert size > together, "otherwise the third measure is not reached"
    archive.pack(root, max_archive_bytes=size).close()
    for limit, words in [(size - 1, "The archive"), (together - 1, "together"), (1499, "a.bin|b.bin")]:
        with pytest.raises(ArchiveError, match=f"({words}).*max_archive_bytes"):
            archive.pack(root, max_archive_bytes=limit)


def test_a_file_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    """Exactly the limit is allowed for a single file, too."""
    write(tmp_path, {"a.dig": bytes(3000)})
    archive.pack(tmp_path, max_archive_bytes=3000).close()
    with pytest.raises(ArchiveError, match=r"a\.dig: 3,000 bytes"):
        archive.pack(tmp_path, max_archive_bytes=2999)


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the temporary file cannot be written, no project file is blamed."""
    write(tmp_path, WORKFLOW | {"noise.bin": random.Random(1).randbytes(2_000_000)})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ArchiveError, match="cannot be written to a temporary file"):
        archive.pack(tmp_path)


def test_the_limit_is_the_hosted_service_s_unless_told(tmp_path: Path) -> None:
    """More than ten megabytes are refused before any request."""
    write(tmp_path, WORKFLOW)
    with (tmp_path / "big").open("wb") as file:
        file.truncate(archive.MAX_ARCHIVE_BYTES + 1)
    with pytest.raises(ArchiveError, match=r"big: 10,485,761 bytes"):
        archive.pack(tmp_path)


def test_twenty_megabytes_pass_without_being_in_memory(tmp_path: Path) -> None:
    """Packing, reading and unpacking hold pieces, never the whole."""
    noise = random.Random(1)
    write(tmp_path / "p", WORKFLOW | {f"{n}.bin": noise.randbytes(1_000_000) for n in range(20)})
    tracemalloc.start()
    try:
        with (
            archive.pack(tmp_path / "p", max_archive_bytes=30_000_000) as packed,
            (tmp_path / "copy").open("wb") as copy,
        ):
            copy.writelines(packed.chunks())
        with (tmp_path / "copy").open("rb") as copy:
            archive.extract(copy, tmp_path / "new")
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert packed.size > 20_000_000
