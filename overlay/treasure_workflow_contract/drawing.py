"""How the cases of a run are drawn: the same for the same seed, without a deadline, small where something is wrong."""

from __future__ import annotations

import zlib

from hypothesis import HealthCheck, Phase, settings

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
