"""Projects: upload, list, read, delete; their revisions and archives."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.api.pagination import matches_pattern, page, page_size
from treasure_workflow_mock.api.permissions import visible
from treasure_workflow_mock.api.serializers import (
    live_project,
    project_by_name,
    project_json,
    revision_json,
    revision_of,
)
from treasure_workflow_mock.dig import project as dig
from treasure_workflow_mock.dig.archive import read_archive
from treasure_workflow_mock.engine import scheduler
from treasure_workflow_mock.errors import AlreadyExists, InvalidRequest, LimitExceeded
from treasure_workflow_mock.http.messages import Check, Handler, Request, Response
from treasure_workflow_mock.java import times
from treasure_workflow_mock.java.integers import INT64, java_integer
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.names import LONGEST_NAME, check_project_name, check_revision_name
from treasure_workflow_mock.model.records import Project, Revision, Workflow
from treasure_workflow_mock.schedules import rules
from treasure_workflow_mock.schedules.triggers import check_triggers

_MAX_FOLDER_NAME = 234  # bytes of UTF-8: the service unpacks into a folder of the project's name
_REVISIONS_PER_PAGE = 100


def get_projects(account: Account, request: Request) -> Json:
    """Live projects by rising id, or the one of a name."""
    query = request.query
    if "name" in query:
        named = project_by_name(account, query["name"])
        shown = [] if named is None else visible(account, [named], lambda project: project)
        return {"projects": [project_json(project) for project in shown]}
    pattern = query.get("name_pattern", "")
    projects = visible(account, account.live_projects(), lambda project: project)
    found = [project for project in projects if matches_pattern(project.name, pattern)]
    return {"projects": [project_json(project) for project in page(found, query, size=query.get("count", 100))]}


def get_project(account: Account, request: Request) -> Json:
    """One live project."""
    return project_json(live_project(account, request.path["id"]))


def delete_project(account: Account, request: Request) -> Json:
    """Deletes a project; the response is the project as it was before."""
    project = live_project(account, request.path["id"])
    shown = project_json(project)
    project.deleted_at = request.now
    for schedule in [one for one in account.schedules.values() if one.project is project]:
        del account.schedules[schedule.id]
    return shown


def get_archive(account: Account, request: Request) -> Json:
    """The archive of a revision, byte by byte as it was uploaded."""
    project = live_project(account, request.path["id"])
    revision = revision_of(project, request.query.get("revision"))
    return Response(content=revision.archive, content_type="application/gzip")


def get_revisions(account: Account, request: Request) -> Json:
    """The revisions of a project, newest first."""
    project = live_project(account, request.path["id"])
    revisions = list(reversed(project.revisions))
    size = _hosted_size(request) if account.flavour == "hosted" else _REVISIONS_PER_PAGE
    if "name" in request.query:
        return {"revisions": [revision_json(account, one) for one in revisions if one.name == request.query["name"]]}
    if account.flavour == "hosted":
        return _hosted_page(account, project, revisions, request, size)
    shown = page(revisions, request.query, size=_REVISIONS_PER_PAGE, descending=True)
    return {"revisions": [revision_json(account, one) for one in shown]}


def _hosted_size(request: Request) -> int:
    """The asked size of a page, whatever else is asked for; raises InvalidRequest for one that cannot be."""
    size = page_size(request.query, "page[size]", _REVISIONS_PER_PAGE)
    if size < 0:
        raise InvalidRequest(f"page[size] must not be negative: {size}")
    return size


def _hosted_page(
    account: Account, project: Project, revisions: list[Revision], request: Request, size: int
) -> JsonObject:
    """A page by `page[after]`, the id of the last revision of the page before, with a link to the next one."""
    after = request.query.get("page[after]")
    if after is not None:
        try:
            cursor = java_integer(after, INT64)
        except ValueError:
            raise InvalidRequest(f"Invalid page[after]: {after}") from None
        revisions = [one for one in revisions if one.id < cursor]
    elif "last_id" in request.query:
        revisions = [one for one in revisions if one.id < request.query["last_id"]]
    shown = revisions[:size]
    response: JsonObject = {"revisions": [revision_json(account, one) for one in shown]}
    if shown and len(revisions) > size:
        query = urlencode({"page[after]": str(shown[-1].id), "page[size]": str(size)})
        response["pagination"] = {"nextPage": f"/api/projects/{project.id}/revisions?{query}"}
    return response


def check_upload(account: Account, request: Request) -> None:
    """What an upload is refused for before its body is looked at."""
    query = request.query
    for parameter in ("project", "revision"):
        if not query.get(parameter):
            raise InvalidRequest(f"{parameter}= is required")
    _schedule_from(query.get("schedule_from"))
    limit = account.settings["api.max_archive_total_size_limit"]
    if (request.content_length or 0) > limit:
        raise LimitExceeded(f"Size of the uploaded archive file exceeds limit ({limit} bytes)")
    _upload_folder(query["project"])


def put_project(account: Account, request: Request) -> Json:
    """Takes an upload: a new revision of a project, which is made if no live one has the name. All or nothing."""
    query = request.query
    name, revision_name = query["project"], query["revision"]
    schedule_from = _schedule_from(query.get("schedule_from"))
    limit = account.settings["api.max_archive_total_size_limit"]
    folder = _upload_folder(name)
    files = read_archive(request.content, limit, folder)
    hosted = account.flavour == "hosted"
    sources = dig.read_workflows(files, folder, account.flavour)
    if (request.content_length or 0) != len(request.content):
        raise InvalidRequest("Content-Length header doesn't match with uploaded data size")
    clear = _schedules_to_clear(query, {source.name for source in sources})
    dig.check_workflows(sources, LONGEST_NAME if hosted else None)
    for source in sources:
        if "schedule" in source.config:
            rules.parse_schedule(source.config["schedule"], source.timezone)
    if hosted:
        check_triggers(account, name, [one.config["trigger"] for one in sources if "trigger" in one.config])
    check_project_name(name)
    check_revision_name(revision_name)
    project = project_by_name(account, name)
    if project is not None and any(one.name == revision_name for one in project.revisions):
        raise AlreadyExists(f"Resource already exists: revision={revision_name} in project id={project.id}")
    for source in sources:
        if "schedule" in source.config:
            rules.check_options(source.config["schedule"])

    now = request.now
    if project is None:
        project = Project(account.next_id("project"), name, now)
        account.projects[project.id] = project
    digest = base64.b64encode(hashlib.md5(request.content, usedforsecurity=False).digest()).decode()
    revision = Revision(account.next_id("revision"), revision_name, project, now, request.content, digest, files)
    for source in sources:
        workflow_id = account.next_id("workflow")
        workflow = Workflow(workflow_id, source.name, project, revision, source.timezone, source.config)
        account.workflows[workflow_id] = workflow
        revision.workflows.append(workflow)
    project.revisions.append(revision)
    skip_changed = hosted and query.get("skip_schedule", True) and not clear
    scheduler.synchronise(
        account, project, revision, now=now, schedule_from=schedule_from, clear=clear, skip_changed=skip_changed
    )
    return project_json(project)


def _schedule_from(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return times.parse_schedule_from(text)
    except ValueError:
        raise InvalidRequest(
            "Invalid schedule_from= parameter format. Expected yyyy-MM-dd'T'HH:mm:ss'Z' format"
        ) from None


def _schedules_to_clear(query: JsonObject, workflows: set[str]) -> set[str]:
    """The workflows whose schedules start anew with this upload."""
    named: list[str] = query.get("clear_schedule", [])
    for name in named:
        if name not in workflows:
            raise InvalidRequest(f"{name} does not exist")
    return workflows if query.get("clear_schedule_all") else set(named)


def _upload_folder(name: str) -> str:
    """The temporary folder that the service unpacks an upload into, as it appears in messages.

    It is made of the project's name before the name itself is looked at. Raises ServiceError where that fails.
    """
    if "/" in name:
        raise InvalidRequest("Invalid prefix or suffix")
    if "\0" in name:
        raise InvalidRequest(f"Nul character not allowed: {name}")
    if len(name.encode()) > _MAX_FOLDER_NAME:
        raise InvalidRequest(f"File name too long: {name}")
    return f"<folder>/push/{name}_0"


BEFORE_BODY: dict[str, Check] = {"putProject": check_upload}

HANDLERS: dict[str, Handler] = {
    "getProjects": get_projects,
    "getProject": get_project,
    "putProject": put_project,
    "deleteProject": delete_project,
    "getArchive": get_archive,
    "getRevisions": get_revisions,
}
