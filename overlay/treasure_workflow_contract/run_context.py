"""What the cases of one process share: the connection, the sandboxes, the results, the time that is left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Self

from treasure_workflow_contract.results.known_differences import Differences
from treasure_workflow_contract.results.ledger import Ledger
from treasure_workflow_contract.results.run_results import Results
from treasure_workflow_contract.sandbox.sandboxes import Sandboxes
from treasure_workflow_contract.transport.connection import PATIENCE, Connection, StoppedError
from treasure_workflow_contract.transport.target import Target

_GRACE = 5.0  # seconds after the limit in which what has begun may end
_SILENT = 3  # responses of an operation, one after the other, that did not come


class Silence:
    """Counts responses that do not come, so that a run does not wait for an operation again and again."""

    def __init__(self) -> None:
        self._waited: Counter[str] = Counter()
        self.given_up = False
        """Whether there was an operation that is not waited for any more."""

    def heard(self, operation: str) -> None:
        """Notes a response."""
        self._waited[operation] = 0

    def heard_nothing(self, operation: str) -> None:
        """Notes that none came. Raises StoppedError when that is so time after time."""
        self._waited[operation] += 1
        if self._waited[operation] >= _SILENT:
            self.given_up = True
            raise StoppedError(f"{operation} gives no response")


class Run:
    """One process's share of a run. A context manager: leaving it takes away the sandboxes and closes the connection.

    `marker` begins the name of every project that is made. `deadline` is a reading of `time.monotonic`, None for no
    limit of time; `stopped` says when to end before that. The same `seed` draws the same cases.
    """

    def __init__(
        self,
        target: Target,
        differences: Differences,
        *,
        marker: str,
        seed: int = 0,
        deadline: float | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.target = target
        self.connection = Connection(target, self._patience)
        self.silence = Silence()
        self.sandboxes = Sandboxes(self.connection, marker)
        self.ledger = Ledger(Results(target=target.base_url, flavour=target.flavour, seed=seed), differences)
        self.seed = seed
        self._deadline = deadline
        self._stopped = stopped

    def _patience(self) -> float:
        left = inf if self._deadline is None else self._deadline + _GRACE - time.monotonic()
        if self._stopped() or left <= 0:
            raise StoppedError("the run is over")
        return min(PATIENCE, left)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.sandboxes.close()
        finally:
            self.connection.close()

    @property
    def results(self) -> Results:
        """What was found out since the results were taken the last time."""
        return self.ledger.results

    @property
    def out_of_time(self) -> bool:
        """Whether nothing new may begin."""
        return self._stopped() or (self._deadline is not None and time.monotonic() > self._deadline)

    @property
    def writes_pools(self) -> bool:
        """Whether pools and their rules may be changed."""
        return self.target.writes == "everything" and self.target.flavour == "hosted"
