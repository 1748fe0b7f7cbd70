"""Workflow definitions: of a revision, of the latest revisions, by id or name; truncated session times."""

from __future__ import annotations

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.api.pagination import matches_pattern, page
from treasure_workflow_mock.api.permissions import visible
from treasure_workflow_mock.api.serializers import (
    find_workflow,
    id_and_name,
    live_project,
    missing,
    revision_of,
    workflow_json,
)
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.http.messages import BareResponse, Handler, Request
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Project
from treasure_workflow_mock.schedules import session_times

MODES: dict[Flavour, tuple[str, ...]] = {
    "digdag": ("hour", "day", "schedule", "next_schedule"),
    "hosted": ("second", "minute", "hour", "day", "schedule", "next_schedule"),
}


def get_workflows(account: Account, request: Request) -> Json:
    """All workflows of a revision, or the one of a name."""
    revision = revision_of(live_project(account, request.path["id"]), request.query.get("revision"))
    name = request.query.get("name")
    return {"workflows": [workflow_json(one) for one in revision.workflows if name is None or one.name == name]}


def get_workflow_by_name(account: Account, request: Request) -> Json:
    """One workflow of a revision."""
    project = live_project(account, request.path["id"])
    return workflow_of(project, request.path["name"], request.query.get("revision"))


def workflow_of(project: Project, name: str, revision_name: str | None) -> JsonObject:
    """The workflow of that name in a revision of the project, the latest one without a name."""
    revision = revision_of(project, revision_name)
    for workflow in revision.workflows:
        if workflow.name == name:
            return workflow_json(workflow)
    raise missing(f"workflow name={name} in revision id={revision.id}")


def get_workflow_definitions(account: Account, request: Request) -> Json:
    """The workflows of the latest revision of every live project."""
    query = request.query
    order = query.get("order", "asc")
    if order not in {"asc", "desc"}:
        raise InvalidRequest("parameter 'order' must be either 'asc' or 'desc'")
    pattern = query.get("name_pattern", "")
    in_project_name = query.get("search_project_name", False)
    found = [
        workflow
        for project in visible(account, account.live_projects(), lambda project: project)
        for workflow in project.revisions[-1].workflows
        if matches_pattern(workflow.name, pattern) or (in_project_name and matches_pattern(project.name, pattern))
    ]
    found.sort(key=lambda workflow: workflow.id, reverse=order == "desc")
    shown = page(found, query, size=query.get("count", 100), descending=order == "desc")
    return {"workflows": [workflow_json(workflow) for workflow in shown]}


def get_workflow_definition(account: Account, request: Request) -> Json:
    """One workflow definition of any revision."""
    return workflow_json(find_workflow(account, request.path["id"]))


def get_truncated_session_time(account: Account, request: Request) -> Json:
    """The session time that a time stands for, by the clock or by the workflow's schedule."""
    given, mode = request.query.get("session_time"), request.query.get("mode")
    if mode is not None and mode not in MODES[account.flavour]:
        raise BareResponse(404)
    try:
        time = None if given is None else times.parse_local_time_or_instant(given)
    except ValueError:
        raise BareResponse(404) from None
    if time is None:
        raise InvalidRequest("session_time= is required")
    workflow = find_workflow(account, request.path["id"])
    seconds = session_times.truncate(workflow, time, mode)
    return {
        "project": id_and_name(workflow.project),
        "revision": workflow.revision.name,
        "sessionTime": times.zoned_text(seconds, workflow.timezone),
        "timezone": workflow.timezone,
    }


HANDLERS: dict[str, Handler] = {
    "getWorkflows": get_workflows,
    "getWorkflowByName": get_workflow_by_name,
    "getWorkflowDefinitions": get_workflow_definitions,
    "getWorkflowDefinition": get_workflow_definition,
    "getWorkflowTruncatedSessionTime": get_truncated_session_time,
}
