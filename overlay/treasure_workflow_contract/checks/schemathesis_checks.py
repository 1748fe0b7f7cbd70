"""Calls with schemathesis' cases, and what its checks say of the responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemathesis.core.failures import (
    AcceptedNegativeData,
    Failure,
    FailureGroup,
)
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import RejectedPositiveData, UndefinedStatusCode
from schemathesis.specs.openapi.checks import ignored_auth

from treasure_workflow_contract.checks.schemathesis_session import NoResponseError, Session
from treasure_workflow_contract.generation.schemathesis_cases import AnyCase
from treasure_workflow_contract.openapi.contract import Operation
from treasure_workflow_contract.sandbox.ownership import Ownership
from treasure_workflow_contract.transport.connection import Connection
from treasure_workflow_contract.transport.messages import RawExchange, RawResponse

_ENOUGH_AUTHORIZATION_CHECKS = 2  # of an operation; each sends two more requests


class SchemathesisChecks:
    """Sends cases over one session, and has them checked."""

    def __init__(self, connection: Connection, ownership: Ownership) -> None:
        self._base_url = connection.target.base_url
        self._session = Session(connection, ownership)
        authorization = connection.target.authorization
        self._headers = {} if authorization is None else {"Authorization": authorization}
        self._authorization_checks: dict[str, int] = {}

    def call(self, case: AnyCase) -> Response:
        """The response to a case.

        Raises HeldBackError for what the run may not send, NoResponseError where nothing comes of it.
        """
        return case.call(base_url=self._base_url, session=self._session, headers=dict(self._headers))

    def take(self) -> RawExchange:
        """The exchange of the case that was sent last. Raises ValueError, saying why, when there was none."""
        return self._session.take()

    def failures(
        self, case: AnyCase, operation: Operation, response: Response, recorder: ScenarioRecorder | None = None
    ) -> Iterator[Failure]:
        """What the checks find wrong about the response to a case; some of them send requests of their own."""
        excluded = []
        if self._authorization_checks.get(operation.id, 0) >= _ENOUGH_AUTHORIZATION_CHECKS:
            excluded.append(ignored_auth)
        elif 200 <= response.status_code < 300:
            self._authorization_checks[operation.id] = self._authorization_checks.get(operation.id, 0) + 1
        kwargs: dict[str, Any] = {
            "base_url": self._base_url,
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
        except NoResponseError:
            return  # to a request of a check's own: the cases tell what gets no response


_ENOUGH = 200  # characters of a message
_INVALID = "Invalid component:"


def complaint_of(failure: Failure, response: RawResponse) -> str:
    """What a check says, on one line; values and schemas are in the exchange and in the contract."""
    match failure:
        case AcceptedNegativeData():
            said = f"status {response.status} for what the contract forbids:{failure.message.partition(_INVALID)[2]}"
        case UndefinedStatusCode():
            said = f"status {response.status} is not of the contract"
        case RejectedPositiveData():
            said = f"status {response.status} for what the contract allows: {_message(response)}"
        case _:
            said = f"{failure.title}: {failure.message}".partition("\n\nSchema")[0]
    return " ".join(said.split())


def _message(response: RawResponse) -> str:
    """What an error says, without quotes: they would hide one message behind another in a finding's shape."""
    try:
        text = str(response.json["message"])
    except (KeyError, TypeError, ValueError):
        text = response.body.decode(errors="replace")
    return text[:_ENOUGH].translate({ord('"'): None, ord("'"): None})
