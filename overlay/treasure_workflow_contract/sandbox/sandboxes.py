"""The sandboxes of one process: one that all its reads share, and others that a case has for itself."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

from treasure_workflow_contract.sandbox.contents import Sandbox
from treasure_workflow_contract.sandbox.found import FoundSandbox
from treasure_workflow_contract.sandbox.own import OwnSandbox
from treasure_workflow_contract.transport.connection import Connection


class Sandboxes:
    """Makes sandboxes at a target and takes them away. `marker` begins the name of every project that is made."""

    def __init__(self, connection: Connection, marker: str) -> None:
        self._connection = connection
        self._marker = marker
        self._numbers = itertools.count(1)
        self._shared: Sandbox | None = None

    @contextlib.contextmanager
    def shared(self) -> Iterator[Sandbox]:
        """A sandbox for calls that change nothing. It stays until `close`."""
        if self._shared is None:
            only_reads = self._connection.target.writes == "nothing"
            self._shared = FoundSandbox(self._connection) if only_reads else self._new(pools=True)
            for kind in self._shared.kinds:
                self._shared.ensure(kind)
        yield self._shared

    @contextlib.contextmanager
    def own(self, *, pools: bool = False) -> Iterator[OwnSandbox]:
        """A sandbox that nobody used, and that is gone afterwards. The target has to let a run write.

        With `pools` it is about the account's pools, which are all taken away too; no other sandbox is in use then.
        """
        if pools:
            self.close()
        sandbox = self._new(pools=pools)
        try:
            yield sandbox
        finally:
            sandbox.dispose()

    def for_all_cases(self, *, pools: bool) -> contextlib.AbstractContextManager[Sandbox]:
        """A sandbox for all cases of an invariant: one of its own where that can be made."""
        return self.shared() if self._connection.target.writes == "nothing" else self.own(pools=pools)

    def close(self) -> None:
        """Takes away what the shared sandbox made. The next call that needs one gets a new one."""
        if isinstance(self._shared, OwnSandbox):
            self._shared.dispose()
        self._shared = None

    def _new(self, *, pools: bool) -> OwnSandbox:
        return OwnSandbox(self._connection, f"{self._marker}{next(self._numbers)} ", pools=pools)
