"""How the benchmarks measure: several rounds in which ours and its peers take turns, and the median of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

ROUNDS = 7


class MissingTool(Exception):
    """A program that a benchmark needs is not installed; the message says how to get it."""


class Row(NamedTuple):
    """One line of the report.

    `target`: the largest ratio of ours to the peer's that is good, or `at_least`: the smallest; None: none is set.
    """

    what: str
    ours: float
    peer_name: str
    peer: float
    unit: str
    target: float | None = None
    at_least: float | None = None

    def __str__(self) -> str:
        ratio = self.ours / self.peer
        verdict = ""
        if self.target is not None:
            verdict = f"  (at most {self.target:g}: {'met' if ratio <= self.target else 'MISSED'})"
        elif self.at_least is not None:
            verdict = f"  (at least {self.at_least:g}: {'met' if ratio >= self.at_least else 'MISSED'})"
        return (
            f"{self.what:34} {self.ours:9.1f} {self.unit:3} {self.peer_name:14} {self.peer:9.1f} {self.unit:3} "
            f"{ratio:6.2f}x{verdict}"
        )


def medians(candidates: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of what each candidate measures, taken in turns so that a slow moment hits them all."""
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, candidate in candidates.items():
            seen[name].append(candidate())
    return {name: statistics.median(values) for name, values in seen.items()}


def milliseconds(work: Callable[[], object]) -> Callable[[], float]:
    """A candidate that measures how long `work` takes."""

    def measure() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1000

    return measure
