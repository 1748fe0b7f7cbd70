"""Backfills: attempts at the past sessions of a schedule, which run one after another."""

from __future__ import annotations

from dataclasses import dataclass

from treasure_workflow_mock.engine import attempts, pools
from treasure_workflow_mock.engine.scheduler import move, rule_of
from treasure_workflow_mock.errors import AlreadyExists, InvalidRequest, LimitExceeded
from treasure_workflow_mock.java.times import END_OF_TIME, instant_text, zoned_text
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.names import check_retry_attempt_name
from treasure_workflow_mock.model.records import Attempt, Schedule, Session
from treasure_workflow_mock.schedules.rules import ScheduleTime

_MAX_SESSIONS = 100_000  # a caller waits for the response


@dataclass(frozen=True, slots=True)
class Backfill:
    """Which sessions to cover, and how.

    `from_time` is in seconds since the epoch; the first session is the earliest run at or after it. Without a `count`
    all sessions before the schedule's next one are covered. The last two options are the hosted service's: leave out
    sessions that have attempts, and begin with what the schedule runs next and move it on.
    """

    from_time: float
    attempt_name: str | None
    count: int | None
    skip_existing: bool = False
    advance_schedule: bool = False


def plan(account: Account, schedule: Schedule, backfill: Backfill, now: float) -> tuple[list[int], ScheduleTime]:
    """The session times to make attempts at, and the first session after those covered.

    InvalidRequest if there are fewer sessions than asked for, 409 if one has an attempt of that name.
    """
    covered: list[int] = []
    rule = rule_of(schedule)
    following = rule.first(backfill.from_time)
    end = _end(schedule, backfill, now)
    while following.time < end and (backfill.count is None or len(covered) < backfill.count):
        covered.append(following.time)
        following = rule.next(following.time)
        if len(covered) > _MAX_SESSIONS:
            raise LimitExceeded(f"More than {_MAX_SESSIONS} sessions cannot be backfilled at once")
    if backfill.count is not None and len(covered) < backfill.count:
        raise InvalidRequest(
            f"count is set to {backfill.count} but there are only {len(covered)} attempts until the next schedule time",
        )
    if backfill.skip_existing:
        return [time for time in covered if _session(account, schedule, time) is None], following
    for time in covered:
        session = _session(account, schedule, time)
        if session is not None and _has_attempt(session, backfill.attempt_name):
            raise AlreadyExists(
                f"Attempt of project id={schedule.project.id} workflow={schedule.workflow.name} "
                f"instant={instant_text(time)} attempt name={backfill.attempt_name} already exists",
            )
    return covered, following


def _end(schedule: Schedule, backfill: Backfill, now: float) -> float:
    """Before which session times a backfill ends."""
    if not backfill.advance_schedule:
        return schedule.next_schedule_time
    # Moving the schedule on may cover sessions that are yet to come, as many as are asked for.
    return END_OF_TIME if backfill.count is not None else max(schedule.next_schedule_time, now)


def _session(account: Account, schedule: Schedule, time: int) -> Session | None:
    session_id = account.session_ids.get((schedule.project.id, schedule.workflow.name, time))
    return None if session_id is None else account.sessions[session_id]


def _has_attempt(session: Session, name: str | None) -> bool:
    return any(attempt.retry_attempt_name == name for attempt in session.attempts)


def show(account: Account, schedule: Schedule, times: list[int], attempt_name: str | None, now: float) -> list[Attempt]:
    """The attempts as a dry run shows them; nothing is kept. InvalidRequest if the name is none."""
    check_retry_attempt_name(attempt_name if times else None, "session attempt")
    return [
        Attempt(
            id=0,
            index=0,
            session=Session(0, schedule.project, schedule.workflow.name, time, account.new_uuid()),
            workflow=schedule.workflow,
            retry_attempt_name=attempt_name,
            params={},
            created_at=now,
        )
        for time in times
    ]


def start(
    account: Account, schedule: Schedule, times: list[int], attempt_name: str | None, now: float
) -> list[Attempt]:
    """Makes the attempts, each waiting for the session before it. InvalidRequest, and none made, beyond a limit."""
    limit: int = account.settings["executor.attempt_max_run"]
    if account.flavour == "hosted":  # there attempts wait in their pool instead
        pool = pools.pool_for(account, schedule.workflow, "on_demand")
        pools.check_waiting(account, pool, len(times) - pools.has_room(account, pool))
    elif times and account.running_attempts() + len(times) > limit:
        raise LimitExceeded(f"Too many attempts running. Limit: {limit}, Current: {limit}")
    started: list[Attempt] = []
    last = _last_session_time(account, schedule, times[0]) if times else None
    delay = rule_of(schedule).delay
    for time in times:
        started.append(
            attempts.start_attempt(
                account,
                schedule.workflow,
                session_time=time,
                params={},
                now=now,
                retry_attempt_name=attempt_name,
                waits_for=started[-1].session if started else None,
                last_executed_session_time=None if last is None else zoned_text(last, schedule.workflow.timezone),
                run_time=time + delay,
            )
        )
        last = time
    return started


def _last_session_time(account: Account, schedule: Schedule, before: int) -> int | None:
    workflow = (schedule.project.id, schedule.workflow.name)
    return max((time for *named, time in account.session_ids if (*named,) == workflow and time < before), default=None)


def advance_schedule(schedule: Schedule, to: ScheduleTime) -> None:
    """Moves the schedule past the sessions covered; it never moves back."""
    if to.time > schedule.next_schedule_time:
        move(schedule, to)
