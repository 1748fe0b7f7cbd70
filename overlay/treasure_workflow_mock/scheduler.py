"""What happens to an account's schedules: an upload sets them, the clock makes them run, callers move them."""

from __future__ import annotations

import contextlib
import heapq
import math
from collections.abc import Collection

from treasure_workflow_mock import engine
from treasure_workflow_mock.config_values import boolean
from treasure_workflow_mock.durations import parse_duration
from treasure_workflow_mock.schedules import ScheduleRule, ScheduleTime, parse_schedule, schedule_of
from treasure_workflow_mock.state import (
    Account,
    AttemptConflict,
    JsonObject,
    Project,
    Revision,
    Schedule,
    ServiceError,
    Workflow,
)
from treasure_workflow_mock.times import END_OF_TIME, zoned_text

_LIMIT_POSTPONEMENT = 600
_ERROR_POSTPONEMENT = 3600
# A caller waits for a call to `run_due`: a schedule that is overdue by more sessions gets the rest of them later, as if
# the limit of running attempts had been met.
_MAX_SESSIONS_AT_ONCE = 1000
_MAX_STEPS = 1000  # times at which something falls due; beyond them the rest counts as overdue
_MAX_SKIP = 100_000


def rule_of(schedule: Schedule) -> ScheduleRule:
    """The rule that a schedule follows, from its workflow in the latest revision."""
    rule = schedule_of(schedule.workflow)
    assert rule is not None  # a schedule goes when its workflow's does
    return rule


# Uploads


def synchronise(
    account: Account,
    project: Project,
    revision: Revision,
    *,
    schedule_from: float | None,
    clear: Collection[str] = (),
    skip_changed: bool = False,
) -> None:
    """Makes the project's schedules those of its new revision.

    A schedule that has run goes on after its last session; another one starts at `schedule_from` (seconds since the
    epoch, by default now), and so does one whose workflow is named in `clear`. With `skip_changed`, one that was
    defined anew leaves out what would be overdue.
    """
    now = account.clock.now()
    before = {
        schedule.workflow.name: schedule for schedule in account.schedules.values() if schedule.project is project
    }
    for workflow in revision.workflows:
        rule = schedule_of(workflow)
        if rule is None:
            continue
        schedule = before.pop(workflow.name, None)
        start = rule.first(now if schedule_from is None else schedule_from)
        if schedule is None:
            schedule_id = account.next_id("schedule")
            account.schedules[schedule_id] = Schedule(
                schedule_id,
                project,
                workflow,
                next_run_time=start.run_time,
                next_schedule_time=start.time,
                created_at=now,
            )
            continue
        if workflow.name in clear:
            schedule.last_session_time = None
        if schedule.last_session_time is not None:
            start = rule.next(schedule.last_session_time)
            if skip_changed and _definition(workflow) != _definition(schedule.workflow):
                start = max(start, rule.first(now))
        schedule.workflow = workflow
        move(schedule, start)
    for schedule in before.values():
        del account.schedules[schedule.id]


def _definition(workflow: Workflow) -> tuple[JsonObject, str]:
    return workflow.config["schedule"], workflow.timezone


# Moving


def move(schedule: Schedule, to: ScheduleTime) -> None:
    """Sets which session the schedule runs next, and when."""
    schedule.next_schedule_time, schedule.next_run_time = to


def check_later(schedule: Schedule, target: ScheduleTime) -> None:
    """ServiceError 409 unless `target` is a session after the one the schedule runs next."""
    if target.time <= schedule.next_schedule_time:
        raise ServiceError(409, "Specified time to skip schedules is already past")


def after_sessions(schedule: Schedule, from_time: float, count: int) -> ScheduleTime:
    """The session that lies `count` sessions after the first one run at or after `from_time`."""
    if count > _MAX_SKIP:
        raise ServiceError(400, f"count is set to {count} but more than {_MAX_SKIP} sessions cannot be skipped at once")
    rule = rule_of(schedule)
    target = rule.first(from_time)
    for _ in range(count):
        target = rule.next(target.time)
    return target


# Running


