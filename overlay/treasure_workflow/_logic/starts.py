"""Whose attempt a conflict shows: one that this very call had started, or another."""

from __future__ import annotations

import json
from datetime import datetime

from treasure_workflow._http.shapes import complaint
from treasure_workflow_api.models import RestSessionAttempt, RestSessionAttemptRequest


def attempt_in(body: bytes) -> RestSessionAttempt | None:
    """The attempt that the body of a conflict holds, None when it holds something else."""
    try:
        attempt = RestSessionAttempt.from_dict(json.loads(body))
        return attempt if complaint(attempt) is None else None
    except Exception:  # noqa: BLE001  whatever the parser trips over: the status says enough
        return None


def is_ours(attempt: RestSessionAttempt, request: RestSessionAttemptRequest, first_sent: datetime | None) -> bool:
    """Whether an attempt is what a request asked for, and was not there before it was first sent.

    Args:
        attempt: The attempt that the conflict shows.
        request: What was sent.
        first_sent: When, by the service's clock or a little before.
    """
    try:
        return (
            first_sent is not None
            and attempt.session_time == request.session_time
            and attempt.params == request.params
            and (attempt.retry_attempt_name or None) == (request.retry_attempt_name or None)
            and attempt.created_at >= first_sent.replace(microsecond=0)  # the service keeps whole seconds
        )
    except (TypeError, RecursionError):  # a null for a time, or params that nobody could compare
        return False
