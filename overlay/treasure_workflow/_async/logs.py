"""Task logs: gzipped files, one or more for each task that ran."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from treasure_workflow import errors
from treasure_workflow._answers import or_unset, sendable
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._gunzip import Gunzip
from treasure_workflow._ids import identifier
from treasure_workflow._runtime import arun

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from treasure_workflow._ids import AttemptLike
    from treasure_workflow_api.models import RestLogFileHandle


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
        id = identifier(attempt)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.log import get_file_handles

            return await self._calls.call(get_file_handles, id, task=or_unset(task), **position)

        return AsyncPages(fetch, "getFileHandles")

    async def download(
        self, attempt: AttemptLike, log: RestLogFileHandle | str, file: str | os.PathLike[str] | BinaryIO
    ) -> None:
        """Writes a log as it is kept, gzipped, to a file. Operation getFile.

        Args:
            attempt: The attempt.
            log: One of its `files`, or the name of one.
            file: A path, or a file opened for writing bytes.

        Raises:
            NotFound: There is no such log.
        """
        if isinstance(file, str | os.PathLike):
            with await arun(open, file, "wb") as opened:
                await self.download(attempt, log, cast(BinaryIO, opened))
            return
        async with self._pieces(attempt, log) as pieces:
            async for piece in pieces:
                await arun(file.write, piece)

    async def text(self, attempt: AttemptLike, *, task: str | None = None) -> str:
        """The log of an attempt or of some of its tasks, file after file. Operations getFileHandles, getFile.

        Each file begins on a line of its own. A log that is still being written is given as far as it goes. Bytes that
        are not UTF-8 become U+FFFD.

        Args:
            attempt: The attempt.
            task: Only tasks whose full name begins with this, such as `+workflow+step`.

        Raises:
            ContractError: A file is not gzip.
        """
        text = bytearray()
        async for log in self.files(attempt, task=task):
            if text and not text.endswith(b"\n"):
                text += b"\n"
            gunzip = Gunzip()
            async with self._pieces(attempt, log) as pieces:
                async for piece in pieces:
                    try:
                        text += gunzip.feed(piece)
                    except zlib.error as error:
                        problem = f"the log {log.file_name} is damaged ({error})"
                        raise errors.ContractError(problem, 200, piece, "GET /api/logs") from error
        return text.decode("utf-8", errors="replace")

    def _pieces(
        self, attempt: AttemptLike, log: RestLogFileHandle | str
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The log's bytes: from its direct link when it has one, else through the service."""
        from treasure_workflow_api.api.log import get_file

        if isinstance(log, str):
            return self._calls.stream(get_file, identifier(attempt), log)
        if log.direct:
            return self._calls.stream_from(sendable(log.direct, "a log's link", "GET /api/logs"))
        name = sendable(log.file_name, "a log's name", "GET /api/logs")
        return self._calls.stream(get_file, identifier(attempt), name)
