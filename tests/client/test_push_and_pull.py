"""A folder pushed to a service and pulled from it: the same but for what is ignored, and the same bytes each time."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.client.listings import HALVES
from tests.support.client.projects import WORKFLOW, Tree, packed_bytes, read, write
from tests.support.client.support import Guise, guise_of
from treasure_workflow import archive
from treasure_workflow_mock import MockService

MUCH_TO_DO = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)

NAMES = st.sampled_from(
    [
        *("a", "b.sql", "B.SQL", "c d", " lead", "trail ", "+", "a+b", "%", "%2F", "100%", "a%20b", "&=?#", "~", "-x"),
        *("日本語.txt", "é", "e\u0301", "\U0001f600", "\u202e", "a\nb", "a\tb", "a\\b", "'\"`$(x)", "*", "[a]"),
        *("{a}", "!x", "#x", "a..", "CON", "nul.txt", "a:b", "x.dig.txt", "tmp", "build", "n" * 200, "\x7f"),
    ]
)
PLACES = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
FILES = st.dictionaries(PLACES, st.tuples(st.binary(max_size=300), st.booleans()), max_size=8)
# `?` stands for a character here and for a byte in git, so it stands for neither part of é.
PATTERN_PARTS = st.sampled_from(
    ["a", "b.sql", "*.sql", "tmp", "build", "*", "**", "?.sql", "[ab]", "c d", "é", "日本語.txt", "a+b", "\\*", "*.txt"]
)
PATTERNS = st.builds(
    lambda negated, anchored, parts, folder: f"{negated}{anchored}{'/'.join(parts)}{folder}",
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(PATTERN_PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
) | st.sampled_from(["# a", "\\#x", "\\!x", "trail\\ ", "a   ", "", "   ", "\ta", "b.sql\r", "[a", "/"])


def possible(files: Iterator[str]) -> list[str]:
    """Of the paths those that can be together in one folder: none is a file and a folder at once."""
    kept: list[str] = []
    for path in sorted(files, key=len):
        if not any(path.startswith(f"{one}/") for one in kept):
            kept.append(path)
    return kept


def executable(root: Path) -> set[str]:
    """The files that their owner may execute."""
    return {name for name in read(root) if (root / name).stat().st_mode & stat.S_IXUSR}


@pytest.fixture(scope="module")
def halves() -> Iterator[dict[str, Guise]]:
    """The client's halves, talking to a mock service."""
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(MockService())
        yield {half: stack.enter_context(guise_of(half, service.base_url)) for half in HALVES}


@settings(MUCH_TO_DO, max_examples=40)
@given(
    half=st.sampled_from(HALVES), files=FILES, empty=st.lists(PLACES, max_size=2), ignored=st.lists(NAMES, max_size=2)
)
def test_what_is_pulled_is_what_was_pushed(
    halves: dict[str, Guise], half: str, files: dict[str, tuple[bytes, bool]], empty: list[str], ignored: list[str]
) -> None:
    """Names, bytes and what may be executed come back; dot files, what is ignored, and folders without files do not."""
    client, run = halves[half].client, halves[half].run
    with tempfile.TemporaryDirectory() as folder:
        root, back = Path(folder, "p"), Path(folder, "back")
        kept = {path: files[path] for path in possible(iter(files))}
        write(root, WORKFLOW | {path: content for path, (content, _) in kept.items()})
        for path, (_, may_run) in kept.items():
            (root / path).chmod(0o711 if may_run else 0o606)
        for path in empty:
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                (root / path).mkdir(parents=True)
        rules = "".join(f"out-{index}-*\n" for index, _ in enumerate(ignored)) + ".gone\n"
        dropped = {f"out-{index}-{name}": b"x" for index, name in enumerate(ignored) if len(name) < 100}
        write(root, {".digdagignore": rules.encode(), ".env": b"KEY", ".git/config": b"x"} | dropped)
        pushed = run(lambda: client.projects.push(root, "shop"))
        names = run(lambda: client.projects.pull(pushed, back))
        expected = WORKFLOW | {path: content for path, (content, _) in kept.items()}
        assert read(back) == expected
        assert list(names) == sorted(expected)
        assert executable(back) == {path for path, (_, may_run) in kept.items() if may_run}
        assert {path for path in back.rglob("*") if path.is_dir() and not any(path.iterdir())} == set()

        again = run(lambda: client.projects.push(back, "shop"))
        assert again.archive_md5 == pushed.archive_md5
        first, second = io.BytesIO(), io.BytesIO()
        run(lambda: client.projects.download("shop", first, revision=pushed.revision))
        run(lambda: client.projects.download("shop", second, revision=again.revision))
        assert first.getvalue() == second.getvalue() == packed_bytes(root)


