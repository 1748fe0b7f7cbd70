"""Log files of tasks: their names, the lines of the service's own records, and what tasks print.

A task has one file for each time it runs. A file's name tells the task, the time and the agent.
"""

from __future__ import annotations

import datetime
import gzip
import re

from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.model.records import Attempt, LogFile, Task

_HEXADECIMAL = re.compile(r"[-+0-9a-fA-F][0-9a-fA-F]{7}")
AGENT_ID = "1@treasure-workflow-mock"
EXECUTOR_LOGGER = "io.digdag.core.workflow.WorkflowExecutor"
"""What writes the records about attempts that are started and tasks that are added."""

_LOGGER = "io.digdag.core.agent.OperatorManager"


class TaskLog:
    """What one run of a task writes: records of the service, and text of the task's own."""

    def __init__(self, attempt: Attempt, task: Task, begun_at: float, now: float) -> None:
        self._attempt = attempt
        self._task = task
        self._begun_at = begun_at
        self._now = now
        self._parts: list[str] = []
        self._is_discarded = False

    def record(self, level: str, message: str, logger: str = _LOGGER) -> None:
        """Adds a record: a line with time, level and task, which may go on over more lines."""
        attempt = self._attempt
        session = attempt.session
        where = f"[0:{session.project.name}:{session.id}:{attempt.id}]{self._task.full_name}"
        self._parts.append(f"{_record_time(self._now)} [{level}] (0001@{where}) {logger}: {message}\n")

    def print(self, text: str) -> None:
        """Adds text as it is; nothing is put after it."""
        self._parts.append(text)

    def discard(self) -> None:
        """Leaves nothing of this run, which begins anew."""
        self._is_discarded = True

    def close(self) -> None:
        """Adds the file to the attempt's log files. A run that goes on after it was busy has one file."""
        if self._is_discarded:
            return
        logs = self._attempt.logs
        number = len(logs)
        if self._now > self._begun_at:
            number = next((i for i in reversed(range(number)) if logs[i].task_name == self._task.full_name), number)
        # Files of one task at one time must not share a name, and the names are sorted by time.
        name = f"{self._task.full_name}@{_name_time(self._begun_at, number)}.{AGENT_ID}.log.gz"
        data = gzip.compress("".join(self._parts).encode(errors="replace"), compresslevel=1, mtime=0)
        logs[number : number + 1] = [LogFile(name, self._task.full_name, self._begun_at, AGENT_ID, data)]


def task_of_file(name: str) -> str | None:
    """The task that a file's name tells, None if it tells none: the name is taken apart at its first @.

    InvalidRequest where the service's list falls over the name.
    """
    task, _, rest = name.partition("@")
    digits, dot, _ = rest.partition(".")
    if not dot:
        return None
    for part in (digits[:8], digits[8:16]):
        if len(part) < 8:
            raise InvalidRequest(f"The service cannot read the name of the log file {name}")
        if not _HEXADECIMAL.fullmatch(part):
            return None
    return task


def _record_time(seconds: float) -> str:
    time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03} +0000"


def _name_time(seconds: float, count: int) -> str:
    """Eight hexadecimal digits of seconds and eight of nanoseconds, the latter moved by `count`."""
    whole = int(seconds)
    nanoseconds = int((seconds - whole) * 1_000_000) * 1000
    return f"{whole & 0xFFFFFFFF:08x}{(nanoseconds + count) % 1_000_000_000:08x}"
