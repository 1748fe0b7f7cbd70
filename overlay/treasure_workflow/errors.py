"""Everything that this package raises for a reason outside the caller's code.

TreasureWorkflowError
├── ConfigError              no key, no such region, a key that would go over plain http
├── ArchiveError             a folder or an archive that cannot be pushed or unpacked; nothing was sent
├── TransportError           no answer, or half of one: refused, reset, cut off, not decodable
│   └── TimeoutError         no answer in time
├── StatusError              the service refused (status, message, body, request)
│   ├── BadRequest           400
│   │   └── TooManyAttempts  400: the account runs as many attempts as it may
│   ├── Unauthorized         401
│   ├── Forbidden            403
│   ├── NotFound             404
│   ├── Conflict             409
│   │   └── AttemptExists    409: the session time is taken (attempt)
│   ├── RateLimited          429 (retry_after)
│   └── ServerError          500 to 599
├── ContractError            an answer that does not fit the contract, such as a web page with status 200
├── WaitTimeout              the attempt was still running when the time was up (attempt)
└── AttemptFailed            the attempt ended without success (attempt)

An argument that cannot be right, such as a time without a zone, is a plain `ValueError`.
This module imports nothing of ours, so that every other module may raise from it. Arguments are kept as `args`:
the errors survive pickling, and with it process pools.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestSessionAttempt

_SHOWN_BYTES = 200


class TreasureWorkflowError(Exception):
    """Base of all errors of this package."""


class ConfigError(TreasureWorkflowError):
    """The client cannot be set up as asked: no key, an unknown region, an address that must not get the key."""


class ArchiveError(TreasureWorkflowError):
    """A folder that cannot be pushed or an archive that cannot be unpacked."""


class TransportError(TreasureWorkflowError):
    """No whole answer arrived. Whether the service acted on the request is not known."""

    def __init__(self, problem: str, request: str) -> None:
        super().__init__(problem, request)
        self.problem = problem
        self.request = request
        """Method and address of the request."""

    def __str__(self) -> str:
        return f"{self.request}: {self.problem}"


class TimeoutError(TransportError, builtins.TimeoutError):
    """No answer within the time limit. Python's own `TimeoutError` catches it too."""


class StatusError(TreasureWorkflowError):
    """The service refused the request. Raised itself for a status that has no class of its own."""

    def __init__(self, status: int, message: str | None, body: bytes, request: str, retries: int = 0) -> None:
        super().__init__(status, message, body, request, retries)
        self.status = status
        """The HTTP status."""
        self.message = message
        """What the service says, None where it says nothing."""
        self.body = body
        """The answer's body as it came."""
        self.request = request
        """Method and address of the request."""
        self.retries = retries
        """How often the request had been repeated before this answer: a first try may have worked unseen."""

    def __str__(self) -> str:
        return f"{self.request}: status {self.status}: {self.message or shown(self.body)}"


class BadRequest(StatusError):
    """Status 400: the service cannot take the request as it is."""


class TooManyAttempts(BadRequest):
    """The account runs as many attempts as it may. Try again when one has ended."""


class Unauthorized(StatusError):
    """Status 401: no key, or one that the service does not know. Keys belong to one region."""


class Forbidden(StatusError):
    """Status 403: the key's owner may not do this."""


class NotFound(StatusError):
    """Status 404: what was asked for does not exist, or not for this key's owner."""


class Conflict(StatusError):
    """Status 409: the request does not fit the present state."""


class AttemptExists(Conflict):
    """The session has an attempt of that name (or one without a name) already."""

    def __init__(
        self, attempt: RestSessionAttempt, status: int, message: str | None, body: bytes, request: str, retries: int = 0
    ) -> None:
        super().__init__(status, message, body, request, retries)
        self.args = (attempt, *self.args)
        self.attempt = attempt
        """The attempt that is there: the one of that name, else the session's latest."""

    def __str__(self) -> str:
        return f"{self.request}: the session has attempt {self.attempt.id} already"


class RateLimited(StatusError):
    """Status 429: too many requests."""

    def __init__(
        self,
        retry_after: float | None,
        status: int,
        message: str | None,
        body: bytes,
        request: str,
        retries: int = 0,
    ) -> None:
        super().__init__(status, message, body, request, retries)
        self.args = (retry_after, *self.args)
        self.retry_after = retry_after
        """Seconds that the service asks to wait, None where it does not say."""


class ServerError(StatusError):
    """Status 500 to 599: the service, or something before it, failed."""


class ContractError(TreasureWorkflowError):
    """An answer that does not fit the contract: a web page, JSON cut short, a field that is missing."""

    def __init__(self, problem: str, status: int, body: bytes, request: str) -> None:
        super().__init__(problem, status, body, request)
        self.problem = problem
        self.status = status
        """The HTTP status."""
        self.body = body
        """The answer's body as it came."""
        self.request = request
        """Method and address of the request."""

    def __str__(self) -> str:
        return f"{self.request}: status {self.status}: {self.problem}: {shown(self.body)}"


class WaitTimeout(TreasureWorkflowError):
    """The attempt was not done when the time was up. It goes on running."""

    def __init__(self, attempt: RestSessionAttempt, timeout: float) -> None:
        super().__init__(attempt, timeout)
        self.attempt = attempt
        """The attempt as last seen."""
        self.timeout = timeout
        """The time limit in seconds."""

    def __str__(self) -> str:
        return f"attempt {self.attempt.id} is not done after {self.timeout:g} s (status {self.attempt.status})"


class AttemptFailed(TreasureWorkflowError):
    """The attempt ended without success: a task failed, or it was killed."""

    def __init__(self, attempt: RestSessionAttempt) -> None:
        super().__init__(attempt)
        self.attempt = attempt
        """The attempt as it ended."""

    def __str__(self) -> str:
        workflow = getattr(self.attempt.workflow, "name", None)  # an answer may have null anywhere
        return f"attempt {self.attempt.id} of workflow {workflow} ended as {self.attempt.status}"


def shown(body: bytes) -> str:
    """The first bytes of a body, for a message."""
    if not body:
        return "empty body"
    rest = f" and {len(body) - _SHOWN_BYTES} bytes more" if len(body) > _SHOWN_BYTES else ""
    return f"{body[:_SHOWN_BYTES]!r}{rest}"
