"""Counts the cases of each operation and prints them at the end of a run, on several processes too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

PROPERTY = "contract"


def record(operation: str, way: str, statuses: Mapping[int, int]) -> list[Any]:
    """What a test notes under `PROPERTY`: plain values, which pass between processes."""
    return [operation, way, sorted(statuses.items())]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each operation: its cases by way and by status."""
    lines = list(_lines(_counts(terminalreporter)))
    if lines:
        terminalreporter.section("contract")
        for line in lines:
            terminalreporter.write_line(line)


def _counts(terminalreporter: pytest.TerminalReporter) -> dict[str, tuple[Counter[str], Counter[int]]]:
    counts: dict[str, tuple[Counter[str], Counter[int]]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    if name == PROPERTY:
                        operation, way, statuses = value
                        ways, seen = counts.setdefault(operation, (Counter(), Counter()))
                        ways[way] += sum(count for _, count in statuses)
                        seen.update(dict(statuses))
    return counts


def _lines(counts: Mapping[str, tuple[Counter[str], Counter[int]]]) -> Iterator[str]:
    for operation, (ways, statuses) in sorted(counts.items()):
        by_way = ", ".join(f"{way} {count}" for way, count in sorted(ways.items(), reverse=True))
        by_status = " ".join(f"{status}\N{MULTIPLICATION SIGN}{count}" for status, count in sorted(statuses.items()))
        yield f"contract: {operation} {ways.total()} cases ({by_way}): {by_status}"
    if counts:
        yield f"contract: {sum(ways.total() for ways, _ in counts.values())} cases of {len(counts)} operations"
