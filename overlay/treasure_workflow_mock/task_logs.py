"""Log files of tasks: their names, the lines of the service's own records, and what tasks print.

A task has one file for each time it runs. A file's name tells the task, the time and the agent.
"""

from __future__ import annotations

import datetime
import gzip

from treasure_workflow_mock.state import Attempt, LogFile, Task

AGENT_ID = "1@treasure-workflow-mock"
_LOGGER = "io.digdag.core.agent.OperatorManager"


class TaskLog:
    """What one run of a task writes: records of the service, and text of the task's own."""

    def __init__(self, attempt: Attempt, task: Task, now: float) -> None:
        self._attempt = attempt
        self._task = task
        self._now = now
        self._parts: list[str] = []

    def record(self, level: str, message: str) -> None:
        """Adds a record: a line with time, level and task, which may go on over more lines."""
        attempt = self._attempt
        session = attempt.session
        where = f"[0:{session.project.name}:{session.id}:{attempt.id}]{self._task.full_name}"
        self._parts.append(f"{_record_time(self._now)} [{level}] (0001@{where}) {_LOGGER}: {message}\n")

    def print(self, text: str) -> None:
        """Adds text as it is; nothing is put after it."""
        self._parts.append(text)

    def close(self) -> None:
        """Adds the file to the attempt's log files, unless nothing was written."""
        if self._parts:
            logs = self._attempt.logs
            # Files of one task at one time must not share a name, and the names are sorted by time.
            name = f"{self._task.full_name}@{_name_time(self._now, len(logs))}.{AGENT_ID}.log.gz"
            data = gzip.compress("".join(self._parts).encode(errors="replace"), compresslevel=1, mtime=0)
            logs.append(LogFile(name, self._task.full_name, self._now, AGENT_ID, data))


def _record_time(seconds: float) -> str:
    time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03} +0000"


def _name_time(seconds: float, count: int) -> str:
    """Eight hexadecimal digits of seconds and eight of nanoseconds, the latter moved by `count`."""
    whole = int(seconds)
    nanoseconds = int((seconds - whole) * 1_000_000) * 1000
    return f"{whole & 0xFFFFFFFF:08x}{(nanoseconds + count) % 1_000_000_000:08x}"
