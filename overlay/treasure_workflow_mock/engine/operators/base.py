"""What a task does when it runs: its operator, from the evaluated configuration to an outcome.

An operator succeeds, perhaps with subtasks to run; or asks to run again later; or stays busy for a while; or fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.dig.config_values import json_text
from treasure_workflow_mock.engine.operators.checked_config import CheckedConfig
from treasure_workflow_mock.engine.task_logs import TaskLog
from treasure_workflow_mock.java import exceptions, stack_traces
from treasure_workflow_mock.java.exceptions import Cause
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Task, Workflow


class TaskError(Exception):
    """A task failed. `error` is what the service shows of it, `chain` the exception and its causes."""

    def __init__(self, error: JsonObject, *chain: Cause) -> None:
        super().__init__(chain[0].message)
        self.message = chain[0].message
        self.error = error
        self.chain = chain


def task_failure(message: str, error: JsonObject | None = None) -> TaskError:
    """An ordinary failure, one that the operator meant."""
    return TaskError({"message": message} if error is None else error, Cause(exceptions.TASK_EXECUTION, message))


def unexpected_error(
    message: str,
    exception: str = exceptions.CONFIG,
    *causes: Cause,
    stack_trace: str = stack_traces.RUNNING,
) -> TaskError:
    """A failure that the operator did not mean, by its class of exception: mostly one of the configuration."""
    error = {"message": f"{message} ({exceptions.kind(exception)})", "stacktrace": stack_trace}
    return TaskError(error, Cause(exception, message), *causes)


def internal_error(error: Exception) -> TaskError:
    """A failure of the mock's own, which must not keep an attempt from ending."""
    return unexpected_error(f"{type(error).__name__}: {error}", "internal error of the mock service")


@dataclass(frozen=True, slots=True)
class Success:
    """The operator is done; `subtasks` is the configuration of the tasks that it wants to have run below it."""

    subtasks: JsonObject = field(default_factory=dict)
    store_params: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """The operator wants to run again after `interval` seconds, with `state_params`.

    It will have something to do at `ready_at` (seconds since the epoch), or when `attempt` is done; runs before that
    would change nothing. `error` is the failure that it tries to overcome, if any.
    """

    interval: float
    state_params: JsonObject
    ready_at: float = -math.inf
    attempt: Attempt | None = None
    error: TaskError | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """The operator runs until `until`, in seconds since the epoch."""

    until: float


Outcome = Success | Again | Busy


@dataclass(slots=True)
class TaskRequest:
    """A task that is to run.

    `config` is all of its configuration over the params, evaluated; `own_keys` are those of the task itself.
    `begun_at` is when its present run began, other than `now` if it was busy in between.
    `template` evaluates a text as the task's own would be, and raises ExpressionError.
    `start` starts an attempt of a workflow at a session time, with params and perhaps a retry attempt name.
    """

    account: Account
    attempt: Attempt
    task: Task
    config: CheckedConfig
    own_keys: Collection[str]
    now: float
    begun_at: float
    log: TaskLog
    template: Callable[[str], str]
    start: Callable[[Workflow, float, JsonObject, str | None], Attempt]


Operator = Callable[[TaskRequest], Outcome]


def _needs_nothing(_request: TaskRequest) -> None:
    pass


@dataclass(frozen=True, slots=True)
class OperatorKind:
    """All that there is to say about an operator.

    `run` does its work. `prepare` sees to what it needs first, and raises TaskError. `heeds_retry` says whether the
    operator itself runs again by `_retry`, as few do; those look at all keys of the task. `flavours` are those of the
    service that have it.
    """

    run: Operator
    prepare: Callable[[TaskRequest], None] = _needs_nothing
    heeds_retry: bool = False
    flavours: frozenset[Flavour] = frozenset({"hosted", "digdag"})


def shown_command(value: Json) -> str:
    """A command as the task's log shows it, in the notation of the service's language."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={shown_command(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown_command, value)) + "]"
    return value if isinstance(value, str) else json_text(value)
