"""From a workflow's configuration to its tasks: the tree, the order, and what an upload refuses.

A mapping with an operator is an operator task, any other a group of its `+tasks`. Siblings run one after another
unless their group says `_parallel`; what a task waits for is stated as its upstreams.
`_do` and `_check` are compiled when they are about to run, not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.dig.config_values import boolean, integer, items, json_text, near_misses, nested
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java.hash_order import hash_ordered
from treasure_workflow_mock.model.names import refusal, task_name_faults

# What a group may have beside its tasks.
_GROUP_KEYS = hash_ordered(
    (
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

    InvalidDefinition with the compiler's message if they cannot be made.
    """
    tasks = _Compiler(full_name).compile(full_name, config)
    for task in tasks:
        _take_export_last(task)
    return [
        TaskDefinition(task.full_name, task.parent, task.config, task.is_group, tuple(task.upstreams)) for task in tasks
    ]


def check_tasks(workflow_name: str, config: JsonObject, longest_name: int | None = None) -> None:
    """InvalidDefinition if an upload refuses the workflow for its tasks, or for a name that no task may have.

    `longest_name` is how long the full name of a task may be, in bytes of UTF-8.
    """
    name = f"+{workflow_name}"
    for task in _Compiler(name).compile(name, config, names_from=0):
        check_full_name(task.full_name, longest_name)


def check_full_name(full_name: str, longest: int | None) -> None:
    """InvalidDefinition if the full name of a task is longer than so many bytes of UTF-8."""
    if longest is not None and len(full_name.encode()) > longest:
        raise InvalidDefinition(f"Full name of a task must not be longer than {longest} bytes: {full_name}")


def _take_export_last(task: _Task) -> None:
    """Puts `_export` last, where the service shows it, and drops an empty one."""
    if "_export" not in task.config:
        return
    export = task.config.pop("_export")
    if export is not None and not isinstance(export, dict):
        raise InvalidDefinition("Parameter '_export' must be an object")
    if export:
        task.config["_export"] = export


class _Compiler:
    """The compilation of one tree. Wrong names and unknown keys are gathered and told when the tree is whole."""

    def __init__(self, full_name: str) -> None:
        self._full_name = full_name
        self._tasks: list[_Task] = []
        self._faults: list[str] = []

    def compile(self, name: str, config: JsonObject, names_from: int = 1) -> list[_Task]:
        """The tasks of the tree; of those before `names_from` the names are not looked at."""
        self._add(None, self._full_name, name, config)
        for task in self._tasks[names_from:]:
            if faults := task_name_faults(task.name):
                raise InvalidDefinition(_WRAPPED + refusal("workflow task", faults))
        if self._faults:
            raise InvalidDefinition(_WRAPPED + refusal("workflow", self._faults))
        return self._tasks

    def _add(self, parent: int | None, full_name: str, name: str, config: JsonObject) -> int:
        """Adds a task and all below it; returns its index."""
        own = {key: value for key, value in config.items() if not key.startswith("+")}
        children = {key: _as_mapping(key, value) for key, value in config.items() if key.startswith("+")}
        if boolean(own, "_disable", False):
            return self._append(_Task(full_name, name, parent, {"_disable": True}, is_group=True))
        operators = [key for key in own if key.endswith(">")]
        if operators or "_type" in own:
            if children:
                raise InvalidDefinition(f"A task can't have subtasks: {json_text(own)}")
            if len(operators) > 1:
                raise InvalidDefinition(f"A task can't have more than one operator: {json_text(own)}")
            _check_error_tasks(full_name, own)
            return self._append(_Task(full_name, name, parent, own, is_group=False))
        index = self._append(_Task(full_name, name, parent, own, is_group=True))
        self._check_group_keys(full_name, own, is_root=parent is None)
        members = [self._add(index, full_name + key, key, child) for key, child in children.items()]
        _arrange(self._tasks, own, members)
        _check_error_tasks(full_name, own)
        return index

    def _append(self, task: _Task) -> int:
        self._tasks.append(task)
        return len(self._tasks) - 1

    def _check_group_keys(self, full_name: str, own: JsonObject, *, is_root: bool) -> None:
        # That a file has no `trigger:` where none is known was seen to before.
        unknown = [key for key in own if key not in _GROUP_KEYS and not (is_root and key == "trigger")]
        if unknown:
            keys = ", ".join(f"'{key}'{_suggestion(key)}" for key in unknown)
            self._faults.append(f'{full_name} contains invalid keys: {keys}: "{json_text(own)}"')


def _check_error_tasks(full_name: str, own: JsonObject) -> None:
    """InvalidDefinition if the tasks for a failure could not be made: then it would be too late."""
    if tasks := nested(own, "_error", required=False):
        _Compiler(f"{full_name}^error").compile("^error", tasks)


def _as_mapping(key: str, value: Json) -> JsonObject:
    """A task's mapping; a list of mappings counts as one, in its order."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise InvalidDefinition(f"Parameter '{key}' must be an object or array of objects")
    return {name: content for part in value for name, content in part.items()}


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
    settled = "_after" if is_parallel else "_background"
    for member in members:
        tasks[member].config.pop(settled, None)


def _parallel(group: JsonObject) -> tuple[bool, int]:
    """Whether the members of a group run at the same time, and how many at most (0: all)."""
    if "_parallel" not in group:
        return False, 0
    value = group["_parallel"]
    if isinstance(value, dict):
        return True, integer(value, "limit")
    check_parallel(value)
    return boolean(group, "_parallel", False), 0


def check_parallel(value: Json) -> None:
    """InvalidDefinition if `_parallel` is neither a mapping nor what may be true or false."""
    if not isinstance(value, bool | str | dict):
        raise InvalidDefinition(f"Invalid _parallel format: {json_text(value)}")


def _arrange_parallel(tasks: list[_Task], members: list[int], limit: int) -> None:
    by_name: dict[str, int] = {}
    for chunk, previous in _chunks(members, limit):
        for member in chunk:
            task = tasks[member]
            if boolean(task.config, "_background", False):
                raise InvalidDefinition(
                    'Setting "_background: true" option is invalid (unnecessary)'
                    ' if its parent task has "_parallel: true" option',
                )
            for name in _after(task.config):
                if name not in by_name:
                    raise InvalidDefinition(f"Dependency task '{name}' does not exist")
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
    if config.get("_after") is None:
        return []
    return [name if isinstance(name, str) else json_text(name) for name in items(config, "_after")]


def _arrange_in_sequence(tasks: list[_Task], members: list[int]) -> None:
    before: list[int] = []
    for member in members:
        task = tasks[member]
        if "_after" in task.config:
            raise InvalidDefinition(
                'Setting "_after" option is invalid if its parent task doesn\'t have "_parallel: true" option'
            )
        if boolean(task.config, "_background", False):
            before.append(member)
        else:
            task.upstreams.extend(before)
            before = [member]
