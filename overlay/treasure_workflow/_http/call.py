"""One call as its caller sees it: how long it may take in all, and what became of its tries so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from treasure_workflow._secret import Secret
from treasure_workflow_api._operations import Operation


@dataclass(slots=True)
class Call:
    """What is known of one call. Travels with its request, so that every layer sees the same time."""

    monotonic: Callable[[], float]
    """The clock, in seconds."""
    operation: Operation | None = None
    """The contract's operation, None for a request that the contract does not know."""
    end: float | None = None
    """When its time is over, on the clock; None without such a limit."""
    with_key: bool = True
    """Whether the request may carry the key, which links of the service's own do not need."""
    streamed: bool = False
    """Whether the caller reads the body of a success, piece by piece."""
    tells_own: bool = False
    """Whether the caller can tell from a refusal that an earlier try had worked."""
    changes_nothing: bool = False
    """Whether it is a dry run: to send it again does no harm."""
    hidden: tuple[Secret, ...] = ()
    """What must not be shown beside the key: a secret's value that is sent."""
    failures: int = 0
    """How many tries failed."""
    lost: int = 0
    """How many of the tries may have reached the service and got no response from it."""
    cut: bool = False
    """Whether the body of a success did not come whole."""
    first_sent: datetime | None = None
    """When the first try was made."""

    def left(self) -> float:
        """Seconds until its time is over; infinite without a limit."""
        return float("inf") if self.end is None else self.end - self.monotonic()


class TimeLimit(float):
    """Seconds that one step may take without progress, which never outlast the call.

    A plain number to the libraries that it passes through; where the network is waited for, `left` is asked.
    """

    __slots__ = ("_call",)
    _call: Call

    def __new__(cls, seconds: float, call: Call) -> Self:
        """The limit of a step of `call`."""
        limit = super().__new__(cls, seconds)
        limit._call = call
        return limit

    def left(self) -> float:
        """Seconds to wait now."""
        return min(float(self), self._call.left())


class Options(dict[str, Any]):
    """What a request is made of, which a traceback that shows variables does not show: a body may hold a secret."""

    def __repr__(self) -> str:
        return f"<request {self.get('method')} {self.get('url')}>"
