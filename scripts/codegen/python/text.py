"""How text of the contract gets into Python source: as string literals and in docstrings, and never as code."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable

WIDTH = 120


def literal(value: object) -> str:
    """A value as a Python literal on one line, without characters that a terminal or an editor acts on."""
    return repr(value)


def visible(text: str) -> str:
    """Text in which characters that cannot be seen, or turn the direction of others, are written as their numbers."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"<U+{ord(char):04X}>" for char in _plain(text))


def _plain(text: str) -> str:
    # U+FFFD and friends are printable; lone surrogates cannot be written to a file at all.
    return "".join(char if unicodedata.category(char) != "Cs" else f"<U+{ord(char):04X}>" for char in text)


def prose(text: str | None) -> str:
    """Text of the contract as running words, each blank one space."""
    return " ".join(visible(text or "").split())


def sentence(text: str | None) -> str:
    """Prose that ends with a full stop, empty when there is none."""
    words = prose(text)
    return words if not words or words[-1] in ".!?:" else f"{words}."


def docstring(summary: str, *paragraphs: str, indent: int) -> str:
    """A docstring, quotes included. `paragraphs` are laid out already; empty ones are left out.

    Args:
        summary: The first paragraph.
        paragraphs: What follows, each after an empty line.
        indent: The number of blanks before the docstring, which the lines that follow its first get as well.
    """
    first, *rest = wrapped(summary, indent, first=3)
    body = [first, *rest]
    for paragraph in filter(None, paragraphs):
        body += ["", *paragraph.splitlines()]
    if len(body) == 1 and len(first) + indent + 6 <= WIDTH:
        return f'"""{_escaped(first)}"""'
    blanks = " " * indent
    lines = [_escaped(line) for line in body]
    return "\n".join([f'"""{lines[0]}', *(f"{blanks}{line}".rstrip() for line in lines[1:]), f'{blanks}"""'])


def wrapped(text: str, indent: int, *, first: int = 0, hanging: str = "") -> list[str]:
    """Lines of prose that fit behind an indent, with room left on the `first`, and `hanging` before the others."""
    found = textwrap.wrap(
        text,
        WIDTH - indent,
        initial_indent=" " * first,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [found[0][first:], *found[1:]] if found else [""]


def section(title: str, entries: Iterable[tuple[str, str]], indent: int) -> str:
    """A section of a Google-style docstring, such as `Args:`; empty without entries."""
    lines: list[str] = []
    for name, text in entries:
        lines += [f"    {line}" for line in wrapped(f"{name}: {text}" if text else name, indent + 4, hanging=" " * 4)]
    return "\n".join([f"{title}:", *lines]) if lines else ""


def _escaped(line: str) -> str:
    """A line of a docstring: no backslash and no quote of the contract means anything to Python."""
    escaped = line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{escaped[:-1]}\\"' if escaped.endswith('"') else escaped
