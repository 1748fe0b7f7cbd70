"""`.digdagignore`: which files at the top of an archive are left out."""

from __future__ import annotations

import pathspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import calls_of
from treasure_workflow_mock.dig.ignore_rules import not_ignored
from treasure_workflow_mock.errors import ServiceError

RULES = st.lists(st.text("ab-*?./\\# !", max_size=8), max_size=4)
FILES = st.lists(st.text("ab-", min_size=1, max_size=4).map(lambda name: f"{name}.dig"), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ("", ["draft_a.dig", "main.dig", "old.dig"]),
        ("# drafts\ndraft_*.dig\n/old.dig\n", ["main.dig"]),
        ("*.dig\n!main.dig\n", ["main.dig"]),
        ("!main.dig\n*.dig\n", []),
        ("*", []),
        ("**/old.dig", ["draft_a.dig", "main.dig"]),
        ("sub/old.dig\nold.dig/\n*/**", ["draft_a.dig", "main.dig", "old.dig"]),
        ("[a-m]*", ["old.dig"]),
        ("[!m]*", ["main.dig"]),
        ("ol[d].dig   \r\n", ["draft_a.dig", "main.dig"]),
        ("o??.dig", ["draft_a.dig", "main.dig"]),
        ("\\main.dig", ["draft_a.dig", "old.dig"]),
        ("[", ["draft_a.dig", "main.dig", "old.dig"]),
        ("main.dig\\", ["draft_a.dig", "main.dig", "old.dig"]),
    ],
)
def test_rules(rules: str, kept: list[str]) -> None:
    """The last rule that fits a file decides; rules about folders and unfinished ones fit none."""
    assert not_ignored(["draft_a.dig", "main.dig", "old.dig"], rules) == kept


@given(RULES, FILES)
def test_files_are_ignored_as_pathspec_does(rules: list[str], files: list[str]) -> None:
    """A well-known implementation of the same rules comes to the same result."""
    try:
        known = pathspec.GitIgnoreSpec.from_lines(rules)
    except ValueError:
        return  # it refuses what to us is a rule that fits nothing
    assert not_ignored(files, "\n".join(rules)) == [name for name in files if not known.match_file(name)]


@pytest.mark.parametrize(
    "rules",
    [
        "*a" * 500_000,
        "[!b]*" * 50 + "x",
        "**/" * 300_000 + "a",
        "[" * 500_000,
        "a" + " " * 500_000 + "b",
        "?" * 500_000,
    ],
)
def test_hostile_patterns_take_no_time(rules: str) -> None:
    """No pattern makes matching explode."""
    assert calls_of(lambda: not_ignored(["a" * 250 + ".dig"], rules)) < 1_000_000


def test_too_many_rules_are_refused() -> None:
    """More rules than can be looked at quickly are a 400, not a long wait."""
    with pytest.raises(ServiceError, match="too many rules"):
        not_ignored(["a.dig"], "*a*b\n" * 100_000)
