"""Reports of work on many things: what happened to each, or what would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from treasure_workflow.errors import TreasureWorkflowError

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What happened to one thing."""

    subject: T
    """The thing as it was before."""
    state: Literal["planned", "done", "failed"]
    """Whether it was done, failed, or would be done (in a dry run)."""
    result: Any = None  # what the call for one thing gives, which each kind of work has its own of
    """What the service responded, None unless it was done."""
    error: TreasureWorkflowError | None = None
    """Why it failed."""


@dataclass(frozen=True)
class Report(Generic[T]):
    """What happened to each of many things, in the order in which they were listed."""

    work: str
    """What was to be done, such as `kill`."""
    outcomes: tuple[Outcome[T], ...]

    @property
    def done(self) -> tuple[Outcome[T], ...]:
        """Those that worked."""
        return tuple(one for one in self.outcomes if one.state == "done")

    @property
    def failed(self) -> tuple[Outcome[T], ...]:
        """Those that did not, each with its error."""
        return tuple(one for one in self.outcomes if one.state == "failed")

    @property
    def planned(self) -> tuple[Outcome[T], ...]:
        """Those of a dry run."""
        return tuple(one for one in self.outcomes if one.state == "planned")

    def __iter__(self) -> Iterator[Outcome[T]]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)

    def __str__(self) -> str:
        counts = f"{len(self.done)} done, {len(self.failed)} failed, {len(self.planned)} planned"
        lines = [f"{self.work}: {counts}"]
        for one in self.outcomes:
            reason = "" if one.error is None else f": {one.error}"
            lines.append(f"  {one.state} {_described(one.subject)}{reason}")
        return "\n".join(lines)


def _described(subject: object) -> str:
    parts = [getattr(subject, part, None) for part in ("project", "workflow")]
    names = [part if isinstance(part, str) else getattr(part, "name", None) for part in parts]
    kind = re.sub(r".*(?=[A-Z])", "", type(subject).__name__).lower()  # an attempt for a RestSessionAttempt
    number = f"{kind} {getattr(subject, 'id', '')}"
    return " of ".join(filter(None, [number, " ".join(name for name in names if name)]))
