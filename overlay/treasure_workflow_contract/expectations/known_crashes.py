"""Requests over which an open-source server is known to crash, with a 500 and a page of its web server."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from treasure_workflow_contract.expectations.conversions import Sent, read
from treasure_workflow_contract.expectations.service_rules import Rule
from treasure_workflow_contract.openapi.contract import Operation
from treasure_workflow_contract.transport.messages import RawExchange
from treasure_workflow_contract.transport.target import Flavour

# What a piece of a pattern begins with: a plus, a caret, and whatever else is no character of a word.
_PIECE_BEGINS = re.compile(r"(?<=.)(?=[^\w\-=\[\]{}%&@,.])", re.ASCII | re.DOTALL)
_LONGEST_IN_FILE_NAME = 150  # bytes, beside project, workflow and session time
_LONGEST_FOLDER = 224  # bytes of a project's name, which becomes part of a temporary folder's


Look = Callable[[str], Any]
"""Reads the JSON at a path of the target; None where there is none."""


@dataclass(frozen=True)
class KnownCrash(Rule):
    """A request that crashes the server, by itself or with what the target holds."""

    happens: Callable[[Operation, Sent, Look], bool]


def _start(sent: Sent) -> str | None:
    """The pattern of the task to resume from; None when there is none."""
    resume = sent.field("resume")
    return str(resume.get("from")) if isinstance(resume, dict) and resume.get("mode") == "from" else None


def _has_piece_of_one_character(operation: Operation, sent: Sent, _: Look) -> bool:
    start = _start(sent) if operation.id == "startAttempt" else None
    return start is not None and any(len(piece) == 1 for piece in _PIECE_BEGINS.split(start))


def _resumes_among_shared_names(operation: Operation, sent: Sent, look: Look) -> bool:
    if operation.id != "startAttempt" or _start(sent) is None:
        return False
    tasks = (look(f"/api/attempts/{sent.field('resume').get('attemptId')}/tasks") or {}).get("tasks", [])
    names = [task.get("fullName") for task in tasks]
    return len(set(names)) < len(names)


def _reads_logs_under_an_odd_name(operation: Operation, sent: Sent, look: Look) -> bool:
    if operation.id not in ("getFileHandles", "getFile"):
        return False
    name = (look(f"/api/attempts/{sent.path['attempt_id']}") or {}).get("retryAttemptName") or ""
    return "\x00" in name or len(name.encode(errors="replace")) > _LONGEST_IN_FILE_NAME


KNOWN_CRASHES = (
    KnownCrash(
        "A body that is to be JSON is null or missing.",
        "attempts-required-fields: body is JSON null",
        lambda operation, sent, _: (
            operation.id in {"startAttempt", "skipSchedule", "backfillSchedule", "putProjectSecret"}
            and sent.raw_body.strip() in {b"", b"null"}
        ),
        flavour="digdag",
    ),
    KnownCrash(
        "A task to resume from is split before each character that is no word's, and no piece may have length one.",
        "attempts-resume-from-pieces: resume from 'x+b'",
        _has_piece_of_one_character,
        flavour="digdag",
    ),
    KnownCrash(
        "Nothing can be resumed from a task where two tasks share a name.",
        "attempts-resume-repeated-names: resume from '+none'",
        _resumes_among_shared_names,
        flavour="digdag",
    ),
    KnownCrash(
        "The name of an attempt is part of a file name of its logs, which has 255 bytes at most and no null character.",
        "Open-source. Seen with a retryAttemptName of 255 characters, and with one that has a null character.",
        _reads_logs_under_an_odd_name,
        flavour="digdag",
    ),
    KnownCrash(
        "A log file is named like a folder.",
        "logs-errors: file: dot",
        lambda operation, sent, _: operation.id == "getFile" and sent.path["file_name"] == ".",
        flavour="digdag",
    ),
    KnownCrash(
        "A project's name is too long for a folder.",
        "wire-large: a project name of 255",
        lambda operation, sent, _: (
            operation.id == "putProject"
            and len((sent.first("project") or "").encode(errors="replace")) > _LONGEST_FOLDER
        ),
        flavour="digdag",
    ),
    KnownCrash(
        "A server that was started without digdag.secret-encryption-key keeps no secrets.",
        "Open-source. The server's own documentation of that setting.",
        lambda operation, sent, _: operation.id == "putProjectSecret",
        flavour="digdag",
    ),
)


def reason_for_crash(operation: Operation, exchange: RawExchange, flavour: Flavour, look: Look) -> str | None:
    """The reason why a server crashed over a request; None when it did not, or nobody knows why.

    Some of the reasons are in what the target holds, which is looked at when there is no other.
    """
    response = exchange.response
    if response.status != 500 or response.media_type != "text/html":
        return None
    sent = read(operation, exchange.request)
    if sent is None:
        return None
    known = (crash for crash in KNOWN_CRASHES if crash.holds(flavour))
    return next((crash.reason for crash in known if crash.happens(operation, sent, look)), None)
