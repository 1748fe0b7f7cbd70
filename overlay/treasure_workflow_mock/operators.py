"""What a task does when it runs: its operator, from the evaluated configuration to an outcome.

An operator succeeds, perhaps with subtasks to run; or asks to run again later; or stays busy for a while; or fails.
Operators that reach outside the service do nothing and succeed, unless the account has a script for the task.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from treasure_workflow_mock import config_values, stack_traces
from treasure_workflow_mock.config_values import described, json_text
from treasure_workflow_mock.durations import parse_duration
from treasure_workflow_mock.state import Account, Attempt, Flavour, Json, JsonObject, ServiceError, Task, Workflow
from treasure_workflow_mock.task_logs import TaskLog


class TaskError(Exception):
    """A task failed. `error` is what the service shows of it."""

    def __init__(self, message: str, error: JsonObject) -> None:
        super().__init__(message)
        self.message = message
        self.error = error


def task_failure(message: str) -> TaskError:
    """An ordinary failure, one that the operator meant."""
    return TaskError(message, {"message": message})


def unexpected_error(message: str, kind: str = "config", stack_trace: str = stack_traces.RUNNING) -> TaskError:
    """A failure that the operator did not mean; `kind` is the kind of exception, mostly `config`."""
    return TaskError(message, {"message": f"{message} ({kind})", "stacktrace": stack_trace})


@dataclass(frozen=True, slots=True)
class Success:
    """The operator is done; `subtasks` is the configuration of the tasks that it wants to have run below it."""

    subtasks: JsonObject = field(default_factory=dict)
    store_params: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """The operator wants to run again after `interval` seconds, with `state_params`.

    It will have something to do at `ready_at` (seconds since the epoch), or when `attempt` is done; runs before that
    would change nothing.
    """

    interval: float
    state_params: JsonObject
    ready_at: float = -math.inf
    attempt: Attempt | None = None


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
    `start` starts an attempt of a workflow at a session time, with params and perhaps a retry attempt name.
    """

    account: Account
    attempt: Attempt
    task: Task
    config: JsonObject
    own_keys: Collection[str]
    now: float
    begun_at: float
    log: TaskLog
    start: Callable[[Workflow, int, JsonObject, str | None], Attempt]


Operator = Callable[[TaskRequest], Outcome]


# Reading the configuration: like `config_values`, for what only operators need.


def text(config: JsonObject, key: str) -> str:
    """The text under `key`; numbers and booleans are taken as theirs."""
    if key not in config:
        raise ServiceError(400, f"Parameter '{key}' is required but not set")
    value = config[key]
    if value is None:
        raise ServiceError(400, f"Parameter '{key}' is required but null")
    if isinstance(value, list | dict):
        raise ServiceError(400, f"Expected string type for key '{key}' but got {described(value)}")
    return value if isinstance(value, str) else json_text(value)


def mapping(config: JsonObject, key: str, *, required: bool) -> JsonObject:
    """The mapping under `key`; an empty one if there is none and it is not required."""
    if key not in config:
        if required:
            raise ServiceError(400, f"Parameter '{key}' is required but not set")
        return {}
    value = config[key]
    if not isinstance(value, dict):
        raise ServiceError(400, f"Parameter '{key}' must be an object")
    return value


