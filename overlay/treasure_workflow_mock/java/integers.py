"""Whole numbers as Java reads them from text."""

from __future__ import annotations

INT32 = 2**31
INT64 = 2**63


def java_integer(text: str, bound: int) -> int:
    """The integer that Java reads from `text`: a sign, then decimal digits of any script, within `-bound … bound - 1`.

    Raises ValueError for anything else.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isdecimal():
        raise ValueError(text)
    value = int(text)
    if not -bound <= value < bound:
        raise ValueError(text)
    return value
