"""Projects: their folders pushed and pulled, their revisions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast, overload

from treasure_workflow import errors
from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async._work import archives, project_changes
from treasure_workflow._async._work.project_changes import PushOptions
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.files import replacing
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import PROJECT, REVISION, name_of
from treasure_workflow._logic.project_plan import ProjectPlan, Promotion
from treasure_workflow._runtime import arun
from treasure_workflow.archive import MAX_ARCHIVE_BYTES, Archive, extract, pack

if TYPE_CHECKING:
    from treasure_workflow._async.client import AsyncTreasureWorkflow
    from treasure_workflow._ids import ProjectLike, RevisionLike
    from treasure_workflow._logic.schedule_rules import ScheduleRules
    from treasure_workflow._results import PushedProject
    from treasure_workflow_api.models import RestProject, RestRevision


@checked
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
        force: bool = False,
        include: Iterable[str] = (),
        schedule_from: datetime | None = None,
        clear_schedules: Iterable[str] | Literal["all"] = (),
        skip_schedule: bool = True,
        max_archive_bytes: int = MAX_ARCHIVE_BYTES,
        allow_no_workflows: bool = False,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> PushedProject:
        """Uploads a folder as a new project, or as a new revision of the project of that name. Operation putProject.

        Contents that are the project's latest revision already are not sent again: the result then says `unchanged`.
        They are sent all the same with `force`, with a name for the revision, and with what changes schedules.

        Args:
            directory: The folder that holds the `.dig` files. What its `.digdagignore` names, and dot files, stay out.
            name: The project's name.
            revision: A name for the revision that the project has not had yet; made up when None.
            force: Push contents that are there already, too.
            include: Paths inside the folder of dot files and dot folders that are pushed all the same.
            schedule_from: Schedules begin with the first time after this one; now when None. It has a time zone.
            clear_schedules: Names of workflows whose schedules forget what they have run, or `"all"`.
            skip_schedule: Changed schedules do not run what they missed. Open-source servers do not know it.
            max_archive_bytes: Limit in bytes of the archive, of each file and of all files together.
            allow_no_workflows: Push a folder without workflows, which ends all schedules of the project.
            on_progress: Called with the bytes sent and the bytes of the archive, after each piece.

        Returns:
            The project, with `unchanged`.

        Raises:
            ArchiveError: The folder cannot be pushed. Nothing was sent.
            BadRequest: A workflow has an error; the message tells which.
            Conflict: The project has a revision of that name.
            ValueError: A time without a zone, or `clear_schedules` that is one text. Nothing was sent.

        Example:
            >>> project = client.projects.push("shop", "shop", on_progress=lambda sent, total: print(sent, total))
            >>> print("nothing to do" if project.unchanged else f"revision {project.revision}")
        """
        options = PushOptions.of(schedule_from, clear_schedules, skip_schedule)
        name_of(PROJECT, name)
        archive = await arun(
            pack,
            directory,
            include=include,
            max_archive_bytes=max_archive_bytes,
            allow_no_workflows=allow_no_workflows,
        )
        with archive:
            return await self._push(archive, name, revision, options, on_progress, force=force or revision is not None)

    async def _push(
        self,
        archive: Archive,
        name: str,
        revision: str | None,
        options: PushOptions,
        on_progress: Callable[[int, int], object] | None = None,
        *,
        force: bool,
    ) -> PushedProject:
        from uuid import uuid4

        from treasure_workflow._results import PushedProject

        if not force and not options.changes_schedules:
            current = await _lookups.project_named(self._calls, name)
            if current is not None and current.archive_md5 == archive.md5:
                return PushedProject.of(current, unchanged=True)
        made = str(uuid4()) if revision is None else revision
        pushed = await project_changes.upload(self._calls, archive, name, made, options, on_progress)
        return PushedProject.of(pushed, unchanged=False)

    async def plan(
        self,
        directory: str | os.PathLike[str],
        name: str,
        *,
        include: Iterable[str] = (),
        schedule_from: datetime | None = None,
        clear_schedules: Iterable[str] | Literal["all"] = (),
        skip_schedule: bool = True,
        max_archive_bytes: int = MAX_ARCHIVE_BYTES,
        allow_no_workflows: bool = False,
        schedule_rules: ScheduleRules | None = None,
    ) -> ProjectPlan:
        """What `push` with the same arguments would do. Nothing is changed. Operations getArchive, getSchedules.

        The service computes the times of a schedule that is new or changed when it gets it. Before that the plan knows
        them only from `schedule_rules`, and says so. A schedule goes on after the last session that it ran, for which
        the plan takes the newest session on the schedule; where somebody may have started that one by hand, and it
        matters, the plan warns.

        Args:
            directory: The folder that holds the `.dig` files.
            name: The project's name; it need not exist yet.
            include: As for `push`.
            schedule_from: As for `push`.
            clear_schedules: As for `push`.
            skip_schedule: As for `push`.
            max_archive_bytes: As for `push`.
            allow_no_workflows: As for `push`.
            schedule_rules: What knows the rules of the schedules in a folder, such as
                `treasure_workflow_mock.schedule_rules`.

        Returns:
            Files, workflows and schedules that come, change and go; its text shows all of it.

        Raises:
            ArchiveError: The folder could not be pushed, or the service would refuse a workflow that is no YAML.
            ConfigError: PyYAML is not installed, which reads the schedules.

        Example:
            >>> print(client.projects.plan("shop", "shop", clear_schedules=["nightly"]))
        """
        options = PushOptions.of(schedule_from, clear_schedules, skip_schedule)
        name_of(PROJECT, name)
        archive = await arun(
            pack,
            directory,
            include=include,
            max_archive_bytes=max_archive_bytes,
            allow_no_workflows=allow_no_workflows,
        )
        with archive:
            return await project_changes.plan(self._calls, archive, name, options, schedule_rules, stored_before=False)

    @overload
    async def rollback(
        self,
        project: ProjectLike,
        revision: RevisionLike,
        *,
        new_revision: str | None = None,
        skip_schedule: bool = True,
        dry_run: Literal[False] = False,
        schedule_rules: ScheduleRules | None = None,
    ) -> PushedProject: ...

    @overload
    async def rollback(
        self,
        project: ProjectLike,
        revision: RevisionLike,
        *,
        new_revision: str | None = None,
        skip_schedule: bool = True,
        dry_run: Literal[True],
        schedule_rules: ScheduleRules | None = None,
    ) -> ProjectPlan: ...

    async def rollback(
        self,
        project: ProjectLike,
        revision: RevisionLike,
        *,
        new_revision: str | None = None,
        skip_schedule: bool = True,
        dry_run: bool = False,
        schedule_rules: ScheduleRules | None = None,
    ) -> PushedProject | ProjectPlan:
        """Makes the contents of an older revision the latest again, as a new revision. Operation putProject.

        Args:
            project: The project.
            revision: The revision to go back to.
            new_revision: A name for the new revision; made from the old one's when None.
            skip_schedule: Changed schedules do not run what they missed. Open-source servers do not know it.
            dry_run: Only tell what would change.
            schedule_rules: As for `plan`.

        Returns:
            The project, with `unchanged` when it has these contents already; the plan for a dry run.

        Raises:
            NotFound: There is no such project or revision.

        Example:
            >>> print(client.projects.rollback("shop", "r41", dry_run=True))
            >>> client.projects.rollback("shop", "r41")
        """
        options = PushOptions.of(None, (), skip_schedule)
        old = name_of(REVISION, revision)
        found = await self.get(project)
        archive = await project_changes.fetch(self._calls, found, old)
        with archive:
            if dry_run:
                return await project_changes.plan(self._calls, archive, found.name, options, schedule_rules)
            made = new_revision or f"{old[:200]}-again-{self._calls.clock.utcnow():%Y%m%dT%H%M%S%f}"
            return await self._push(archive, found.name, made, options, force=new_revision is not None)

    async def promote(
        self,
        project: ProjectLike,
        name: str | None = None,
        *,
        to: AsyncTreasureWorkflow | None = None,
        revision: RevisionLike | None = None,
        new_revision: str | None = None,
        schedule_from: datetime | None = None,
        clear_schedules: Iterable[str] | Literal["all"] = (),
        skip_schedule: bool = True,
        planned: Promotion | None = None,
        dry_run: bool = False,
        schedule_rules: ScheduleRules | None = None,
    ) -> Promotion:
        """Brings a revision of one project to another, byte for byte: from test to production, to another region.

        Operations getArchive and putProject.

        Args:
            project: The project to take the revision from.
            name: The project to bring it to; the same name when None.
            to: The client of the account to bring it to; this one when None.
            revision: The revision to take; the latest when None.
            new_revision: Its name there; the same name when None.
            schedule_from: As for `push`.
            clear_schedules: As for `push`.
            skip_schedule: As for `push`.
            planned: What a dry run gave: only that is carried out, nothing else.
            dry_run: Only tell what would change.
            schedule_rules: As for `plan`.

        Returns:
            The plan, the keys of secrets that the other project lacks, and the project unless it is a dry run.

        Raises:
            Conflict: The other project has a revision of that name with other contents: give `new_revision`.
            NotFound: There is no such project or revision.
            PlanOutdated: One of the projects has changed since `planned` was made. Nothing was sent.
            ValueError: A project would be promoted to itself.

        Example:
            >>> promotion = client.projects.promote("shop-test", "shop", revision="r41", dry_run=True)
            >>> print(promotion)
            >>> client.projects.promote("shop-test", "shop", revision="r41", planned=promotion)
        """
        options = PushOptions.of(schedule_from, clear_schedules, skip_schedule)
        if name is not None:
            name_of(PROJECT, name)
        revision = _lookups.revision_name(revision)
        source = await self.get(project)
        name = name or source.name
        there = self if to is None else to.projects
        calls = there._calls  # noqa: SLF001  the same class, for another account
        if there is self and name == source.name:
            raise ValueError(f"project {name} would be promoted to itself: give another name, or `to` another account")
        archive = await project_changes.fetch(self._calls, source, revision)
        with archive:
            target = await _lookups.project_named(calls, name)
            if planned is None or not planned.plan.is_of(archive.md5, name, target):
                plan = await project_changes.plan(calls, archive, name, options, schedule_rules)
                wanted = await project_changes.secret_keys(self._calls, source)
                held = set[str]() if target is None else await project_changes.secret_keys(calls, target)
                found = Promotion(plan, tuple(sorted(wanted - held)), None)
                if planned is not None:
                    before, now = str(planned).splitlines(), str(found).splitlines()
                    gone = tuple(line for line in before if line not in now)
                    raise errors.PlanOutdated(found, gone, tuple(line for line in now if line not in before))
                planned = found
            if dry_run:
                return planned
            from treasure_workflow._results import PushedProject

            if planned.plan.unchanged and target is not None:
                return replace(planned, project=PushedProject.of(target, unchanged=True))
            made = new_revision or revision or source.revision
            pushed = await there._push(  # noqa: SLF001  as above
                archive, name, made, options, force=True
            )
            return replace(planned, project=pushed)

    async def pull(
        self, project: ProjectLike, directory: str | os.PathLike[str], *, revision: RevisionLike | None = None
    ) -> tuple[str, ...]:
        """Unpacks a project into a folder and gives the paths of its files. Operation getArchive.

        Args:
            project: The project.
            directory: A folder that is empty or does not exist yet.
            revision: The revision's name; the latest when None.

        Raises:
            ArchiveError: The folder is not empty, the archive cannot be unpacked, or the disk is full.
            NotFound: There is no such project or revision.
        """
        from tempfile import TemporaryFile

        revision = _lookups.revision_name(revision)
        id = await _lookups.project_id(self._calls, project)
        with archives.temporary_space(), TemporaryFile() as file:
            await archives.fetch_checked(self._calls, id, revision, cast("BinaryIO", file))
            file.seek(0)
            return await arun(extract, file, directory)

    async def download(
        self, project: ProjectLike, file: str | os.PathLike[str] | BinaryIO, *, revision: RevisionLike | None = None
    ) -> None:
        """Writes a project's archive, a gzipped tar, to a file. Operation getArchive.

        Args:
            project: The project.
            file: A path, or a file opened for writing bytes.
            revision: The revision's name; the latest when None.

        Raises:
            NotFound: There is no such project or revision.
        """
        revision = _lookups.revision_name(revision)
        id = await _lookups.project_id(self._calls, project)
        if isinstance(file, str | os.PathLike):
            with replacing(file) as opened:
                await archives.fetch(self._calls, id, revision, opened)
        else:
            await archives.fetch(self._calls, id, revision, file)

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

        async def fetch(id: int, **position: Any) -> object:
            from treasure_workflow_api.api.project import get_revisions

            return await self._calls.call(get_revisions, id, name=or_unset(name), **position)

        look_up = _lookups.project_id_once(self._calls, project)
        return AsyncPages(fetch, "getRevisions", limit=limit, look_up=look_up)

    async def delete(self, project: ProjectLike) -> None:
        """Deletes a project and its schedules; sessions, attempts and logs stay readable. Operation deleteProject.

        Raises:
            NotFound: There is no such project.
        """
        from treasure_workflow_api.api.project import delete_project

        id = await _lookups.project_id(self._calls, project)
        await self._calls.delete(delete_project, id)
