"""The lines of an attempt's logs, once or as they come."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Self

from treasure_workflow import errors
from treasure_workflow._http.gunzip import Gunzip
from treasure_workflow._http.responses import sendable
from treasure_workflow._logic.log_lines import LineReader, LogLine
from treasure_workflow._runtime import aeach

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._http.files import Sink
    from treasure_workflow_api.models import RestLogFileHandle


AT_ONCE = 4
"""How many files are read at the same time."""
_FED_BYTES = 4096  # which unpack to 4 MiB at most


class Unpacked:
    """Unpacks a log."""

    def __init__(self, name: str, limit: int) -> None:
        """`limit`: how many bytes it may unpack to."""
        self.text = bytearray()
        self._limit = limit
        self.whole = False
        """Whether the log ends where a gzip member ends: one that does not is still being written, or was cut."""
        self._name = name

    def restart(self) -> None:
        """Begins anew."""
        self.text.clear()
        self._gunzip = Gunzip()

    def write(self, data: bytes) -> None:
        """Takes the next piece."""
        for start in range(0, len(data), _FED_BYTES):
            try:
                self.text += self._gunzip.feed(data[start : start + _FED_BYTES])
            except zlib.error as error:
                problem = f"the log {self._name} is damaged ({error})"
                raise errors.ContractError(problem, 200, data, "GET /api/logs") from error
            if len(self.text) > self._limit:
                problem = (
                    f"the log {self._name} unpacks to more than {self._limit:,} bytes: "
                    "download it to a file, or raise `max_memory_bytes`"
                )
                raise errors.ContractError(problem, 200, b"", "GET /api/logs")

    def complete(self) -> None:
        """Ends; within a member as well."""
        self.whole = self._gunzip.whole


async def fetch(calls: AsyncCalls, attempt: int, log: RestLogFileHandle, sink: Sink) -> None:
    """Fills `sink` with a log: from its direct link when it has one, else through the service."""
    from treasure_workflow_api.api.log import get_file

    if log.direct:
        await calls.download_from(sink, sendable(log.direct, "a log's link", "GET /api/logs"))
    else:
        await calls.download(sink, get_file, attempt, sendable(log.file_name, "a log's name", "GET /api/logs"))


async def content(calls: AsyncCalls, attempt: int, log: RestLogFileHandle) -> Unpacked:
    """A log unpacked, as far as it goes."""
    unpacked = Unpacked(str(log.file_name), calls.max_memory_bytes)
    await fetch(calls, attempt, log, unpacked)
    return unpacked


class _File(NamedTuple):
    reader: LineReader
    size: int = -1
    whole: bool = False


class AsyncLogLines:
    """An iterator of lines. With `poll_interval` it looks again for new ones until the attempt has ended."""

    def __init__(
        self,
        calls: AsyncCalls,
        attempt: int,
        task: str | None,
        wanted: Callable[[LogLine], bool],
        poll_interval: float | None = None,
    ) -> None:
        self._calls = calls
        self._attempt = attempt
        self._task = task
        self._wanted = wanted
        self._poll_interval = poll_interval
        self._rounds = 0
        self._ended = poll_interval is None
        self._files: dict[str, _File] = {}
        self._queue: deque[RestLogFileHandle] = deque()
        self._lines: deque[LogLine] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LogLine:
        while not self._lines:
            if self._queue:
                await self._read([self._queue.popleft() for _ in range(min(AT_ONCE, len(self._queue)))])
            elif self._ended and self._rounds:
                raise StopAsyncIteration
            else:
                await self._look()
        return self._lines.popleft()

    async def _look(self) -> None:
        """Finds out which files are new, have grown, or were not whole when they were read."""
        from treasure_workflow._async.attempts import AsyncAttempts
        from treasure_workflow._async.logs import AsyncLogs

        if self._poll_interval is not None:
            if self._rounds:
                await self._calls.clock.sleep(self._poll_interval)
            # Before the files, so that those of an attempt that has ended are all of them.
            self._ended = (await AsyncAttempts(self._calls).get(self._attempt)).done
        self._rounds += 1
        async for log in AsyncLogs(self._calls).files(self._attempt, task=self._task):
            seen = self._files.get(log.file_name)
            if seen is None or seen.size != log.file_size or not seen.whole:
                self._queue.append(log)

    async def _read(self, logs: list[RestLogFileHandle]) -> None:
        async def one(log: RestLogFileHandle) -> Unpacked:
            return await content(self._calls, self._attempt, log)

        for log, unpacked in zip(logs, await aeach(one, logs, AT_ONCE), strict=True):
            file = self._files.get(log.file_name) or _File(LineReader(log.task_name, self._wanted))
            self._lines += file.reader.lines(bytes(unpacked.text), ended=self._ended or unpacked.whole)
            self._files[log.file_name] = file._replace(size=log.file_size, whole=unpacked.whole)
