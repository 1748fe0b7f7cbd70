"""Schedules: switched on and off, moved forward, filled in for the past."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from treasure_workflow._answers import or_unset
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._ids import identifier
from treasure_workflow.session_time import aware

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike, ScheduleLike
    from treasure_workflow_api.models import RestSchedule, RestScheduleAttemptCollection, RestScheduleSummary


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

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.project import get_project_schedules

            id = await _lookups.project_id(self._calls, project)
            return await self._calls.call(get_project_schedules, id, workflow=or_unset(workflow), **position)

        return AsyncPages(fetch, "getProjectSchedules", limit=limit)

    async def _of_account(self, **position: Any) -> object:
        from treasure_workflow_api.api.schedule import get_schedules

        return await self._calls.call(get_schedules, **position)

    async def get(self, schedule: ScheduleLike) -> RestSchedule:
        """The schedule as it is now. Operation getSchedule.

        Raises:
            NotFound: There is none, or its project is deleted.
        """
        from treasure_workflow_api.api.schedule import get_schedule

        return await self._calls.call(get_schedule, identifier(schedule))

    async def enable(
        self,
        schedule: ScheduleLike,
        *,
        skip_schedule: bool | None = None,
        next_time: datetime | str | None = None,
    ) -> RestScheduleSummary:
        """Switches a schedule on. Operation enableSchedule.

        Args:
            schedule: The schedule.
            skip_schedule: Leave out the sessions missed meanwhile. When None the service decides: hosted ones leave
                them out, open-source ones run them.
            next_time: With `skip_schedule`, the time to go on from: a datetime with a time zone, or ISO 8601 text,
                which without an offset is local time in the workflow's zone.

        Raises:
            Conflict: With `skip_schedule`, there is nothing to leave out.
        """
        from treasure_workflow_api.api.schedule import enable_schedule
        from treasure_workflow_api.models import RestScheduleEnableRequest

        request = RestScheduleEnableRequest(
            skip_schedule=or_unset(skip_schedule), next_time=or_unset(_local(next_time, "next_time"))
        )
        return await self._calls.call(enable_schedule, identifier(schedule), body=request)

    async def disable(self, schedule: ScheduleLike) -> RestScheduleSummary:
        """Switches a schedule off; it survives pushes so. Operation disableSchedule."""
        from treasure_workflow_api.api.schedule import disable_schedule

        return await self._calls.call(disable_schedule, identifier(schedule))

    async def skip(
        self,
        schedule: ScheduleLike,
        *,
        next_time: datetime | str | None = None,
        from_time: datetime | None = None,
        count: int | None = None,
        next_run_time: datetime | None = None,
        dry_run: bool = False,
    ) -> RestScheduleSummary:
        """Moves a schedule forward over sessions that then do not run. Operation skipSchedule.

        Args:
            schedule: The schedule.
            next_time: The session time to go on with: a datetime with a time zone, or ISO 8601 text, which without an
                offset is local time in the workflow's zone. Give this, or `from_time` and `count`.
            from_time: Sessions are counted from this time, which has a time zone.
            count: How many sessions to leave out.
            next_run_time: When the next session runs, instead of when the schedule says.
            dry_run: Only tell what the schedule would be.

        Raises:
            Conflict: The schedule would not move forward.
            ValueError: Neither `next_time` nor both `from_time` and `count`, or a time without a zone.
        """
        from treasure_workflow_api.api.schedule import skip_schedule
        from treasure_workflow_api.models import RestScheduleSkipRequest

        if (next_time is None) == (from_time is None) or (from_time is None) != (count is None):
            raise ValueError("give either next_time, or both from_time and count")
        request = RestScheduleSkipRequest(
            dry_run=dry_run,
            next_time=or_unset(_local(next_time, "next_time")),
            from_time=or_unset(_zoned(from_time, "from_time")),
            count=or_unset(count),
            next_run_time=or_unset(_zoned(next_run_time, "next_run_time")),
        )
        return await self._calls.call(skip_schedule, identifier(schedule), body=request)

    async def backfill(
        self,
        schedule: ScheduleLike,
        *,
        from_time: datetime | None = None,
        attempt_name: str | None = None,
        count: int | None = None,
        skip_existing: bool | None = None,
        advance_schedule: bool | None = None,
        dry_run: bool = False,
    ) -> RestScheduleAttemptCollection:
        """Starts the schedule's past sessions anew. Operation backfillSchedule.

        Args:
            schedule: The schedule.
            from_time: The first session is at this time or after it; it has a time zone.
            attempt_name: Name of the new attempts, which no such session has had. Not needed with `skip_existing`.
            count: How many sessions; all until now when None.
            skip_existing: Leave out sessions that have attempts. Open-source servers do not know it.
            advance_schedule: Move the schedule itself forward, too. Open-source servers do not know it.
            dry_run: Only tell which attempts there would be.

        Raises:
            Conflict: A session has an attempt of that name.
            BadRequest: There are fewer sessions than `count`, or something is missing.
            ValueError: A time without a zone.
        """
        from treasure_workflow_api.api.schedule import backfill_schedule
        from treasure_workflow_api.models import RestScheduleBackfillRequest

        request = RestScheduleBackfillRequest(
            dry_run=dry_run,
            from_time=or_unset(_zoned(from_time, "from_time")),
            attempt_name=or_unset(attempt_name),
            count=or_unset(count),
            skip_existing=or_unset(skip_existing),
            advance_schedule=or_unset(advance_schedule),
        )
        return await self._calls.call(backfill_schedule, identifier(schedule), body=request)


def _zoned(time: datetime | None, what: str) -> datetime | None:
    return None if time is None else aware(time, what)


def _local(time: datetime | str | None, what: str) -> str | None:
    """A time that the service may read in the workflow's zone: only text can say so."""
    return time if time is None or isinstance(time, str) else aware(time, what).isoformat()
