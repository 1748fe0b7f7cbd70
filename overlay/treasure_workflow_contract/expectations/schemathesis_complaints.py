"""Why a response is right though one of schemathesis' checks complains of it."""

from __future__ import annotations

import re

from schemathesis.core.failures import AcceptedNegativeData, Failure, MalformedJson
from schemathesis.openapi.checks import (
    JsonSchemaError,
    MissingContentType,
    RejectedPositiveData,
    UnsupportedMethodResponse,
)

from treasure_workflow_contract.expectations.conversions import Sent, breaks, read, unreadable
from treasure_workflow_contract.expectations.refusals import REFUSALS
from treasure_workflow_contract.expectations.service_rules import BARE_404, EMPTY, LENIENCIES, TRACE, WIDE_YEARS
from treasure_workflow_contract.generation.schemathesis_cases import AnyCase
from treasure_workflow_contract.openapi.contract import Operation
from treasure_workflow_contract.transport.messages import RawExchange
from treasure_workflow_contract.transport.target import Flavour

_AS_ALLOWED = "Sent as it was, the request keeps to the contract."
_WIDE_YEAR = re.compile(r"\"[+-]\d{5,}-[^\"]*\" is not a \"date-time\"")


def reason_for(
    failure: Failure, case: AnyCase, operation: Operation, exchange: RawExchange, flavour: Flavour
) -> str | None:
    """The reason why the service does what a check complains of; None when nobody knows of one."""
    request, response, _ = exchange
    if isinstance(failure, UnsupportedMethodResponse):
        echoes = request.method == "TRACE" and response.media_type == "message/http"
        return TRACE.reason if echoes else None
    if isinstance(failure, JsonSchemaError):
        return WIDE_YEARS.reason if _WIDE_YEAR.match(failure.message) else None
    if case.method.upper() != operation.method:
        return None
    sent = read(operation, request)
    bare = response.status == 404 and not response.body
    if isinstance(failure, MissingContentType | MalformedJson):
        return BARE_404.reason if bare and (sent is None or unreadable(operation, sent, flavour)) else None
    if sent is None:
        # All that is told of a path that is none of the operation's is that it has no such method.
        return EMPTY.reason if response.status == 405 and request.target.partition("?")[0].endswith("/") else None
    if isinstance(failure, AcceptedNegativeData):
        return _why_overlooked(operation, sent, flavour)
    if isinstance(failure, RejectedPositiveData) and response.status == 400:
        known = (each for each in REFUSALS if operation.id in each.operations and each.holds(flavour))
        return next((each.reason for each in known if each.refuses(sent, response)), None)
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
