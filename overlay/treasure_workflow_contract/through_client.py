"""Calls of every operation through the generated client, drawn from the contract and checked from end to end."""

from __future__ import annotations

from typing import Any

from hypothesis import given, seed, settings

from treasure_workflow_api.types import Response
from treasure_workflow_contract.calls import Call, Way, perform, perform_async
from treasure_workflow_contract.checks import (
    answer_complaints,
    has_to_raise,
    request_complaints,
    response_complaints,
)
from treasure_workflow_contract.connection import HeldBackError
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.drawing import GENERATE_AND_SHRINK, FoundError, seed_of, smallest
from treasure_workflow_contract.falls import why_it_fell
from treasure_workflow_contract.masking import masked
from treasure_workflow_contract.ownership import Ownership
from treasure_workflow_contract.results import Exchange, Finding, Part
from treasure_workflow_contract.run import Run
from treasure_workflow_contract.samples import blanked
from treasure_workflow_contract.strategies import calls, histories
from treasure_workflow_contract.world import World

WAYS: tuple[Way, ...] = ("sync", "async")
_PART: Part = "client"
_CONTRACT = effective()


def check_operation(run: Run, operation: str, way: Way, cases: int) -> None:
    """Draws `cases` calls of an operation and checks each; what is wrong becomes a finding, the smallest case of it.

    The calls are the same for the same seed, and other ones for each operation and way.
    """
    reads = _CONTRACT.operations[operation].method == "GET"
    pools = _CONTRACT.operations[operation].tag == "Pool"
    worst: list[list[Finding]] = []
    waiting = [True] if _CONTRACT.operations[operation].takes_input else []

    @seed(seed_of(operation, way, run.seed))
    @settings(GENERATE_AND_SHRINK, max_examples=cases)
    @given(histories(operation), calls(operation))
    def check(history: list[Call], case: Call) -> None:
        if run.out_of_time:
            return
        # What changes things has a world of its own, so that a case does the same whenever it is repeated.
        earlier = history if run.writes_pools else []
        with run.shared_world() if reads and not earlier else run.own_world(pools=pools) as world:
            for call in [*earlier, case, *([blanked(_CONTRACT, case)] if waiting else [])]:
                findings = check_exchange(run, call, world, way)
                if findings:
                    worst.append(findings)
                    raise FoundError(findings[0].complaint)
        waiting.clear()

    for finding in smallest(check, worst):
        run.results.add_finding(finding)


def check_exchange(run: Run, call: Call, world: World, way: Way) -> list[Finding]:
    """Carries out a call and counts it; what nobody knows of that is wrong about it, the rest goes to the results."""
    contract = _CONTRACT
    real = call.resolved(world)
    line = real.python(contract, way)
    fell: str | None = None
    response: Response[Any] | None = None
    raised: Exception | None = None
    exchange: Exchange | None = None
    # Ids that are drawn may be anybody's.
    run.connection.guard = Ownership(run.target, world).reason_to_hold_back
    try:
        if way == "sync":
            response = perform(contract, real, run.connection.sync_client)
        else:
            response = run.connection.loop.run(_awaited(real, run))
    except HeldBackError:
        return []
    except Exception as error:  # whatever a client raises is to be told
        raised = error
    finally:
        run.connection.guard = None
    try:
        raw = run.connection.recorder.take()
    except ValueError as error:
        complaints = [f"{error}; the client raised {raised!r}"]
        run.count(call.operation, _PART, line=line)
    else:
        request, answer, _ = raw
        fell = why_it_fell(contract.operations[call.operation], raw, run.target.flavour)
        complaints = [*request_complaints(contract, real, request, run.target.authorization)]
        violations = [*answer_complaints(contract, real, answer)]
        complaints += violations
        if response is not None:
            complaints += response_complaints(contract, real, answer, response)
        elif not has_to_raise(raised, answer):
            complaints.append(f"the client raised {raised!r}")
        exchange = masked(raw, call.operation, run.target.key)
        inputs = repr(call) if contract.operations[call.operation].takes_input else answer.body
        run.count(call.operation, _PART, exchange, inputs, line=line, violated=bool(violations))
    return run.unknown(Finding(call.operation, _PART, line, complaint, exchange, fell) for complaint in complaints)


async def _awaited(call: Call, run: Run) -> Response[Any]:
    return await perform_async(_CONTRACT, call, run.connection.async_client)
