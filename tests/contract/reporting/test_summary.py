"""The end of a run on a terminal and elsewhere, and the progress before it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tests.support.contract.sample_run import ADDRESS, HOSTILE, KEY, SECRET, sample_results
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.reporting import summary
from treasure_workflow_contract.reporting.summary import Progress, print_summary, told
from treasure_workflow_contract.results.findings import Finding
from treasure_workflow_contract.results.run_results import Results


def printed(results: Results, *, terminal: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    print_summary(results, Console(file=file, force_terminal=terminal, width=80, color_system=None))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_the_summary_has_operations_totals_and_verdict() -> None:
    """A row per operation that was called, totals with the speed, what was left out, known or gone, the findings."""
    results = sample_results()
    lines = printed(results).splitlines()
    assert [line.split()[0] for line in lines[1 : len(results.tallies) + 1]] == [
        each for each in effective().operations if each in results.tallies
    ]
    (row,) = [line.split() for line in lines if line.startswith("putProject  ")]
    assert row == ["putProject", "279", "181", "19", "1", "399", "319", "80", "412"]
    assert "15,989 cases of 33 operations in 2 min 5 s: 127.5 cases a second; seed 7" in lines
    (left_out,) = [line for line in lines if line.startswith("left out, an open-source server has no pools: ")]
    assert "getPoolRules, getPools" in left_out
    assert "known: 1 finding, accepted because as it goes" in lines
    assert any(line.startswith("gone: getPool: ^status 404: ") for line in lines)
    for finding in results.unknown:
        assert told(finding) in lines
    assert lines[-1] == "FAILED: 4 findings that nobody has accepted"


def test_a_run_without_findings_passes() -> None:
    """The last line says so, and operations that nobody called are counted."""
    results = Results(ADDRESS, seconds=2.0)
    results.tally("getPools").cases["client"] = 10
    lines = printed(results).splitlines()
    assert lines[-1] == "PASSED: nothing undocumented was seen"
    assert "10 cases of 1 operation in 2.0 s: 5.0 cases a second; seed 0" in lines
    assert f"not called: {len(effective().operations) - 1} operations" in lines


def test_a_terminal_is_as_wide_as_it_is() -> None:
    """The table fits 80 columns without the inputs by status; a long name goes on in the next line."""
    table = printed(sample_results(), terminal=True).partition(" cases of ")[0].splitlines()
    assert max(map(len, table)) <= 80
    (row,) = [line for line in table if line.startswith("getWorkflowTrunc")]
    assert row.split()[1:] == ["302", "158", "42", "422", "412"]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_steers_the_terminal(terminal: bool, encoding: str) -> None:
    """No control character from outside is printed, nor taken for markup, in whatever encoding; nor any secret."""
    results = sample_results()
    results.tallies[HOSTILE] = results.tallies["getProject"]
    text = printed(results, terminal=terminal, encoding=encoding)
    assert all(each.isprintable() or each == "\n" for each in text)
    assert "[bold red]" in text
    assert KEY not in text
    assert SECRET not in text


def test_a_very_long_finding_is_still_a_readable_line() -> None:
    """What a person cannot read is cut; the report has it whole."""
    line = told(Finding("getPool", "fuzzing", "y" * 10_000, "x" * 10_000))
    assert len(line) < 700
    assert "\n" not in line


def test_progress_elsewhere_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no terminal nothing is drawn, and a line is printed only when enough time went by."""
    clock = [100.0]
    monkeypatch.setattr(summary.time, "monotonic", lambda: clock[0])
    file = io.StringIO()
    job = Results()
    job.tally("getPools").cases["client"] = 1500
    job.findings.append(Finding("getPools", "client", "", "x"))
    with Progress(4, Console(file=file, force_terminal=False)) as progress:
        for seconds in (5, 6, 1, 30):
            clock[0] += seconds
            progress.job_done(job)
    assert file.getvalue().splitlines() == [
        "2 of 4 jobs after 11 s: 3,000 cases, 2 findings",
        "4 of 4 jobs after 42 s: 6,000 cases, 4 findings",
    ]


def test_progress_on_a_terminal_is_a_bar_that_goes_away() -> None:
    """The bar shows jobs, cases and findings, and gives the terminal back as it was."""
    file = io.StringIO()
    with Progress(2, Console(file=file, force_terminal=True, width=100, legacy_windows=False)) as progress:
        progress.job_done(sample_results())
    text = file.getvalue()
    assert "1/2" in text
    assert "15,989 cases, 4 findings" in text
    assert text.count("\x1b[?25h") == text.count("\x1b[?25l") == 1  # the cursor is hidden, and shown again
