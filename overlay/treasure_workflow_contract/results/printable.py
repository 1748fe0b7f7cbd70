"""Texts from outside, made safe to show: nothing in them steers a terminal or breaks a file that they stand in."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    """A text with what no screen shows written as in a Python literal, but for the characters in `keep`."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in keep else each.encode("unicode_escape").decode("ascii") for each in text
    )


def decoded(body: bytes) -> str | None:
    """A body as text; None when it is not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
