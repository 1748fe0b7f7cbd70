"""The timeline of an attempt, drawn as a Gantt chart in the terminal's width."""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treasure_workflow.cli.invocation import Invocation

_WAITED, _RAN, _GROUP = "·", "█", "─"
_SHORTEST_BAR = 10
_SECONDS_BETWEEN = 2.0
_FINISHED = {"success", "error", "group_error", "canceled"}
_COLOURS = {"success": "green", "error": "red", "group_error": "red", "running": "cyan", "canceled": "magenta"}


def show(invocation: Invocation, number: int, *, follow: bool) -> None:
    """Draws an attempt, again and again while it is followed."""
    client = invocation.client
    while True:
        attempt = client.attempts.get(number)
        tasks = list(client.attempts.tasks(number))
        terminal = sys.stdout.isatty() and invocation.options.output is None
        coloured = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        size = shutil.get_terminal_size((100, 40))
        lines = draw(attempt, tasks, size.columns, size.lines - 2, datetime.now(UTC), shown=invocation.output.shown)
        if follow and terminal:
            invocation.output.write("\x1b[H\x1b[2J")
        invocation.output.write("".join(f"{_coloured(line) if coloured else line}\n" for line in lines))
        if not follow or attempt.done:
            return
        time.sleep(_SECONDS_BETWEEN)


def draw(attempt: Any, tasks: Sequence[Any], width: int, height: int, now: datetime, *, shown: Any = str) -> list[str]:
    """The chart's lines, none wider than `width` cells.

    Args:
        attempt: The attempt.
        tasks: Its tasks, parents before their children.
        width: Cells of a line.
        height: Lines of a screen: a chart that is longer shows groups without what is below them, deepest first.
        now: Until when what still runs is drawn.
        shown: How times are written.
    """
    from rich.cells import cell_len, set_cell_size

    tasks = _with_starts_of_groups(tasks)
    begin, end = _span(attempt, tasks, now)
    kept, folded = _fold(tasks, max(height - 4, 5))
    names = [_name(task, folded) for task in kept]
    notes = [_note(task, now) for task in kept]
    note_width = max([8, *map(len, notes)])
    name_width = min(max([4, *map(cell_len, names)]), max(width - note_width - _SHORTEST_BAR - 4, 8))
    bar_width = max(width - name_width - note_width - 4, _SHORTEST_BAR)
    seconds = max((end - begin).total_seconds(), 1.0)
    head = f"attempt {attempt.id} {attempt.project.name}.{attempt.workflow.name} {shown(attempt.session_time)}"
    lines = [set_cell_size(head, min(cell_len(head), width))]
    lines.append(f"{shown(begin)}  +{_duration(seconds)}  {_WAITED} waited  {_RAN} ran  {_GROUP} group"[:width])
    for task, name, note in zip(kept, names, notes, strict=True):
        bar = _bar(task, begin, seconds, bar_width, now, attempt)
        line = f"{set_cell_size(name, name_width)}  {bar}  {note}".rstrip()
        lines.append(line if cell_len(line) <= width else set_cell_size(line, width))
    if folded:
        hidden = len(tasks) - len(kept)
        lines.append(f"{hidden} tasks are folded into their groups (▸); twf tasks {attempt.id} lists all"[:width])
    return lines


class _Group:
    """A group as a task with a start: the service gives it none, so it begins with the first task in it."""

    def __init__(self, task: Any, started_at: datetime) -> None:
        self._task = task
        self.started_at = started_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._task, name)


def _with_starts_of_groups(tasks: Sequence[Any]) -> list[Any]:
    starts: dict[str, datetime] = {}
    for task in reversed(tasks):  # children come after their parents
        start = task.started_at or starts.get(task.id)
        if start is not None and task.parent_id:
            starts[task.parent_id] = min(start, starts.get(task.parent_id, start))
    groups = {task.id for task in tasks if task.started_at is None and task.id in starts}
    return [_Group(task, starts[task.id]) if task.id in groups else task for task in tasks]


def _span(attempt: Any, tasks: Sequence[Any], now: datetime) -> tuple[datetime, datetime]:
    begin = attempt.created_at
    ends = [attempt.finished_at or now, *(task.updated_at for task in tasks if task.updated_at)]
    return begin, max([begin + timedelta(seconds=1), *ends] if attempt.done else [begin + timedelta(seconds=1), now])


def _fold(tasks: Sequence[Any], height: int) -> tuple[list[Any], set[str]]:
    """The tasks that fit into so many lines, and the ids of groups whose children are left out."""
    depths: dict[str, int] = {}
    for task in tasks:
        depths[task.id] = depths.get(task.parent_id, -1) + 1 if task.parent_id else 0
    kept = list(tasks)
    folded: set[str] = set()
    for depth in range(max(depths.values(), default=0), 0, -1):
        if len(kept) <= height:
            break
        folded = {task.parent_id for task in tasks if depths[task.id] == depth}
        kept = [task for task in kept if depths[task.id] < depth]
    return kept, folded


def _name(task: Any, folded: set[str]) -> str:
    from treasure_workflow.cli.output import printable

    path = printable(task.full_name)
    depth = max(path.count("+") - 1, 0)
    last = path[path.rindex("+") :] if "+" in path else path
    mark = "▸ " if task.id in folded else ""
    return f"{'  ' * depth}{mark}{last}"


def _note(task: Any, now: datetime) -> str:
    began = task.started_at
    if began is None:
        return str(task.state)
    ended = task.updated_at if str(task.state) in _FINISHED else now
    return f"{_duration((ended - began).total_seconds())} {task.state}"


def _bar(task: Any, begin: datetime, seconds: float, width: int, now: datetime, attempt: Any) -> str:
    def place(moment: datetime) -> int:
        return min(max(math.floor((moment - begin).total_seconds() / seconds * width), 0), width)

    finished = str(task.state) in _FINISHED
    ended = task.updated_at if finished else (attempt.finished_at or now)
    if task.started_at is None:
        waited = 0 if finished else place(ended)
        return f"{_WAITED * waited:{width}}"
    start = min(place(task.started_at), width - 1)
    stop = max(place(ended), start + 1)
    full = _GROUP if isinstance(task, _Group) else _RAN
    return f"{_WAITED * start}{full * (stop - start)}".ljust(width)


def _duration(seconds: float) -> str:
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def _coloured(line: str) -> str:
    state = line.rsplit(" ", 1)[-1]
    colour = {"green": 32, "red": 31, "cyan": 36, "magenta": 35}.get(_COLOURS.get(state, ""))
    return f"\x1b[{colour}m{line}\x1b[0m" if colour else line
