"""Which session time a given time stands for: cut to a unit of the clock, or moved to the workflow's schedule."""

from __future__ import annotations

import math
from typing import Literal

from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java.times import DAY, LocalTimeOrInstant, instant_of, utc_offset, zone
from treasure_workflow_mock.model.records import Workflow
from treasure_workflow_mock.schedules.rules import schedule_of

Mode = Literal["second", "minute", "hour", "day", "schedule", "next_schedule"]

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": DAY}


def truncate(workflow: Workflow, time: LocalTimeOrInstant, mode: Mode | None) -> float:
    """The session time, in seconds since the epoch, that `time` means in the workflow's zone.

    Without a mode that is the time itself. `schedule` is the earliest session run at or after it, `next_schedule`
    the first session after it; both raise InvalidDefinition if the workflow has no schedule.
    """
    instant = time.in_zone(workflow.timezone)
    if mode is None:
        return instant
    if mode in _UNITS:
        return _floor(math.floor(instant), _UNITS[mode], workflow.timezone)
    rule = schedule_of(workflow)
    if rule is None:
        problem = f"session_time_truncate={mode} is set but schedule is not set to this workflow"
        raise InvalidDefinition(problem)
    return (rule.first(instant) if mode == "schedule" else rule.next(instant)).time


def _floor(instant: int, unit: int, timezone: str) -> int:
    clock = zone(timezone)
    offset = utc_offset(clock, instant)
    local = (instant + offset) // unit * unit
    # In an hour that the clock shows twice, a time stays in the round it was in if that round reaches back to it.
    same_round = local - offset
    return same_round if utc_offset(clock, same_round) == offset else instant_of(clock, local)
