"""Laws of the service: what holds between several calls, whatever the server's program.

What is written is read back, pages lose and repeat nothing, filters filter, refusals change nothing. They go by what is
recorded of a real server and by the contract, and are checked by plain HTTP.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.drawing import GENERATE_AND_SHRINK, seed_of
from treasure_workflow_contract.laws import (  # noqa: F401  (they register their laws)
    attempts,
    bodies,
    listings,
    negotiation,
    pools,
    projects,
    readings,
    references,
    refusals,
    repeats,
    schedules,
    tasks,
)
from treasure_workflow_contract.laws._law import REGISTERED, Accepted, Broken, Caller, Law
from treasure_workflow_contract.run import OutOfTimeError, Run
from treasure_workflow_contract.target import Target


def for_target(target: Target, operations: Collection[str]) -> Iterator[Law]:
    """The laws that can be checked there and are about some of these operations."""
    for law in REGISTERED.values():
        if law.writes and target.writes == "nothing":
            continue
        if any(target.reason_to_skip(effective().operations[id]) for id in law.operations):
            continue
        if any(id in operations for id in law.operations):
            yield law


def check(run: Run, name: str, cases: int) -> None:
    """Checks a law in `cases` cases; the smallest one in which it does not hold becomes a finding."""
    law = REGISTERED[name]
    caller = Caller(run)
    worst: list[Broken] = []

    def one_case(world: Any, prepared: Any, data: st.DataObject) -> None:
        if run.out_of_time:
            raise OutOfTimeError
        try:
            with caller.usable():
                law.check(caller, world, prepared, data)
        except Accepted:
            pass
        except Broken as broken:
            worst.append(broken)
            raise

    about_pools = any(effective().operations[id].tag == "Pool" for id in law.operations)

    @seed(seed_of(name, run.seed))
    @settings(GENERATE_AND_SHRINK, max_examples=1 if law.once else cases)
    @given(st.data())
    def each_alone(data: st.DataObject) -> None:
        with run.own_world(pools=about_pools) as world:
            one_case(world, None, data)

    try:
        if law.prepare is None and law.writes:
            each_alone()
        else:
            with run.world_of_law(pools=about_pools) as world:
                with caller.usable():
                    prepared = law.prepare(caller, world) if law.prepare else None

                @seed(seed_of(name, run.seed))
                @settings(GENERATE_AND_SHRINK, max_examples=1 if law.once else cases)
                @given(st.data())
                def together(data: st.DataObject) -> None:
                    one_case(world, prepared, data)

                together()
    except (Accepted, OutOfTimeError):
        pass
    except HypothesisException:
        # What fails only now and then, and what is drawn from answers that differ, cannot be tried again and again.
        pass
    except Broken as broken:
        worst = worst or [broken]
    for last in worst[-1:]:
        run.results.add_finding(last.finding)
