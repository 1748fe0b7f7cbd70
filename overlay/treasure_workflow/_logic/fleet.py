"""Rows from several accounts, each with its label, and what could not be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from treasure_workflow.errors import TreasureWorkflowError

T = TypeVar("T")


@dataclass(frozen=True)
class FleetRow(Generic[T]):
    """A row of one account."""

    label: str
    """The account's label: its profile, or the name it was given."""
    region: str | None
    """Its region; None for an address of its own."""
    item: T
    """What the account's client gives."""


@dataclass(frozen=True)
class FleetResult(Generic[T]):
    """What the accounts that responded have, and why the others did not."""

    rows: tuple[FleetRow[T], ...]
    failures: Mapping[str, TreasureWorkflowError]
    """For each label whose account failed the error; the rows it may have had before are left out."""

    @property
    def complete(self) -> bool:
        """Whether every account responded."""
        return not self.failures

    def __iter__(self) -> Iterator[FleetRow[T]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        lines = [f"{row.label}: {row.item}" for row in self.rows]
        return "\n".join([*lines, *(f"{label}: failed: {error}" for label, error in self.failures.items())])
