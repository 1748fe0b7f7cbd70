"""A run cut into jobs, carried out by several processes, each with a connection of its own."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from treasure_workflow_contract.generation.calls import Way
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases import client, fuzzing, invariants, parsing, replay, stateful
from treasure_workflow_contract.results.findings import Finding, Phase
from treasure_workflow_contract.results.known_differences import Differences
from treasure_workflow_contract.results.run_results import Results
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.contents import SandboxError
from treasure_workflow_contract.sandbox.found import FoundSandbox
from treasure_workflow_contract.sandbox.own import remove_projects
from treasure_workflow_contract.transport.connection import PATIENCE, Connection, StoppedError
from treasure_workflow_contract.transport.preflight import check_target
from treasure_workflow_contract.transport.signals import held_back
from treasure_workflow_contract.transport.target import Target, TargetError

_MARK = "contract-"
_ABANDONED_AFTER = 24 * 3600  # seconds
_LOOK_EVERY = 1.0  # seconds
_SECONDS_TO_END = 4.0  # for the processes of a run, once they are told
_SECONDS_TO_CLEAN = 6.0  # after an interruption
_SECONDS_TO_CLEAN_WELL = 300.0


class Profile(NamedTuple):
    """How much is tried.

    `client` and `fuzzing` are cases of an operation, through the client (each way) and without it; `parsing` cases of
    each response it may get, `invariant` cases of an invariant, `walks` walks along links.
    """

    client: int
    parsing: int
    fuzzing: int
    invariant: int
    walks: int


PROFILES = {
    "quick": Profile(client=25, parsing=2, fuzzing=40, invariant=10, walks=10),
    "default": Profile(client=130, parsing=8, fuzzing=200, invariant=25, walks=60),
}
_WALKERS = 2


class Job(NamedTuple):
    """Some cases of one phase.

    `subject` is an operation's id, an invariant's name, which of the walkers walks, or the file of a scenario.
    """

    phase: Phase
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
    replay: replay.Options = replay.Options()


class Done(NamedTuple):
    """A job that is over, and what it found out."""

    job: Job
    results: Results


def jobs_for(target: Target, profile: Profile, operations: Sequence[str]) -> tuple[tuple[Job, ...], dict[str, str]]:
    """The jobs for some operations; and of those that are left out, why. Walks are about all operations.

    Invariants and walks come first: they take longest, and say most about a service.
    """
    skipped = {id: target.reason_to_skip(effective().operations[id]) for id in operations}
    called = [id for id in operations if skipped[id] is None]
    jobs = [Job("invariants", each.name, profile.invariant) for each in invariants.for_target(target, called)]
    if len(operations) == len(effective().operations):
        jobs += [Job("stateful", str(number), profile.walks // _WALKERS) for number in range(_WALKERS)]
    jobs += [Job("parsing", id, profile.parsing, way) for id in operations for way in client.WAYS]
    jobs += [Job("client", id, profile.client, way) for id in called for way in client.WAYS]
    jobs += [Job("fuzzing", id, profile.fuzzing) for id in called]
    return tuple(jobs), {id: reason for id, reason in skipped.items() if reason is not None}


def replay_jobs(places: Iterable[Path]) -> tuple[Job, ...]:
    """The jobs that replay the scenarios of these files and folders. Raises FileNotFoundError."""
    return tuple(Job("replay", str(path), 1) for place in places for path in replay.files_in(place))


def missing(jobs: Iterable[Job], done: Iterable[Done], results: Results) -> list[str]:
    """What was asked for and had no case, one line each: so a run without findings says nothing of it."""
    tried = {one.job for one in done if one.results.cases}
    ended = {one.job for one in done}
    lost: dict[str, list[str]] = {}
    for job in jobs:
        if job.phase in ("invariants", "stateful", "replay"):
            name = Path(job.subject).stem if job.phase == "replay" else job.subject
            is_missing = job not in tried and (job not in ended or job.phase != "invariants")
            is_missing = is_missing and name not in results.skipped
        else:
            name, is_missing = job.subject, not results.tally_of(job.subject).cases[job.phase]
        if is_missing and name not in lost.setdefault(job.phase, []):
            lost[job.phase].append(name)
    return [f"{phase}: no case of {', '.join(names)}" for phase, names in lost.items() if names]


def new_marker(prefix: str) -> str:
    """What the names of a run's projects begin with: the prefix, and when and by which run they were made."""
    return f"{prefix}{_MARK}{int(time.time()):x}-{time.perf_counter_ns() % 0xFFFF:04x} "


def carry_out(plan: Plan, *, fail_fast: bool = False, look: Callable[[], None] = lambda: None) -> Iterator[Done]:
    """What each job found out, as they end. With `fail_fast` no job begins after a finding that nobody knows of.

    A job that no time was left for is not among them. `look` is called every second.

    Raises TargetError when the target does not do what every case counts on. Whatever ends the iteration, interruptions
    included, the projects that the run made are deleted before it does, except from a mock that goes with the run.
    """
    context = multiprocessing.get_context("spawn")
    stop, numbered = context.Event(), context.SimpleQueue()
    for number, target in enumerate(plan.targets):
        numbered.put((number, target))
    executor = ProcessPoolExecutor(len(plan.targets), context, _begin, (plan, numbered, stop))
    cleaning = _SECONDS_TO_CLEAN
    try:
        remove_abandoned(plan)
        with held_back():
            jobs = {executor.submit(_carry_out, job): job for job in plan.jobs}
        yield from _ended(jobs, fail_fast=fail_fast, look=look)
        cleaning = _SECONDS_TO_CLEAN_WELL
    except BrokenProcessPool as error:
        raise TargetError("a process of this run was ended from outside") from error
    finally:
        stop.set()
        executor.shutdown(wait=False, cancel_futures=True)
        _end_processes()
        remove_own(plan, cleaning)


def _ended(jobs: dict[Future[Results | None], Job], *, fail_fast: bool, look: Callable[[], None]) -> Iterator[Done]:
    pending = set(jobs)
    while pending:
        done, pending = wait(pending, timeout=_LOOK_EVERY, return_when=FIRST_COMPLETED)
        look()
        for future in done:
            results = future.result()
            if results is not None:
                yield Done(jobs[future], results)
                if fail_fast and results.unknown:
                    return


def _end_processes() -> None:
    """Waits for the processes of the run, which were told to end, and ends those that do not."""
    deadline = time.monotonic() + _SECONDS_TO_END
    for process in multiprocessing.active_children():
        process.join(max(deadline - time.monotonic(), 0.1))
        if process.is_alive():
            process.kill()
            process.join()


def remove_own(plan: Plan, seconds: float) -> None:
    """Deletes the projects that a run made; says so where the target lets it not."""
    if plan.targets[0].writes != "projects":
        return
    deadline = time.monotonic() + seconds

    def left() -> float:
        if time.monotonic() > deadline:
            raise StoppedError("no time is left to clean up")
        return min(PATIENCE, deadline - time.monotonic())

    try:
        with Connection(plan.targets[0], left) as connection:
            remove_projects(FoundSandbox(connection), plan.marker)
    except (StoppedError, TargetError) as error:
        sys.stderr.write(f"projects named {plan.marker!r}… may be left: {error}\n")


def remove_abandoned(plan: Plan) -> None:
    """Deletes the projects of runs that were killed a day ago or more, and so could not do it themselves."""
    prefix = plan.targets[0].project_prefix
    if plan.targets[0].writes != "projects" or not plan.jobs or plan.jobs[0].phase == "replay":
        return
    with Connection(plan.targets[0]) as connection:
        sandbox = FoundSandbox(connection)
        markers = {
            found[0]
            for name in sandbox.project_names(prefix + _MARK)
            if (found := re.match(rf"{re.escape(prefix + _MARK)}([0-9a-f]+)-[0-9a-f]{{4}} ", name))
            and time.time() - int(found[1], 16) > _ABANDONED_AFTER
        }
        for marker in markers:
            remove_projects(sandbox, marker)


@dataclass
class _Process:
    """What the jobs of this process share."""

    run: Run | None = None
    replay: replay.Options = field(default_factory=replay.Options)


_process = _Process()


def _begin(plan: Plan, numbered: Any, stop: Any) -> None:
    """Makes the process ready; a queue and an event have no types of their own that a context makes."""
    # An interruption is the first process' business: it tells the others to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # A first process that was killed can tell nothing; then these end by themselves.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    number, target = numbered.get()
    _process.replay = plan.replay
    _process.run = Run(
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


def _carry_out(job: Job) -> Results | None:
    run = _process.run
    assert run is not None, "a process begins before its jobs do"
    if run.out_of_time:
        return None
    try:
        match job:
            case Job("client", operation, cases, way) if way:
                client.check_operation(run, operation, way, cases)
            case Job("parsing", operation, cases, way) if way:
                parsing.check_responses(run, operation, way, cases)
            case Job("fuzzing", operation, cases):
                fuzzing.explore(run, operation, cases)
            case Job("stateful", number, walks):
                stateful.walk(run, number, walks)
            case Job("invariants", invariant, cases):
                invariants.check(run, invariant, cases)
            case Job("replay", path):
                replay.replay(run, Path(path), _process.replay)
    except SandboxError as error:
        run.ledger.results.add_finding(Finding(error.operation, job.phase, "what every case begins with", str(error)))
    except StoppedError:
        pass  # what was found before counts
    if run.silence.given_up and not run.out_of_time:
        check_target(run.target)  # is it that operation alone?
        run.silence.given_up = False
    results = run.ledger.take()
    # Without any case it is as if there had been no time for the job.
    return None if run.out_of_time and not results.cases else results
