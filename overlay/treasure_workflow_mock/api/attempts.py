"""Attempts: start, list, read, kill; their tasks and retries."""

from __future__ import annotations

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.api.pagination import page, page_size
from treasure_workflow_mock.api.permissions import visible
from treasure_workflow_mock.api.serializers import (
    attempt_json,
    find_attempt,
    find_workflow,
    missing,
    project_by_name,
    task_json,
)
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.engine.resume import Resume
from treasure_workflow_mock.errors import AttemptExists, InvalidRequest
from treasure_workflow_mock.http.messages import Handler, Request, Response, id_in_body
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Workflow

# How deep the service's own objects can be read and written without trouble.
_MAX_DEPTH = 200


def get_attempts(account: Account, request: Request) -> Json:
    """Attempts, newest first: of the account, of a live project, or of a workflow name in it."""
    query = request.query
    size = page_size(query, "page_size", account.settings["api.max_attempts_page_size"])
    found = visible(account, reversed(account.attempts.values()), lambda one: one.session.project)
    if "project" in query:
        project = project_by_name(account, query["project"])
        if project is None:
            raise missing(f"project name={query['project']}")
        workflow = query.get("workflow")
        found = (
            attempt
            for attempt in found
            if attempt.session.project is project and (workflow is None or attempt.session.workflow_name == workflow)
        )
    if not query.get("include_retried", False):
        found = (attempt for attempt in found if attempt.session.attempts[-1] is attempt)
    shown = page(found, query, size=size, descending=True)
    return {"attempts": [attempt_json(account, attempt) for attempt in shown]}


def start_attempt(account: Account, request: Request) -> Json:
    """Starts an attempt; 409 with the attempt there is when its identity is taken."""
    body = request.body
    workflow = _workflow(account, request)
    resume = body.get("resume")
    _check_depth(body["params"])
    try:
        attempt = attempts.start_attempt(
            account,
            workflow,
            session_time=body["sessionTime"],
            params=body["params"],
            now=request.now,
            retry_attempt_name=body.get("retryAttemptName"),
            may_queue=_may_queue(account, body.get("allowQueueing")),
            resume=None
            if resume is None
            else Resume(resume["mode"], id_in_body(resume["attemptId"]), resume.get("from")),
        )
    except AttemptExists as conflict:
        return Response(409, json=attempt_json(account, find_attempt(account, conflict.attempt_id)))
    return attempt_json(account, attempt)


def _may_queue(account: Account, asked: bool | None) -> bool:
    if not account.settings["api.start_always_queues"]:
        return bool(asked)
    if asked is False:
        raise InvalidRequest("allowQueueing=false is not supported: attempts that the API starts are always queued")
    return True


def _workflow(account: Account, request: Request) -> Workflow:
    body = request.body
    if "workflowId" in body:
        return find_workflow(account, id_in_body(body["workflowId"]))
    if "projectName" not in body or "workflowName" not in body:  # the hosted service takes either
        raise InvalidRequest("workflowId, or projectName and workflowName are required")
    project = project_by_name(account, body["projectName"])
    if project is None:
        raise missing(f"project name={body['projectName']}")
    for workflow in project.revisions[-1].workflows:
        if workflow.name == body["workflowName"]:
            return workflow
    raise missing(f"workflow name={body['workflowName']} in project id={project.id}")


def _check_depth(params: Json) -> None:
    level = [params]
    for _ in range(_MAX_DEPTH):
        children = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for items in children for child in items if isinstance(child, dict | list)]
        if not level:
            return
    raise InvalidRequest(f"params are nested deeper than {_MAX_DEPTH} levels")


def get_attempt(account: Account, request: Request) -> Json:
    """One attempt."""
    return attempt_json(account, find_attempt(account, request.path["id"]))


def kill_attempt(account: Account, request: Request) -> Json:
    """Asks an attempt to stop; the response is the attempt as it was before."""
    attempt = find_attempt(account, request.path["id"])
    shown = attempt_json(account, attempt)
    attempts.kill(attempt)
    return shown


def get_retries(account: Account, request: Request) -> Json:
    """All attempts of the attempt's session, oldest first."""
    session = find_attempt(account, request.path["id"]).session
    return {"attempts": [attempt_json(account, attempt) for attempt in session.attempts]}


def get_tasks(account: Account, request: Request) -> Json:
    """The tasks of an attempt by rising id."""
    return {"tasks": [task_json(task) for task in find_attempt(account, request.path["id"]).tasks]}


HANDLERS: dict[str, Handler] = {
    "getAttempts": get_attempts,
    "startAttempt": start_attempt,
    "getAttempt": get_attempt,
    "killAttempt": kill_attempt,
    "getAttemptRetries": get_retries,
    "getTasks": get_tasks,
}
