"""Why an answer is right though one of schemathesis' checks complains of it."""

from __future__ import annotations

import re

from schemathesis.core.failures import AcceptedNegativeData, Failure, MalformedJson
from schemathesis.openapi.checks import (
    JsonSchemaError,
    MissingContentType,
    RejectedPositiveData,
    UnsupportedMethodResponse,
)

from treasure_workflow_contract.contract import Operation
from treasure_workflow_contract.conversions import Sent, breaks, read, unreadable
from treasure_workflow_contract.falls import why_it_fell
from treasure_workflow_contract.refusals import REFUSALS
from treasure_workflow_contract.schemathesis_cases import AnyCase
from treasure_workflow_contract.service_rules import BARE_404, EMPTY, LENIENCIES, TRACE, WIDE_YEARS
from treasure_workflow_contract.target import Flavour
from treasure_workflow_contract.wire import RawExchange

_AS_ALLOWED = "Sent as it was, the request keeps to the contract."
_WIDE_YEAR = re.compile(r"\"[+-]\d{5,}-[^\"]*\" is not a \"date-time\"")


def reason_for(
    failure: Failure, case: AnyCase, operation: Operation, exchange: RawExchange, flavour: Flavour
) -> str | None:
    """The reason why the service does what a check complains of; None when nobody knows of one."""
    request, answer, _ = exchange
    fell = why_it_fell(operation, exchange, flavour)
    if fell is not None:
        return fell
    if isinstance(failure, UnsupportedMethodResponse):
        echoes = request.method == "TRACE" and answer.media_type == "message/http"
        return TRACE.reason if echoes else None
    if isinstance(failure, JsonSchemaError):
        return WIDE_YEARS.reason if _WIDE_YEAR.match(failure.message) else None
    if case.method.upper() != operation.method:
        return None
    sent = read(operation, request)
    bare = answer.status == 404 and not answer.body
    if isinstance(failure, MissingContentType | MalformedJson):
        return BARE_404.reason if bare and (sent is None or unreadable(operation, sent, flavour)) else None
    if sent is None:
        # All that is told of a path that is none of the operation's is that it has no such method.
        return EMPTY.reason if answer.status == 405 and request.target.partition("?")[0].endswith("/") else None
    if isinstance(failure, AcceptedNegativeData):
        return _why_overlooked(operation, sent, flavour)
    if isinstance(failure, RejectedPositiveData) and answer.status == 400:
        known = (each for each in REFUSALS if operation.id in each.operations and each.holds(flavour))
        return next((each.reason for each in known if each.refuses(sent, answer)), None)
    return None


def _why_overlooked(operation: Operation, sent: Sent, flavour: Flavour) -> str | None:
    """The reasons of the leniencies that together overlook all that a request breaks."""
    reasons: list[str] = []
    for each in breaks(operation, sent):
        known = (leniency for leniency in LENIENCIES if leniency.holds(flavour))
        reason = next((leniency.reason for leniency in known if leniency.overlooks(operation, each)), None)
        if reason is None:
            return None
        if reason not in reasons:
            reasons.append(reason)
    return " ".join(reasons) or _AS_ALLOWED