def shown_command(value: Json) -> str:
    """A command as the task's log shows it, in the notation of the service's language."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={shown_command(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown_command, value)) + "]"
    return value if isinstance(value, str) else json_text(value)


# The operators that neither make subtasks nor start attempts.


def _echo(request: TaskRequest) -> Outcome:
    request.log.print(text(request.config, "_command"))
    return Success()


def _fail(request: TaskRequest) -> Outcome:
    raise task_failure(text(request.config, "_command") if "_command" in request.config else "")


def _notify(_request: TaskRequest) -> Outcome:
    return Success()


def _wait(request: TaskRequest) -> Outcome:
    config = request.config
    try:
        duration = parse_duration(text(config, "_command"))
        poll_interval = None if config.get("poll_interval") is None else parse_duration(text(config, "poll_interval"))
    except (ServiceError, ValueError):
        raise unexpected_error("Invalid configuration") from None
    if config_values.boolean(config, "blocking", False):
        if poll_interval is not None:
            raise unexpected_error("poll_interval can't be specified with blocking:true")
        end = request.begun_at + max(duration, 1)
        return Success() if request.now >= end else Busy(end)
    state = request.task.state_params
    first_run = "wait_start_time_millis" not in state
    start = math.floor(request.now * 1000) if first_run else state["wait_start_time_millis"]
    end = start / 1000 + duration
    if not first_run and request.now >= end:
        return Success()
    interval = max(math.floor(end - request.now), 1) if poll_interval is None else poll_interval
    return Again(interval, {**state, "wait_start_time_millis": start}, ready_at=end)


SIMPLE_OPERATORS: dict[str, Operator] = {"echo": _echo, "fail": _fail, "notify": _notify, "wait": _wait}


# The operators that reach outside.

_OUTSIDE = frozenset(
    [
        "bq",
        "bq_ddl",
        "bq_extract",
        "bq_load",
        "gcs_wait",
        "http",
        "http_call",
        "mail",
        "pg",
        "py",
        "redshift",
        "redshift_load",
        "redshift_unload",
        "s3_wait",
        "td",
        "td_ddl",
        "td_for_each",
        "td_load",
        "td_partial_delete",
        "td_result_export",
        "td_run",
        "td_table_export",
        "td_wait",
        "td_wait_table",
    ]
)
_OUTSIDE_DIGDAG = frozenset(["embulk", "emr", "param_get", "param_set", "rb", "sh"])
_OUTSIDE_HOSTED = frozenset(["databricks", "s3_copy", "s3_delete", "snowflake"])
_SCRIPT_KEYS = frozenset({"outcome", "seconds", "error", "log", "store"})


def is_outside(kind: str, flavour: Flavour) -> bool:
    """Whether the flavour of the service has an operator of this kind that reaches outside."""
    return kind in _OUTSIDE or kind in (_OUTSIDE_HOSTED if flavour == "hosted" else _OUTSIDE_DIGDAG)


def check_script(script: Json) -> None:
    """ServiceError 400 unless `script` is an outcome for an outside operator.

    `outcome` is `success` or `error`, `seconds` how long it takes, `error` the error object, `log` lines to print,
    `store` params to store. All may be left out.
    """
    if not isinstance(script, dict):
        raise ServiceError(400, "A script must be an object")
    if unknown := script.keys() - _SCRIPT_KEYS:
        raise ServiceError(400, f"A script has no {', '.join(sorted(unknown))}")
    seconds, log = script.get("seconds", 0), script.get("log", [])
    if script.get("outcome", "success") not in ("success", "error"):
        raise ServiceError(400, "outcome must be success or error")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ServiceError(400, "seconds must be a number, 0 or more")
    if not isinstance(log, list) or not all(isinstance(line, str) for line in log):
        raise ServiceError(400, "log must be a list of texts")
    for key in ("error", "store"):
        if not isinstance(script.get(key, {}), dict):
            raise ServiceError(400, f"{key} must be an object")


def run_outside(request: TaskRequest) -> Outcome:
    """Does what the account's script for the task says; without one it succeeds at once."""
    script = request.account.scripts.get(request.task.full_name, {})
    end = request.begun_at + script.get("seconds", 0)
    if request.now < end:
        return Busy(end)
    for line in script.get("log", []):
        request.log.print(line + "\n")
    if script.get("outcome") == "error":
        error = {"message": "scripted failure", **script.get("error", {})}
        raise TaskError(str(error["message"]), error)
    return Success(store_params=script.get("store", {}))
