"""Task logs line by line: what each line says of itself, and which are asked for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, get_args

Level: TypeAlias = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]

LEVELS: tuple[str, ...] = get_args(Level)
_HEAD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}) \[([A-Z]+)\] ")


@dataclass(frozen=True)
class LogLine:
    """A line of a task's log."""

    task: str
    """The task's full name."""
    text: str
    """The line, without its end."""
    time: datetime | None
    """When its record was written; None before the first record that has a time."""
    level: str | None
    """The level of its record. What a task prints belongs to the record before."""

    def __str__(self) -> str:
        return self.text


class LineReader:
    """Reads the lines of one log file as it grows."""

    def __init__(self, task: str, wanted: Callable[[LogLine], bool]) -> None:
        self._task = task
        self._wanted = wanted
        self._read = 0
        self._time: datetime | None = None
        self._level: str | None = None

    def lines(self, content: bytes, *, ended: bool) -> list[LogLine]:
        """The lines that are new in the file's content, those without an end only when nothing more will come."""
        new = content[self._read :]
        if not ended:
            new = new[: new.rfind(b"\n") + 1]
        self._read += len(new)
        texts = new.decode("utf-8", errors="replace").split("\n")
        if texts[-1] == "":
            texts.pop()
        return [line for text in texts if self._wanted(line := self._line(text.removesuffix("\r")))]

    def _line(self, text: str) -> LogLine:
        head = _HEAD.match(text)
        if head is not None:
            with contextlib.suppress(ValueError):  # a date that there is not: some task's own words
                self._time = datetime.strptime(head[1], "%Y-%m-%d %H:%M:%S.%f %z")
                self._level = head[2]
        return LogLine(self._task, text, self._time, self._level)


def wanted_lines(level: Level | None, pattern: str | re.Pattern[str] | None) -> Callable[[LogLine], bool]:
    """Which lines are asked for.

    Raises:
        ValueError: There is no such level, or the pattern is no regular expression.
    """
    if level is not None and level not in LEVELS:
        raise ValueError(f"no such level: {level!r}. There are {', '.join(LEVELS)}")
    try:
        expression = None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern!r} is no regular expression: {error}") from None
    lowest = 0 if level is None else LEVELS.index(level)

    def wanted(line: LogLine) -> bool:
        if level is not None and (line.level not in LEVELS or LEVELS.index(line.level) < lowest):
            return False
        return expression is None or expression.search(line.text) is not None

    return wanted
