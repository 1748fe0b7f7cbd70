"""Schedules: list and read, skip, enable, disable, backfill."""

from __future__ import annotations

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.api.pagination import page
from treasure_workflow_mock.api.permissions import visible
from treasure_workflow_mock.api.serializers import attempt_json, id_and_name, live_project, missing
from treasure_workflow_mock.engine import backfill, scheduler
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.http.messages import Handler, Request
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Schedule
from treasure_workflow_mock.schedules.rules import ScheduleTime

_PER_PAGE = 100


def _find(account: Account, request: Request) -> Schedule:
    schedule = account.schedules.get(request.path["id"])
    if schedule is None:
        raise missing(f"schedule id={request.path['id']}")
    return schedule


def _schedule_json(schedule: Schedule, at: ScheduleTime | None = None) -> JsonObject:
    """A schedule as it is, or as it would be if it were moved."""
    time, run_time = at or (schedule.next_schedule_time, schedule.next_run_time)
    return {
        "id": str(schedule.id),
        "project": id_and_name(schedule.project),
        "workflow": id_and_name(schedule.workflow),
        "nextRunTime": times.instant_text(run_time),
        "nextScheduleTime": times.zoned_text(time, schedule.workflow.timezone),
        "disabledAt": None if schedule.disabled_at is None else times.instant_text(schedule.disabled_at),
    }


def _summary_json(schedule: Schedule, at: ScheduleTime | None = None) -> JsonObject:
    created_at = times.instant_text(schedule.created_at)
    # The service shows the time of creation in both places.
    return {**_schedule_json(schedule, at), "createdAt": created_at, "updatedAt": created_at}


def get_schedules(account: Account, request: Request) -> Json:
    """The schedules of the account by rising id, disabled ones included."""
    shown = page(visible(account, account.schedules.values(), lambda one: one.project), request.query, size=_PER_PAGE)
    return {"schedules": [_schedule_json(schedule) for schedule in shown]}


def get_project_schedules(account: Account, request: Request) -> Json:
    """The schedules of a project, or the one of a workflow name, which makes the cursor mean nothing."""
    project = live_project(account, request.path["id"])
    found = [schedule for schedule in account.schedules.values() if schedule.project is project]
    if "workflow" in request.query:
        shown = [schedule for schedule in found if schedule.workflow.name == request.query["workflow"]]
    else:
        shown = page(found, request.query, size=_PER_PAGE)
    return {"schedules": [_schedule_json(schedule) for schedule in shown]}


def get_schedule(account: Account, request: Request) -> Json:
    """One schedule."""
    return _schedule_json(_find(account, request))


def skip_schedule(account: Account, request: Request) -> Json:
    """Moves a schedule to a later session, given by its time or counted from a time."""
    body = request.body
    if "nextTime" not in body and not ("fromTime" in body and "count" in body):
        raise InvalidRequest("nextTime or (fromTime and count) are required")
    schedule = _find(account, request)
    if "nextTime" in body:
        next_time: times.LocalTimeOrInstant = body["nextTime"]
        target = scheduler.rule_of(schedule).first(next_time.in_zone(schedule.workflow.timezone))
    else:
        target = scheduler.after_sessions(schedule, body["fromTime"], body["count"])
    scheduler.check_later(schedule, target)
    if "nextRunTime" in body:
        target = target._replace(run_time=int(body["nextRunTime"] // 1))
    if not body["dryRun"]:
        scheduler.move(schedule, target)
    return _summary_json(schedule, target)


def enable_schedule(account: Account, request: Request) -> Json:
    """Lets a schedule run again, on request without the sessions missed; a conflict leaves it disabled."""
    body = request.body
    schedule = _find(account, request)
    hosted = account.flavour == "hosted"
    if body.get("skipSchedule", hosted):
        target = scheduler.rule_of(schedule).first(_resume_time(schedule, body.get("nextTime"), request.now))
        # The hosted service skips by default, which must not fail where nothing was missed.
        if not hosted or "nextTime" in body or target.time > schedule.next_schedule_time:
            scheduler.check_later(schedule, target)
            scheduler.move(schedule, target)
    schedule.disabled_at = None
    return _summary_json(schedule)


def _resume_time(schedule: Schedule, given: str | None, now: float) -> float:
    if given is None:
        return now
    try:
        return times.parse_local_time_or_instant(given).in_zone(schedule.workflow.timezone)
    except ValueError as problem:
        raise InvalidRequest(str(problem)) from None


def disable_schedule(account: Account, request: Request) -> Json:
    """Keeps a schedule from running; again is fine, and counts from now."""
    schedule = _find(account, request)
    schedule.disabled_at = request.now
    return _summary_json(schedule)


def backfill_schedule(account: Account, request: Request) -> Json:
    """Makes attempts at past sessions, or shows which ones it would make."""
    _check_backfill(request.body)
    schedule = _find(account, request)
    body = request.body
    wanted = backfill.Backfill(
        from_time=body.get("fromTime", schedule.next_run_time),
        attempt_name=body.get("attemptName"),
        count=None if body.get("count") is None else max(0, body["count"]),
        skip_existing=body.get("skipExisting", False),
        advance_schedule=body.get("advanceSchedule", False),
    )
    session_times, following = backfill.plan(account, schedule, wanted, request.now)
    if body["dryRun"]:
        attempts = backfill.show(account, schedule, session_times, wanted.attempt_name, request.now)
    else:
        attempts = backfill.start(account, schedule, session_times, wanted.attempt_name, request.now)
        if wanted.advance_schedule:
            backfill.advance_schedule(schedule, following)
    return {
        "id": str(schedule.id),
        "project": id_and_name(schedule.project),
        "workflow": id_and_name(schedule.workflow),
        "attempts": [attempt_json(account, attempt) for attempt in attempts],
    }


def _check_backfill(body: JsonObject) -> None:
    """What the hosted service's options want of one another; without them all else is required while decoding."""
    if body.get("advanceSchedule"):
        if not body.get("skipExisting"):
            raise InvalidRequest("advanceSchedule requires skipExisting")
        if "attemptName" in body:
            raise InvalidRequest("attemptName must not be set with advanceSchedule")
    elif "fromTime" not in body:
        raise InvalidRequest("fromTime is required")
    if not body.get("skipExisting") and "attemptName" not in body:
        raise InvalidRequest("attemptName is required unless skipExisting is set")


HANDLERS: dict[str, Handler] = {
    "getSchedules": get_schedules,
    "getProjectSchedules": get_project_schedules,
    "getSchedule": get_schedule,
    "skipSchedule": skip_schedule,
    "enableSchedule": enable_schedule,
    "disableSchedule": disable_schedule,
    "backfillSchedule": backfill_schedule,
}