def settle(account: Account) -> None:
    """Brings an account up to its clock: tasks go on, and schedules run.

    What has fallen due since the last call happens at its own time, as if nobody had moved the clock; what was overdue
    then (after an upload from a past time, say) happens at once.
    """
    now = account.clock.now()
    time = min(account.settled_at, now)
    steps = 0
    while (due := _next_run_time(account)) <= now:
        steps += 1
        time = max(time, due) if steps <= _MAX_STEPS else now
        with account.clock.at(time):
            engine.advance(account)
            run_due(account)
    engine.advance(account)
    account.settled_at = now


def _next_run_time(account: Account) -> float:
    return min((schedule.next_run_time for schedule in account.schedules.values() if _runs(schedule)), default=math.inf)


def run_due(account: Account) -> bool:
    """Starts what the account's schedules have due by its clock; True if a schedule was due.

    Sessions missed are started one after another, in the order of their run times, until a limit is met.
    """
    now = account.clock.now()
    waiting = [
        (schedule.next_run_time, schedule.id) for schedule in account.schedules.values() if _is_due(schedule, now)
    ]
    if not waiting:
        return False
    heapq.heapify(waiting)
    left = dict.fromkeys((schedule_id for _, schedule_id in waiting), _MAX_SESSIONS_AT_ONCE)
    while waiting:
        _, schedule_id = heapq.heappop(waiting)
        schedule = account.schedules[schedule_id]
        left[schedule_id] -= 1
        if left[schedule_id] < 0:
            schedule.next_run_time = math.floor(now) + _LIMIT_POSTPONEMENT
        else:
            _run(account, schedule, now)
        if _is_due(schedule, now):
            heapq.heappush(waiting, (schedule.next_run_time, schedule_id))
    return True


def _runs(schedule: Schedule) -> bool:
    """Whether a schedule is neither disabled nor finished."""
    return schedule.disabled_at is None and schedule.next_schedule_time < END_OF_TIME


def _is_due(schedule: Schedule, now: float) -> bool:
    return schedule.next_run_time <= now and _runs(schedule)


def _run(account: Account, schedule: Schedule, now: float) -> None:
    """Starts or skips the session that is due, and moves the schedule on."""
    workflow = schedule.workflow
    config = workflow.config["schedule"]
    rule = parse_schedule(config, workflow.timezone)
    following = rule.next(schedule.next_schedule_time)
    try:
        tolerance = _skip_delayed_by(config)
        skip_on_overtime = boolean(config, "skip_on_overtime", False)
        if tolerance is not None and now > schedule.next_run_time + tolerance:
            # All that is too late goes at once, as it would one by one.
            following = max(following, rule.first(now - tolerance))
        elif skip_on_overtime and _is_running(account, workflow):
            following = max(following, rule.first(math.floor(now) + 1))
        else:
            _start(account, schedule)
    except ServiceError as problem:
        at_limit = (problem.message or "").startswith("Too many ")
        schedule.next_run_time = math.floor(now) + (_LIMIT_POSTPONEMENT if at_limit else _ERROR_POSTPONEMENT)
    else:
        move(schedule, following)


def _start(account: Account, schedule: Schedule) -> None:
    workflow = schedule.workflow
    session_time = math.floor(schedule.next_schedule_time)
    last = schedule.last_session_time
    with contextlib.suppress(AttemptConflict):  # a session started by hand counts as run
        engine.start_attempt(
            account,
            workflow,
            session_time=session_time,
            params={},
            last_executed_session_time=None if last is None else zoned_text(last, workflow.timezone),
            run_time=schedule.next_run_time,
            invocation="scheduled",
        )
    schedule.last_session_time = session_time


def _skip_delayed_by(config: JsonObject) -> int | None:
    """How late a session may be started, in seconds."""
    given = config.get("skip_delayed_by")
    if given is None:
        return None
    try:
        return parse_duration(str(given))
    except ValueError:
        raise ServiceError(400, f"Invalid duration string: {given}") from None


def _is_running(account: Account, workflow: Workflow) -> bool:
    """Whether some session's last attempt at this workflow is neither done nor about to be killed."""
    return any(
        not attempt.cancel_requested
        and attempt.workflow.name == workflow.name
        and attempt.session.project is workflow.project
        and attempt.session.attempts[-1] is attempt
        for attempt in account.unfinished.values()
    )
