"""What an error says beyond what happened: whether the service may have acted unseen, and what to do next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from treasure_workflow import errors

if TYPE_CHECKING:
    from treasure_workflow._http.call import Call
    from treasure_workflow_api._operations import Operation

_READS = ("GET", "HEAD", "OPTIONS")
_DONE = "the service may have done it all the same"
_SHOWN_BY = {
    "startAttempt": "the attempts",
    "killAttempt": "the attempt",
    "putProject": "the project's revisions",
    "backfillSchedule": "the attempts",
    "enableSchedule": "the schedule",
    "skipSchedule": "the schedule",
    "createPool": "the pools",
    "createPoolRule": "the pool rules",
}
"""What shows whether an operation was carried out, for those that may do something else when they are made again."""

_SOURCES = "client.config.explain() tells where key and address come from"
NOT_CONNECTED = f"nothing was sent: {_SOURCES}"
"""What to do when no connection came about."""
_REFUSED = {
    401: f"a key belongs to one region, and may have expired: {_SOURCES}",
    403: "an administrator of the account can give the key's owner the permission",
}
_SLOT = "wait_for_slot=600 tries again for so many seconds, allow_queueing=True lets it wait in its pool"
_MISSING = re.compile(r"does not exist: (project|revision|workflow|schedule|session attempt|session|pool rule|pool)\b")
_LISTINGS = {
    "project": "client.projects.list()",
    "revision": "client.projects.revisions(...)",
    "workflow": "client.workflows.of_project(...)",
    "schedule": "client.schedules.list()",
    "session attempt": "client.attempts.list()",
    "session": "client.sessions.list()",
    "pool": "client.pools.list()",
    "pool rule": "client.pool_rules.list()",
    "log": "client.logs.files(...)",
}
"""What shows the things of a kind, by the words that the service has for them."""
_KINDS = {
    "getFile": "log",
    "Attempt": "session attempt",
    "Log": "session attempt",
    "Pool": "pool",
    "Project": "project",
    "Schedule": "schedule",
    "Session": "session",
    "Workflow": "workflow",
}
"""The kind of thing that an operation is about, by its id or its tag."""


def after_a_loss(method: str, call: Call, *, lost: bool) -> str:
    """What to do before a failed call is made again; empty where the service did nothing for certain.

    Args:
        method: The request's method.
        call: The call.
        lost: Whether its last try may have reached the service.
    """
    if method in _READS or call.changes_nothing or not (lost or call.lost):
        return ""
    operation = call.operation
    if operation is None:
        return f"{_DONE}: look before it is asked for again"
    if operation.id in _SHOWN_BY:
        return f"{_DONE}: look at {_SHOWN_BY[operation.id]} before it is asked for again"
    return f"{_DONE}; to ask for it again does no harm"


def after_a_refusal(error: errors.StatusError, operation: Operation | None) -> str:
    """What to do after a status that says no more than itself; empty where there is nothing to say."""
    if isinstance(error, errors.TooManyAttempts):
        return _SLOT
    if isinstance(error, errors.NotFound) and operation is not None:
        named = _MISSING.search(error.message or "")
        kind = named[1] if named else _KINDS.get(operation.id) or _KINDS[operation.tag]
        return f"{_LISTINGS[kind]} shows what there is"
    return _REFUSED.get(error.status, "")


def not_found(problem: str, request: str, kind: str) -> errors.NotFound:
    """The error for what a response does not have. The service has no status of its own for this.

    Args:
        problem: What is not there.
        request: Method and path of the request.
        kind: What it is, in the service's words.
    """
    error = errors.NotFound(404, problem, b"", request)
    error.advice = f"{_LISTINGS[kind]} shows what there is"
    return error
