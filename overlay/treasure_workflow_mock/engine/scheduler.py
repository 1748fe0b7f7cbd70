"""What happens to an account's schedules: an upload sets them, the clock makes them run, callers move them."""

from __future__ import annotations

import contextlib
import heapq
import logging
import math
from collections.abc import Collection, Iterator

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.config_values import boolean
from treasure_workflow_mock.dig.durations import parse_duration
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.errors import AttemptExists, Conflict, InvalidRequest, LimitExceeded, ServiceError
from treasure_workflow_mock.java.times import END_OF_TIME, zoned_text
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Project, Revision, Schedule, Workflow
from treasure_workflow_mock.schedules.rules import ScheduleRule, ScheduleTime, parse_schedule, schedule_of

_log = logging.getLogger(__name__)
_LIMIT_POSTPONEMENT = 600
_ERROR_POSTPONEMENT = 3600
_MAX_OVERDUE = 1000  # sessions that a schedule starts or passes over at one time
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
    now: float,
    schedule_from: float | None,
    clear: Collection[str] = (),
    skip_changed: bool = False,
) -> None:
    """Makes the project's schedules those of its new revision.

    A schedule that has run goes on after its last session; another one starts at `schedule_from` (seconds since the
    epoch, by default `now`), and so does one whose workflow is named in `clear`. With `skip_changed`, one that was
    defined anew leaves out what would be overdue.
    """
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
    """Conflict unless `target` is a session after the one the schedule runs next."""
    if target.time <= schedule.next_schedule_time:
        raise Conflict("Specified time to skip schedules is already past")


def after_sessions(schedule: Schedule, from_time: float, count: int) -> ScheduleTime:
    """The session that lies `count` sessions after the first one run at or after `from_time`."""
    if count > _MAX_SKIP:
        raise LimitExceeded(f"count is set to {count} but more than {_MAX_SKIP} sessions cannot be skipped at once")
    rule = rule_of(schedule)
    target = rule.first(from_time)
    for _ in range(count):
        target = rule.next(target.time)
    return target


# Running


def settle(account: Account, now: float) -> None:
    """Brings an account up to `now`: tasks go on, and schedules run."""
    for _ in settling(account, now):
        pass


def settling(account: Account, now: float) -> Iterator[None]:
    """Brings an account up to `now`, one thing at each step. Between two steps it may be left, and begun again later.

    What has fallen due since the last call happens at its own time, as if nobody had moved the clock; what was overdue
    then (after an upload from a past time, say) happens at once.
    """
    time = min(account.settled_at, now)
    while (due := _next_run_time(account)) <= now:
        time = max(time, due)
        yield from attempts.advancing(account, time)
        account.settled_at = time
        yield from _run_due(account, time)
    yield from attempts.advancing(account, now)
    account.settled_at = now


def _next_run_time(account: Account) -> float:
    return min((schedule.next_run_time for schedule in account.schedules.values() if _runs(schedule)), default=math.inf)


def _run_due(account: Account, now: float) -> Iterator[None]:
    """Starts what the account's schedules have due at `now`.

    Sessions missed are started one after another, in the order of their run times, until a limit is met. The limit of
    a schedule's sessions at one time is ours: nothing else would end one whose times go backwards.
    """
    waiting = [
        (schedule.next_run_time, schedule.id) for schedule in account.schedules.values() if _is_due(schedule, now)
    ]
    heapq.heapify(waiting)
    left = dict.fromkeys((schedule_id for _, schedule_id in waiting), _MAX_OVERDUE)
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
        yield


def _runs(schedule: Schedule) -> bool:
    """Whether a schedule is neither disabled nor finished."""
    return schedule.disabled_at is None and schedule.next_schedule_time < END_OF_TIME


def _is_due(schedule: Schedule, now: float) -> bool:
    return schedule.next_run_time <= now and _runs(schedule)


def _run(account: Account, schedule: Schedule, now: float) -> None:
    """Starts or skips the session that is due, and moves the schedule on."""
    workflow = schedule.workflow
    config = workflow.config["schedule"]
    try:
        rule = parse_schedule(config, workflow.timezone)
        following = rule.next(schedule.next_schedule_time)
        tolerance = _skip_delayed_by(config)
        skip_on_overtime = boolean(config, "skip_on_overtime", False)
        if tolerance is not None and now > schedule.next_run_time + tolerance:
            # All that is too late goes at once, as it would one by one.
            following = max(following, rule.first(now - tolerance))
        elif skip_on_overtime and _is_running(account, workflow):
            following = max(following, rule.first(math.floor(now) + 1))
        else:
            _start(account, schedule, now)
    except LimitExceeded:
        schedule.next_run_time = math.floor(now) + _LIMIT_POSTPONEMENT
    except Exception as problem:  # noqa: BLE001 # whatever it is, other schedules have to go on
        if not isinstance(problem, ServiceError):
            _log.exception("schedule %d failed", schedule.id)
        schedule.next_run_time = math.floor(now) + _ERROR_POSTPONEMENT
    else:
        move(schedule, following)


def _start(account: Account, schedule: Schedule, now: float) -> None:
    workflow = schedule.workflow
    session_time = math.floor(schedule.next_schedule_time)
    last = schedule.last_session_time
    with contextlib.suppress(AttemptExists):  # a session started by hand counts as run
        attempts.start_attempt(
            account,
            workflow,
            session_time=session_time,
            params={},
            now=now,
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
        raise InvalidRequest(f"Invalid duration string: {given}") from None


def _is_running(account: Account, workflow: Workflow) -> bool:
    """Whether some session's last attempt at this workflow is neither done nor about to be killed."""
    return any(
        not attempt.cancel_requested
        and attempt.workflow.name == workflow.name
        and attempt.session.project is workflow.project
        and attempt.session.attempts[-1] is attempt
        for attempt in account.unfinished.values()
    )
