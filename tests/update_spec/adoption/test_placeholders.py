"""Examples that stand where ours are still to be written."""

from __future__ import annotations

import pytest

from scripts.update_spec.adoption.placeholders import example


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9, "items": {"type": "string"}},
    ],
)
def test_an_example_that_would_be_huge_is_none(schema: dict[str, object]) -> None:
    """A document may ask for millions of characters or items."""
    assert example({}, schema) is None


def test_an_example_keeps_to_its_limits() -> None:
    """As short as allowed, and no shorter."""
    assert example({}, {"type": "string", "minLength": 6}) == "textxx"
    assert example({}, {"type": "array", "minItems": 2, "items": {"type": "integer"}}) == [1, 1]
