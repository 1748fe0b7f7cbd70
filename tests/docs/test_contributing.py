"""CONTRIBUTING.md: its picture of the rooms is the one that the import rules make."""

from __future__ import annotations

import pytest

from scripts.codegen import rooms


def test_the_picture_is_what_the_import_rules_make() -> None:
    """Nobody draws it by hand, so that it cannot be wrong."""
    assert rooms.main(["--check"]) == 0


def test_every_room_says_what_it_is_for() -> None:
    """A room that lint-imports names has a docstring, whose first sentence stands in the picture."""
    drawn = [line for line in rooms.picture().splitlines() if line.startswith(("    ", "  ↓ "))]
    assert len(drawn) > 40
    assert [line for line in drawn if not line[4:].split(maxsplit=1)[1:]] == []


def test_another_picture_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed rule without its picture fails the check."""
    monkeypatch.setattr(rooms, "picture", lambda: "another one\n")
    assert rooms.main(["--check"]) == 1
