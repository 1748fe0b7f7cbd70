"""Judges a case, in one way for every phase: send, take the bytes, explain a crash, check, redact, record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from schemathesis.core.failures import Failure, MalformedJson
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import JsonSchemaError

from treasure_workflow_contract.checks.schemathesis_checks import SchemathesisChecks, complaint_of
from treasure_workflow_contract.expectations.known_crashes import reason_for_crash
from treasure_workflow_contract.expectations.schemathesis_complaints import reason_for
from treasure_workflow_contract.generation.schemathesis_cases import AnyCase
from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.results.curl import curl
from treasure_workflow_contract.results.findings import Exchange, Finding, Phase
from treasure_workflow_contract.results.masking import masked
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.connection import HeldBackError, StoppedError
from treasure_workflow_contract.transport.messages import RawExchange
from treasure_workflow_contract.transport.target import TargetError


class Complaint(NamedTuple):
    """Something wrong about an exchange. `reason` says why it is right all the same, if anybody knows.

    `violates` says that a response breaks its schema.
    """

    text: str
    reason: str | None = None
    violates: bool = False


class Sent(NamedTuple):
    """What came of sending: the exchange, what the sender made of it, and what it raised instead."""

    raw: RawExchange
    value: Any
    raised: Exception | None


class Case(NamedTuple):
    """What a phase says of one case.

    `send` makes the call and gives what its sender made of it; `take` gives the exchange afterwards. `check` says what
    is wrong, `line` tells the call on one line (of an exchange that was redacted, None where there was none), `inputs`
    what tells the case from others. `on_wire`: whether its status is one that the target gave to the operation.
    """

    operation: str
    send: Callable[[], Any]
    take: Callable[[], RawExchange]
    check: Callable[[Sent], Iterable[Complaint]]
    line: Callable[[Exchange | None], str]
    inputs: Callable[[RawExchange], str | bytes] = lambda _: b""
    on_wire: Callable[[], bool] = lambda: True


class Judgement(NamedTuple):
    """What came of a case. `unknown` are the findings that nobody knows of; those that are known are recorded.

    `raw`, `exchange` (redacted) and `crash` (why the target is known to crash over it) are None where there is none.
    """

    value: Any
    raw: RawExchange | None
    exchange: Exchange | None
    line: str
    crash: str | None
    unknown: list[Finding]


def judge(run: Run, phase: Phase, case: Case) -> Judgement:
    """Sends a case and says what is wrong about it. Raises HeldBackError for what the run may not send."""
    value, raised = None, None
    try:
        value = case.send()
    except (HeldBackError, TargetError):
        raise
    except Exception as error:  # whatever a sender raises is to be told
        raised = error
    try:
        raw = case.take()
    except ValueError as error:
        line = case.line(None)
        run.ledger.count(case.operation, phase, line=line)
        told = f"{error}; the client raised {raised!r}" if raised is not None else str(error)
        unknown = run.ledger.set_known_aside([Finding(case.operation, phase, line, told)])
        try:
            run.silence.heard_nothing(case.operation)
        except StoppedError:
            for finding in unknown:  # which the phase does not get any more
                run.results.add_finding(finding)
            raise
        return Judgement(value, None, None, line, None, unknown)
    run.silence.heard(case.operation)
    operation = effective().operations.get(case.operation)

    def look(path: str) -> Any:
        try:
            return run.connection.exchange("GET", path).response.json
        except ValueError:
            return None

    crash = None if operation is None else reason_for_crash(operation, raw, run.target.flavour, look)
    complaints = list(case.check(Sent(raw, value, raised)))
    exchange = masked(raw, case.operation, run.target.key)
    line = case.line(exchange)
    violated = any(complaint.violates and complaint.reason is None for complaint in complaints) and crash is None
    counted = exchange if case.on_wire() else None
    run.ledger.count(case.operation, phase, counted, case.inputs(raw), line=line, violated=violated)
    findings = [Finding(case.operation, phase, line, each.text, exchange, crash or each.reason) for each in complaints]
    return Judgement(value, raw, exchange, line, crash, run.ledger.set_known_aside(findings))


def judge_schemathesis_case(
    run: Run,
    phase: Phase,
    checks: SchemathesisChecks,
    case: AnyCase,
    operation: Operation,
    recorder: ScenarioRecorder | None = None,
) -> Judgement:
    """The same for a case of schemathesis: its checks look at the response, less what they are known to misjudge."""

    def send() -> Response:
        response = checks.call(case)
        if recorder is not None:
            recorder.record_response(case_id=case.id, response=response)
        return response

    def check(sent: Sent) -> Iterable[Complaint]:
        for failure in checks.failures(case, operation, sent.value, recorder):
            reason = reason_for(failure, case, operation, sent.raw, run.target.flavour)
            yield Complaint(complaint_of(failure, sent.raw.response), reason, _is_violation(failure))

    def line(exchange: Exchange | None) -> str:
        return f"{case.method} {case.formatted_path}" if exchange is None else curl(exchange, run.target.base_url)

    def inputs(raw: RawExchange) -> str | bytes:
        # Where a call takes no argument, the states that it shows tell the cases apart.
        sent = f"{raw.request.method} {raw.request.target} {raw.request.body!r}"
        return sent if operation.takes_input else raw.response.body

    def is_of_operation() -> bool:
        # What a method that the contract lacks is told is no response of the operation.
        return case.method.upper() == operation.method

    return judge(run, phase, Case(operation.id, send, checks.take, check, line, inputs, is_of_operation))


def _is_violation(failure: Failure) -> bool:
    return isinstance(failure, JsonSchemaError | MalformedJson)
