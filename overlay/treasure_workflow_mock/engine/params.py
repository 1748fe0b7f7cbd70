"""The params of a task: what its attempt, the tasks around it and the service itself give it."""

from __future__ import annotations

import math

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.records import Attempt, Task


def merged(first: JsonObject, second: JsonObject) -> JsonObject:
    """`first` with the values of `second` in place of its own; mappings within are merged, too."""
    result = {**first, **second}
    for key, value in second.items():
        if isinstance(value, dict) and isinstance(earlier := first.get(key), dict):
            result[key] = merged(earlier, value)
    return result


def builtin_variables(attempt: Attempt) -> JsonObject:
    """The variables that every task of an attempt has, whatever else has their names; `task_name` comes on top."""
    session, timezone, params = attempt.session, attempt.workflow.timezone, attempt.params
    variables: JsonObject = {
        "timezone": timezone,
        "session_uuid": session.uuid,
        "session_time": times.zoned_text(session.time, timezone),
        "session_id": session.id,
    }
    variables.update(_time_variables("session_", session.time, timezone))
    for prefix in ("last_session_", "last_executed_session_", "next_session_"):
        given = params.get(prefix + "time")
        if given is None:
            if prefix == "last_executed_session_":
                variables.update(_no_time_variables(prefix, timezone))
        elif (instant := _instant(given)) is not None:
            variables.update(_time_variables(prefix, instant, timezone))
    variables["project_id"] = session.project.id
    if attempt.retry_attempt_name is not None:
        variables["retry_attempt_name"] = attempt.retry_attempt_name
    variables["attempt_id"] = attempt.id
    return variables


def _instant(given: Json) -> int | None:
    try:
        return math.floor(times.parse_instant(given)) if isinstance(given, str) else None
    except ValueError:
        return None


def _time_variables(prefix: str, instant: int, timezone: str) -> JsonObject:
    date, _, rest = times.zoned_text(instant, timezone).rpartition("T")
    clock, offset = rest[:8], rest[8:]
    return {
        f"{prefix}date": date,
        f"{prefix}date_compact": date.replace("-", ""),
        f"{prefix}local_time": f"{date} {clock}",
        f"{prefix}tz_offset": offset.replace(":", ""),
        f"{prefix}unixtime": instant,
    }


def _no_time_variables(prefix: str, timezone: str) -> JsonObject:
    variables: JsonObject = {f"{prefix}time": ""}
    variables.update(dict.fromkeys(_time_variables(prefix, 0, timezone), ""))
    variables[f"{prefix}tz_offset"] = _time_variables(prefix, 0, timezone)[f"{prefix}tz_offset"]
    return variables


class TaskParams:
    """The params of the tasks of one attempt.

    Nearer ones win: the attempt's own, then from the root down to the task what is exported there and what upstream
    tasks stored, the built-in variables last. `anything_stored` says whether a task of the attempt stored params.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._variables = builtin_variables(attempt)
        self._inherited: dict[int, JsonObject] = {}  # by id of the parent, as long as no task stored anything
        self.anything_stored = any(task.store_params for task in attempt.tasks)

    def of(self, task: Task) -> JsonObject:
        """The params under which `task` runs."""
        params = self._merged_for(task) if self.anything_stored else self._inherited_by(task.parent)
        if task.export_params:
            params = merged(params, task.export_params)
        params = {**params, **self._variables, "task_name": task.full_name}
        params.pop("_check", None)
        params.pop("_error", None)
        return params

    def _inherited_by(self, parent: Task | None) -> JsonObject:
        """What the children of `parent` inherit."""
        unknown = []
        while parent is not None and parent.id not in self._inherited:
            unknown.append(parent)
            parent = parent.parent
        params = self._attempt.params if parent is None else self._inherited[parent.id]
        for task in reversed(unknown):
            params = merged(params, task.export_params) if task.export_params else params
            self._inherited[task.id] = params
        return params

    def _merged_for(self, task: Task) -> JsonObject:
        params = self._attempt.params
        for level in [*reversed(ancestors(task)), task]:
            for upstream in _all_upstreams(level):
                params = merged(params, upstream.store_params)
                for below in descendants(self._attempt, upstream):
                    params = merged(params, below.store_params)
            if level is not task:
                params = merged(merged(params, level.export_params), level.store_params)
        return params


def ancestors(task: Task) -> list[Task]:
    """The tasks above, the nearest first."""
    result = []
    above = task.parent
    while above is not None:
        result.append(above)
        above = above.parent
    return result


def descendants(attempt: Attempt, task: Task) -> list[Task]:
    """All tasks below, by rising id."""
    below = {task.id}
    result = []
    for other in attempt.tasks:  # children have higher ids than their parents
        if other.parent is not None and other.parent.id in below:
            below.add(other.id)
            result.append(other)
    return result


def _all_upstreams(task: Task) -> list[Task]:
    """What ran before a task among its siblings, by rising id."""
    found: dict[int, Task] = {}
    unseen = list(task.upstreams)
    while unseen:
        upstream = unseen.pop()
        if upstream.id not in found:
            found[upstream.id] = upstream
            unseen.extend(upstream.upstreams)
    return [found[key] for key in sorted(found)]
