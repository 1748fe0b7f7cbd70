"""Interruptions: the first one ends a run, further ones do not disturb its cleaning up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))


@contextlib.contextmanager
def interrupted_once() -> Iterator[None]:
    """Within, the first interruption or termination raises KeyboardInterrupt, and all later ones only say so.

    After an interruption they are ignored for good: the process is about to end with the status that tells of the
    first, and Python would give the signals their default effect, death, before it is gone. (It restores handlers
    of its own, but leaves ignored signals ignored.)
    """
    effects: dict[Any, Any] = {}

    def again(*_: object) -> None:
        os.write(sys.stderr.fileno(), b"still removing what the run made; it ends within seconds\n")

    def first(*_: object) -> NoReturn:
        for each in _SIGNALS:
            signal.signal(each, again)
            effects[each] = signal.SIG_IGN
        raise KeyboardInterrupt

    try:
        for each in _SIGNALS:
            effects[each] = signal.signal(each, first)
        yield
    finally:
        for each, effect in effects.items():
            signal.signal(each, effect)


@contextlib.contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Within, interruptions wait, so that a process that is just starting is neither lost nor interrupted itself.

    Processes that are started within never get them, unless they call what is given here.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield lambda: None
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def allow() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        yield allow
    finally:
        allow()
