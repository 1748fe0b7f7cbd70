"""`.digdagignore` against git itself: the same files stay out, whatever the rules."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from treasure_workflow import archive

FILES = """s/a.log s/build/y s/deep/a/b.log a.log b.txt build/out build/x/y.txt foo/bar/baz foo/a [b].log s/[a].txt !neg
#hash deep/s/a.log a/b/c/d.log A.LOG foo.d/q star* é.log""".split()  # noqa: SIM905  # easier to read than quoted one by one
FILES += ["x y", "x ", "t\t.log", "back\\slash"]
RULES = r"""s/**/ s/** **/s **/s/ s/ /s s *.log !a.log !s/ !s/** /build/ build **/build/** foo/* foo/**/baz !foo/bar
[a-b].log [!a].log [^a].log \[b\].log \!neg \#hash #comment a/**/d.log a/*/c ** * !*/ !*.log /* ?.log ??.log *.LOG
/**/a.log **/ foo.d back\\slash star\* s/*/ /s/* !/s/a.log a\ [ []a].log [a- [!] s//a.log ./s s/. a**g s/***/y
foo**/bar a**/d.log [[:alpha:]].log [[:nosuch:]].log [[:alpha].log **a.log s/build/ !s/build/y [a-\]b].log /""".split()  # noqa: SIM905  # as above
RULES += ["*.log\t", "*.log ", "*.log\\ ", "*.log   ", "x\\ ", "x ", "t\t.log", "*.txt\r", "\t", "\t*.log", "", " "]


def kept_by_git(folder: Path, rules: str) -> set[str]:
    """What git would add."""
    (folder / ".gitignore").write_text(rules, newline="")
    command = ["git", "-c", "core.excludesFile=/dev/null", "ls-files", "-z", "--others", "--exclude-standard"]
    environment = {**os.environ, "HOME": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    listed = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True).stdout
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    return {name for name in names if not any(part.startswith(".") for part in name.split("/"))}


def kept_by_us(folder: Path, rules: str) -> set[str]:
    """What a push would send."""
    (folder / ".digdagignore").write_text(rules, newline="")
    with archive.pack(folder, allow_no_workflows=True) as packed:
        return set(packed.files)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with files of all sorts of names."""
    made = tmp_path_factory.mktemp("ignored")
    for name in FILES:
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    subprocess.run(["git", "init", "-q", str(made)], check=True)
    return made


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is what is compared with")


@needs_git
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_means_what_it_means_to_git(rule: str, folder: Path) -> None:
    """Alone, and after a rule that leaves everything out."""
    for rules in (f"{rule}\n", f"*\n!*/\n{rule}", f"\ufeff{rule}\r\n!a.log\r\n"):
        assert kept_by_us(folder, rules) == kept_by_git(folder, rules)


@needs_git
@pytest.mark.parametrize("seed", range(8))
def test_rules_together_mean_what_they_mean_to_git(seed: int, folder: Path) -> None:
    """The last rule that speaks of an entry decides, and nothing below a folder that is left out comes back."""
    draw = random.Random(seed)
    for _ in range(10):
        rules = "\n".join(draw.choice(RULES) for _ in range(draw.randint(2, 5)))
        assert (rules, kept_by_us(folder, rules)) == (rules, kept_by_git(folder, rules))


def test_the_files_of_a_folder_stay_when_its_folders_are_left_out(tmp_path: Path) -> None:
    """`s/**/` is about the folders in `s`; a tab at the end of a line is part of the rule."""
    for name in ("s/a.log", "s/build/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert kept_by_us(tmp_path, "s/**/\n*.log\t\n") == {"s/a.log"}


def test_a_rule_that_could_be_read_in_many_ways_takes_no_time(tmp_path: Path) -> None:
    """Stars upon stars are followed together, not one after another."""
    (tmp_path / ("a" * 200)).touch()
    assert kept_by_us(tmp_path, "*a" * 100 + "b\n" + "**/" * 200 + "b\n") == {"a" * 200}
