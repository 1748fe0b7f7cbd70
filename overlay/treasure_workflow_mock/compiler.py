"""From a workflow's configuration to its tasks: the tree, the order, and what an upload refuses.

A mapping with an operator is an operator task, any other a group of its `+tasks`. Siblings run one after another
unless their group says `_parallel`; what a task waits for is stated as its upstreams.
`_do` and `_check` are compiled when they are about to run, not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from treasure_workflow_mock.config_values import boolean, described, integer, json_text, near_misses
from treasure_workflow_mock.names import refusal, task_name_faults
from treasure_workflow_mock.state import Json, JsonObject, ServiceError

# What a group may have beside its tasks.
_GROUP_KEYS = (
    "timezone",
    "schedule",
    "sla",
    "_parallel",
    "_background",
    "_after",
    "_error",
    "_check",
    "_retry",
    "_export",
    "_secrets",
)
# The compiler's own trouble with names and keys arrives wrapped, with the name of what it was wrapped in.
_WRAPPED = "io.digdag.core.repository.ModelValidationException: "


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """One task before it runs. `parent` and `upstreams` are indexes into the list of all; index 0 is the root."""

    full_name: str
    parent: int | None
    config: JsonObject
    is_group: bool
    upstreams: tuple[int, ...]


@dataclass(slots=True)
class _Task:
    full_name: str
    name: str
    parent: int | None
    config: JsonObject
    is_group: bool
    upstreams: list[int] = field(default_factory=list)


def compile_tasks(full_name: str, config: JsonObject) -> list[TaskDefinition]:
    """The tasks of a whole workflow (`+wf`) or of a subtree made at run time (`+wf+loop^sub`), parents first.

    ServiceError 400 with the compiler's message if they cannot be made.
    """
    tasks = _compile(full_name, config)
    for task in tasks:
        _take_export_last(task)
    return [
        TaskDefinition(task.full_name, task.parent, task.config, task.is_group, tuple(task.upstreams)) for task in tasks
    ]


def check_tasks(workflow_name: str, config: JsonObject) -> None:
    """ServiceError 400 if an upload refuses the workflow for its tasks, or for a name that no task may have."""
    tasks = _collect(f"+{workflow_name}", config)
    _check_name(f"+{workflow_name}")
    _check_names(tasks)


def _compile(full_name: str, config: JsonObject) -> list[_Task]:
    tasks = _collect(full_name, config)
    _check_names(tasks)
    return tasks


def _check_names(tasks: list[_Task]) -> None:
    for task in tasks[1:]:
        _check_name(task.name)


def _check_name(name: str) -> None:
    faults = task_name_faults(name)
    if faults:
        raise ServiceError(400, _WRAPPED + refusal("workflow task", faults))


def _take_export_last(task: _Task) -> None:
    """Puts `_export` last, where the service shows it, and drops an empty one."""
    if "_export" not in task.config:
        return
    export = task.config.pop("_export")
    if export is not None and not isinstance(export, dict):
        raise ServiceError(400, "Parameter '_export' must be an object")
    if export:
        task.config["_export"] = export


def _collect(full_name: str, config: JsonObject) -> list[_Task]:
    tasks: list[_Task] = []
    _add(tasks, None, full_name, full_name, config)
    return tasks


def _add(tasks: list[_Task], parent: int | None, full_name: str, name: str, config: JsonObject) -> int:
    """Adds a task and all below it; returns its index."""
    own = {key: value for key, value in config.items() if not key.startswith("+")}
    children = {key: value for key, value in config.items() if key.startswith("+")}
    if boolean(own, "_disable", False):
        return _append(tasks, _Task(full_name, name, parent, {"_disable": True}, is_group=True))
    if "_error" in own:
        if not isinstance(own["_error"], dict):
            raise ServiceError(400, "Parameter '_error' must be an object")
        _compile(f"{full_name}^error", own["_error"])
    operators = [key for key in own if key.endswith(">")]
    if operators or "_type" in own:
        if children:
            raise ServiceError(400, f"A task can't have subtasks: {json_text(own)}")
        if len(operators) > 1:
            raise ServiceError(400, f"A task can't have more than one operator: {json_text(own)}")
        return _append(tasks, _Task(full_name, name, parent, own, is_group=False))
    _check_group_keys(full_name, own)
    index = _append(tasks, _Task(full_name, name, parent, own, is_group=True))
    members = [_add(tasks, index, full_name + key, key, _as_mapping(key, value)) for key, value in children.items()]
    _arrange(tasks, own, members)
    return index


def _append(tasks: list[_Task], task: _Task) -> int:
    tasks.append(task)
    return len(tasks) - 1


def _as_mapping(key: str, value: Json) -> JsonObject:
    """A task's mapping; a list of mappings counts as one, in its order."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise ServiceError(400, f"Parameter '{key}' must be an object or array of objects")
    return {name: content for part in value for name, content in part.items()}


