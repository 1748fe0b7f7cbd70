"""Archives of stored revisions, fetched whole."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._http.files import ArchiveSink
from treasure_workflow._http.responses import or_unset

if TYPE_CHECKING:
    from typing import BinaryIO

    from treasure_workflow._async._calls import AsyncCalls


@contextlib.contextmanager
def temporary_space() -> Generator[None, None, None]:
    """Raises ArchiveError for a disk that is full or cannot be written, where an archive is kept for a while."""
    try:
        yield
    except errors.TreasureWorkflowError:
        raise  # a time limit is an OSError, too
    except OSError as error:
        problem = f"the archive cannot be kept in a temporary file ({error.strerror or error})"
        raise errors.ArchiveError(f"{problem}: make room, or let TMPDIR name another folder") from error


async def fetch(calls: AsyncCalls, id: int, revision: str | None, file: BinaryIO, md5: str | None = None) -> None:
    """Writes a revision's archive to an open file, and compares its MD5 when one is given. Operation getArchive.

    Raises:
        ContractError: What came is no archive.
        TransportError: It has another MD5: it was damaged on its way.
    """
    from treasure_workflow_api.api.project import get_archive

    await calls.download(ArchiveSink(file, md5), get_archive, id, revision=or_unset(revision))


async def fetch_checked(calls: AsyncCalls, id: int, revision: str | None, file: BinaryIO) -> None:
    """The same, with the MD5 that the service tells. Operations getProject or getRevisions, and getArchive.

    By its name the latest revision stays the same, whoever pushes another meanwhile.
    """
    from treasure_workflow_api.api.project import get_project, get_revisions

    if revision is None:
        project = await calls.call(get_project, id)
        revision, md5 = project.revision or None, project.archive_md5 or None
    else:
        found = (await calls.call(get_revisions, id, name=revision)).revisions or ()
        md5 = next((each.archive_md5 or None for each in found if each.revision == revision), None)
    await fetch(calls, id, revision, file, md5)
