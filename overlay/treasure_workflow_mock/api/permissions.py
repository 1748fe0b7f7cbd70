"""What each operation needs the permission for, and in which project: view, run, edit, or an administrator's key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from treasure_workflow_mock.api.serializers import project_by_name
from treasure_workflow_mock.errors import Forbidden
from treasure_workflow_mock.http.messages import Request
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.permissions import may
from treasure_workflow_mock.model.records import Project

Record = TypeVar("Record")
ProjectOf = Callable[[Account, Request], str | None]


def check(account: Account, operation: str, request: Request) -> None:
    """Forbidden if the account may not do this. What is not there is the operation's own matter."""
    if operation not in _NEEDS:
        return
    needed, project_of = _NEEDS[operation]
    if may(account, None, *needed):
        return
    name = project_of(account, request)
    if name is None or not may(account, name, *needed):
        raise Forbidden(f"{operation} needs the permission to {' and '.join(needed)}")


def visible(account: Account, records: Iterable[Record], project_of: Callable[[Record], Project]) -> Iterator[Record]:
    """The records of projects that the account may view; lists leave out the others."""
    if may(account, None, "view"):
        return iter(records)
    return (record for record in records if may(account, project_of(record).name, "view"))


def _nowhere(_account: Account, _request: Request) -> str | None:
    return None


def _by_name(account: Account, request: Request) -> str | None:
    """The project that a query names; one that is not there yet has no permissions of its own."""
    project = project_by_name(account, request.query.get("project", ""))
    return None if project is None else project.name


def _of_project(account: Account, request: Request) -> str | None:
    project = account.projects.get(request.path["id"])
    return None if project is None else project.name


def _of_schedule(account: Account, request: Request) -> str | None:
    schedule = account.schedules.get(request.path["id"])
    return None if schedule is None else schedule.project.name


def _of_session(account: Account, request: Request) -> str | None:
    session = account.sessions.get(request.path["id"])
    return None if session is None else session.project.name


def _of_attempt(account: Account, request: Request) -> str | None:
    attempt = account.attempts.get(request.path.get("id", request.path.get("attempt_id", 0)))
    return None if attempt is None else attempt.session.project.name


def _of_workflow(account: Account, request: Request) -> str | None:
    workflow = account.workflows.get(request.path["id"])
    return None if workflow is None else workflow.project.name


def _to_start(account: Account, request: Request) -> str | None:
    if "projectName" in request.body:
        return str(request.body["projectName"])
    with contextlib.suppress(ValueError, KeyError):
        return account.workflows[int(request.body["workflowId"])].project.name
    return None


def _each(operations: str, *needed: str, of: ProjectOf) -> dict[str, tuple[tuple[str, ...], ProjectOf]]:
    return dict.fromkeys(operations.split(), (needed, of))


_NEEDS: dict[str, tuple[tuple[str, ...], ProjectOf]] = {
    **_each("getProject getArchive getRevisions getProjectSchedules getProjectSessions", "view", of=_of_project),
    **_each("getWorkflows getWorkflowByName", "view", of=_of_project),
    **_each("getWorkflowDefinition getWorkflowTruncatedSessionTime", "view", of=_of_workflow),
    **_each("getSession getSessionAttempts", "view", of=_of_session),
    **_each("getAttempt getAttemptRetries getTasks getFileHandles getFile", "view", of=_of_attempt),
    **_each("getSchedule", "view", of=_of_schedule),
    **_each("startAttempt", "view", "run", of=_to_start),
    **_each("skipSchedule backfillSchedule enableSchedule disableSchedule", "view", "run", of=_of_schedule),
    **_each("killAttempt", "run", of=_of_attempt),
    **_each("putProject", "edit", of=_by_name),
    **_each("deleteProject", "edit", of=_of_project),
    **_each("getProjectSecrets putProjectSecret deleteProjectSecret", "view", "edit", of=_of_project),
    # Reading pools and rules is forbidden to nobody: the contract knows 403 only where they are changed.
    **_each("createPool updatePool deletePool", "administrator", of=_nowhere),
    **_each("createPoolRule updatePoolRule deletePoolRule", "administrator", of=_nowhere),
}
