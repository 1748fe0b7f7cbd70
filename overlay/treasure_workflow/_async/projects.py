"""Projects: their folders pushed and pulled, their revisions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

from treasure_workflow import errors
from treasure_workflow._answers import or_unset
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._runtime import arun
from treasure_workflow.archive import MAX_ARCHIVE_BYTES, Archive, extract, pack
from treasure_workflow.session_time import aware

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike
    from treasure_workflow_api.models import RestProject, RestRevision


class AsyncProjects:
    """What `client.projects` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self, *, name: str | None = None, name_pattern: str | None = None, limit: int | None = None
    ) -> AsyncPages[RestProject]:
        """The account's projects, by rising id. Operation getProjects.

        Args:
            name: Only the project of exactly this name; the other filters do not count then.
            name_pattern: Only projects whose name contains this, in this letter case.
            limit: At most so many.
        """

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.project import get_projects

            return await self._calls.call(
                get_projects, name=or_unset(name), name_pattern=or_unset(name_pattern), **position
            )

        return AsyncPages(fetch, "getProjects", limit=limit)

    async def get(self, project: ProjectLike) -> RestProject:
        """The project as it is now. Operation getProject.

        Raises:
            NotFound: It does not exist, or was deleted.
        """
        from treasure_workflow_api.api.project import get_project

        return await self._calls.call(get_project, await _lookups.project_id(self._calls, project))

    async def find(self, name: str) -> RestProject:
        """The project of exactly this name. Operation getProjects.

        Raises:
            NotFound: There is none.
        """
        return await _lookups.find_project(self._calls, name)

    async def push(
        self,
        directory: str | os.PathLike[str],
        name: str,
        *,
        revision: str | None = None,
        schedule_from: datetime | None = None,
        clear_schedule: Iterable[str] = (),
        clear_schedule_all: bool = False,
        skip_schedule: bool = True,
        max_archive_bytes: int = MAX_ARCHIVE_BYTES,
        allow_no_workflows: bool = False,
    ) -> RestProject:
        """Uploads a folder as a new project, or as a new revision of the project of that name. Operation putProject.

        Args:
            directory: The folder that holds the `.dig` files. What its `.digdagignore` names, and dot files, stay out.
            name: The project's name.
            revision: A name for the revision that the project has not had yet; made up when None.
            schedule_from: Schedules begin with the first time after this one; now when None. It has a time zone.
            clear_schedule: Names of workflows whose schedules forget what they have run.
            clear_schedule_all: All schedules forget it.
            skip_schedule: Changed schedules do not run what they missed. Open-source servers do not know it.
            max_archive_bytes: Limit in bytes of the archive, of each file and of all files together.
            allow_no_workflows: Push a folder without workflows, which ends all schedules of the project.

        Raises:
            ArchiveError: The folder cannot be pushed. Nothing was sent.
            BadRequest: A workflow has an error; the message tells which.
            Conflict: The project has a revision of that name.
        """
        from uuid import uuid4

        from treasure_workflow_api.api.project import put_project
        from treasure_workflow_api.types import File

        begin = None
        if schedule_from is not None:
            # With Z for the zone: servers on older Java refuse an offset.
            begin = aware(schedule_from, "schedule_from").astimezone(UTC).isoformat().replace("+00:00", "Z")
        archive = await arun(
            pack, directory, max_archive_bytes=max_archive_bytes, allow_no_workflows=allow_no_workflows
        )
        with archive:
            return await self._calls.upload(
                put_project,
                _AsyncUpload(archive),
                body=File(payload=BytesIO()),
                project=name,
                revision=revision if revision is not None else str(uuid4()),
                schedule_from=or_unset(begin),
                clear_schedule=or_unset([*clear_schedule] or None),
                clear_schedule_all=clear_schedule_all,
                skip_schedule=skip_schedule,
                content_length=archive.size,
            )

    async def pull(
        self, project: ProjectLike, directory: str | os.PathLike[str], *, revision: str | None = None
    ) -> tuple[str, ...]:
        """Unpacks a project into a folder and gives the paths of its files. Operation getArchive.

        Args:
            project: The project.
            directory: A folder that is empty or does not exist yet.
            revision: The revision's name; the latest when None.

        Raises:
            ArchiveError: The folder is not empty, or the archive cannot be unpacked.
            NotFound: There is no such project or revision.
        """
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            await self._fetch_archive(project, revision, file)
            file.seek(0)
            return await arun(extract, file, directory)

    async def download(
        self, project: ProjectLike, file: str | os.PathLike[str] | BinaryIO, *, revision: str | None = None
    ) -> None:
        """Writes a project's archive, a gzipped tar, to a file. Operation getArchive.

        Args:
            project: The project.
            file: A path, or a file opened for writing bytes.
            revision: The revision's name; the latest when None.

        Raises:
            NotFound: There is no such project or revision.
        """
        if isinstance(file, str | os.PathLike):
            with await arun(open, file, "wb") as opened:
                await self._fetch_archive(project, revision, cast(BinaryIO, opened))
        else:
            await self._fetch_archive(project, revision, file)

    async def _fetch_archive(self, project: ProjectLike, revision: str | None, file: BinaryIO) -> None:
        from treasure_workflow_api.api.project import get_archive

        id = await _lookups.project_id(self._calls, project)
        async with self._calls.stream(get_archive, id, revision=or_unset(revision)) as pieces:
            async for piece in pieces:
                await arun(file.write, piece)

    def revisions(
        self, project: ProjectLike, *, name: str | None = None, limit: int | None = None
    ) -> AsyncPages[RestRevision]:
        """A project's revisions, newest first. Operation getRevisions.

        An open-source server shows only the first hundred; reading on raises ContractError.

        Args:
            project: The project.
            name: Only the revision of exactly this name.
            limit: At most so many.
        """

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.project import get_revisions

            id = await _lookups.project_id(self._calls, project)
            return await self._calls.call(get_revisions, id, name=or_unset(name), **position)

        return AsyncPages(fetch, "getRevisions", limit=limit)

    async def delete(self, project: ProjectLike) -> None:
        """Deletes a project and its schedules; sessions, attempts and logs stay readable. Operation deleteProject.

        Raises:
            NotFound: There is no such project.
        """
        from treasure_workflow_api.api.project import delete_project

        id = await _lookups.project_id(self._calls, project)
        try:
            await self._calls.perform(delete_project, id)
        except errors.NotFound as error:
            if not error.retries:  # else a first try, whose answer was lost, deleted it
                raise


class _AsyncUpload:
    """An archive as the body of a request; from its start each time that the request is sent."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._chunks: Iterator[bytes] = iter(())

    def __aiter__(self) -> Self:
        self._chunks = self._archive.chunks()
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration
