"""Invariants of the service: what holds between several calls, whatever the server's program.

What is written is read back, pages lose and repeat nothing, filters filter, refusals change nothing. They go by what is
recorded of a real server and by the contract, and are checked by plain HTTP.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from treasure_workflow_contract.generation.hypothesis_settings import GENERATE_AND_SHRINK, seed_of
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.invariants import (  # noqa: F401  (they register their invariants)
    attempts,
    listings,
    negotiation,
    pools,
    projects,
    reads,
    references,
    refusals,
    repeats,
    request_bodies,
    schedules,
    tasks,
)
from treasure_workflow_contract.phases.invariants._invariant import REGISTERED, Accepted, Broken, Caller, Invariant
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.found import FoundSandbox
from treasure_workflow_contract.transport.connection import StoppedError
from treasure_workflow_contract.transport.target import Target


def for_target(target: Target, operations: Collection[str]) -> Iterator[Invariant]:
    """The invariants that can be checked there and are about some of these operations."""
    for invariant in REGISTERED.values():
        if invariant.writes and target.writes == "nothing":
            continue
        if any(target.reason_to_skip(effective().operations[id]) for id in invariant.operations):
            continue
        if any(id in operations for id in invariant.operations):
            yield invariant


class _Quiet:
    """Tells whether others are at work in an account that is only read: then nothing that it shows need fit together.

    An invariant speaks of nothing else there but rows that it did not make.
    """

    def __init__(self, run: Run) -> None:
        self._sandbox = FoundSandbox(run.connection)
        self._seen = self._look()

    def is_quiet(self) -> bool:
        """Whether the account looks as it did at first."""
        return self._look() == self._seen

    def _look(self) -> list[Any]:
        return [self._sandbox.readable_rows(f"/api/{field}", field) for field in _LISTINGS]


_LISTINGS = ("projects", "workflows", "schedules", "sessions", "attempts")


def check(run: Run, name: str, cases: int) -> None:
    """Checks an invariant in `cases` cases; the smallest one in which it does not hold becomes a finding."""
    invariant = REGISTERED[name]
    caller = Caller(run)
    worst: list[Broken] = []

    def one_case(sandbox: Any, prepared: Any, data: st.DataObject) -> None:
        if run.out_of_time:
            raise StoppedError
        try:
            with caller.usable():
                invariant.check(caller, sandbox, prepared, data)
        except Accepted:
            pass
        except Broken as broken:
            if quiet is not None and not quiet.is_quiet():
                return  # others' rows are as they please
            worst.append(broken)
            raise

    quiet = _Quiet(run) if run.target.writes == "nothing" else None
    about_pools = any(effective().operations[id].tag == "Pool" for id in invariant.operations)

    @seed(seed_of(name, run.seed))
    @settings(GENERATE_AND_SHRINK, max_examples=1 if invariant.once else cases)
    @given(st.data())
    def each_alone(data: st.DataObject) -> None:
        with run.sandboxes.own(pools=about_pools) as sandbox:
            one_case(sandbox, None, data)

    try:
        if invariant.prepare is None and invariant.writes:
            each_alone()
        else:
            with run.sandboxes.for_all_cases(pools=about_pools) as sandbox:
                with caller.usable():
                    prepared = invariant.prepare(caller, sandbox) if invariant.prepare else None

                @seed(seed_of(name, run.seed))
                @settings(GENERATE_AND_SHRINK, max_examples=1 if invariant.once else cases)
                @given(st.data())
                def together(data: st.DataObject) -> None:
                    one_case(sandbox, prepared, data)

                together()
    except (Accepted, StoppedError):
        pass
    except HypothesisException:
        # What fails only now and then, and what is drawn from responses that differ, cannot be tried again and again.
        pass
    except Broken as broken:
        worst = worst or [broken]
    for last in worst[-1:]:
        run.results.add_finding(last.finding)
