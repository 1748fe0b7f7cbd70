"""The exit codes of `twf`, and which error leads to which."""

from __future__ import annotations

import enum
from typing import NamedTuple, Self


class ExitCode(enum.IntEnum):
    """What the end of a command means. The text of each is what `twf commands` tells of it."""

    DONE = 0, "done"
    FAILED = 1, "what was asked about failed: an attempt without success, a plan with changes under --check"
    USAGE = 2, "the command line cannot be carried out as it stands"
    CONFIGURATION = 3, "no key, no such region or profile, settings that contradict each other"
    NOT_FOUND = 4, "what was named is not there"
    CONFLICT = 5, "something is there already, has ended already, or has changed since it was planned"
    REFUSED = 6, "the service refused the request or the key (400, 401, 403)"
    UNAVAILABLE = 7, "not reachable or not able now: network, time-out, 429, 5xx, too many attempts"
    TIME_IS_UP = 8, "--timeout is over and it is not done"
    OUTSIDE_CONTRACT = 9, "a response that does not fit the contract"
    INTERRUPTED = 130, "interrupted"

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """An exit code with its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class UsageError(Exception):
    """The command line cannot be carried out as it stands; the message says what would work."""


class Failure(NamedTuple):
    """An error as a program reads it under `--json`."""

    code: str
    """One word for its kind, such as `not-found`."""
    message: str
    retryable: bool
    """Whether the same command may succeed later."""
    exit: ExitCode


def failure_of(error: Exception) -> Failure | None:
    """What an error means for the command; None for one that is a defect of ours."""
    from treasure_workflow import errors

    message = str(error) or type(error).__name__
    if isinstance(error, errors.PlanStopped):
        stopped = failure_of(error.error)
        return None if stopped is None else stopped._replace(message=message)
    for kind, code, retryable, exit_code in (
        (UsageError, "usage", False, ExitCode.USAGE),
        (errors.ConfigError, "configuration", False, ExitCode.CONFIGURATION),
        (errors.AttemptFailed, "attempt-failed", False, ExitCode.FAILED),
        (errors.WaitTimeout, "time-is-up", True, ExitCode.TIME_IS_UP),
        (errors.TooManyAttempts, "too-many-attempts", True, ExitCode.UNAVAILABLE),
        (errors.NotFound, "not-found", False, ExitCode.NOT_FOUND),
        (errors.Conflict, "conflict", False, ExitCode.CONFLICT),
        (errors.PlanOutdated, "plan-outdated", True, ExitCode.CONFLICT),
        (errors.RateLimited, "rate-limited", True, ExitCode.UNAVAILABLE),
        (errors.ServerError, "server-error", True, ExitCode.UNAVAILABLE),
        (errors.TransportError, "not-reachable", True, ExitCode.UNAVAILABLE),
        (errors.StatusError, "refused", False, ExitCode.REFUSED),
        (errors.ContractError, "outside-contract", False, ExitCode.OUTSIDE_CONTRACT),
        (errors.TreasureWorkflowError, "refused-here", False, ExitCode.USAGE),
        ((ValueError, TypeError, OSError), "usage", False, ExitCode.USAGE),
    ):
        if isinstance(error, kind):
            return Failure(code, message, retryable, exit_code)
    return None
