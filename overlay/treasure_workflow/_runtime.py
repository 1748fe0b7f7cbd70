"""The few things that differ between the two halves beyond `await`: sleeping, work that would block, and whose
connections are whose.

The async half is written by hand and names what starts with `Async` or `a`; the sync half is generated from it and
names the twin beside it.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from anyio.lowlevel import RunVar

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


class Clock:
    """What a client reads the time from and sleeps with. Give one of your own to wait in no time in tests."""

    def monotonic(self) -> float:
        """Seconds that only ever rise."""
        return time.monotonic()

    def utcnow(self) -> datetime:
        """The time of day, with a zone: what `now` and ages such as `timedelta(hours=12)` are reckoned from."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Returns after that time."""
        time.sleep(seconds)


class AsyncClock:
    """What an async client reads the time from and sleeps with. Give one of your own to wait in no time in tests."""

    def monotonic(self) -> float:
        """Seconds that only ever rise."""
        return time.monotonic()

    def utcnow(self) -> datetime:
        """The time of day, with a zone: what `now` and ages such as `timedelta(hours=12)` are reckoned from."""
        return datetime.now(UTC)

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


def shielded() -> AbstractContextManager[object]:
    """A block that nobody can cancel, which in threads is every block."""
    return nullcontext()


def ashielded() -> AbstractContextManager[object]:
    """A block that is carried out also when its task is cancelled, for what has to be closed in any case."""
    import anyio

    return anyio.CancelScope(shield=True)


def each(function: Callable[[S], T], items: Iterable[S], concurrency: int) -> list[T]:
    """What `function` gives for each item, in their order; so many at once, in threads.

    The first failure is raised, and nothing is begun after it.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        futures = [pool.submit(copy_context().run, function, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)


async def aeach(function: Callable[[S], Awaitable[T]], items: Iterable[S], concurrency: int) -> list[T]:
    """What `function` gives for each item, in their order; so many at once, in tasks of the event loop.

    The first failure is raised, and the rest is given up.
    """
    import anyio

    todo = deque(enumerate(items))
    results: dict[int, T] = {}
    failures: list[Exception] = []

    async def work() -> None:
        while todo:
            index, item = todo.popleft()
            try:
                results[index] = await function(item)
            except Exception as error:  # noqa: BLE001  raised below, without the group's wrapping
                failures.append(error)
                group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(min(concurrency, len(todo))):
            group.start_soon(work)
    if failures:
        raise failures[0]
    return [results[index] for index in sorted(results)]


def check_concurrency(concurrency: int) -> None:
    """Raises ValueError for a number of pieces of work that cannot go on at once."""
    if concurrency < 1:
        raise ValueError(f"concurrency must be at least 1: {concurrency}")


class Shared(Generic[T]):
    """Things by name that belong to one process. A forked process starts with none and leaves its parent's alone.

    No lock guards it: another thread may hold one at the moment of the fork, and would hold it for ever.
    """

    def __init__(self) -> None:
        self._by_process: dict[int, dict[object, T]] = {}

    def mine(self) -> dict[object, T]:
        """The things of this process."""
        return self._by_process.setdefault(os.getpid(), {})


class AsyncShared(Generic[T]):
    """Things by name that belong to one event loop of one process: in another they are of no use, or not safe."""

    def __init__(self) -> None:
        self._by_process: dict[int, RunVar[dict[object, T]]] = {}

    def mine(self) -> dict[object, T]:
        """The things of the event loop that is running."""
        from anyio.lowlevel import RunVar

        variable = self._by_process.setdefault(os.getpid(), RunVar[Any]("treasure_workflow"))
        things: dict[object, T] | None = variable.get(None)
        if things is None:
            things = {}
            variable.set(things)
        return things
