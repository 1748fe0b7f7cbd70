"""`sla:` of a workflow: when its time has come, and the tasks that an attempt gets then if it still runs."""

from __future__ import annotations

import math

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.config_values import boolean, json_text
from treasure_workflow_mock.dig.task_definitions import TaskDefinition, compile_tasks
from treasure_workflow_mock.errors import InvalidDefinition, ServiceError
from treasure_workflow_mock.java.integers import INT32, java_integer
from treasure_workflow_mock.java.times import DAY, calendar_zone, instant_of, utc_offset

_MESSAGE = "SLA violation"


def due_time(config: JsonObject, run_time: float, timezone: str) -> float | None:
    """When the `sla:` of an attempt that is due at `run_time` takes hold, or None if the workflow has none.

    `duration` counts from `run_time`; `time` is the first such time of day in the zone from then on.
    Times are in seconds since the epoch. InvalidDefinition unless it has either, in hours and minutes.
    """
    sla = config.get("sla")
    if sla is None:
        return None
    if not isinstance(sla, dict):
        raise InvalidDefinition("Parameter 'sla' must be an object")
    time, duration = sla.get("time"), sla.get("duration")
    if (time is None) == (duration is None):
        raise InvalidDefinition("SLA must be specified using either the 'time' or 'duration' option")
    if time is None:
        return run_time + _seconds(duration, "duration", "Optional.absent()")
    return _next_time_of_day(_seconds(time, "time", f"Optional.of({time})"), run_time, timezone)


def _seconds(value: object, option: str, shown: str) -> int:
    """Integers between colons, in seconds. They may be negative and have no upper bound."""
    text = value if isinstance(value, str) else json_text(value)
    parts = text.rstrip(":").split(":")
    try:
        if len(parts) not in (2, 3):
            raise ValueError(text)
        return sum(java_integer(part, INT32) * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    except ValueError:
        raise InvalidDefinition(f"SLA {option} option needs to be HH:MM or HH:MM:SS format: {shown}") from None


def _next_time_of_day(seconds: int, after: float, timezone: str) -> float:
    clock = calendar_zone(timezone)
    instant = math.floor(after)
    day = (instant + utc_offset(clock, instant)) // DAY
    found = instant_of(clock, day * DAY + seconds, later=True) + (after - instant)
    return found + DAY if found < after else found


def sla_tasks(root_name: str, sla: JsonObject) -> list[list[TaskDefinition]]:
    """The trees of tasks that go below the root: the alert, the failure, and the tasks that `sla:` itself has.

    InvalidDefinition if they cannot be made.
    """
    own = {key: value for key, value in sla.items() if key not in ("time", "duration", "alert", "fail")}
    trees = []
    if _is_set(sla, "alert", True):
        trees.append(compile_tasks(f"{root_name}^sla^alert", {"_type": "notify", "_command": _MESSAGE}))
    if _is_set(sla, "fail", False):
        trees.append(compile_tasks(f"{root_name}^sla^fail", {"_type": "fail", "_command": _MESSAGE}))
    trees.append(compile_tasks(f"{root_name}^sla", own))
    return trees


def _is_set(sla: JsonObject, key: str, default: bool) -> bool:
    try:
        return boolean(sla, key, default)
    except ServiceError:
        return default  # the service only warns of what is no boolean
