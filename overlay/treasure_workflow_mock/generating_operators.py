"""The operators that make subtasks: `if>`, `loop>`, `for_each>`, `for_range>` and `call>`."""

from __future__ import annotations

import itertools
import json
import posixpath
import urllib.parse
from collections.abc import Iterator

from treasure_workflow_mock import config_values, dig, json_input
from treasure_workflow_mock.config_values import described, json_text
from treasure_workflow_mock.operators import (
    Operator,
    Outcome,
    Success,
    TaskRequest,
    mapping,
    text,
    unexpected_error,
)
from treasure_workflow_mock.state import Json, JsonObject, ServiceError

_MAX_DEPTH = 100  # of JSON texts; the service has no such bound
_NAME_LENGTH = 8  # letters of keys and values in the names of a for_each's tasks


def _if(request: TaskRequest) -> Outcome:
    config = request.config
    then, otherwise = mapping(config, "_do", required=False), mapping(config, "_else_do", required=False)
    if "_command" not in config:
        raise ServiceError(400, "Parameter '_command' is required but not set")
    condition = config_values.boolean(config, "_command", False)
    if not then and not otherwise:
        raise unexpected_error("Both _do and _else_do are not specified.")
    return Success(then if condition else otherwise)


def _loop(request: TaskRequest) -> Outcome:
    do = mapping(request.config, "_do", required=True)
    count = _integer(request.config, "count" if "count" in request.config else "_command")
    _check_count(request, count, "loop")
    return _rounds(request, do, [(f"+loop-{i}", {"i": i}) for i in range(count)])


def _for_each(request: TaskRequest) -> Outcome:
    do = mapping(request.config, "_do", required=True)
    values = {key: _list(key, value) for key, value in _parsed_mapping(request.config, "_command").items()}
    count = 1
    for items in values.values():
        count *= len(items)
        _check_count(request, count, "for_each")
    return _rounds(request, do, list(_combinations(values)))


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
    start = (value if isinstance(value, str) else json_text(value))[:_NAME_LENGTH]
    return urllib.parse.quote(start, safe=".-*_", errors="replace").replace("~", "%7E")


def _for_range(request: TaskRequest) -> Outcome:
    do = mapping(request.config, "_do", required=True)
    given = _parsed_mapping(request.config, "_command")
    start, end = _integer(given, "from", "long"), _integer(given, "to", "long")
    step = None if given.get("step") is None else _integer(given, "step", "long")
    slices = None if given.get("slices") is None else _integer(given, "slices", "long")
    if step is not None and slices is not None:
        raise unexpected_error("Setting both step and slices options to for_range is invalid")
    for name, value in (("step", step), ("slices", slices)):
        if value is not None and value <= 0:
            raise unexpected_error(f"{name} option must be same or greater than 1 but got {value}")
    if slices is not None:
        step = max(-((start - end) // slices), 1)  # rounded up
    if step is None:
        raise unexpected_error("step or slices option is required for for_range")
    count = max(-((start - end) // step), 0)
    _check_count(request, count, "for_range", f" ({count})")
    rounds: list[tuple[str, JsonObject]] = []
    for index in range(count):
        low = start + index * step
        high = min(low + step, end)
        rounds.append((f"+range-from={low}&to={high}", {"range": {"from": low, "to": high, "index": index}}))
    return _rounds(request, do, rounds)


def _call(request: TaskRequest) -> Outcome:
    name = text(request.config, "_command")
    if not name.endswith(".dig"):
        name += ".dig"
    project = request.attempt.session.project
    folder = (
        f"<folder>/workspace/{project.id}_{request.attempt.session.workflow_name}"
        f"_{request.attempt.id}_{request.task.id}_0"
    )
    path = posixpath.normpath(posixpath.join(str(request.config.get("_workdir", "")), name))
    if path.startswith(("../", "/")):
        raise unexpected_error(f"File name must not be outside of project path ({folder}): {name}", "illegal argument")
    files = request.attempt.workflow.revision.files
    if path not in files:
        raise unexpected_error(f"File not found: {folder}/{path}")
    subtasks = dict(dig.load_file(files, path))
    subtasks.pop("timezone", None)
    if workdir := posixpath.dirname(path):
        subtasks["_export"] = {**subtasks.get("_export", {}), "_workdir": workdir}
    return Success(subtasks)


GENERATING_OPERATORS: dict[str, Operator] = {
    "call": _call,
    "for_each": _for_each,
    "for_range": _for_range,
    "if": _if,
    "loop": _loop,
}


def _rounds(request: TaskRequest, do: JsonObject, rounds: list[tuple[str, JsonObject]]) -> Success:
    """A subtask for each round, named, with its variables exported."""
    inherited = mapping(do, "_export", required=False)
    subtasks: JsonObject = {name: {**do, "_export": {**inherited, **exports}} for name, exports in rounds}
    parallel = request.config.get("_parallel")
    if isinstance(parallel, dict) or config_values.boolean(request.config, "_parallel", False):
        subtasks["_parallel"] = parallel
    return Success(subtasks)


def _check_count(request: TaskRequest, count: int, kind: str, shown: str = "") -> None:
    limit = request.account.settings["executor.task_max_run"]
    if count > limit:
        raise unexpected_error(f"Too many {kind} subtasks{shown}. Limit: {limit}")


def _integer(config: JsonObject, key: str, size: str = "int") -> int:
    try:
        return 0 if config.get(key) == "" else config_values.integer(config, key)
    except ServiceError as error:
        raise unexpected_error(str(error.message).replace("integer (int)", f"integer ({size})")) from None


def _parsed_mapping(config: JsonObject, key: str) -> JsonObject:
    value = config.get(key)
    parsed = _parse(value) if isinstance(value, str) else value
    return mapping({} if key not in config else {key: parsed}, key, required=True)


def _list(key: str, value: Json) -> list[Json]:
    parsed = _parse(value) if isinstance(value, str) else value
    if not isinstance(parsed, list):
        raise unexpected_error(f"Expected array type for key '{key}' but got {described(parsed)}")
    return parsed


def _parse(value: str) -> Json:
    """The JSON value that a text holds, as an expression leaves lists and mappings."""
    try:
        parsed = json.loads(value)
        if _is_deeper(parsed, _MAX_DEPTH):
            raise RecursionError
        return parsed
    except RecursionError:
        raise unexpected_error(f"JSON is nested deeper than {_MAX_DEPTH} levels") from None
    except ValueError:
        pass
    try:
        return json_input.parse(value.encode(errors="replace"), "", ())
    except ServiceError as error:
        problem = str(error.message).replace("(io.undertow.servlet.spec.ServletInputStreamImpl)", f'(String)"{value}"')
        raise unexpected_error(f"com.fasterxml.jackson.core.JsonParseException: {problem}") from None


def _is_deeper(value: Json, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        children = (
            item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)
        )
        level = [child for items in children for child in items]
    return bool(level)
