"""Bringing accounts up to their clocks, so that a clock moved far holds up neither its own account for long nor others.

One call starts at most `MAX_SESSIONS` sessions and takes about `MAX_SECONDS`; the calls after it go on where it ended,
so nothing is lost. Other accounts' calls are served meanwhile.
"""

from __future__ import annotations

import asyncio
import time

from treasure_workflow_mock.engine import scheduler
from treasure_workflow_mock.model.account import Account

MAX_SESSIONS = 3000
MAX_SECONDS = 1.5
_SLICE = 0.02  # seconds after which the calls of other accounts have their turn


class FastForward:
    """Brings the accounts of a service up to their clocks, each by one call at a time."""

    def __init__(self) -> None:
        self._going: dict[Account, asyncio.Event] = {}

    async def wait(self, account: Account) -> None:
        """Returns when no call is bringing the account up to its clock."""
        while (going := self._going.get(account)) is not None:
            await going.wait()

    async def settle(self, account: Account) -> bool:
        """Brings an account up to its clock; whether all that was due has happened."""
        await self.wait(account)
        going = self._going[account] = asyncio.Event()
        try:
            return await self._settle(account)
        finally:
            del self._going[account]
            going.set()

    async def _settle(self, account: Account) -> bool:
        begun = slice_begun = time.monotonic()
        most = account.ids.get("session", 0) + MAX_SESSIONS
        for _ in scheduler.settling(account, account.clock.now()):
            now = time.monotonic()
            if account.ids.get("session", 0) >= most or now - begun > MAX_SECONDS:
                return False
            if now - slice_begun > _SLICE:
                await asyncio.sleep(0)
                slice_begun = time.monotonic()
        return True
