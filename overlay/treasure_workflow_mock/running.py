"""One run of one operator task: its configuration evaluated, its operator called, its log written."""

from __future__ import annotations

from collections.abc import Callable

from treasure_workflow_mock import stack_traces
from treasure_workflow_mock.config_values import near_misses
from treasure_workflow_mock.expressions import ExpressionError, evaluate, is_templated
from treasure_workflow_mock.generating_operators import GENERATING_OPERATORS
from treasure_workflow_mock.hash_order import hash_ordered
from treasure_workflow_mock.operators import (
    SIMPLE_OPERATORS,
    Again,
    Operator,
    Outcome,
    Success,
    TaskError,
    TaskRequest,
    is_outside,
    run_outside,
    shown_command,
    text,
    unexpected_error,
)
from treasure_workflow_mock.require_operator import require
from treasure_workflow_mock.retries import counted, retry_delay
from treasure_workflow_mock.script_engine import ScriptEngine
from treasure_workflow_mock.state import Account, Attempt, JsonObject, ServiceError, Task, Workflow
from treasure_workflow_mock.task_logs import TaskLog
from treasure_workflow_mock.variables import merged

# What the executor itself looks at, not the operator.
_NOT_FOR_OPERATORS = frozenset({"_export", "_check", "_error"})
# The options of the operators that are known to leave others unused; a stray one is noted in the log.
_OPTIONS: dict[str, frozenset[str]] = {
    "echo": frozenset(),
    "fail": frozenset(),
    "for_each": frozenset(),
    "for_range": frozenset(),
    "if": frozenset(),
    "loop": frozenset({"count"}),
    "require": frozenset(
        {"ignore_failure", "params", "project_id", "project_name", "rerun_on", "retry_attempt_name", "session_time"}
    ),
    "wait": frozenset({"blocking", "poll_interval"}),
}


def run_operator(
    account: Account,
    attempt: Attempt,
    task: Task,
    params: JsonObject,
    scripts: ScriptEngine,
    now: float,
    start: Callable[[Workflow, int, JsonObject, str | None], Attempt],
) -> Outcome:
    """Runs `task` at `now` under `params`. Raises TaskError if it fails for good."""
    log = TaskLog(attempt, task, now)
    try:
        own = {key: value for key, value in task.config.items() if key not in _NOT_FOR_OPERATORS}
        config = merged(params, own)
        if is_templated(config):
            config = evaluate(config, params, scripts)
        kind = _kind(config, log)
        request = TaskRequest(account, attempt, task, config, own.keys(), now, task.updated_at, log, start)
        outcome = _call(request, kind)
        if isinstance(outcome, Success):
            _note_unused(kind, request)
        return outcome
    except ExpressionError as error:
        raise _logged(unexpected_error(str(error), stack_trace=stack_traces.EVALUATING), task, log) from None
    except ServiceError as error:
        raise _logged(unexpected_error(str(error.message)), task, log) from None
    except TaskError as error:
        raise _logged(error, task, log) from None
    finally:
        log.close()


def _kind(config: JsonObject, log: TaskLog) -> str:
    """The operator's name; its argument is put under `_command`, where operators look for it."""
    if "_type" in config:
        kind = text(config, "_type")
        log.record("INFO", f"type: {kind}")
        return kind
    key = next(key for key in config if key.endswith(">"))
    kind, command = key.removesuffix(">"), config[key]
    log.record("INFO", f"{kind}>: {'' if command is None else shown_command(command)}")
    if command is None:
        config.pop("_command", None)
    else:
        config["_command"] = command
    return kind


def _call(request: TaskRequest, kind: str) -> Outcome:
    operator = SIMPLE_OPERATORS.get(kind) or GENERATING_OPERATORS.get(kind)
    if operator is not None and kind != "call":
        return operator(request)
    if kind == "require":
        operator = require
    elif is_outside(kind, request.account.flavour):
        operator = run_outside
    if operator is None:
        raise unexpected_error(f"Unknown task type: {kind}")
    return _with_retries(request, operator)


def _with_retries(request: TaskRequest, operator: Operator) -> Outcome:
    """Of the operators, only these heed `_retry` themselves."""
    state = request.task.state_params
    delay = retry_delay(request.config, state)
    try:
        return operator(request)
    except TaskError:
        if delay is None:
            raise
        return Again(delay, counted(state))


def _note_unused(kind: str, request: TaskRequest) -> None:
    options = _OPTIONS.get(kind)
    if options is None:
        return
    unused = [key for key in request.own_keys if not key.startswith("_") and not key.endswith(">")]
    for key in hash_ordered(key for key in unused if key not in options):
        near = near_misses(key, options)
        hint = f"> Did you mean '[{', '.join(near)}]'?" if near else ""
        request.log.record("ERROR", f"Parameter '{key}' is not used at task {request.task.full_name}. {hint}")


def _logged(error: TaskError, task: Task, log: TaskLog) -> TaskError:
    """Writes the record that the service writes of a failure."""
    message = str(error.error.get("message", error.message))
    if "stacktrace" not in error.error:
        log.record("ERROR", f"Task {task.full_name} failed.\n{message}")
    elif message.endswith(" (config)"):
        log.record("ERROR", f"Configuration error at task {task.full_name}: {message}")
    else:
        log.record("ERROR", f"Task failed with unexpected error: {message}")
    return error
