"""Sends schemathesis' cases, has its checks look at the answers, and counts both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemathesis.core.failures import (
    AcceptedNegativeData,
    Failure,
    FailureGroup,
    MalformedJson,
)
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import JsonSchemaError, RejectedPositiveData, UndefinedStatusCode
from schemathesis.specs.openapi.checks import ignored_auth

from treasure_workflow_contract.contract import Operation
from treasure_workflow_contract.curl import curl
from treasure_workflow_contract.masking import masked
from treasure_workflow_contract.ownership import Ownership
from treasure_workflow_contract.reasons import reason_for
from treasure_workflow_contract.results import Exchange, Finding, Part
from treasure_workflow_contract.run import Run
from treasure_workflow_contract.schemathesis_cases import AnyCase
from treasure_workflow_contract.schemathesis_session import NoAnswerError, Session
from treasure_workflow_contract.wire import Answer

_ENOUGH_AUTHORIZATION_CHECKS = 2  # of an operation; each sends two more requests


class Checker:
    """Sends cases of one part of a run over one session."""

    def __init__(self, run: Run, ownership: Ownership, part: Part) -> None:
        self._run = run
        self._part: Part = part
        self._session = Session(run.connection, ownership)
        authorization = run.target.authorization
        self._headers = {} if authorization is None else {"Authorization": authorization}
        self._authorization_checks: dict[str, int] = {}
        self._no_answer = ""
        self.last_exchange: Exchange | None = None
        """The exchange of the case that was sent last."""
        self.last_call = ""
        """Its call on one line."""

    def send(self, case: AnyCase, operation: Operation) -> tuple[Response | None, list[Finding]]:
        """Sends a case and checks its answer. Raises HeldBackError for what the run may not send."""
        response = self.call(case)
        return response, self.findings(case, operation, response)

    def call(self, case: AnyCase) -> Response | None:
        """The answer to a case, None if there is none. Raises HeldBackError for what the run may not send."""
        try:
            return case.call(base_url=self._run.target.base_url, session=self._session, headers=dict(self._headers))
        except NoAnswerError as error:
            self._no_answer = str(error)
            return None

    def findings(
        self, case: AnyCase, operation: Operation, response: Response | None, recorder: ScenarioRecorder | None = None
    ) -> list[Finding]:
        """Counts the case that was sent last, and says what is wrong about its answer."""
        if response is None:
            line = f"{case.method} {case.formatted_path}"
            self._run.count(operation.id, self._part, line=line)
            return [Finding(operation.id, self._part, line, self._no_answer)]
        raw = self._session.last
        self.last_exchange = exchange = masked(raw, operation.id, self._run.target.key)
        failures = list(self._failures(case, operation, response, recorder))
        self.last_call = call = curl(exchange, self._run.target.base_url)
        findings = []
        violated = False
        for failure in failures:
            reason = reason_for(failure, case, operation, raw, self._run.target.flavour)
            violated = violated or (reason is None and isinstance(failure, JsonSchemaError | MalformedJson))
            complaint = _complaint(failure, raw.answer)
            findings.append(Finding(operation.id, self._part, call, complaint, exchange, reason))
        # What a method that the contract lacks is answered is no answer of the operation.
        counted = exchange if case.method.upper() == operation.method else None
        inputs = f"{raw.request.method} {raw.request.target} {raw.request.body!r}"
        self._run.count(
            operation.id,
            self._part,
            counted,
            inputs if operation.takes_input else raw.answer.body,
            line=call,
            violated=violated,
        )
        return findings

    def _failures(
        self, case: AnyCase, operation: Operation, response: Response, recorder: ScenarioRecorder | None
    ) -> Iterator[Failure]:
        excluded = []
        if self._authorization_checks.get(operation.id, 0) >= _ENOUGH_AUTHORIZATION_CHECKS:
            excluded.append(ignored_auth)
        elif 200 <= response.status_code < 300:
            self._authorization_checks[operation.id] = self._authorization_checks.get(operation.id, 0) + 1
        kwargs: dict[str, Any] = {
            "base_url": self._run.target.base_url,
            "session": self._session,
            "headers": dict(self._headers),
        }
        try:
            case.validate_response(
                response,
                headers=dict(self._headers),
                transport_kwargs=kwargs,
                excluded_checks=excluded,
                recorder=recorder,
            )
        except FailureGroup as group:
            for failure in group.exceptions:
                if isinstance(failure, Failure):
                    yield failure


_ENOUGH = 200  # characters of a message
_INVALID = "Invalid component:"


def _complaint(failure: Failure, answer: Answer) -> str:
    """What a check says, on one line; values and schemas are in the exchange and in the contract."""
    match failure:
        case AcceptedNegativeData():
            said = f"status {answer.status} for what the contract forbids:{failure.message.partition(_INVALID)[2]}"
        case UndefinedStatusCode():
            said = f"status {answer.status} is not of the contract"
        case RejectedPositiveData():
            said = f"status {answer.status} for what the contract allows: {_message(answer)}"
        case _:
            said = f"{failure.title}: {failure.message}".partition("\n\nSchema")[0]
    return " ".join(said.split())


def _message(answer: Answer) -> str:
    """What an error says, without quotes: they would hide one message behind another in a finding's shape."""
    try:
        text = str(answer.json["message"])
    except (KeyError, TypeError, ValueError):
        text = answer.body.decode(errors="replace")
    return text[:_ENOUGH].translate({ord('"'): None, ord("'"): None})
