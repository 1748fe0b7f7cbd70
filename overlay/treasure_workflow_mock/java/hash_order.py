"""The order of Java's hash sets, in which the service lists names that have no order of their own."""

from __future__ import annotations

from collections.abc import Iterable


def hash_ordered(names: Iterable[str], copied: int = 0) -> list[str]:
    """The names as a Java HashSet gives them back; `copied` is the size of the collection that it was made from."""
    unique = list(dict.fromkeys(names))
    size = 16
    while len(unique) > size * 3 // 4 or size < copied * 4 // 3 + 1:
        size *= 2
    return sorted(unique, key=lambda name: _spread(_hash(name)) & (size - 1))


def _hash(text: str) -> int:
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for position in range(0, len(units), 2):
        value = (31 * value + (units[position] << 8 | units[position + 1])) & 0xFFFFFFFF
    return value


def _spread(value: int) -> int:
    return value ^ value >> 16
