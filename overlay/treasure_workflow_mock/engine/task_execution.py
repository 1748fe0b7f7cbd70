"""One run of one operator task: its configuration evaluated, its operator called, its log written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.config_values import WrongType, near_misses, nested, text
from treasure_workflow_mock.dig.task_definitions import TaskDefinition, check_full_name, compile_tasks
from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
from treasure_workflow_mock.engine.expressions.script_error import ScriptTakesTimeError
from treasure_workflow_mock.engine.expressions.template import ExpressionError, evaluate, is_templated
from treasure_workflow_mock.engine.operators.base import (
    Again,
    Busy,
    Operator,
    Outcome,
    Success,
    TaskError,
    TaskRequest,
    internal_error,
    shown_command,
    unexpected_error,
)
from treasure_workflow_mock.engine.operators.checked_config import CheckedConfig
from treasure_workflow_mock.engine.operators.registry import find_operator
from treasure_workflow_mock.engine.params import merged
from treasure_workflow_mock.engine.retries import counted, retry_delay
from treasure_workflow_mock.engine.task_logs import EXECUTOR_LOGGER, TaskLog
from treasure_workflow_mock.engine.task_tree import check_task_limit
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.java import exceptions, stack_traces
from treasure_workflow_mock.java.exceptions import Cause
from treasure_workflow_mock.java.hash_order import hash_ordered
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.names import LONGEST_NAME
from treasure_workflow_mock.model.records import Attempt, Task, Workflow

_log = logging.getLogger(__name__)
# What the executor itself looks at, not the operator.
_NOT_FOR_OPERATORS = frozenset({"_export", "_check", "_error"})
# A task that is run again and again shows its command at first, and after a while now and then.
_SHOWN_AGAIN_AFTER = 1800  # seconds
_SHOWN_AGAIN_EVERY = 10  # runs


@dataclass(frozen=True, slots=True)
class Done:
    """The operator is done: what it stores, and the tasks that come below it, subtasks before checks."""

    store_params: JsonObject = field(default_factory=dict)
    subtasks: Sequence[TaskDefinition] = ()
    checks: Sequence[TaskDefinition] = ()


def run_operator(
    account: Account,
    attempt: Attempt,
    task: Task,
    params: JsonObject,
    scripts: ScriptEngine,
    now: float,
    start: Callable[[Workflow, float, JsonObject, str | None], Attempt],
) -> Done | Again | Busy:
    """Runs `task` at `now` under `params`.

    Raises:
        TaskError: It fails for good.
        ScriptTakesTimeError: It has to be run again, for a script of it to end.
    """
    log = TaskLog(attempt, task, task.updated_at, now)
    try:
        own = {key: value for key, value in task.config.items() if key not in _NOT_FOR_OPERATORS}
        config = merged(params, own)
        if is_templated(config):
            config = evaluate(config, params, scripts)
        name = _operator_name(config, log, is_shown=_is_shown(task, now))
        checked = CheckedConfig(config)

        def template(content: str) -> str:
            evaluated: str = evaluate({"": content}, config, scripts)[""]
            return evaluated

        request = TaskRequest(account, attempt, task, checked, own.keys(), now, task.updated_at, log, template, start)
        outcome = _call(request, name)
        if isinstance(outcome, Success):
            _note_unused(request)
            return _done(request, outcome)
        if isinstance(outcome, Again) and outcome.error is not None:
            _log_retry(log, outcome.error)
        return outcome
    except ScriptTakesTimeError:
        log.discard()
        raise
    except ExpressionError as error:
        raise _logged(unexpected_error(str(error), stack_trace=stack_traces.EVALUATING), task, log) from None
    except ServiceError as error:
        raise _logged(_config_error(error), task, log) from None
    except TaskError as error:
        raise _logged(error, task, log) from None
    except Exception as error:  # whatever it is, the attempt has to end
        _log.exception("attempt %d: task %s failed", attempt.id, task.full_name)
        raise _logged(internal_error(error), task, log) from error
    finally:
        log.close()


def _is_shown(task: Task, now: float) -> bool:
    """Whether this run of a task shows its command in the log."""
    if not task.retries:
        return True
    is_late = task.started_at is not None and now - task.started_at > _SHOWN_AGAIN_AFTER
    return is_late and task.retries % _SHOWN_AGAIN_EVERY == 0


def _operator_name(config: JsonObject, log: TaskLog, *, is_shown: bool) -> str:
    """The operator's name; its argument is put under `_command`, where operators look for it."""
    if "_type" in config:
        kind = text(config, "_type")
        shown = f"type: {kind}"
    else:
        key = next(key for key in config if key.endswith(">"))
        kind, command = key.removesuffix(">"), config[key]
        shown = f"{kind}>: {'' if command is None else shown_command(command)}"
        if command is None:
            config.pop("_command", None)
        else:
            config["_command"] = command
    if is_shown:
        log.record("INFO", shown)
    return kind


