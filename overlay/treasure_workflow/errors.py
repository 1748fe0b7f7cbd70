"""Everything that this package raises for a reason outside the caller's code.

TreasureWorkflowError
├── ConfigError              no key, no such region, a key that would go over plain http
│   └── ClientClosed         the client was closed before the call
├── ArchiveError             a folder or an archive that cannot be pushed or unpacked; nothing was sent
├── TransportError           no response, or half of one: refused, reset, cut off, not decodable
│   └── TimeoutError         no response in time
├── StatusError              the service refused (status, message, body, request)
│   ├── BadRequest           400
│   │   └── TooManyAttempts  400: as many attempts run or wait as may (limit, current, waiting)
│   ├── Unauthorized         401
│   ├── Forbidden            403
│   ├── NotFound             404
│   ├── Conflict             409
│   │   └── AttemptExists    409: the session time is taken (attempt)
│   ├── RateLimited          429 (retry_after)
│   └── ServerError          500 to 599
├── ContractError            a response that does not fit the contract, such as a web page with status 200
├── WaitTimeout              the attempt was still running when the time was up (attempt)
├── AttemptFailed            the attempt ended without success (attempt, task, log_tail)
├── PlanOutdated             what a plan was made from has changed since; nothing was done (plan, gone, new)
└── PlanStopped              a step of a plan was refused; some are done, some left (step, error, done, left)

An argument that cannot be right, such as a time without a zone, is a plain `ValueError`.
This module imports nothing of ours, so that every other module may raise from it. Arguments are kept as `args`:
the errors survive pickling, and with it process pools.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from treasure_workflow._logic.pool_plan import PoolPlan, PoolStep
    from treasure_workflow._logic.project_plan import Promotion
    from treasure_workflow_api.models import RestSessionAttempt, RestTask

_SHOWN_BYTES = 200


class TreasureWorkflowError(Exception):
    """Base of all errors of this package."""


class ConfigError(TreasureWorkflowError):
    """The client cannot be set up as asked: no key, an unknown region, an address that must not get the key."""


class ClientClosed(ConfigError, RuntimeError):
    """The client, or one that shares its connections, was closed before the call."""


class ArchiveError(TreasureWorkflowError):
    """A folder that cannot be pushed or an archive that cannot be unpacked."""


class TransportError(TreasureWorkflowError):
    """No whole response arrived. Where the service may have done what was asked for, the message says so."""

    def __init__(self, problem: str, request: str) -> None:
        super().__init__(problem, request)
        self.problem = problem
        self.request = request
        """Method and address of the request."""
        self.may_have_worked = False
        """Whether the service may have done what was asked for, although it did not say so."""
        self.advice = ""
        """What to do next, where there is something to say."""

    def __str__(self) -> str:
        return f"{self.request}: {self.problem}{_told(self.advice)}"


class TimeoutError(TransportError, builtins.TimeoutError):
    """No response within the time limit. Python's own `TimeoutError` catches it too."""


class StatusError(TreasureWorkflowError):
    """The service refused the request. Raised itself for a status that has no class of its own."""

    def __init__(self, status: int, message: str | None, body: bytes, request: str, retries: int = 0) -> None:
        super().__init__(status, message, body, request, retries)
        self.status = status
        """The HTTP status."""
        self.message = message
        """What the service says, None where it says nothing."""
        self.body = body
        """The response's body as it came, but for a secret that it repeats."""
        self.headers: Mapping[str, str] = {}
        """The response's headers, their names in lower case."""
        self.request = request
        """Method and address of the request."""
        self.retries = retries
        """How often the request had been repeated before this response."""
        self.lost = 0
        """How many of the tries before may have reached the service and got no response: one may have worked unseen."""
        self.first_sent: datetime | None = None
        """When the first try was made, by the service's clock where it tells the time; None if none was lost."""
        self.may_have_worked = False
        """Whether the service may have done what was asked for, although it did not say so."""
        self.advice = ""
        """What to do next, where there is something to say."""

    def __str__(self) -> str:
        return f"{self.request}: status {self.status}: {self.message or shown(self.body)}{_told(self.advice)}"


class BadRequest(StatusError):
    """Status 400: the service cannot take the request as it is."""


class TooManyAttempts(BadRequest):
    """The account or the pool has as many attempts as it may. Try again when one has ended, or let it queue."""

    @property
    def waiting(self) -> bool:
        """Whether it is attempts that wait which are too many, not those that run."""
        return self._facts[0] == "waiting"

    @property
    def limit(self) -> int | None:
        """How many there may be, None where the service does not say."""
        return self._facts[1]

    @property
    def current(self) -> int | None:
        """How many there are, None where the service does not say."""
        return self._facts[2]

    @property
    def _facts(self) -> tuple[str, int | None, int | None]:
        """The message's words. The service has no fields for them."""
        found = _TOO_MANY.match(self.message or "")
        if found is None:
            return "", None, None
        return found[1], int(found[2]) if found[2] else None, int(found[3]) if found[3] else None

    @staticmethod
    def is_told_by(message: str | None) -> bool:
        """Whether a message of status 400 speaks of this refusal."""
        return _TOO_MANY.match(message or "") is not None


