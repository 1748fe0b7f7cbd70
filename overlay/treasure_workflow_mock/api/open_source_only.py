"""What an open-source server has beside the contract: its version, and the older lookups by name.

The `digdag` command asks for the version before anything else it does.
"""

from __future__ import annotations

import re

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.api.serializers import live_project, missing, project_by_name, project_json
from treasure_workflow_mock.api.workflows import workflow_of
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.http.messages import Handler, Request
from treasure_workflow_mock.http.openapi import Operation, ParameterKind
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Project

VERSION = "0.10.6-SNAPSHOT"
_CLIENT_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*([-.][0-9A-Za-z]+)*")


def get_version(_account: Account, _request: Request) -> Json:
    """The server's version."""
    return {"version": VERSION}


def check_version(_account: Account, request: Request) -> Json:
    """Whether a client's version will do. Any does: a server refuses old ones only where it is set up to."""
    client = _required(request, "client")
    if not _CLIENT_VERSION.fullmatch(client):
        raise InvalidRequest(f"Invalid version string: {client}")
    return {"serverVersion": VERSION, "upgradeRecommended": False, "apiCompatible": True}


def get_project_by_name(account: Account, request: Request) -> Json:
    """The live project of a name."""
    return project_json(_project(account, _required(request, "name")))


def get_workflow_of_project_name(account: Account, request: Request) -> Json:
    """One workflow of a revision, by the names of project and workflow."""
    project, name = _required(request, "project"), _required(request, "name")
    return workflow_of(_project(account, project), name, request.query.get("revision"))


def get_workflow_of_project(account: Account, request: Request) -> Json:
    """One workflow of a revision, by the project's id and the workflow's name."""
    name = _required(request, "name")
    return workflow_of(live_project(account, request.path["id"]), name, request.query.get("revision"))


def _required(request: Request, name: str) -> str:
    value = request.query.get(name)
    if value is None:
        raise InvalidRequest(f"{name}= is required")
    return str(value)


def _project(account: Account, name: str) -> Project:
    project = project_by_name(account, name)
    if project is None:
        raise missing(f"project name={name}")
    return project


def _read(operation_id: str, path: str, *query: str) -> Operation:
    in_path: dict[str, ParameterKind] = {"id": "int64"} if "{id}" in path else {}
    in_query: dict[str, ParameterKind] = dict.fromkeys(query, "string")
    return Operation(operation_id, "Digdag", "GET", path, in_path, in_query, None, "application/json")


OPERATIONS = [
    _read("getVersion", "/api/version"),
    _read("checkVersion", "/api/version/check", "client"),
    _read("getProjectByName", "/api/project", "name"),
    _read("getWorkflowOfProjectName", "/api/workflow", "project", "name", "revision"),
    _read("getWorkflowOfProject", "/api/projects/{id}/workflow", "name", "revision"),
]
HANDLERS: dict[str, Handler] = {
    "getVersion": get_version,
    "checkVersion": check_version,
    "getProjectByName": get_project_by_name,
    "getWorkflowOfProjectName": get_workflow_of_project_name,
    "getWorkflowOfProject": get_workflow_of_project,
}
