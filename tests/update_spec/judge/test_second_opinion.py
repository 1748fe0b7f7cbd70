"""The table of another tool's verdicts is whole, and every disagreement has its reason."""

from __future__ import annotations

from pathlib import Path

from scripts.update_spec.judge import compare
from scripts.update_spec.judge.changes import worst
from tests.support.update_spec.corpus import CASES
from tests.support.update_spec.judging import contract, mutated

_ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in (Path(__file__).parent / "second_opinion.md").read_text(encoding="utf-8").splitlines()
    if row.startswith("| ") and not row.startswith("| document")
]


def test_every_document_has_a_second_opinion() -> None:
    """No document is missing from the table, and none is told that there is not."""
    assert sorted(row[0] for row in _ROWS) == sorted(CASES)


def test_our_column_is_what_we_say() -> None:
    """What the table says of our verdict is what the comparison gives."""
    original = contract()
    said = {row[0]: row[2] for row in _ROWS}
    assert said == {
        name: worst(change.effect for change in compare(original, mutated(case))) for name, case in CASES.items()
    }


def test_every_disagreement_has_a_reason() -> None:
    """Where the other tool says otherwise, the table says why ours is right; elsewhere it says nothing."""
    agreeing = {("warning", "breaking"), *((verdict, verdict) for verdict in ("none", "compatible", "breaking"))}
    assert [row[0] for row in _ROWS if ((row[1], row[2]) in agreeing) == bool(row[3])] == []
