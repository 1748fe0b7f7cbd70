"""`require>`: starts another workflow for the same session time, or joins it, and waits for it to end."""

from __future__ import annotations

import math

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.config_values import boolean, described, given, integer, nested, text
from treasure_workflow_mock.engine.operators.base import (
    Again,
    OperatorKind,
    Outcome,
    Success,
    TaskRequest,
    task_failure,
    unexpected_error,
)
from treasure_workflow_mock.engine.operators.workspace import check_workdir
from treasure_workflow_mock.engine.task_logs import EXECUTOR_LOGGER
from treasure_workflow_mock.errors import AttemptExists, LimitExceeded
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Workflow

_LOGGER = "io.digdag.core.agent.RequireOperatorFactory"
_RERUN_ON = ("none", "failed", "all")
_LIMIT_DELAY = 600  # seconds between tries while too many attempts run
_LONGEST_INTERVAL = 10  # seconds between two looks at the required attempt


def _require(request: TaskRequest) -> Outcome:
    """Runs once for each step: start or join, see that it is done, finish."""
    config, state = request.config, request.task.state_params
    workflow_name = text(config, "_command")
    session_time = _session_time(config)
    ignore_failure = boolean(config, "ignore_failure", False)
    rerun_on = text(config, "rerun_on") if config.get("rerun_on") is not None else "none"
    if rerun_on not in _RERUN_ON:
        raise unexpected_error(f"invalid rerun_on option:{rerun_on}")
    params = nested(config, "params", required=False)
    retry_attempt_name = _own_text(request, "retry_attempt_name")
    if "task_finish_success" in state:
        if state["task_finish_success"]:
            return Success()
        session_id, attempt_id = state["target_session_id"], state["target_attempt_id"]
        raise task_failure(f"Dependent workflow failed. Session id: {session_id}, attempt id: {attempt_id}")
    try:
        attempt = request.start(
            _workflow(request, workflow_name),
            session_time,
            params,
            state.get("rerun_on_retry_attempt_name", retry_attempt_name),
        )
    except AttemptExists as conflict:
        return _look_at(request.account.attempts[conflict.attempt_id], state, rerun_on, ignore_failure)
    except LimitExceeded:
        problem = f"Number of attempts or tasks exceed limit. Retry {_LIMIT_DELAY} seconds later"
        request.log.record("WARN", problem, _LOGGER)
        return Again(_LIMIT_DELAY, state)
    started_at = times.zoned_text(attempt.session.time, attempt.workflow.timezone)
    message = f"project id={attempt.session.project.id} workflow name={workflow_name} session_time={started_at}"
    request.log.record("INFO", f"Starting a new session {message}", EXECUTOR_LOGGER)
    return _wait_for(attempt, {**state, "require_kicked": True})


def _look_at(attempt: Attempt, state: JsonObject, rerun_on: str, ignore_failure: bool) -> Outcome:
    """What to do about an attempt that was there already."""
    if not attempt.done:
        return _wait_for(attempt, state)
    if "require_kicked" not in state and (rerun_on == "all" or (rerun_on == "failed" and not attempt.success)):
        return Again(0, _counted({**state, "rerun_on_retry_attempt_name": Account.new_uuid()}))
    finished = {**_targeted(state, attempt), "task_finish_success": attempt.success or ignore_failure}
    return Again(0, _counted(finished))


def _wait_for(attempt: Attempt, state: JsonObject) -> Again:
    interval = min(2 ** state.get("retry", 0), _LONGEST_INTERVAL)
    return Again(interval, _counted(_targeted(state, attempt)), ready_at=math.inf, attempt=attempt)


def _targeted(state: JsonObject, attempt: Attempt) -> JsonObject:
    return {**state, "target_session_id": attempt.session.id, "target_attempt_id": attempt.id}


def _counted(state: JsonObject) -> JsonObject:
    return {**state, "retry": state.get("retry", 0) + 1}


def _session_time(config: JsonObject) -> float:
    value = given(config, "session_time")  # a built-in variable, unless the task says otherwise
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        return times.parse_instant(value)
    except ValueError:
        raise unexpected_error(
            f"Expected class java.time.Instant for key 'session_time' but got {described(value)}"
        ) from None


def _own_text(request: TaskRequest, key: str) -> str | None:
    """An option that counts only if the task itself has it."""
    return text(request.config, key) if key in request.own_keys and request.config[key] is not None else None


def _workflow(request: TaskRequest, name: str) -> Workflow:
    """The required workflow in the latest revision of its project."""
    project_name = _own_text(request, "project_name")
    has_id = "project_id" in request.own_keys and request.config["project_id"] is not None
    if has_id and project_name is not None:
        raise unexpected_error("Both project_id and project_name can't be set")
    if project_name is not None:
        described_project = f"projectName: {project_name}"
        found = (project for project in request.account.live_projects() if project.name == project_name)
    else:
        project_id = integer(request.config, "project_id")
        described_project = f"projectId: {project_id}"
        found = (project for project in request.account.live_projects() if project.id == project_id)
    for project in found:
        for workflow in project.revisions[-1].workflows:
            if workflow.name == name:
                return workflow
    raise task_failure(f"Dependent workflow does not exist. {described_project}, workflowName:{name}")


REQUIRE_OPERATORS = {"require": OperatorKind(_require, prepare=check_workdir, heeds_retry=True)}
