"""Attempts: starting them, letting their tasks run, killing them.

Nothing runs in the background. A start only makes the records; what needs no time is done when the account is asked for
something next, and what takes time when its clock has come that far.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.task_definitions import TaskDefinition, compile_tasks
from treasure_workflow_mock.engine import pools, sla, timeouts
from treasure_workflow_mock.engine.attempt_execution import ENDED, Execution
from treasure_workflow_mock.engine.event_queue import EventQueue
from treasure_workflow_mock.engine.operators.base import TaskError, internal_error
from treasure_workflow_mock.engine.resume import Resume, check_tasks, find_tasks
from treasure_workflow_mock.engine.task_slots import slots_of
from treasure_workflow_mock.engine.task_tree import check_task_limit
from treasure_workflow_mock.errors import AttemptExists, Conflict, LimitExceeded, NotFound, ServiceError
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.names import check_retry_attempt_name
from treasure_workflow_mock.model.records import NOTHING, Attempt, Pool, Session, Task, Workflow
from treasure_workflow_mock.schedules.rules import schedule_of
from treasure_workflow_mock.schedules.triggers import triggered_by

__all__ = ["AttemptExists", "Resume", "advance", "kill", "start_attempt"]

_log = logging.getLogger(__name__)
_RETRY_DELAY = 300  # seconds until an attempt that waited and could not begin tries again


def start_attempt(
    account: Account,
    workflow: Workflow,
    *,
    session_time: float,
    params: JsonObject,
    now: float,
    retry_attempt_name: str | None = None,
    resume: Resume | None = None,
    waits_for: Session | None = None,
    last_executed_session_time: str | None = None,
    run_time: float | None = None,
    invocation: pools.Invocation = "on_demand",
    may_queue: bool = True,
) -> Attempt:
    """Makes an attempt of `workflow` in the session of `session_time` (seconds since the epoch), and that if need be.

    A fraction of a second is cut off the session time, once the session before it is known.
    An attempt that `waits_for` a session begins when all attempts of that are done, and has no tasks before.
    `last_executed_session_time` is the schedule's, in the workflow's zone. `run_time` is when the attempt was due, if
    that was not `now`.
    On the hosted service `invocation` helps to decide the attempt's pool; when that is full, the attempt waits in it if
    it `may_queue`, and else cannot be made.
    Raises AttemptExists if the session has an attempt of that name; InvalidRequest or 404 if it cannot be made.
    """
    carried = [] if resume is None else find_tasks(account, resume)
    rule = schedule_of(workflow)
    sla_at = sla.due_time(workflow.config, now if run_time is None else run_time, workflow.timezone)
    check_retry_attempt_name(retry_attempt_name, "attempt request")
    definitions = _definitions(workflow)
    resumed = NOTHING if resume is None else check_tasks(resume, carried)
    pool = pools.pool_for(account, workflow, invocation) if account.flavour == "hosted" else None
    queued = pool is not None and may_queue and not pools.has_room(account, pool)
    if pool is not None and (queued or waits_for is not None):
        pools.check_waiting(account, pool, 1)
    if not queued:
        _check_limit(account, pool)
    session = _session(account, workflow, math.floor(session_time))
    attempt_id = account.next_id("attempt")
    for existing in session.attempts:
        if existing.retry_attempt_name == retry_attempt_name:
            raise AttemptExists((existing if retry_attempt_name is not None else session.attempts[-1]).id)
    if waits_for is not None and all(attempt.done for attempt in waits_for.attempts):
        waits_for = None
    params = dict(params)
    if rule is not None:
        params["last_session_time"] = times.zoned_text(rule.last(session_time), workflow.timezone)
        params["next_session_time"] = times.zoned_text(rule.next(session.time).time, workflow.timezone)
    if last_executed_session_time is not None:
        params["last_executed_session_time"] = last_executed_session_time
    attempt = Attempt(
        id=attempt_id,
        index=session.attempts[-1].index + 1 if session.attempts else 1,
        session=session,
        workflow=workflow,
        retry_attempt_name=retry_attempt_name,
        params=params,
        created_at=now,
        waits_for=waits_for,
        carried=resumed,
        sla_at=sla_at,
        pool_id=None if pool is None else pool.id,
        queued=queued,
    )
    begins = waits_for is None and not queued
    if begins:
        _make_tasks(account, attempt, definitions, now)
    account.sessions[session.id] = session
    account.session_ids[session.project.id, session.workflow_name, session.time] = session.id
    session.attempts.append(attempt)
    account.attempts[attempt.id] = account.unfinished[attempt.id] = attempt
    attempt.held_for = account.settings["progress"] if begins else 0
    if begins and not attempt.held_for:
        _events(account).add(now, attempt)
    return attempt


def advance(account: Account, now: float) -> None:
    """Does all that is due at `now`, in the order of the times."""
    for _ in advancing(account, now):
        pass


def advancing(account: Account, now: float) -> Iterator[None]:
    """Does what is due at `now`, one thing at each step. Between two steps it may be left, and begun again later."""
    if not account.unfinished:
        return
    events = _events(account)
    _admit(account, now)
    _release_held(account, now)
    for attempt, waiting in slots_of(account).admitted():
        events.add(now, attempt, waiting)
    while events.is_due(now):
        time, attempt, due = events.take(now)
        if attempt.done or attempt.held_for:
            continue
        try:
            _go_on(account, attempt, due, time, until=now)
        except Exception as error:  # noqa: BLE001 # whatever it is, the attempt has to end
            _log.exception("attempt %d failed", attempt.id)
            _abandon(attempt, error, time)
            slots_of(account).give_back(*attempt.tasks)
            _finish(account, attempt, time)
        for other, waiting in slots_of(account).admitted():
            events.add(time, other, waiting)
        yield


def _go_on(account: Account, attempt: Attempt, due: list[Task | None], now: float, *, until: float) -> None:
    """Does what is due in an attempt at `now`; all that is due before `until` will happen before anything else."""
    if not attempt.tasks and not _begin(account, attempt, now):
        return
    execution = _execution(account, attempt, now)
    execution.begin_step()
    if attempt.sla_at is not None and attempt.sla_at <= now:
        attempt.sla_at = None
        execution.add_sla_tasks(now)
    for task in due:
        if task is not None:
            execution.wake(task, now, until=until)
    if execution.proceed(now):
        _finish(account, attempt, now)
    elif None in due and timeouts.is_over(account, attempt, now):
        _cancel(attempt)


def kill(attempt: Attempt) -> None:
    """Asks an attempt to stop.

    Raises:
        Conflict: Nothing is left to stop.
    """
    if attempt.done or not attempt.tasks:
        raise Conflict("Session attempt already killed or finished")
    _cancel(attempt)


def _cancel(attempt: Attempt) -> None:
    attempt.cancel_requested = True
    for task in attempt.tasks:
        if task.state not in ENDED:
            task.cancel_requested = True


def _abandon(attempt: Attempt, error: Exception, now: float) -> None:
    """Ends all tasks of an attempt that cannot go on, the root with the error that is the reason."""
    for task in attempt.tasks:
        if task.state not in ENDED:
            task.state, task.updated_at, task.retry_at = "canceled", now, None
    if attempt.tasks:
        attempt.tasks[0].state = "error"
        attempt.tasks[0].error = internal_error(error).error


def _events(account: Account) -> EventQueue:
    if account.events is None:
        account.events = EventQueue()
    events: EventQueue = account.events
    return events


def _execution(account: Account, attempt: Attempt, now: float) -> Execution:
    if attempt.engine is None:

        def start(workflow: Workflow, session_time: float, params: JsonObject, name: str | None) -> Attempt:
            # An operator starts others at the time that is being gone through, which may lie before the account's.
            return start_attempt(
                account, workflow, session_time=session_time, params=params, retry_attempt_name=name, now=execution.now
            )

        execution = attempt.engine = Execution(account, attempt, _events(account), start)
        execution.now = now
    found: Execution = attempt.engine
    return found


def _session(account: Account, workflow: Workflow, time: int) -> Session:
    """The session of a workflow's name and a time; a new one is not yet the account's."""
    project = workflow.project
    known = account.session_ids.get((project.id, workflow.name, time))
    if project.deleted_at is not None:
        if known is None:
            account.next_id("session")
        raise NotFound("Project id={} name={} is already deleted")  # the service leaves the braces empty
    if known is not None:
        return account.sessions[known]
    return Session(account.next_id("session"), project, workflow.name, time, account.new_uuid())


def _definitions(workflow: Workflow) -> list[TaskDefinition]:
    """The workflow's tasks, which its attempts share to save memory and time. InvalidRequest if none can be made."""
    if workflow.definitions is None:
        workflow.definitions = compile_tasks(f"+{workflow.name}", workflow.config)
    definitions: list[TaskDefinition] = workflow.definitions
    return definitions


