"""What the end of a run says on a terminal, and the progress while it lasts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.findings import PHASES, Finding
from treasure_workflow_contract.results.printable import printable
from treasure_workflow_contract.results.run_results import Results

_QUIET_SECONDS = 10.0
_SHOWN = 300  # characters of a complaint, and of a call
_WIDE = 100  # columns; a narrower table leaves the inputs by status out
_PLAIN_WIDTH = 200  # columns, where there is no terminal to fit


def print_summary(results: Results, console: Console | None = None) -> None:
    """Prints the table of operations, totals, what was left out, is known or gone, the findings, and the verdict.

    The table has cases by phase, different inputs (of all cases, and of those that ended in 2xx and 4xx), cases with
    any other status, and the slowest response in milliseconds.
    """
    console = console or Console()
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH

    def say(line: str, style: str = "") -> None:
        console.print(_shown(line, console), style=style, markup=False, highlight=False, soft_wrap=True)

    console.print(_table(results, console))
    for line in _remarks(results):
        say(line)
    for finding in results.unknown:
        say(told(finding), "red")
    for line in results.missing:
        say(f"missing: {line}", "yellow")
    say(results.verdict, "bold red" if results.unknown else "bold yellow" if results.missing else "bold green")


def told(finding: Finding) -> str:
    """A finding on one line; what is very long is cut, and whole in the report."""
    complaint, call = (
        text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        for text in map(printable, (finding.complaint, finding.call))
    )
    return f"{printable(finding.operation)} ({finding.phase}): {complaint} in {call}"


def _table(results: Results, console: Console) -> Table:
    phases = [phase for phase in PHASES if any(tally.cases[phase] for tally in results.tallies.values())]
    classes = (2, 4) if console.width >= _WIDE else ()
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("operation", overflow="fold")
    for title in (*phases, "inputs", *(f"{status_class}xx" for status_class in classes), "other", "ms"):
        table.add_column(title, justify="right", no_wrap=True)
    order = [*effective().operations, *results.tallies]
    for operation in dict.fromkeys(each for each in order if each in results.tallies):
        tally = results.tallies[operation]
        distinct = [tally.distinct, *(tally.distinct_by_class.get(status_class, ()) for status_class in classes)]
        counts = [*(tally.cases[phase] for phase in phases), *map(len, distinct)]
        other = sum(count for status, count in tally.statuses.items() if status // 100 not in (2, 4))
        slowest = f"{tally.slowest[0] * 1000:.0f}" if tally.slowest else ""
        table.add_row(Text(_shown(operation, console)), *(str(n or "") for n in (*counts, other)), slowest)
    return table


def _remarks(results: Results) -> Iterator[str]:
    speed = f": {results.cases / results.seconds:,.1f} cases a second" if results.seconds else ""
    operations = _count(len(results.tallies), "operation")
    yield f"{results.cases:,} cases of {operations} in {results.duration}{speed}; seed {results.seed}"
    if results.chains:
        chains, whole = _count(len(results.chains), "chain"), len(effective().operations)
        yield f"along links: {chains} of calls, which reached {len(results.reached)} of {whole} operations"
    for reason in dict.fromkeys(results.skipped.values()):
        yield f"left out, {reason}: {', '.join(name for name, why in sorted(results.skipped.items()) if why == reason)}"
    silent = effective().operations.keys() - results.tallies.keys() - results.skipped.keys()
    if silent:
        names = f": {', '.join(sorted(silent))}" if len(silent) < len(effective().operations) // 2 else ""
        yield f"not called: {_count(len(silent), 'operation')}{names}"
    known = Counter(finding.known for finding in results.findings if finding.known is not None)
    for why, count in known.most_common():
        yield f"known: {_count(count, 'finding')}, accepted because {why}"
    for line in results.gone:
        yield f"gone: {line}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _shown(line: str, console: Console) -> str:
    """The line in characters that the console's encoding has."""
    return printable(line).encode(console.encoding, errors="backslashreplace").decode(console.encoding)


class Progress:
    """Says how far a run of `total_jobs` is: a bar on a terminal, elsewhere a line now and then. A context manager."""

    def __init__(self, total_jobs: int, console: Console | None = None) -> None:
        self._console = console or Console()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("jobs", total=total_jobs, told="")
        self._total = total_jobs
        self._done = self._cases = self._findings = 0
        self._began = self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        self._began = self._spoke = time.monotonic()
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def job_done(self, results: Results) -> None:
        """Takes in what one job found out."""
        self._done += 1
        self._cases += results.cases
        self._findings += len(results.unknown)
        self.look()

    def look(self) -> None:
        """Says how far the run is, also while no job ends."""
        seconds = time.monotonic() - self._began
        told = f"{self._cases:,} cases, {_count(self._findings, 'finding')}"
        self._bar.update(self._task, completed=self._done, told=told)
        if not self._console.is_terminal and time.monotonic() - self._spoke >= _QUIET_SECONDS:
            self._spoke = time.monotonic()
            line = f"{self._done} of {self._total} jobs after {seconds:.0f} s: {told}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