@pytest.mark.skipif(shutil.which("git") is None, reason="git tells what its own patterns mean")
@settings(MUCH_TO_DO, max_examples=40)
@example(paths=["a/b.sql", "tmp/a"], patterns=["*", "!*/", "!*.sql"])
@example(paths=["tmp/a", "tmp/b.sql"], patterns=["tmp/", "!tmp/a"])
@example(paths=["a/b/c.sql", "a/tmp", "b.sql"], patterns=["a/**", "!a/b/", "!a/b/*"])
@example(paths=["tmp/a", "tmp/b.sql"], patterns=["*.sql", "!tmp/"])
@example(paths=["tmp/a", "a"], patterns=["*", "!a"])
@given(paths=st.lists(PLACES, max_size=10), patterns=st.lists(PATTERNS, max_size=5))
def test_what_is_ignored_is_what_git_ignores(paths: list[str], patterns: list[str]) -> None:
    """The rules of `.digdagignore` mean what git makes of them, for any files and any patterns."""
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), dict.fromkeys(possible(iter(paths)), b""))
        rules = "".join(f"{pattern}\n" for pattern in patterns)
        write(root, {".digdagignore": rules.encode()})
        listed = subprocess.run(
            ["git", "ls-files", "--others", "-z", "--exclude-from=.digdagignore"],
            cwd=root,
            env={"PATH": os.environ["PATH"], "GIT_DIR": _empty_repository(), "GIT_WORK_TREE": folder, "HOME": folder},
            check=True,
            capture_output=True,
        )
        expected = {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}
        with archive.pack(root, allow_no_workflows=True) as packed:
            assert set(packed.files) == {name for name in expected if not name.startswith(".") and "/." not in name}


_repository: list[tempfile.TemporaryDirectory[str]] = []


def _empty_repository() -> str:
    """A repository that git can list a folder against; made once."""
    if not _repository:
        _repository.append(tempfile.TemporaryDirectory())
        environment = {"PATH": os.environ["PATH"], "HOME": _repository[0].name}
        subprocess.run(["git", "init", "-q", "--bare", _repository[0].name], check=True, env=environment)
    return _repository[0].name


PACK = """
import base64, json, os, random, sys, time
settings = json.loads(sys.argv[1])
os.umask(settings["umask"])
os.chdir(settings["cwd"])
time.time = lambda: settings["now"]
time.time_ns = lambda: int(settings["now"] * 1e9)
scandir = os.scandir
def shuffled(path):
    entries = list(scandir(path))
    random.Random(settings["seed"]).shuffle(entries)
    return iter(entries)
os.scandir = shuffled
from treasure_workflow.archive import pack
with pack(settings["folder"]) as packed:
    sys.stdout.write(base64.b64encode(b"".join(packed.chunks())).decode())
"""


def test_the_same_tree_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    """Another time, zone, locale, umask, owner, hash seed, working folder and order of entries: the same archive."""
    files: Tree = WORKFLOW | {
        f"{folder}/{name}": name.encode() * 50 for folder in ("x", "y/é", "z z") for name in "abcde+"
    }
    one = write(tmp_path / "one", files)
    other = write(tmp_path / "elsewhere" / "other", dict(reversed(files.items())))
    chance = random.Random(7)
    for path in [other, *other.rglob("*")]:
        if os.geteuid() == 0:
            os.chown(path, 12345, 54321)
        path.chmod(0o770 if path.is_dir() else 0o640)
        os.utime(path, (chance.randrange(2**31), chance.randrange(2**31)))
    (tmp_path / "link").symlink_to(other, target_is_directory=True)
    wanted = packed_bytes(one)
    path = os.pathsep.join(sys.path)
    outcomes = []
    for number, (folder, cwd) in enumerate([(one, "/"), ("other/", tmp_path / "elsewhere"), (tmp_path / "link", "/")]):
        setup = {"folder": str(folder), "cwd": str(cwd), "umask": [0, 0o77, 0o22][number], "seed": number}
        setup["now"] = [0.0, 1.9e9, 4.1e9][number]
        zone = {"TZ": ["UTC", "Asia/Tokyo", "America/New_York"][number], "LC_ALL": ["C", "C.UTF-8", "POSIX"][number]}
        environment = {"PYTHONPATH": path, "PYTHONHASHSEED": str(number), "PYTHONUTF8": "1", **zone}
        outcomes.append(
            subprocess.run(
                [sys.executable, "-c", PACK, json.dumps(setup)], env=environment, check=True, capture_output=True
            ).stdout
        )
    assert [base64.b64decode(outcome) for outcome in outcomes] == [wanted] * 3