def _make_tasks(account: Account, attempt: Attempt, definitions: list[TaskDefinition], now: float) -> None:
    """Makes the attempt's first tasks, the root planned, the others blocked. InvalidRequest if there are too many."""
    root = definitions[0]
    task = Task(
        account.next_id("task"),
        root.full_name,
        None,
        root.config,
        root.is_group,
        export_params=root.config.get("_export") or NOTHING,
        state="planned",
        updated_at=now,
    )
    try:
        check_task_limit(account, 1, len(definitions))
    except TaskError as error:
        raise LimitExceeded(error.message) from None
    attempt.tasks.append(task)
    _execution(account, attempt, now).add_initial(definitions, now)
    if attempt.sla_at is not None:
        _events(account).add(max(now, attempt.sla_at), attempt)


def _check_limit(account: Account, pool: Pool | None) -> None:
    """InvalidRequest if no further attempt may run, in the pool or (without pools) in the account."""
    if pool is None:
        limit, current = account.settings["executor.attempt_max_run"], account.running_attempts()
    else:
        limit, current = pool.concurrency_limit, pools.running(account, pool)
    if current >= limit:
        raise LimitExceeded(f"Too many attempts running. Limit: {limit}, Current: {current}")


def _admit(account: Account, now: float) -> None:
    """Lets attempts begin that wait for their pool, first come first served, as far as the pools have room."""
    queued = [attempt for attempt in account.unfinished.values() if attempt.queued and attempt.waits_for is None]
    rooms: dict[int, int] = {}
    for waiting in queued:
        pool = pools.pool_of(account, waiting)
        if pool.id not in rooms:
            rooms[pool.id] = pools.room(account, pool)
        if rooms[pool.id] > 0:
            rooms[pool.id] -= 1
            waiting.queued = False
            _events(account).add(now, waiting)


