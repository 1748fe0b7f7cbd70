"""The timeline: what waited and what ran, in the terminal's width, with groups folded beyond a screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from treasure_workflow.cli.commands.gantt import draw, show
from treasure_workflow.cli.output import Output

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def task(
    id: int, name: str, state: str, *, parent: int | None = None, start: float | None = None, end: float = 0
) -> SimpleNamespace:
    """A task that started and was last changed so many seconds after the attempt began."""
    return SimpleNamespace(
        id=str(id),
        parent_id=None if parent is None else str(parent),
        full_name=name,
        state=state,
        started_at=None if start is None else BEGIN + timedelta(seconds=start),
        updated_at=BEGIN + timedelta(seconds=end),
    )


def attempt(*, seconds: float | None) -> SimpleNamespace:
    """An attempt that took so long, or still runs."""
    finished = None if seconds is None else BEGIN + timedelta(seconds=seconds)
    names = {"project": SimpleNamespace(name="店舗"), "workflow": SimpleNamespace(name="夜間")}
    times = {"created_at": BEGIN, "session_time": BEGIN, "finished_at": finished, "done": seconds is not None}
    return SimpleNamespace(id="7", **names, **times)


def test_what_waited_and_what_ran_are_told_apart() -> None:
    """A task that begins in the middle waited for the first half and ran for the second."""
    tasks = [
        task(1, "+w", "success", start=0, end=100),
        task(2, "+w+first", "success", parent=1, start=0, end=50),
        task(3, "+w+second", "error", parent=1, start=50, end=100),
    ]
    lines = draw(attempt(seconds=100), tasks, 80, 40, BEGIN)
    first, second = lines[3], lines[4]
    assert "+first" in first
    assert "50s success" in first
    bar = second.split("+second")[1].rsplit("  ", 1)[0].strip()
    assert set(bar) == {"·", "█"}
    assert abs(bar.count("·") - bar.count("█")) <= 1
    assert second.endswith("50s error")


def test_what_is_still_at_work_is_drawn_until_now() -> None:
    """A running task reaches to the right end, one that has not begun only waits."""
    tasks = [task(1, "+w", "running", start=0), task(2, "+w+later", "blocked", parent=1)]
    running, blocked = draw(attempt(seconds=None), tasks, 80, 40, BEGIN + timedelta(seconds=60))[2:4]
    assert "·" not in running
    assert "1m00s running" in running
    assert "█" not in blocked
    assert "·" in blocked


def test_groups_are_folded_beyond_a_screen() -> None:
    """A chart that is longer than the screen shows groups without what is below them, and says how many."""
    tasks = [task(1, "+w", "success", start=0, end=1), task(2, "+w+loop", "success", parent=1, start=0, end=1)]
    tasks += [task(n, f"+w+loop+t{n}", "success", parent=2, start=0, end=1) for n in range(3, 103)]
    lines = draw(attempt(seconds=1), tasks, 80, 20, BEGIN)
    assert len(lines) <= 20
    assert any("▸ +loop" in line for line in lines)
    assert lines[-1].startswith("100 tasks are folded")


@pytest.mark.parametrize("refusal", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=["NO_COLOR", "dumb", "none"])
def test_nobody_gets_colours_who_refuses_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], refusal: dict[str, str]
) -> None:
    """As tables heed it: a variable NO_COLOR, or a terminal that has none."""
    for name, value in ({"NO_COLOR": "", "TERM": "xterm"} | refusal).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    ended = attempt(seconds=1)
    attempts = SimpleNamespace(get=lambda _: ended, tasks=lambda _: [task(1, "+w", "success", start=0, end=1)])
    options = SimpleNamespace(output=None)
    output = Output("table", None, None)
    invocation: Any = SimpleNamespace(client=SimpleNamespace(attempts=attempts), options=options, output=output)
    show(invocation, 1, follow=False)
    assert ("\x1b[32m" in capsys.readouterr().out) == (not refusal)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=60),
            st.sampled_from(["success", "error", "running", "blocked", "planned", "canceled", "a new state"]),
            st.none() | st.floats(0, 1e6),
            st.floats(0, 1e6),
        ),
        max_size=30,
    ),
    st.integers(40, 200),
    st.integers(5, 60),
    st.none() | st.floats(0, 1e6),
)
def test_no_line_is_wider_than_the_terminal(
    drawn: list[tuple[str, str, float | None, float]], width: int, height: int, seconds: float | None
) -> None:
    """Whatever the names and times are, also in scripts whose letters take two cells."""
    tasks: list[Any] = [
        task(n, f"+w+{name}", state, start=start, end=end) for n, (name, state, start, end) in enumerate(drawn)
    ]
    for line in draw(attempt(seconds=seconds), tasks, width, height, BEGIN + timedelta(seconds=1e6)):
        assert cell_len(line) <= width, line
