"""The report for people: a document's text is no markup in it."""

from __future__ import annotations

import pytest

from scripts.update_spec.report import refused


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("<script> and *stars*", r"\<script\> and \*stars\*"),
        ("`a*b` then *c*", r"`a*b` then \*c\*"),
        ("an open ` then <b>", r"an open ' then \<b\>"),
    ],
)
def test_markup_of_a_document_is_escaped(told: str, shown: str) -> None:
    """Code stays code; what a mark that nothing closes would hide is escaped as well."""
    assert list(refused(told, "1.0.0").as_markdown())[-1] == shown