def _release_held(account: Account, now: float) -> None:
    """Counts one request for the attempts that the setting `progress` holds back."""
    for held in account.unfinished.values():
        if held.held_for:
            held.held_for -= 1
            if not held.held_for:
                _events(account).add(now, held)


def _begin(account: Account, attempt: Attempt, now: float) -> bool:
    """Begins an attempt that has waited; whether it could."""
    if attempt.waits_for is not None and attempt.pool_id is not None:
        attempt.queued = not pools.has_room(account, pools.pool_of(account, attempt))
    attempt.waits_for = None
    if attempt.queued:
        return False
    attempt.sla_at = sla.due_time(attempt.workflow.config, now, attempt.workflow.timezone)
    try:
        _make_tasks(account, attempt, _definitions(attempt.workflow), now)
    except ServiceError:
        _events(account).add(now + _RETRY_DELAY, attempt)
        return False
    return True


def _start_triggered(account: Account, attempt: Attempt, now: float) -> None:
    """Starts what waits for the workflow's success, for the same session time, once; it queues if it must."""
    for workflow in list(triggered_by(account, attempt)):
        with contextlib.suppress(ServiceError):  # nobody is there to be told
            start_attempt(account, workflow, session_time=attempt.session.time, params={}, now=now)


def _finish(account: Account, attempt: Attempt, now: float) -> None:
    """Notes that an attempt is done, and lets go on what waited for it."""
    attempt.done = True
    attempt.success = bool(attempt.tasks) and attempt.tasks[0].state == "success"
    attempt.finished_at = now
    attempt.engine = None
    del account.unfinished[attempt.id]
    events = _events(account)
    for other, task in events.take_watchers(attempt):
        if not other.done:
            _execution(account, other, now).wake_now(task, now)
    if attempt.success and account.flavour == "hosted":
        _start_triggered(account, attempt, now)
    if all(other.done for other in attempt.session.attempts):
        for waiting in account.unfinished.values():
            if waiting.waits_for is attempt.session:
                events.add(now, waiting)
    _admit(account, now)
