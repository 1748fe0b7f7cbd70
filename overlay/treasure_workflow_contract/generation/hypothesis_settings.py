"""How the cases of a run are drawn: the same for the same seed, without a deadline, small where something is wrong."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import HypothesisException

from treasure_workflow_contract.transport.connection import StoppedError

T = TypeVar("T")

GENERATE = settings(
    deadline=None,
    database=None,
    derandomize=False,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
)
# What a failure needs is the smallest case in one line: no explanation, and no second failure beside it.
GENERATE_AND_SHRINK = settings(GENERATE, phases=(Phase.generate, Phase.shrink))


class FoundError(Exception):
    """Tells Hypothesis that a case found something wrong, so that it looks for a smaller one."""


def seed_of(*what: object) -> int:
    """The seed of the cases that these words and numbers stand for; of others, another one."""
    return zlib.crc32(" ".join(map(str, what)).encode())


def smallest(check: Callable[[], None], found: Sequence[list[T]]) -> list[T]:
    """What is wrong about the smallest case, after `check` has drawn all; it adds to `found` for each case that fails.

    That is the last one: shrinking goes on from each that does. What fails only now and then Hypothesis tells in errors
    of its own; what was found before the run was stopped counts.
    """
    with contextlib.suppress(FoundError, HypothesisException, StoppedError):
        check()
    return found[-1] if found else []
