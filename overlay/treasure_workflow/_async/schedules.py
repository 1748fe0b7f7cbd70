"""Schedules: switched on and off, moved forward, filled in for the past."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async._work import schedules as work
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.outcomes import not_found
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import PROJECT, SCHEDULE, WORKFLOW, check, id_of, name_of
from treasure_workflow._logic.reports import Report
from treasure_workflow._logic.schedules import PausedSchedule, ScheduleChange, ScheduledSession
from treasure_workflow.session_time import aware

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike, ScheduleLike
    from treasure_workflow_api.models import RestSchedule, RestScheduleAttemptCollection, RestScheduleSummary


@checked
class AsyncSchedules:
    """What `client.schedules` offers. A schedule goes with its project, and gets a new id when it was away."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self, *, project: ProjectLike | None = None, workflow: str | None = None, limit: int | None = None
    ) -> AsyncPages[RestSchedule]:
        """Schedules, by rising id, disabled ones among them. Operations getSchedules, getProjectSchedules.

        Args:
            project: Only this project's.
            workflow: Only that of the project's workflow of this name.
            limit: At most so many.

        Raises:
            ValueError: A workflow without its project.
        """
        if project is None:
            if workflow is not None:
                raise ValueError("give the project of the workflow, too: a name alone does not tell which workflow")
            return AsyncPages(self._of_account, "getSchedules", limit=limit)

        async def fetch(id: int, **position: Any) -> object:
            from treasure_workflow_api.api.project import get_project_schedules

            return await self._calls.call(get_project_schedules, id, workflow=or_unset(workflow), **position)

        look_up = _lookups.project_id_once(self._calls, project)
        return AsyncPages(fetch, "getProjectSchedules", limit=limit, look_up=look_up)

    async def _of_account(self, **position: Any) -> object:
        from treasure_workflow_api.api.schedule import get_schedules

        return await self._calls.call(get_schedules, **position)

    async def get(self, schedule: ScheduleLike) -> RestSchedule:
        """The schedule as it is now. Operation getSchedule.

        Raises:
            NotFound: There is none, or its project is deleted.
        """
        from treasure_workflow_api.api.schedule import get_schedule

        return await self._calls.call(get_schedule, id_of(SCHEDULE, schedule))

    async def find(self, project: ProjectLike, workflow: str) -> RestSchedule:
        """The schedule of the project's workflow of this name. Operation getProjectSchedules.

        Raises:
            NotFound: There is no such project, or the workflow has no schedule in the latest revision.
        """
        name_of(WORKFLOW, workflow)
        async for schedule in self.list(project=project, workflow=workflow):
            if schedule.workflow.name == workflow:
                return schedule
        problem = f"workflow {workflow!r} has no schedule in the project's latest revision"
        raise not_found(problem, "GET /api/projects/{id}/schedules", "schedule")

    async def preview(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        count: int = 5,
    ) -> tuple[ScheduledSession, ...]:
        """The schedule's next sessions, as the service itself computes them. Operation skipSchedule, as dry runs.

        Each takes a request. A disabled schedule has them ahead of it as well: `enable` tells what it missed.

        Args:
            schedule: The schedule; or give project and workflow.
            project: The workflow's project.
            workflow: The workflow's name.
            count: How many sessions; fewer when the schedule ends.

        Returns:
            Session time, with the offset that the workflow's zone has then, and run time of each.

        Raises:
            NotFound: There is no such schedule.
            ValueError: Neither a schedule nor project and workflow, or a count below 0.

        Example:
            >>> for session in client.schedules.preview(project="shop", workflow="nightly"):
            ...     print(session.session_time, session.run_time)
        """
        if count < 0:
            raise ValueError(f"count must not be negative: {count}")
        found = await self._found(schedule, project, workflow)
        sessions, _ = await work.sessions_ahead(self._calls, found, lambda _: True, count)
        return tuple(sessions)

    @overload
    async def enable(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        skip_schedule: bool | None = None,
        next_time: datetime | str | None = None,
        dry_run: Literal[False] = False,
    ) -> RestScheduleSummary: ...

    @overload
    async def enable(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        skip_schedule: bool | None = None,
        next_time: datetime | str | None = None,
        dry_run: Literal[True],
    ) -> ScheduleChange: ...

    async def enable(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        skip_schedule: bool | None = None,
        next_time: datetime | str | None = None,
        dry_run: bool = False,
    ) -> RestScheduleSummary | ScheduleChange:
        """Switches a schedule on. Operation enableSchedule.

        Args:
            schedule: The schedule; or give project and workflow.
            project: The workflow's project.
            workflow: The workflow's name.
            skip_schedule: Leave out the sessions missed meanwhile. When None the service decides: hosted ones leave
                them out, open-source ones run them.
            next_time: With `skip_schedule`, the time to go on from: a datetime with a time zone, or ISO 8601 text,
                which without an offset is local time in the workflow's zone.
            dry_run: Only tell which missed sessions there are, and what would become of them.

        Raises:
            Conflict: With `skip_schedule`, there is nothing to leave out.
            NotFound: There is no such schedule.
            ValueError: Neither a schedule nor project and workflow, or a time without a zone.

        Example:
            >>> print(client.schedules.enable(project="shop", workflow="nightly", dry_run=True))
        """
        from treasure_workflow_api.models import RestScheduleEnableRequest

        begin = _local(next_time, "next_time")
        if dry_run:
            found = await self._found(schedule, project, workflow)
            return await work.enabling(self._calls, found, begin, skip_schedule=skip_schedule)
        request = RestScheduleEnableRequest(skip_schedule=or_unset(skip_schedule), next_time=or_unset(begin))
        return await work.enable(self._calls, await self._id(schedule, project, workflow), request)

    @overload
    async def disable(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        dry_run: Literal[False] = False,
    ) -> RestScheduleSummary: ...

    @overload
    async def disable(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        dry_run: Literal[True],
    ) -> ScheduleChange: ...

    async def disable(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        dry_run: bool = False,
    ) -> RestScheduleSummary | ScheduleChange:
        """Switches a schedule off; it survives pushes so. Operation disableSchedule.

        Args:
            schedule: The schedule; or give project and workflow.
            project: The workflow's project.
            workflow: The workflow's name.
            dry_run: Only tell which sessions would not run.

        Raises:
            NotFound: There is no such schedule.
            ValueError: Neither a schedule nor project and workflow.

        Example:
            >>> client.schedules.disable(project="shop", workflow="nightly").disabled_at
        """
        from treasure_workflow_api.api.schedule import disable_schedule

        if dry_run:
            return await work.disabling(self._calls, await self._found(schedule, project, workflow))
        return await self._calls.call(disable_schedule, await self._id(schedule, project, workflow))

    @overload
    async def skip(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        next_time: datetime | str | None = None,
        from_time: datetime | None = None,
        count: int | None = None,
        next_run_time: datetime | None = None,
        dry_run: Literal[False] = False,
    ) -> RestScheduleSummary: ...

    @overload
    async def skip(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        next_time: datetime | str | None = None,
        from_time: datetime | None = None,
        count: int | None = None,
        next_run_time: datetime | None = None,
        dry_run: Literal[True],
    ) -> ScheduleChange: ...

    async def skip(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        next_time: datetime | str | None = None,
        from_time: datetime | None = None,
        count: int | None = None,
        next_run_time: datetime | None = None,
        dry_run: bool = False,
    ) -> RestScheduleSummary | ScheduleChange:
        """Moves a schedule forward over sessions that then do not run. Operation skipSchedule, first as a dry run.

        Args:
            schedule: The schedule; or give project and workflow.
            project: The workflow's project.
            workflow: The workflow's name.
            next_time: The session time to go on with: a datetime with a time zone, or ISO 8601 text, which without an
                offset is local time in the workflow's zone. Give this, or `count`.
            from_time: Sessions are counted from this time, which has a time zone; from the next session when None.
            count: How many sessions to leave out.
            next_run_time: When the next session runs, instead of when the schedule says.
            dry_run: Only tell which sessions would be left out and what the schedule would be.

        Raises:
            Conflict: The schedule would not move forward.
            NotFound: There is no such schedule.
            ValueError: Neither `next_time` nor `count`, or both; a count below 1; or a time without a zone.

        Example:
            >>> print(client.schedules.skip(project="shop", workflow="nightly", count=2, dry_run=True))
        """
        _names(schedule, project, workflow)
        if (next_time is None) == (count is None) or (from_time is not None and count is None):
            raise ValueError("give either next_time, or both from_time and count; count alone is from the next session")
        if count is not None and count < 1:
            raise ValueError(f"count must be at least 1: {count}")
        begin, first = _local(next_time, "next_time"), _zoned(from_time, "from_time")
        run = _zoned(next_run_time, "next_run_time")
        found = None
        if dry_run or (count is not None and first is None):
            found = await self._found(schedule, project, workflow)
            if count is not None and first is None:
                first = await work.counted_from(self._calls, found)
        id = await self._id(schedule, project, workflow) if found is None else int(found.id)
        after = await work.skip(
            self._calls, id, dry_run=dry_run, next_time=begin, from_time=first, count=count, next_run_time=run
        )
        return await work.skipping(self._calls, found, after) if found is not None and dry_run else after

    async def _found(
        self, schedule: ScheduleLike | None, project: ProjectLike | None, workflow: str | None
    ) -> RestSchedule:
        """The schedule that is meant, as it is now."""
        by_name = _names(schedule, project, workflow)
        return await self.get(schedule) if schedule is not None else await self.find(*by_name)

    async def _id(self, schedule: ScheduleLike | None, project: ProjectLike | None, workflow: str | None) -> int:
        """The id of the schedule that is meant."""
        if schedule is not None and project is None and workflow is None:
            return id_of(SCHEDULE, schedule)
        return int((await self._found(schedule, project, workflow)).id)

    async def pause_all(
        self,
        file: str | os.PathLike[str],
        *,
        project: ProjectLike | None = None,
        dry_run: bool = False,
        concurrency: int = 4,
    ) -> Report[PausedSchedule]:
        """Disables all enabled schedules of a project or the account. Operations getSchedules, disableSchedule.

        Which ones they were is written to a file first, for `resume_all`; anybody with a key of the account can use it.

        Args:
            file: The file to write, which must not be there yet.
            project: Only this project's schedules; the account's when None.
            dry_run: Only tell which schedules would be disabled; nothing is written.
            concurrency: How many at once.

        Returns:
            What happened to each schedule.

        Raises:
            FileExistsError: The file is there. It may remember an earlier pause: resume that, or give another name.
            OSError: The file cannot be written. Nothing was disabled.

        Example:
            >>> print(client.schedules.pause_all("maintenance.json", project="shop"))
        """
        return await work.pause_all(self._calls, file, project, dry_run=dry_run, concurrency=concurrency)

    async def resume_all(
        self,
        file: str | os.PathLike[str],
        *,
        skip_schedule: bool | None = None,
        dry_run: bool = False,
        concurrency: int = 4,
    ) -> Report[PausedSchedule]:
        """Enables the schedules that `pause_all` disabled, and no others. Operations getSchedule, enableSchedule.

        A schedule that got a new id meanwhile is found by its names. Those that are enabled again go from the file, and
        with the last of them the file itself; so it can be called again after a failure.

        Args:
            file: The file that `pause_all` wrote.
            skip_schedule: As for `enable`.
            dry_run: Only tell which schedules would be enabled.
            concurrency: How many at once.

        Returns:
            What happened to each schedule.

        Raises:
            OSError: The file cannot be written anew.
            ValueError: The file cannot be read, or is about another service.

        Example:
            >>> print(client.schedules.resume_all("maintenance.json", skip_schedule=True))
        """
        return await work.resume_all(
            self._calls, file, skip_schedule=skip_schedule, dry_run=dry_run, concurrency=concurrency
        )

    async def backfill(
        self,
        schedule: ScheduleLike | None = None,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        from_time: datetime | None = None,
        attempt_name: str | None = None,
        count: int | None = None,
        skip_existing: bool | None = None,
        advance_schedule: bool | None = None,
        dry_run: bool = False,
    ) -> RestScheduleAttemptCollection:
        """Starts the schedule's past sessions anew. Operation backfillSchedule.

        Args:
            schedule: The schedule; or give project and workflow.
            project: The workflow's project.
            workflow: The workflow's name.
            from_time: The first session is at this time or after it; it has a time zone.
            attempt_name: Name of the new attempts, which no such session has had. Not needed with `skip_existing`.
            count: How many sessions; all until now when None.
            skip_existing: Leave out sessions that have attempts. Open-source servers do not know it.
            advance_schedule: Move the schedule itself forward, too. Open-source servers do not know it.
            dry_run: Only tell which attempts there would be, each with its session time.

        Raises:
            Conflict: A session has an attempt of that name.
            BadRequest: There are fewer sessions than `count`, or options that exclude each other.
            NotFound: There is no such schedule.
            ValueError: Neither a schedule nor project and workflow; a time that is missing or has no zone; or no name,
                without `skip_existing`.

        Example:
            >>> begin = datetime(2024, 5, 1, tzinfo=UTC)
            >>> plan = client.schedules.backfill(5, from_time=begin, attempt_name="fix", dry_run=True)
            >>> print([attempt.session_time for attempt in plan.attempts])
        """
        from treasure_workflow_api.models import RestScheduleBackfillRequest

        _names(schedule, project, workflow)
        if from_time is None and not advance_schedule:
            raise ValueError("give from_time, the time from which on sessions are started")
        if attempt_name is None and not skip_existing:
            raise ValueError("give attempt_name, or skip_existing=True for the sessions without attempts alone")
        request = RestScheduleBackfillRequest(
            dry_run=dry_run,
            from_time=or_unset(_zoned(from_time, "from_time")),
            attempt_name=or_unset(attempt_name),
            count=or_unset(count),
            skip_existing=or_unset(skip_existing),
            advance_schedule=or_unset(advance_schedule),
        )
        return await work.backfill(self._calls, await self._id(schedule, project, workflow), request)


def _names(schedule: ScheduleLike | None, project: ProjectLike | None, workflow: str | None) -> tuple[ProjectLike, str]:
    """Project and workflow of the schedule that is meant, when it is not given itself."""
    if schedule is not None:
        check(SCHEDULE, schedule)
    if project is not None:
        check(PROJECT, project)
    if schedule is not None:
        if project is not None or workflow is not None:
            raise ValueError("give either the schedule, or its project and workflow")
        return "", ""
    if project is None or workflow is None:
        raise ValueError("give a schedule, or both its project and its workflow")
    return project, workflow


def _zoned(time: datetime | None, what: str) -> datetime | None:
    return None if time is None else aware(time, what)


def _local(time: datetime | str | None, what: str) -> str | None:
    """A time that the service may read in the workflow's zone: only text can say so."""
    if not isinstance(time, str):
        return None if time is None else aware(time, what).isoformat()
    try:
        return datetime.fromisoformat(time.strip()).isoformat()
    except ValueError as error:
        raise ValueError(f"{what} {time!r} is no ISO 8601 time, such as 2025-01-31T00:00:00: {error}") from None
