"""What a schedule has ahead of it, as the service computes it, and many schedules paused and resumed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._http.responses import or_unset
from treasure_workflow._logic.filters import sifting
from treasure_workflow._logic.reports import Outcome, Report
from treasure_workflow._logic.schedules import (
    ENDED,
    PausedSchedule,
    ScheduleChange,
    ScheduledSession,
    keep_paused,
    read_paused,
    write_paused,
)
from treasure_workflow._runtime import aeach, arun, check_concurrency

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._ids import ProjectLike
    from treasure_workflow_api.models import (
        RestSchedule,
        RestScheduleAttemptCollection,
        RestScheduleBackfillRequest,
        RestScheduleEnableRequest,
        RestScheduleSummary,
    )

MOST_SESSIONS = 50


async def skip(
    calls: AsyncCalls,
    id: int,
    *,
    dry_run: bool,
    next_time: str | None = None,
    from_time: datetime | None = None,
    count: int | None = None,
    next_run_time: datetime | None = None,
) -> RestScheduleSummary:
    """The schedule after a skip, or as it would be after one. Operation skipSchedule.

    Before a skip, a dry run: it tells what the schedule will be, by which a skip whose response was lost is known.
    """
    from treasure_workflow_api.api.schedule import get_schedule, skip_schedule
    from treasure_workflow_api.models import RestScheduleSkipRequest

    request = RestScheduleSkipRequest(
        dry_run=True,
        next_time=or_unset(next_time),
        from_time=or_unset(from_time),
        count=or_unset(count),
        next_run_time=or_unset(next_run_time),
    )
    announced = await calls.changing_nothing().call(skip_schedule, id, body=request)
    if dry_run:
        return announced
    request.dry_run = False
    try:
        return await calls.telling_own().call(skip_schedule, id, body=request)
    except errors.Conflict as error:
        now = await calls.call(get_schedule, id) if error.lost else None
        if now is None or _times(now) != _times(announced):
            raise
        return announced  # an earlier try, whose response was lost, had worked


def _times(schedule: RestSchedule | RestScheduleSummary) -> tuple[datetime, datetime]:
    return schedule.next_schedule_time, schedule.next_run_time


async def enable(calls: AsyncCalls, id: int, request: RestScheduleEnableRequest) -> RestScheduleSummary:
    """The schedule after it was switched on. Operation enableSchedule."""
    from treasure_workflow_api.api.schedule import enable_schedule, get_schedule
    from treasure_workflow_api.models import RestScheduleEnableRequest

    try:
        return await calls.telling_own().call(enable_schedule, id, body=request)
    except errors.Conflict as error:
        if not error.lost or (await calls.call(get_schedule, id)).disabled_at is not None:
            raise
    # An earlier try, whose response was lost, had worked; to enable what is enabled only tells how it is.
    return await calls.call(enable_schedule, id, body=RestScheduleEnableRequest(skip_schedule=False))


async def backfill(calls: AsyncCalls, id: int, request: RestScheduleBackfillRequest) -> RestScheduleAttemptCollection:
    """What a backfill started, or would start. Operation backfillSchedule.

    The new attempts are known by their name. A backfill that leaves out sessions with attempts would, the second
    time, leave out its own: it is not repeated.
    """
    from treasure_workflow_api.api.schedule import backfill_schedule

    if request.dry_run:
        return await calls.changing_nothing().call(backfill_schedule, id, body=request)
    if not request.attempt_name or request.skip_existing:
        return await calls.call(backfill_schedule, id, body=request)
    try:
        return await calls.telling_own().call(backfill_schedule, id, body=request)
    except errors.Conflict as error:
        started = await _backfilled(calls, id, request, error)
        if started is None:
            raise
        return started


async def _backfilled(
    calls: AsyncCalls, id: int, request: RestScheduleBackfillRequest, error: errors.Conflict
) -> RestScheduleAttemptCollection | None:
    """What an earlier try, whose response was lost, had started; None when the attempts were there before it."""
    from treasure_workflow._async._work.attempts import listing
    from treasure_workflow_api.api.schedule import get_schedule
    from treasure_workflow_api.models import RestScheduleAttemptCollection

    if not error.lost or error.first_sent is None:
        return None
    found = await calls.call(get_schedule, id)
    since = error.first_sent.replace(microsecond=0)  # the service keeps whole seconds
    rows = listing(calls, found.project, found.workflow.name, sifting(None, since, None), include_retried=True)
    ours = [row async for row in rows if row.retry_attempt_name == request.attempt_name]
    if not ours or (request.count and len(ours) != request.count):
        return None
    ours.sort(key=lambda attempt: attempt.session_time)
    return RestScheduleAttemptCollection(ours, found.id, found.project, found.workflow)


async def counted_from(calls: AsyncCalls, schedule: RestSchedule) -> datetime:
    """The time to count from such that the schedule's next session is the first to be left out.

    The service begins with the first session that runs at that time or later. The next session's own time is right,
    but where sessions run before their time, or so long after it that the one before comes in between: there it is
    the time when the next session runs.
    """
    begin, run = _times(schedule)
    if run < begin:
        return run
    try:
        await skip(calls, int(schedule.id), dry_run=True, from_time=begin, count=1)
    except errors.Conflict:
        return run
    return begin


async def sessions_ahead(
    calls: AsyncCalls, schedule: RestSchedule, wanted: Callable[[ScheduledSession], bool], most: int = MOST_SESSIONS
) -> tuple[list[ScheduledSession], bool]:
    """The schedule's next sessions as long as they are wanted, and whether there are more than so many.

    The service computes each: a dry run of a skip tells where the schedule would be.
    """
    found: list[ScheduledSession] = []
    session = ScheduledSession(*_times(schedule))
    begin = None
    while session.session_time < ENDED and wanted(session):
        if len(found) >= most:
            return found, True
        found.append(session)
        begin = begin or await counted_from(calls, schedule)
        try:
            after = await skip(calls, int(schedule.id), dry_run=True, from_time=begin, count=len(found))
        except errors.Conflict:  # the schedule has moved on meanwhile, or ends here
            break
        following = ScheduledSession(*_times(after))
        if following.session_time <= session.session_time:
            break
        session = following
    return found, False


async def enabling(
    calls: AsyncCalls, schedule: RestSchedule, begin: str | None, *, skip_schedule: bool | None
) -> ScheduleChange:
    """What enabling would do with the sessions that the schedule missed."""
    now = calls.clock.utcnow()
    if skip_schedule or (skip_schedule is None and begin is not None):
        effect = "missed sessions that would be left out" if begin is None else "sessions that would be left out"
        if not skip_schedule:
            effect += " on a hosted server; an open-source one would run those that are due"
        after = await _passing(calls, schedule, begin, now)
        left_out, more = ([], False) if after is None else await _sessions_before(calls, schedule, after)
        return ScheduleChange(schedule, after, effect, tuple(left_out), more)
    effect = "missed sessions that would run at once"
    if skip_schedule is None:
        effect += " on an open-source server, and be left out on a hosted one"
    missed, more = await sessions_ahead(calls, schedule, lambda session: session.run_time <= now)
    return ScheduleChange(schedule, None, effect, tuple(missed), more)


async def _passing(
    calls: AsyncCalls, schedule: RestSchedule, begin: str | None, now: datetime
) -> RestScheduleSummary | None:
    """The schedule as it would be once it has passed over what it missed; None when that is nothing."""
    try:
        return await skip(calls, int(schedule.id), dry_run=True, next_time=begin or now.isoformat())
    except errors.Conflict:
        if begin is not None:
            raise
        return None


async def disabling(calls: AsyncCalls, schedule: RestSchedule) -> ScheduleChange:
    """Which sessions come first that would not run."""
    if schedule.disabled_at is not None:
        return ScheduleChange(schedule, None, "is disabled already; sessions that would not run any more", ())
    ahead, more = await sessions_ahead(calls, schedule, lambda _: True, 5)
    return ScheduleChange(schedule, None, "sessions that would not run while it is disabled", tuple(ahead), more)


async def skipping(calls: AsyncCalls, schedule: RestSchedule, after: RestScheduleSummary) -> ScheduleChange:
    """Which sessions a skip would leave out."""
    skipped, more = await _sessions_before(calls, schedule, after)
    return ScheduleChange(schedule, after, "sessions that would be left out", tuple(skipped), more)


async def _sessions_before(
    calls: AsyncCalls, schedule: RestSchedule, after: RestScheduleSummary
) -> tuple[list[ScheduledSession], bool]:
    return await sessions_ahead(calls, schedule, lambda session: session.session_time < after.next_schedule_time)


async def pause_all(
    calls: AsyncCalls, file: str | os.PathLike[str], project: ProjectLike | None, *, dry_run: bool, concurrency: int
) -> Report[PausedSchedule]:
    """Disables every schedule that is enabled, once they are written down."""
    from treasure_workflow._async.schedules import AsyncSchedules

    check_concurrency(concurrency)
    schedules = AsyncSchedules(calls)
    enabled = [one async for one in schedules.list(project=project) if one.disabled_at is None]
    paused = [PausedSchedule(one.id, one.project.name, one.workflow.name) for one in enabled]

    async def one(schedule: PausedSchedule) -> Outcome[PausedSchedule]:
        if dry_run:
            return Outcome(schedule, "planned")
        try:
            return Outcome(schedule, "done", await schedules.disable(schedule.id))
        except errors.TreasureWorkflowError as error:
            return Outcome(schedule, "failed", error=error)

    if not dry_run:
        await arun(write_paused, file, calls.base_url, paused)
    return Report("pause", tuple(await aeach(one, paused, concurrency)))


async def resume_all(
    calls: AsyncCalls, file: str | os.PathLike[str], *, skip_schedule: bool | None, dry_run: bool, concurrency: int
) -> Report[PausedSchedule]:
    """Enables the schedules that a file remembers, and takes out of it those that are enabled again."""
    from treasure_workflow._async.schedules import AsyncSchedules

    check_concurrency(concurrency)
    schedules = AsyncSchedules(calls)
    paused = await arun(read_paused, file, calls.base_url)

    async def one(remembered: PausedSchedule) -> Outcome[PausedSchedule]:
        try:
            found = await _found_again(calls, remembered)
            if dry_run:
                return Outcome(remembered, "planned", found)
            if found.disabled_at is None:
                return Outcome(remembered, "done", found)
            return Outcome(remembered, "done", await schedules.enable(found, skip_schedule=skip_schedule))
        except errors.TreasureWorkflowError as error:
            return Outcome(remembered, "failed", error=error)

    report = Report("resume", tuple(await aeach(one, paused, concurrency)))
    if not dry_run:
        await arun(keep_paused, file, calls.base_url, [outcome.subject for outcome in report.failed])
    return report


async def _found_again(calls: AsyncCalls, remembered: PausedSchedule) -> RestSchedule:
    """The schedule as it is now; by its names when a push took it away and brought it back under a new id."""
    from treasure_workflow._async.schedules import AsyncSchedules

    try:
        found = await AsyncSchedules(calls).get(remembered.id)
        if (found.project.name, found.workflow.name) == (remembered.project, remembered.workflow):
            return found
    except errors.NotFound:
        pass
    return await AsyncSchedules(calls).find(remembered.project, remembered.workflow)
