"""The few things that differ between the two halves beyond `await`: sleeping, and work that would block.

The async half is written by hand and names what starts with `Async` or `a`; the sync half is generated from it and
names the twin beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Clock:
    """What a client reads the time from and sleeps with. Give one of your own to wait in no time in tests."""

    def monotonic(self) -> float:
        """Seconds that only ever rise."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Returns after that time."""
        time.sleep(seconds)


class AsyncClock:
    """What an async client reads the time from and sleeps with. Give one of your own to wait in no time in tests."""

    def monotonic(self) -> float:
        """Seconds that only ever rise."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Returns after that time, letting other tasks run."""
        import anyio

        await anyio.sleep(seconds)


def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function` gives."""
    return function(*args, **kwargs)


async def arun(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `function`, which reads files or computes for long, gives; other tasks run meanwhile."""
    from functools import partial

    import anyio.to_thread

    return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))
