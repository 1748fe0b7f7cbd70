"""The operators that neither make subtasks nor start attempts: `echo>`, `fail>`, `notify>` and `wait>`."""

from __future__ import annotations

import datetime
import math

from treasure_workflow_mock.dig.config_values import boolean, text
from treasure_workflow_mock.dig.durations import parse_duration
from treasure_workflow_mock.engine.operators.base import (
    Again,
    Busy,
    OperatorKind,
    Outcome,
    Success,
    TaskRequest,
    task_failure,
    unexpected_error,
)
from treasure_workflow_mock.engine.operators.workspace import check_workdir
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java import exceptions
from treasure_workflow_mock.java.exceptions import Cause

_WAIT_LOGGER = "io.digdag.standards.operator.WaitOperatorFactory$WaitOperator"


def _echo(request: TaskRequest) -> Outcome:
    request.log.print(text(request.config, "_command"))
    return Success()


def _fail(request: TaskRequest) -> Outcome:
    raise task_failure(text(request.config, "_command") if request.config.get("_command") is not None else "")


def _notify(request: TaskRequest) -> Outcome:
    text(request.config, "_command")
    return Success()


def _wait(request: TaskRequest) -> Outcome:
    config = request.config
    duration = _duration(request, "_command")
    blocking = boolean(config, "blocking", False)
    poll_interval = None if config.get("poll_interval") is None else _duration(request, "poll_interval")
    if blocking:
        if poll_interval is not None:
            raise unexpected_error("poll_interval can't be specified with blocking:true")
        end = request.begun_at + max(duration, 1)
        return Success() if request.now >= end else Busy(end)
    state = request.task.state_params
    first_run = "wait_start_time_millis" not in state
    start = math.floor(request.now * 1000) if first_run else state["wait_start_time_millis"]
    end = start / 1000 + duration
    if not first_run and request.now >= end:
        began = datetime.datetime.fromtimestamp(start / 1000, datetime.UTC)
        request.log.record("INFO", f"wait finished. start:{began:%Y-%m-%dT%H:%M:%S}.{start % 1000:03}Z", _WAIT_LOGGER)
        return Success()
    interval = max(math.floor(end - request.now), 1) if poll_interval is None else poll_interval
    return Again(interval, {**state, "wait_start_time_millis": start}, ready_at=end)


def _duration(request: TaskRequest, key: str) -> int:
    try:
        return parse_duration(text(request.config, key))
    except InvalidDefinition as error:
        raise unexpected_error(
            "Invalid configuration", exceptions.CONFIG, Cause(exceptions.CONFIG, str(error))
        ) from None
    except ValueError:
        cause = Cause(exceptions.DATE_TIME_PARSE, "Invalid duration")
        raise unexpected_error("Invalid configuration", exceptions.CONFIG, cause) from None


SIMPLE_OPERATORS = {
    "echo": OperatorKind(_echo),
    "fail": OperatorKind(_fail),
    "notify": OperatorKind(_notify),
    "wait": OperatorKind(_wait, prepare=check_workdir),
}