def _check_group_keys(full_name: str, own: JsonObject) -> None:
    unknown = [key for key in own if key not in _GROUP_KEYS]
    if unknown:
        keys = ", ".join(f"'{key}'{_suggestion(key)}" for key in unknown)
        fault = f'{full_name} contains invalid keys: {keys}: "{json_text(own)}"'
        raise ServiceError(400, _WRAPPED + refusal("workflow", [fault]))


def _suggestion(key: str) -> str:
    near = near_misses(key, _GROUP_KEYS)
    return f" (did you mean [{', '.join(near)}]?)" if near else ""


def _arrange(tasks: list[_Task], group: JsonObject, members: list[int]) -> None:
    """Says which siblings each member of a group waits for."""
    is_parallel, limit = _parallel(group)
    if is_parallel:
        _arrange_parallel(tasks, members, limit)
    else:
        _arrange_in_sequence(tasks, members)
    for member in members:
        tasks[member].config.pop("_background", None)
        tasks[member].config.pop("_after", None)


def _parallel(group: JsonObject) -> tuple[bool, int]:
    """Whether the members of a group run at the same time, and how many at most (0: all)."""
    value = group.get("_parallel")
    if isinstance(value, dict):
        return True, integer(value, "limit")
    return boolean(group, "_parallel", False), 0


def _arrange_parallel(tasks: list[_Task], members: list[int], limit: int) -> None:
    by_name: dict[str, int] = {}
    for chunk, previous in _chunks(members, limit):
        for member in chunk:
            task = tasks[member]
            if boolean(task.config, "_background", False):
                raise ServiceError(
                    400,
                    'Setting "_background: true" option is invalid (unnecessary)'
                    ' if its parent task has "_parallel: true" option',
                )
            for name in _after(task.config):
                if name not in by_name:
                    raise ServiceError(400, f"Dependency task '{name}' does not exist")
                task.upstreams.append(by_name[name])
            task.upstreams.extend(other for other in previous if other not in task.upstreams)
            by_name[task.name] = member


def _chunks(members: list[int], limit: int) -> Iterator[tuple[list[int], list[int]]]:
    """The members that may run at the same time, and those before them."""
    size = limit if limit > 0 else len(members) or 1
    previous: list[int] = []
    for start in range(0, len(members), size):
        chunk = members[start : start + size]
        yield chunk, previous
        previous = chunk


def _after(config: JsonObject) -> list[str]:
    value = config.get("_after")
    if value is None:
        return []
    if not isinstance(value, list):
        raise ServiceError(400, f"Expected array type for key '_after' but got {described(value)}")
    return [name if isinstance(name, str) else json_text(name) for name in value]


def _arrange_in_sequence(tasks: list[_Task], members: list[int]) -> None:
    before: list[int] = []
    for member in members:
        task = tasks[member]
        if "_after" in task.config:
            raise ServiceError(
                400, 'Setting "_after" option is invalid if its parent task doesn\'t have "_parallel: true" option'
            )
        if boolean(task.config, "_background", False):
            before.append(member)
        else:
            task.upstreams.extend(before)
            before = [member]
