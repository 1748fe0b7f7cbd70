"""A run cut into jobs, carried out by several processes, each with a connection of its own."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Literal, NamedTuple

from treasure_workflow_contract import answers, laws, links, plain, through_client
from treasure_workflow_contract.calls import Way
from treasure_workflow_contract.connection import Connection
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.differences import Differences
from treasure_workflow_contract.results import Finding, Part, Results
from treasure_workflow_contract.run import Run
from treasure_workflow_contract.target import Target, TargetError
from treasure_workflow_contract.world import FoundWorld, WorldError, remove_projects

_MARK = "contract-"
_ABANDONED_AFTER = 24 * 3600  # seconds


class Profile(NamedTuple):
    """How much is tried.

    `client` and `plain` are cases of an operation, through the client (each way) and without it; `answers` cases of
    each answer it may get, `law` cases of a law, `walks` walks along links.
    """

    client: int
    answers: int
    plain: int
    law: int
    walks: int


PROFILES = {
    "quick": Profile(client=25, answers=2, plain=40, law=10, walks=10),
    "default": Profile(client=130, answers=8, plain=200, law=25, walks=60),
}
_WALKERS = 2


class Job(NamedTuple):
    """Some cases of one part. `subject` is an operation's id, a law's name, or which of the walkers walks."""

    part: Part
    subject: str
    cases: int
    way: Way | Literal[""] = ""


class Plan(NamedTuple):
    """What a run is to do. `targets` has one target for each process; they differ in their keys at most.

    `marker` begins the names of all projects that the run makes. `deadline` is a reading of `time.monotonic`.
    """

    targets: tuple[Target, ...]
    jobs: tuple[Job, ...]
    differences: Differences
    marker: str
    seed: int
    deadline: float | None


def jobs_for(target: Target, profile: Profile, operations: Sequence[str]) -> tuple[tuple[Job, ...], dict[str, str]]:
    """The jobs for some operations; and of those that are left out, why. Walks are about all operations.

    Laws and walks come first: they take longest, and say most about a service.
    """
    skipped = {id: target.reason_to_skip(effective().operations[id]) for id in operations}
    called = [id for id in operations if skipped[id] is None]
    jobs = [Job("laws", law.name, profile.law) for law in laws.for_target(target, called)]
    if len(operations) == len(effective().operations):
        jobs += [Job("links", str(number), profile.walks // _WALKERS) for number in range(_WALKERS)]
    jobs += [Job("answers", id, profile.answers, way) for id in operations for way in through_client.WAYS]
    jobs += [Job("client", id, profile.client, way) for id in called for way in through_client.WAYS]
    jobs += [Job("plain", id, profile.plain) for id in called]
    return tuple(jobs), {id: reason for id, reason in skipped.items() if reason is not None}


def new_marker(prefix: str) -> str:
    """What the names of a run's projects begin with: the prefix, and when and by which run they were made."""
    return f"{prefix}{_MARK}{int(time.time()):x}-{time.perf_counter_ns() % 0xFFFF:04x} "


def carry_out(plan: Plan, *, fail_fast: bool = False) -> Iterator[Results]:
    """What each job found out, as they end. With `fail_fast` no job begins after a finding that nobody knows of.

    Raises TargetError when the target does not do what every case counts on. Whatever ends the iteration, interruptions
    included, the projects that the run made are deleted before it does, except from a mock that goes with the run.
    """
    context = multiprocessing.get_context("spawn")
    stop, numbered = context.Event(), context.SimpleQueue()
    for number, target in enumerate(plan.targets):
        numbered.put((number, target))
    remove_abandoned(plan)
    executor = ProcessPoolExecutor(len(plan.targets), context, _begin, (plan, numbered, stop))
    pending: set[Future[Results]] = set()
    try:
        pending = {executor.submit(_carry_out, job) for job in plan.jobs}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                results = future.result()
                yield results
                if fail_fast and results.unknown:
                    return
    except BrokenProcessPool as error:
        raise TargetError("a process of this run was ended from outside") from error
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)
        remove_own(plan)


def remove_own(plan: Plan) -> None:
    """Deletes the projects that a run made."""
    if plan.targets[0].writes == "projects":
        with Connection(plan.targets[0]) as connection:
            remove_projects(FoundWorld(connection), plan.marker)


def remove_abandoned(plan: Plan) -> None:
    """Deletes the projects of runs that were killed a day ago or more, and so could not do it themselves."""
    prefix = plan.targets[0].project_prefix
    if plan.targets[0].writes != "projects":
        return
    with Connection(plan.targets[0]) as connection:
        world = FoundWorld(connection)
        markers = {
            found[0]
            for name in world.project_names(prefix + _MARK)
            if (found := re.match(rf"{re.escape(prefix + _MARK)}([0-9a-f]+)-[0-9a-f]{{4}} ", name))
            and time.time() - int(found[1], 16) > _ABANDONED_AFTER
        }
        for marker in markers:
            remove_projects(world, marker)


_run: Run | None = None  # of this process


def _begin(plan: Plan, numbered: Any, stop: Any) -> None:
    """Makes the process ready; a queue and an event have no types of their own that a context makes."""
    global _run
    # An interruption is the first process' business: it tells the others to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # A first process that was killed can tell nothing; then these end by themselves.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    number, target = numbered.get()
    _run = Run(
        target,
        plan.differences,
        marker=f"{plan.marker}{number}-",
        seed=plan.seed,
        deadline=plan.deadline,
        stopped=stop.is_set,
    )


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "this runs in a process that another one began"
    parent.join()
    os._exit(1)


def _carry_out(job: Job) -> Results:
    assert _run is not None, "a process begins before its jobs do"
    if _run.out_of_time:
        return _run.take_results()
    try:
        match job:
            case Job("client", operation, cases, way) if way:
                through_client.check_operation(_run, operation, way, cases)
            case Job("answers", operation, cases, way) if way:
                answers.check_answers(_run, operation, way, cases)
            case Job("plain", operation, cases):
                plain.explore(_run, operation, cases)
            case Job("links", number, walks):
                links.walk(_run, number, walks)
            case Job("laws", law, cases):
                laws.check(_run, law, cases)
    except WorldError as error:
        _run.results.add_finding(Finding(error.operation, job.part, "what every case begins with", str(error)))
    return _run.take_results()
