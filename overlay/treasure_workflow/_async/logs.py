"""Task logs: gzipped files, one or more for each task that ran."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, BinaryIO

from treasure_workflow._arguments import checked
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async._work import log_lines as work
from treasure_workflow._async._work.log_lines import AsyncLogLines
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.files import FileSink, Sink, replacing
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import ATTEMPT, LOG, check, id_of, name_of
from treasure_workflow._logic.log_lines import Level, LogLine, wanted_lines
from treasure_workflow._runtime import aeach

if TYPE_CHECKING:
    from treasure_workflow._ids import AttemptLike, LogLike
    from treasure_workflow_api.models import RestLogFileHandle


@checked
class AsyncLogs:
    """What `client.logs` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def files(self, attempt: AttemptLike, *, task: str | None = None) -> AsyncPages[RestLogFileHandle]:
        """The log files of an attempt, by task name and, for one task, by time. Operation getFileHandles.

        Args:
            attempt: The attempt.
            task: Only tasks whose full name begins with this, such as `+workflow+step`.
        """
        id = id_of(ATTEMPT, attempt)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.log import get_file_handles

            return await self._calls.call(get_file_handles, id, task=or_unset(task), **position)

        return AsyncPages(fetch, "getFileHandles")

    async def download(self, attempt: AttemptLike, log: LogLike, file: str | os.PathLike[str] | BinaryIO) -> None:
        """Writes a log as it is kept, gzipped, to a file. Operation getFile.

        Args:
            attempt: The attempt.
            log: One of its `files`, or the name of one.
            file: A path, or a file opened for writing bytes.

        Raises:
            NotFound: There is no such log.
        """
        name_of(LOG, log)
        check(ATTEMPT, attempt)
        if isinstance(file, str | os.PathLike):
            with replacing(file) as opened:
                await self._fetch(attempt, log, FileSink(opened))
        else:
            await self._fetch(attempt, log, FileSink(file))

    async def text(self, attempt: AttemptLike, *, task: str | None = None) -> str:
        """The log of an attempt or of some of its tasks, file after file. Operations getFileHandles, getFile.

        Files are read four at a time, and each begins on a line of its own. A log that is still being written is given
        as far as it goes. Bytes that are not UTF-8 become U+FFFD.

        Args:
            attempt: The attempt.
            task: Only tasks whose full name begins with this, such as `+workflow+step`.

        Raises:
            ContractError: A file is not gzip.
        """

        async def one(log: RestLogFileHandle) -> bytes:
            return await self._content(attempt, log)

        text = bytearray()
        for content in await aeach(one, [log async for log in self.files(attempt, task=task)], work.AT_ONCE):
            if text and not text.endswith(b"\n"):
                text += b"\n"
            text += content
        return text.decode("utf-8", errors="replace")

    async def tail(self, attempt: AttemptLike, task: str, *, lines: int = 20) -> str:
        """The last lines of one task's log. Operations getFileHandles, getFile.

        Args:
            attempt: The attempt.
            task: The task's full name, such as `+workflow+step`.
            lines: How many lines at most.

        Returns:
            The lines, joined by line ends; empty when the task has no log.

        Raises:
            ContractError: A file is not gzip.
        """
        files = [log async for log in self.files(attempt, task=task) if log.task_name == task]
        text = ""
        for log in reversed(files):
            text = (await self._content(attempt, log)).decode("utf-8", errors="replace").rstrip("\n") + "\n" + text
            if text.count("\n") > lines:
                break
        return "\n".join(text.rstrip("\n").split("\n")[-lines:]) if lines > 0 else ""

    def lines(
        self,
        attempt: AttemptLike,
        *,
        task: str | None = None,
        level: Level | None = None,
        pattern: str | re.Pattern[str] | None = None,
    ) -> AsyncIterator[LogLine]:
        """The lines of an attempt's logs, file by file. Operations getFileHandles, getFile.

        Files are read four at a time, when the lines before them have been taken.

        Args:
            attempt: The attempt.
            task: Only tasks whose full name begins with this, such as `+workflow+step`.
            level: Only records of this level or a graver one, with the lines that belong to them.
            pattern: Only lines in which this regular expression is found.

        Returns:
            An iterator of lines, each with its task, time and level.

        Raises:
            ContractError: A file is not gzip.
            ValueError: There is no such level, or the pattern is no regular expression.

        Example:
            >>> for line in client.logs.lines(901, level="WARN"):
            ...     print(line.time, line.task, line.text)
        """
        wanted = wanted_lines(level, pattern)
        return AsyncLogLines(self._calls, id_of(ATTEMPT, attempt), task, wanted)

    def follow(
        self,
        attempt: AttemptLike,
        *,
        task: str | None = None,
        level: Level | None = None,
        pattern: str | re.Pattern[str] | None = None,
        poll_interval: float = 2.0,
    ) -> AsyncIterator[LogLine]:
        """The lines of an attempt's logs as they come, until it has ended.

        Operations getAttempt, getFileHandles and getFile.

        How the attempt ends does not matter; `attempts.wait` tells. A file that is still being written, or whose
        download was cut, is read on from where it was.

        Args:
            attempt: The attempt.
            task: As for `lines`.
            level: As for `lines`.
            pattern: As for `lines`.
            poll_interval: Seconds between two looks.

        Returns:
            An iterator of lines, each with its task, time and level.

        Raises:
            ContractError: A file is not gzip.
            NotFound: There is no such attempt.
            ValueError: As for `lines`; or the interval is not above 0.

        Example:
            >>> for line in client.logs.follow(901):
            ...     print(line.text)
        """
        if poll_interval <= 0:
            raise ValueError(f"poll_interval must be above 0: {poll_interval}")
        wanted = wanted_lines(level, pattern)
        return AsyncLogLines(self._calls, id_of(ATTEMPT, attempt), task, wanted, poll_interval)

    async def _content(self, attempt: AttemptLike, log: RestLogFileHandle) -> bytes:
        """A log unpacked, as far as it goes."""
        return bytes((await work.content(self._calls, id_of(ATTEMPT, attempt), log)).text)

    async def _fetch(self, attempt: AttemptLike, log: LogLike, sink: Sink) -> None:
        """Fills `sink` with the log as it is kept."""
        if isinstance(log, str):
            from treasure_workflow_api.api.log import get_file

            await self._calls.download(sink, get_file, id_of(ATTEMPT, attempt), name_of(LOG, log))
        else:
            await work.fetch(self._calls, id_of(ATTEMPT, attempt), log, sink)
