"""Secrets of a project: keys can be listed, values only be set and deleted."""

from __future__ import annotations

import re

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.api.serializers import id_and_name, live_project
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.http.messages import Handler, Request, Response
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Project

_MAX_KEY = 255
_MAX_VALUE = 16 * 1024  # bytes of UTF-8
_SEGMENT = r"[a-zA-Z](?:[a-zA-Z0-9_\-]*[a-zA-Z0-9])?"
_KEY = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*")


def get_secrets(account: Account, request: Request) -> Json:
    """The keys of a project's secrets."""
    project = live_project(account, request.path["id"])
    return {"secrets": [{"key": key} for key in sorted(project.secrets)]}


def put_secret(account: Account, request: Request) -> Json:
    """Sets a secret."""
    key, value = request.path["key"], request.body["value"]
    _check(key, value)
    project = live_project(account, request.path["id"])
    project.secrets[key] = value
    return _done(account, project, key)


def delete_secret(account: Account, request: Request) -> Json:
    """Deletes a secret; one that is not there is fine."""
    key = request.path["key"]
    _check(key)
    project = live_project(account, request.path["id"])
    project.secrets.pop(key, None)
    return _done(account, project, key)


def _check(key: str, value: str = "") -> None:
    if len(key) > _MAX_KEY or not _KEY.fullmatch(key) or len(value.encode()) > _MAX_VALUE:
        raise InvalidRequest("Invalid secret")


def _done(account: Account, project: Project, key: str) -> Json:
    if account.flavour == "hosted":
        return Response(204, content=b"")
    return {"key": key, "project": id_and_name(project)}


HANDLERS: dict[str, Handler] = {
    "getProjectSecrets": get_secrets,
    "putProjectSecret": put_secret,
    "deleteProjectSecret": delete_secret,
}
