"""Durations as people write them in configurations: `10m`, `1h 30s`."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"\s*(?:([0-9]+)\s*d)?\s*(?:([0-9]+)\s*h)?\s*(?:([0-9]+)\s*m)?\s*(?:([0-9]+)\s*s)?\s*", re.IGNORECASE
)


def parse_duration(text: str) -> int:
    """Seconds; ValueError if `text` is no duration: days, hours, minutes and seconds, in this order, at least one."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