_TOO_MANY = re.compile(r"Too many attempts (running|waiting)\b(?:\D*(\d{1,18}))?(?:\D*(\d{1,18}))?")


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

    @classmethod
    def of(cls, attempt: RestSessionAttempt, conflict: Conflict) -> Self:
        """A conflict whose attempt is known."""
        error = cls(attempt, *conflict.args)
        error.lost, error.first_sent = conflict.lost, conflict.first_sent
        return error

    def __str__(self) -> str:
        id = self.attempt.id
        again = f'client.attempts.retry({id}, rerun="all") runs it again'
        return f"{self.request}: the session has attempt {id} already; {again}"


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
    """A response that does not fit the contract: a web page, JSON cut short, a field that is missing."""

    def __init__(self, problem: str, status: int, body: bytes, request: str) -> None:
        super().__init__(problem, status, body, request)
        self.problem = problem
        self.status = status
        """The HTTP status."""
        self.body = body
        """The response's body as it came, but for a secret that it repeats."""
        self.headers: Mapping[str, str] = {}
        """The response's headers, their names in lower case."""
        self.request = request
        """Method and address of the request."""

    def __str__(self) -> str:
        return f"{self.request}: status {self.status}: {self.problem}: {shown(self.body)}"


class WaitTimeout(TreasureWorkflowError):
    """The attempt was not done when the time was up. It goes on running."""

    def __init__(self, attempt: RestSessionAttempt | None, timeout: float, id: int | None = None) -> None:
        super().__init__(attempt, timeout, id)
        self.attempt = attempt
        """The attempt as last seen, None when it was not seen at all."""
        self.timeout = timeout
        """The time limit in seconds."""
        self.id = attempt.id if attempt is not None else str(id)
        """The attempt's id."""

    def __str__(self) -> str:
        seen = "no response came" if self.attempt is None else f"status {self.attempt.status}"
        again = f"client.attempts.wait({self.id}, timeout=...) waits on"
        return f"attempt {self.id} is not done after {self.timeout:g} s ({seen}); {again}"


class AttemptFailed(TreasureWorkflowError):
    """The attempt ended without success: a task failed, or it was killed."""

    def __init__(self, attempt: RestSessionAttempt, task: RestTask | None = None, log_tail: str | None = None) -> None:
        super().__init__(attempt, task, log_tail)
        self.attempt = attempt
        """The attempt as it ended."""
        self.task = task
        """The task that failed first, None when none did or it could not be read."""
        self.log_tail = log_tail
        """The last lines of that task's log, None where there is none."""

    def __str__(self) -> str:
        id = self.attempt.id
        workflow = getattr(self.attempt.workflow, "name", None)  # a response may have null anywhere
        lines = [f"attempt {id} of workflow {workflow} ended as {self.attempt.status}"]
        if self.task is not None:
            error = self.task.error or {}
            lines[0] += f": task {self.task.full_name}: {error.get('message', 'no message')}"
            if self.log_tail:
                lines += ["last lines of its log:", *(f"  {line}" for line in self.log_tail.splitlines())]
            lines.append(f"see client.attempts.diagnose({id}), client.logs.text({id}, task={self.task.full_name!r})")
        return "\n".join(lines)


class PlanOutdated(TreasureWorkflowError):
    """What a plan was made from has changed since, so that other steps would lead to its end. Nothing was done."""

    def __init__(self, plan: PoolPlan | Promotion, gone: tuple[str, ...], new: tuple[str, ...]) -> None:
        super().__init__(plan, gone, new)
        self.plan = plan
        """The plan as it would be made now."""
        self.gone = gone
        """The lines of the old plan that hold no more."""
        self.new = new
        """The lines that the old plan did not have."""

    def __str__(self) -> str:
        lines = ["the account has changed since the plan was made, and nothing was done"]
        lines += [f"no longer in it: {step}" for step in self.gone]
        lines += [f"new in it: {step}" for step in self.new]
        return "\n".join([*lines, "look at the new plan, and apply that"])


class PlanStopped(TreasureWorkflowError):
    """A step of a plan was refused. Those before it are done, those after it are not."""

    def __init__(
        self, step: PoolStep, error: TreasureWorkflowError, done: tuple[PoolStep, ...], left: tuple[PoolStep, ...]
    ) -> None:
        super().__init__(step, error, done, left)
        self.step = step
        """The step that was refused."""
        self.error = error
        """Why."""
        self.done = done
        """The steps that were made before."""
        self.left = left
        """The steps that would have come after."""

    def __str__(self) -> str:
        lines = [f"stopped after {len(self.done)} of {len(self.done) + 1 + len(self.left)} steps at: {self.step}"]
        lines += [f"because {self.error}", *(f"not done: {step}" for step in self.left)]
        return "\n".join([*lines, "plan shows what is left now; apply goes on from there"])


def _told(advice: str) -> str:
    return f"; {advice}" if advice else ""


def shown(body: bytes) -> str:
    """The first bytes of a body, for a message."""
    if not body:
        return "empty body"
    rest = f" and {len(body) - _SHOWN_BYTES} bytes more" if len(body) > _SHOWN_BYTES else ""
    return f"{body[:_SHOWN_BYTES]!r}{rest}"
