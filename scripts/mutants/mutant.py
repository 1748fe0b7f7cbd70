"""A mutant: one small change of one file, named by what it changes and not by where that happens to stand."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Area = Literal["mock", "client", "corrections"]
AREAS: tuple[Area, ...] = ("mock", "client", "corrections")


class Edit(NamedTuple):
    """Bytes from `start` to before `end` give way to `text`."""

    start: int
    end: int
    text: bytes


class Change(NamedTuple):
    """What an operator proposes for a file: edits, what they do, in one line, and the function or class."""

    scope: str
    edits: tuple[Edit, ...]
    told: str


@dataclass(frozen=True)
class Mutant:
    """A change that can be made. `path` is relative to the tree; `number` tells apart changes that read the same."""

    area: Area
    operator: str
    path: str
    change: Change
    number: int

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that stay the same when other parts of the file change."""
        named = (self.operator, self.path, self.change.scope, self.change.told, str(self.number))
        return hashlib.sha256("\n".join(named).encode()).hexdigest()[:8]

    @property
    def line(self) -> str:
        """All that tells it from others, on one line."""
        return f"{self.id}  {self.area:<11}  {self.operator:<18}  {self.path}  {self.change.scope}: {self.change.told}"

    def applied(self, original: bytes) -> bytes:
        """The file's bytes with the change."""
        changed = original
        for edit in sorted(self.change.edits, reverse=True):
            changed = changed[: edit.start] + edit.text + changed[edit.end :]
        return changed

    def diff(self, original: bytes) -> str:
        """The change as a unified diff."""
        before, after = original.decode().splitlines(), self.applied(original).decode().splitlines()
        return "\n".join(difflib.unified_diff(before, after, f"a/{self.path}", f"b/{self.path}", lineterm="", n=2))


def numbered(area: Area, operator: str, path: str, changes: Iterable[Change]) -> Iterator[Mutant]:
    """The mutants of the changes that an operator proposes for a file."""
    seen: Counter[tuple[str, str]] = Counter()
    for change in changes:
        yield Mutant(area, operator, path, change, seen[change.scope, change.told])
        seen[change.scope, change.told] += 1
