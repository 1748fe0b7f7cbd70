"""The operators that make subtasks: `if>`, `loop>`, `for_each>`, `for_range>` and `call>`."""

from __future__ import annotations

import itertools
import posixpath
import urllib.parse
from collections.abc import Iterator

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.dig import project as dig
from treasure_workflow_mock.dig.config_values import (
    boolean,
    given,
    integer,
    items,
    nested,
    optional_integer,
    text,
)
from treasure_workflow_mock.dig.config_values import json_text as shown_json
from treasure_workflow_mock.dig.task_definitions import check_parallel
from treasure_workflow_mock.dig.yaml_reader import DigError
from treasure_workflow_mock.engine.operators.base import OperatorKind, Outcome, Success, TaskRequest, unexpected_error
from treasure_workflow_mock.engine.operators.workspace import Workspace, check_workdir
from treasure_workflow_mock.java import exceptions, json_text
from treasure_workflow_mock.java.integers import INT64

_NAME_UNITS = 8  # of UTF-16, of keys and values in the names of a for_each's tasks


def _if(request: TaskRequest) -> Outcome:
    config = request.config
    then, otherwise = nested(config, "_do", required=False), nested(config, "_else_do", required=False)
    given(config, "_command")
    condition = boolean(config, "_command", False)
    if not then and not otherwise:
        raise unexpected_error("Both _do and _else_do are not specified.")
    return Success(then if condition else otherwise)


def _loop(request: TaskRequest) -> Outcome:
    do = nested(request.config, "_do", required=True)
    count = integer(request.config, "_command")
    if request.config.get("count") is not None:
        count = integer(request.config, "count")
    _check_count(request, count, "loop")
    return _rounds(request, do, [(f"+loop-{i}", {"i": i}) for i in range(count)])


def _for_each(request: TaskRequest) -> Outcome:
    do = nested(request.config, "_do", required=True)
    values = {}
    config = _parsed_mapping(request.config, "_command")
    for key in config:
        values[key] = _parsed_list(config, key)
    count = 1
    for number, choices in enumerate(values.values()):
        if choices is None:  # the service does not look before it counts
            problem = 'Cannot invoke "java.util.List.size()" because "<local4>" is null'
            raise unexpected_error(problem, exceptions.NULL_POINTER)
        count = count * len(choices) if number else len(choices)
        _check_count(request, count, "for_each")
    return _rounds(request, do, list(_combinations({key: choices or [] for key, choices in values.items()})))


def _combinations(values: dict[str, list[Json]]) -> Iterator[tuple[str, JsonObject]]:
    """Names and variables of the rounds: every combination of values, the last variable changing fastest."""
    # The service builds the product variable by variable, and begins anew after one that leaves it empty.
    keys = list(values)
    first = max((index + 1 for index, key in enumerate(keys[:-1]) if not values[key]), default=0)
    if not keys:
        return
    for chosen in itertools.product(*(enumerate(values[key]) for key in keys[first:])):
        rounds = list(zip(range(first, len(keys)), keys[first:], chosen, strict=True))
        parts = [f"{number}={_tag(key)}={index}={_tag(value)}" for number, key, (index, value) in rounds]
        yield "+for-" + "&".join(parts), {key: value for _, key, (_, value) in rounds}


def _tag(value: Json) -> str:
    """The beginning of a key or a value as a part of a task's name."""
    units = (value if isinstance(value, str) else shown_json(value)).encode("utf-16-le", "surrogatepass")
    start = units[: 2 * _NAME_UNITS].decode("utf-16-le", "surrogatepass").encode("utf-8", "replace")
    return urllib.parse.quote(start, safe=".-*_").replace("~", "%7E")


def _for_range(request: TaskRequest) -> Outcome:
    do = nested(request.config, "_do", required=True)
    limits = _parsed_mapping(request.config, "_command")
    start, end = integer(limits, "from", INT64), integer(limits, "to", INT64)
    step, slices = optional_integer(limits, "step"), optional_integer(limits, "slices")
    if step is not None and slices is not None:
        raise unexpected_error("Setting both step and slices options to for_range is invalid")
    if step is None and slices is None:
        raise unexpected_error("step or slices option is required for for_range")
    for name, value in (("step", step), ("slices", slices)):
        if value is not None and value <= 0:
            raise unexpected_error(f"{name} option must be same or greater than 1 but got {value}")
    if step is None:
        step = max(-((start - end) // (slices or 1)), 1)  # rounded up
    count = max(-((start - end) // step), 0)
    _check_count(request, count, "for_range", f" ({count})")
    rounds: list[tuple[str, JsonObject]] = []
    for index in range(count):
        low = start + index * step
        high = min(low + step, end)
        rounds.append((f"+range-from={low}&to={high}", {"range": {"from": low, "to": high, "index": index}}))
    return _rounds(request, do, rounds)


def _call(request: TaskRequest) -> Outcome:
    workspace = Workspace(request)
    name = text(request.config, "_command")
    if not name.endswith(".dig"):
        name += ".dig"
    path = workspace.path(name)
    workspace.read(name)
    try:
        subtasks = dict(dig.load_file(request.attempt.workflow.revision.files, path))
    except DigError as error:
        raise unexpected_error(str(error), error.exception) from None
    subtasks.pop("timezone", None)
    if workdir := posixpath.dirname(path):
        subtasks["_export"] = {**subtasks.get("_export", {}), "_workdir": workdir}
    return Success(subtasks)


def _rounds(request: TaskRequest, do: JsonObject, rounds: list[tuple[str, JsonObject]]) -> Success:
    """A subtask for each round, named, with its variables exported."""
    inherited = nested(do, "_export", required=False) if rounds else {}
    subtasks: JsonObject = {name: {**do, "_export": {**inherited, **exports}} for name, exports in rounds}
    request.config.all_used = True
    if "_parallel" in request.config:
        parallel = request.config["_parallel"]
        check_parallel(parallel)
        if isinstance(parallel, dict):
            integer(parallel, "limit")
        if isinstance(parallel, dict) or boolean(request.config, "_parallel", False):
            subtasks["_parallel"] = parallel
    return Success(subtasks)


def _check_count(request: TaskRequest, count: int, kind: str, shown: str = "") -> None:
    limit = request.account.settings["executor.task_max_run"]
    if count > limit:
        raise unexpected_error(f"Too many {kind} subtasks{shown}. Limit: {limit}")


def _parsed_mapping(config: JsonObject, key: str) -> JsonObject:
    """A mapping, or a text that holds one as JSON, as an expression leaves it."""
    if not isinstance(value := config.get(key), str):
        return nested(config, key, required=True)
    return nested({key: _parse(value)}, key, required=True)


def _parsed_list(config: JsonObject, key: str) -> list[Json] | None:
    """A list, or a text that holds one as JSON; None for a text that says `null`."""
    if isinstance(value := config.get(key), str) and (parsed := _parse(value)) is not _NOTHING:
        return None if parsed is None else items({key: parsed}, key)
    return items(config, key)


_NOTHING = object()
"""What a text holds that is blank."""


def _parse(value: str) -> Json:
    """The JSON value that a text begins with; `_NOTHING` for a blank one."""
    try:
        return json_text.parse(value) if value.strip(" \t\r\n") else _NOTHING
    except ValueError as error:
        raise unexpected_error(str(error)) from None


CONTROL_FLOW_OPERATORS = {
    "call": OperatorKind(_call, prepare=check_workdir, heeds_retry=True),
    "for_each": OperatorKind(_for_each),
    "for_range": OperatorKind(_for_range),
    "if": OperatorKind(_if),
    "loop": OperatorKind(_loop),
}
