"""Calls of every operation through the generated client, drawn from the contract and checked from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, seed, settings

from treasure_workflow_api.types import Response
from treasure_workflow_contract.checks.exchange import (
    has_to_raise,
    parsing_complaints,
    request_complaints,
    response_complaints,
)
from treasure_workflow_contract.generation.calls import Call, Way, perform, perform_async
from treasure_workflow_contract.generation.hypothesis_settings import GENERATE_AND_SHRINK, FoundError, seed_of, smallest
from treasure_workflow_contract.generation.samples import blanked
from treasure_workflow_contract.generation.strategies import calls, histories
from treasure_workflow_contract.judge import Case, Complaint, Sent, judge
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.findings import Finding
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.contents import Sandbox
from treasure_workflow_contract.sandbox.ownership import Ownership
from treasure_workflow_contract.transport.connection import HeldBackError

WAYS: tuple[Way, ...] = ("sync", "async")
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
        # What changes things has a sandbox of its own, so that a case does the same whenever it is repeated.
        earlier = history if run.writes_pools else []
        with run.sandboxes.shared() if reads and not earlier else run.sandboxes.own(pools=pools) as sandbox:
            for call in [*earlier, case, *([blanked(_CONTRACT, case)] if waiting else [])]:
                findings = check_exchange(run, call, sandbox, way)
                if findings:
                    worst.append(findings)
                    raise FoundError(findings[0].complaint)
        waiting.clear()

    for finding in smallest(check, worst):
        run.results.add_finding(finding)


def check_exchange(run: Run, call: Call, sandbox: Sandbox, way: Way) -> list[Finding]:
    """Carries out a call and counts it; what nobody knows of that is wrong about it, the rest goes to the results."""
    real = call.resolved(sandbox)
    described = _CONTRACT.operations[call.operation]

    def send() -> Response[Any]:
        # Ids that are drawn may be anybody's.
        run.connection.guard = Ownership(run.target, sandbox).reason_to_hold_back
        try:
            if way == "sync":
                return perform(_CONTRACT, real, run.connection.sync_client)
            return run.connection.loop.run(_awaited(real, run))
        finally:
            run.connection.guard = None

    def check(sent: Sent) -> Iterator[Complaint]:
        request, response, _ = sent.raw
        yield from map(Complaint, request_complaints(_CONTRACT, real, request, run.target.authorization))
        for violation in response_complaints(_CONTRACT, real, response):
            yield Complaint(violation, violates=True)
        if sent.value is not None:
            yield from map(Complaint, parsing_complaints(_CONTRACT, real, response, sent.value))
        elif not has_to_raise(sent.raised, response):
            yield Complaint(f"the client raised {sent.raised!r}")

    case = Case(
        call.operation,
        send,
        run.connection.recorder.take,
        check,
        line=lambda _: real.python(_CONTRACT, way),
        inputs=lambda raw: repr(call) if described.takes_input else raw.response.body,
    )
    try:
        return judge(run, "client", case).unknown
    except HeldBackError:
        return []


async def _awaited(call: Call, run: Run) -> Response[Any]:
    return await perform_async(_CONTRACT, call, run.connection.async_client)