def _call(request: TaskRequest, name: str) -> Outcome:
    config = request.config
    kind = find_operator(name, request.account.flavour)
    if kind is None:
        raise unexpected_error(f"Unknown task type: {name}")
    nested(config, "_secrets", required=False)
    config.used.add("_env")
    if "_env" in request.own_keys:
        nested(config, "_env", required=False)
    kind.prepare(request)
    config.all_used = kind.heeds_retry
    return _with_retries(request, kind.run) if kind.heeds_retry else kind.run(request)


def _with_retries(request: TaskRequest, operator: Operator) -> Outcome:
    state = request.task.state_params
    delay = retry_delay(request.config, state)
    try:
        return operator(request)
    except ServiceError as error:
        failure = _config_error(error)
    except TaskError as error:
        failure = error
    if delay is None:
        raise failure
    return Again(delay, counted(state), error=failure)


def _note_unused(request: TaskRequest) -> None:
    """Tells in the log which keys of the task nobody looked at."""
    used = request.config.used
    if request.config.all_used:
        return
    for key in hash_ordered(request.own_keys, copied=len(request.own_keys)):
        if key in used or key == "_type" or key.endswith(">"):
            continue
        request.log.record("ERROR", f"Parameter '{key}' is not used at task {request.task.full_name}.")
        if near := near_misses(key, hash_ordered(sorted(used))):
            request.log.record("ERROR", f"  > Did you mean [{', '.join(near)}]?")


def _done(request: TaskRequest, success: Success) -> Done:
    """The success with its tasks compiled. Raises TaskError if these cannot be made, or are too many."""
    task, name = request.task, request.task.full_name
    try:
        subtasks = compile_tasks(f"{name}^sub", success.subtasks) if success.subtasks else []
        check = nested(task.config, "_check", required=False)
        checks = compile_tasks(f"{name}^check", check) if check else []
        if request.account.flavour == "hosted":
            for definition in (*subtasks, *checks):
                check_full_name(definition.full_name, LONGEST_NAME)
        count = len(request.attempt.tasks)
        check_task_limit(request.account, count, len(subtasks))
        check_task_limit(request.account, count + len(subtasks), len(checks))
    except ServiceError as error:
        failure = _config_error(error)
        message = f"Configuration error at task {name}: {failure.error['message']}"
        request.log.record("ERROR", message, EXECUTOR_LOGGER)
        raise _Told(failure) from None
    except TaskError as error:
        request.log.record("WARN", "Failed to add subtasks because of task limit", EXECUTOR_LOGGER)
        raise _Told(error) from None
    return Done(success.store_params, subtasks, checks)


class _Told(TaskError):
    """A failure that the log tells already."""

    def __init__(self, failure: TaskError) -> None:
        super().__init__(failure.error, *failure.chain)


def _config_error(error: ServiceError) -> TaskError:
    causes = [error.cause] if isinstance(error, WrongType) else []
    return unexpected_error(str(error.message), exceptions.CONFIG, *causes)


def _logged(error: TaskError, task: Task, log: TaskLog) -> TaskError:
    """Writes the record that the service writes of a failure."""
    if isinstance(error, _Told):
        return error
    exception = error.chain[0].exception
    if exception == exceptions.TASK_EXECUTION:
        log.record("ERROR", f"Task {task.full_name} failed.\n{exceptions.told(error.chain)}")
    elif exception == exceptions.CONFIG:
        log.record("ERROR", f"Configuration error at task {task.full_name}: {exceptions.told(error.chain)}")
    else:
        trace = exceptions.stack_trace(error.chain, str(error.error.get("stacktrace")))
        log.record("ERROR", f"Task failed with unexpected error: {error.message}\n{trace}")
    return error


def _log_retry(log: TaskLog, error: TaskError) -> None:
    """Writes the record of a failure that is not the end of the task."""
    first = error.chain[0]
    retry = Cause(exceptions.TASK_EXECUTION, f"{first.exception}: {first.message}")
    trace = exceptions.stack_trace((retry, *error.chain), stack_traces.RUNNING)
    log.record("ERROR", f"Task failed, retrying\n{trace}")
