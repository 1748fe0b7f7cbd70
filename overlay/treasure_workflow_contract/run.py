"""What the cases of one process share: the connection, the worlds, the results, the time that is left."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

from treasure_workflow_contract.connection import Connection
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.differences import Differences
from treasure_workflow_contract.results import Exchange, Finding, Part, Results
from treasure_workflow_contract.target import Target
from treasure_workflow_contract.world import FoundWorld, OwnWorld, World


class OutOfTimeError(BaseException):
    """No time is left in the middle of a property test. Hypothesis takes it for no failure, and lets it pass."""


class Run:
    """One process's share of a run. A context manager: leaving it takes away the worlds and closes the connection.

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
        self.connection = Connection(target)
        self.results = Results(target=target.base_url, flavour=target.flavour, seed=seed)
        self.seed = seed
        self.deadline = deadline
        self._stopped = stopped
        self._differences = differences
        self._marker = marker
        self._numbers = itertools.count(1)
        self._shared: World | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._forget_shared()
        finally:
            self.connection.__exit__(kind, error, trace)

    @property
    def out_of_time(self) -> bool:
        """Whether nothing new may begin."""
        return self._stopped() or (self.deadline is not None and time.monotonic() > self.deadline)

    @property
    def writes_pools(self) -> bool:
        """Whether pools and their rules may be changed."""
        return self.target.writes == "everything" and self.target.flavour == "hosted"

    def take_results(self) -> Results:
        """What has been found out since the last time."""
        taken = self.results
        self._differences.hand_over(taken)
        self.results = Results(target=taken.target, flavour=taken.flavour, seed=taken.seed)
        return taken

    @contextlib.contextmanager
    def shared_world(self) -> Iterator[World]:
        """A world for calls that change nothing. It stays until the run ends."""
        if self._shared is None:
            self._shared = FoundWorld(self.connection) if self.target.writes == "nothing" else self._new_world(True)
            for kind in self._shared.kinds:
                self._shared.held(kind)
        yield self._shared

    @contextlib.contextmanager
    def own_world(self, *, pools: bool = False) -> Iterator[OwnWorld]:
        """A world that nobody used, and that is gone afterwards. The target has to let a run write.

        With `pools` it is about the account's pools, which are all taken away too; no other world is in use then.
        """
        if pools and self._shared is not None:
            self._forget_shared()
        world = self._new_world(pools)
        try:
            yield world
        finally:
            world.dispose()

    def world_of_law(self, *, pools: bool) -> contextlib.AbstractContextManager[World]:
        """A world for all cases of a law: one of its own where that can be made."""
        return self.shared_world() if self.target.writes == "nothing" else self.own_world(pools=pools)

    def _new_world(self, pools: bool) -> OwnWorld:
        return OwnWorld(self.connection, f"{self._marker}{next(self._numbers)} ", pools=pools)

    def _forget_shared(self) -> None:
        if isinstance(self._shared, OwnWorld):
            self._shared.dispose()
        self._shared = None

    def count(
        self,
        operation: str,
        part: Part,
        exchange: Exchange | None = None,
        inputs: str | bytes = b"",
        *,
        line: str,
        violated: bool = False,
    ) -> None:
        """Counts a case: the call on one line. `inputs` tells it from others; without exchange it reached no wire."""
        self._differences.made(operation, part, line)
        tally = self.results.tally(operation)
        tally.cases[part] += 1
        if exchange is None:
            return
        tally.statuses[exchange.status] += 1
        if str(exchange.status) not in effective().operations[operation].responses:
            tally.undocumented[exchange.status] += 1
        tally.violations += violated
        text = inputs.encode(errors="surrogatepass") if isinstance(inputs, str) else inputs
        tally.tell_apart(text, exchange.status)
        tally.slowest = sorted([*tally.slowest, exchange.seconds], reverse=True)[: tally.KEPT]

    def unknown(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those findings that nobody knows of. The known ones go to the results."""
        marked = [self._differences.mark(finding) for finding in findings]
        for finding in marked:
            if finding.known is not None:
                self.results.add_finding(finding)
        return [finding for finding in marked if finding.known is None]
