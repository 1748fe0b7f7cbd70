"""Calls of every operation without the generated client: what schemathesis makes of the contract, right and wrong.

The cases are driven here and not by schemathesis' engine, which can neither be told what may be written nor be paced.
"""

from __future__ import annotations

import contextlib
import itertools

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, Unsatisfiable
from schemathesis import GenerationMode

from treasure_workflow_contract.checks.schemathesis_checks import SchemathesisChecks
from treasure_workflow_contract.generation.calls import Call
from treasure_workflow_contract.generation.hypothesis_settings import GENERATE, GENERATE_AND_SHRINK, FoundError, seed_of
from treasure_workflow_contract.generation.schemathesis_cases import (
    AnyCase,
    coverage_cases,
    drawn_cases,
    fill_in,
    good_calls,
)
from treasure_workflow_contract.judge import judge_schemathesis_case
from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.results.findings import Finding, Phase
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.contents import Sandbox
from treasure_workflow_contract.sandbox.ownership import Ownership
from treasure_workflow_contract.transport.connection import HeldBackError, StoppedError

_PHASE: Phase = "fuzzing"
_CHOICES = 2**32
# Afterwards a sandbox lacks what most calls are about.
_USE_UP = {"deleteProject", "killAttempt", "deletePool", "deletePoolRule", "deleteProjectSecret"}
_MOST_ROUNDS = 5
_MOST_FINDINGS = 10  # that are made small, of one operation: whoever has so many reads no more


def explore(run: Run, operation: str, cases: int) -> None:
    """Sends `cases` cases of an operation, allowed and not, and checks the responses; what is wrong becomes a finding.

    Schemathesis' coverage cases come first, as far as they go; the others are drawn, half of them allowed, and shrink.
    The cases are the same for the same seed.
    """
    with contextlib.ExitStack() as sandboxes:
        explorer = _Explorer(run, effective().operations[operation], sandboxes)
        explorer.cover(cases)
        explorer.draw(GenerationMode.POSITIVE, (cases - explorer.sent + 1) // 2)
        explorer.draw(GenerationMode.NEGATIVE, cases - explorer.sent)


class _Explorer:
    """Sends cases of one operation. `sandboxes` closes the sandbox that they are about."""

    def __init__(self, run: Run, operation: Operation, sandboxes: contextlib.ExitStack) -> None:
        self.sent = 0
        self._run = run
        self._operation = operation
        self._sandboxes = sandboxes
        self._good = good_calls(operation.id, self._seed("good"))
        self._found: set[str] = set()
        self._enter_sandbox()

    def _enter_sandbox(self) -> None:
        self._sandboxes.close()
        reads = self._run.target.writes == "nothing" or self._operation.method == "GET"
        new = self._run.sandboxes.shared() if reads else self._run.sandboxes.own(pools=self._operation.tag == "Pool")
        self._sandbox: Sandbox = self._sandboxes.enter_context(new)
        if self._run.writes_pools and self._operation.tag == "Pool":
            self._sandbox.ensure("pool")  # before a case takes what it needs, such as the priority of a rule
        self._ownership = Ownership(self._run.target, self._sandbox)
        self._checks = SchemathesisChecks(self._run.connection, self._ownership)

    def _seed(self, what: object) -> int:
        return seed_of("fuzzing", self._operation.id, what, self._run.seed)

    def cover(self, most: int) -> None:
        """Sends the coverage cases, or as many of them as are wanted, from all over them."""
        cases = coverage_cases(self._run.target, self._operation.id)
        steps = max(1, len(cases) / most)
        for number in range(min(most, len(cases))):
            if self._run.out_of_time:
                return
            # Most keep what they were made for; the good arguments are beside it.
            finding = self._send(cases[int(number * steps)], self._good[number % len(self._good)], 0)
            if finding is not None:
                self._run.results.add_finding(finding)
                self._found.add(finding.fingerprint)

    def draw(self, mode: GenerationMode, cases: int) -> None:
        """Sends cases that are drawn, and goes on after each that fails, until `cases` of them are sent."""
        end = self.sent + cases
        for round in itertools.count():
            before = self.sent
            if self.sent >= end or self._run.out_of_time:
                return
            failed = self._draw_until_failure(mode, end - self.sent, round)
            if failed is not None:
                self._run.results.add_finding(failed)
                self._found.add(failed.fingerprint)
            elif self.sent == before or round == _MOST_ROUNDS:
                return  # there are no more, or hardly any that may be sent

    def _draw_until_failure(self, mode: GenerationMode, cases: int, round: int) -> Finding | None:
        failed: list[Finding] = []
        generated = drawn_cases(self._run.target, self._operation.id, mode)

        @seed(self._seed(f"{mode.value} {round}"))
        @settings(GENERATE_AND_SHRINK if len(self._found) < _MOST_FINDINGS else GENERATE, max_examples=cases)
        @given(generated, st.sampled_from(self._good), st.integers(0, _CHOICES - 1))
        def send(case: AnyCase, good: Call, choice: int) -> None:
            if self._run.out_of_time:
                return
            finding = self._send(case, good, choice)
            # What shrinks must not become another failure on the way.
            if finding is not None and finding.fingerprint in (
                {failed[0].fingerprint} if failed else self._new(finding)
            ):
                failed.append(finding)
                raise FoundError(finding.complaint)

        try:
            send()
        except FoundError:
            pass
        except Unsatisfiable:
            return None  # an operation without arguments cannot be called wrongly
        except StoppedError:
            for finding in failed[-1:]:
                self._run.results.add_finding(finding)
            raise
        except HypothesisException:
            # What fails only now and then: the last time that it did is what can be shown.
            if not failed:
                raise
        return failed[-1] if failed else None

    def _new(self, finding: Finding) -> set[str]:
        return {finding.fingerprint} - self._found

    def _send(self, case: AnyCase, good: Call, choice: int) -> Finding | None:
        """Sends a case and counts it; the first thing that is wrong about it and that nobody knows of."""
        fill_in(case, self._operation, good.resolved(self._sandbox), choice, self._ownership)
        try:
            judged = judge_schemathesis_case(self._run, _PHASE, self._checks, case, self._operation)
        except HeldBackError:
            return None
        self.sent += 1
        if judged.raw is not None and judged.raw.response.status < 300 and self._operation.id in _USE_UP:
            self._enter_sandbox()
        for finding in judged.unknown[1:]:
            self._run.results.add_finding(finding)
        return judged.unknown[0] if judged.unknown else None
