"""Requests over which an open-source server is known to fall, with a 500 and a page of its web server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from treasure_workflow_contract.contract import Operation
from treasure_workflow_contract.conversions import Sent, read
from treasure_workflow_contract.service_rules import Rule
from treasure_workflow_contract.target import Flavour
from treasure_workflow_contract.wire import RawExchange

_LONGEST_FOLDER = 224  # bytes of a project's name, which becomes part of a temporary folder's


@dataclass(frozen=True)
class Fall(Rule):
    """A request that makes the server fall over."""

    happens: Callable[[Operation, Sent], bool]


def _resumes_from_next_to_nothing(sent: Sent) -> bool:
    resume = sent.field("resume")
    return isinstance(resume, dict) and resume.get("mode") == "from" and len(str(resume.get("from"))) == 1


FALLS = (
    Fall(
        "A body that is to be JSON is null or missing.",
        "attempts-required-fields: body is JSON null",
        lambda operation, sent: (
            operation.id in {"startAttempt", "skipSchedule", "backfillSchedule", "putProjectSecret"}
            and sent.raw_body.strip() in {b"", b"null"}
        ),
        flavour="digdag",
    ),
    Fall(
        "A task to resume from is a pattern, and one character is none.",
        "attempts-resume-errors: from one letter",
        lambda operation, sent: operation.id == "startAttempt" and _resumes_from_next_to_nothing(sent),
        flavour="digdag",
    ),
    Fall(
        "A log file is named like a folder.",
        "logs-errors: file: dot",
        lambda operation, sent: operation.id == "getFile" and sent.path["file_name"] == ".",
        flavour="digdag",
    ),
    Fall(
        "A project's name is too long for a folder.",
        "wire-large: a project name of 255",
        lambda operation, sent: (
            operation.id == "putProject"
            and len((sent.first("project") or "").encode(errors="replace")) > _LONGEST_FOLDER
        ),
        flavour="digdag",
    ),
    Fall(
        "A server that was started without digdag.secret-encryption-key keeps no secrets.",
        "Open-source. The server's own documentation of that setting.",
        lambda operation, sent: operation.id == "putProjectSecret",
        flavour="digdag",
    ),
)


def why_it_fell(operation: Operation, exchange: RawExchange, flavour: Flavour) -> str | None:
    """The reason why a server fell over a request; None when it did not, or nobody knows why."""
    answer = exchange.answer
    if answer.status != 500 or answer.media_type != "text/html":
        return None
    sent = read(operation, exchange.request)
    if sent is None:
        return None
    return next((fall.reason for fall in FALLS if fall.holds(flavour) and fall.happens(operation, sent)), None)
