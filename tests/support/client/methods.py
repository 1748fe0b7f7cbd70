"""The public methods of the client and its nouns, found by reflection, and arguments that are right for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.support.client.support import Guise
from treasure_workflow import TreasureWorkflow

NOUNS = ("projects", "workflows", "schedules", "sessions", "attempts", "logs", "secrets", "pools", "pool_rules")
KINDS = {
    # the annotation of a parameter: the kind of thing that it takes
    "ProjectLike": "project",
    "WorkflowLike": "workflow",
    "ScheduleLike": "schedule",
    "SessionLike": "session",
    "AttemptLike": "attempt",
    "LogLike": "log",
    "RevisionLike": "revision",
    "PoolLike": "pool",
    "PoolRuleLike": "pool rule",
}
# Right values by the parameter's name, or else by its annotation's first word.
_BY_NAME: dict[str, Any] = {
    "attempt_name": "again",
    "directory": ".",
    "from_time": lambda: datetime(2024, 5, 9, tzinfo=UTC),
    "invocation": "on_demand",
    "key": "a.b",
    "log": "+a@1.log.gz",
    "project_name": "shop",
    "revision": "r1",
    "session_time": "2024-05-09T00:00:00Z",
    "timeout": 1,
    "to": None,
    "workflow_name": "nightly",
}
_BY_TYPE: dict[str, Any] = {
    "str": "shop",
    "int": 5,
    "float": 1.0,
    "Mapping[str": dict,
    "datetime": lambda: datetime(2024, 5, 9, tzinfo=UTC),
}


# What has to be given, too, where a parameter is given, or to a method.
_ALSO = {"workflow": ("project",), "promote": ("name",)}


def kind_of(parameter: inspect.Parameter) -> str | None:
    """The kind of thing that a parameter takes, None when it takes no thing that has an id."""
    return KINDS.get(str(parameter.annotation).split(" | ")[0])


def methods() -> list[tuple[str, str]]:
    """Every public method of every noun, by the noun's name and its own."""
    client = TreasureWorkflow("k", "aws")
    return [
        (noun, name)
        for noun in NOUNS
        for name, _ in inspect.getmembers(type(getattr(client, noun)), inspect.isfunction)
        if not name.startswith("_")
    ]


def parameters_of(noun: str, name: str) -> list[inspect.Parameter]:
    """The parameters of a method, without `self`."""
    method: Callable[..., Any] = getattr(getattr(TreasureWorkflow("k", "aws"), noun), name)
    return list(inspect.signature(method).parameters.values())


def good(parameter: inspect.Parameter) -> Any:
    """A value that is right for a parameter."""
    by_type = (
        12 if kind_of(parameter) else _BY_TYPE.get(str(parameter.annotation).split(" | ")[0].split(",")[0], "shop")
    )
    value = _BY_NAME.get(parameter.name, by_type)
    return value() if callable(value) else value


def arguments(method: Any, given: str, value: Any) -> tuple[list[Any], dict[str, Any]]:
    """Arguments that are all right but for the one that is given: those that have to be, and a workflow's project."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(method).parameters.values():
        required = parameter.default is parameter.empty
        if not required and parameter.name not in (given, *_ALSO.get(given, ()), *_ALSO.get(method.__name__, ())):
            continue
        argument = value if parameter.name == given else good(parameter)
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = argument
        else:
            positional.append(argument)
    return positional, named


def outcome(guise: Guise, method: Any, positional: list[Any], named: dict[str, Any]) -> Any:
    """What a method gives, whether a value or a listing."""
    result = method(*positional, **named)
    if hasattr(result, "pages") or hasattr(result, "__aiter__") or hasattr(result, "__next__"):
        return guise.rows(result)
    return guise.run(lambda: result)
