"""The records of an account as the service's JSON shows them, and finding them by id or name."""

from __future__ import annotations

from functools import lru_cache

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.errors import NotFound, ServiceError
from treasure_workflow_mock.http.messages import encode_json
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, LogFile, Project, Revision, Session, Task, Workflow

_SESSION_TEXTS = 1000  # kept by each account


def missing(what: str) -> ServiceError:
    """The refusal of something that is not there, such as `project id=7`."""
    return NotFound(f"Resource does not exist: {what}")


def live_project(account: Account, project_id: int) -> Project:
    """The project of that id, if it is not deleted."""
    project = account.projects.get(project_id)
    if project is None:
        raise missing(f"project id={project_id}")
    if project.deleted_at is not None:
        raise NotFound(f"Project id={project_id} is already deleted at {_in_milliseconds(project.deleted_at)}")
    return project


def project_by_name(account: Account, name: str) -> Project | None:
    """The live project of that name."""
    return next((project for project in account.live_projects() if project.name == name), None)


def revision_of(project: Project, name: str | None) -> Revision:
    """The revision of that name, or the latest without a name."""
    if name is None:
        return project.revisions[-1]
    for revision in project.revisions:
        if revision.name == name:
            return revision
    raise missing(f"revision name={name} in project id={project.id}")


def find_workflow(account: Account, workflow_id: int) -> Workflow:
    """The workflow definition of that id, of any revision and also of a deleted project."""
    workflow = account.workflows.get(workflow_id)
    if workflow is None:
        raise missing(f"workflow id={workflow_id}")
    return workflow


def find_session(account: Account, session_id: int) -> Session:
    """The session of that id."""
    session = account.sessions.get(session_id)
    if session is None:
        raise missing(f"session id={session_id}")
    return session


def find_attempt(account: Account, attempt_id: int) -> Attempt:
    """The attempt of that id."""
    attempt = account.attempts.get(attempt_id)
    if attempt is None:
        raise missing(f"session attempt id={attempt_id}")
    return attempt


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else _instant_text(seconds // 1)


# A page shows the same times over and over, and writing them is most of its cost.
_instant_text = lru_cache(maxsize=1024)(times.instant_text)
_zoned_text = lru_cache(maxsize=1024)(times.zoned_text)


def _in_milliseconds(seconds: float) -> str:
    return f"{times.instant_text(seconds).removesuffix('Z')}.{int(seconds % 1 * 1000):03d}Z"


def project_json(project: Project) -> JsonObject:
    """A project with the name of its latest revision."""
    latest = project.revisions[-1]
    return {
        "id": str(project.id),
        "name": project.name,
        "revision": latest.name,
        "createdAt": _time(project.created_at),
        "updatedAt": _time(latest.created_at),
        "deletedAt": _time(project.deleted_at),
        "archiveType": "db",
        "archiveMd5": latest.archive_md5,
    }


def revision_json(account: Account, revision: Revision) -> JsonObject:
    """One upload of a project. The hosted service tells who made it; here all are made by the owner of the key."""
    owner = {"id": 1, "name": "Mock User", "email": "mock.user@example.com"}
    return {
        "revision": revision.name,
        "createdAt": _time(revision.created_at),
        "archiveType": "db",
        "archiveMd5": revision.archive_md5,
        "userInfo": {"td": {"user": owner}} if account.flavour == "hosted" else {},
    }


def id_and_name(record: Project | Workflow) -> JsonObject:
    """How another resource refers to a project or a workflow."""
    return {"id": str(record.id), "name": record.name}


def workflow_json(workflow: Workflow) -> JsonObject:
    """A workflow definition."""
    return {
        "id": str(workflow.id),
        "name": workflow.name,
        "project": id_and_name(workflow.project),
        "revision": workflow.revision.name,
        "timezone": workflow.timezone,
        "config": workflow.config,
    }


def attempt_status(account: Account, attempt: Attempt) -> str:
    """The one word for how far an attempt is; the hosted service tells apart more kinds of not being done."""
    if attempt.success:
        return "success"
    if attempt.done:
        return "killed" if attempt.cancel_requested else "error"
    if account.flavour == "hosted":
        if attempt.cancel_requested:
            return "canceling"
        if attempt.waits_for is not None:
            return "blocked"
        if attempt.queued:
            return "queued"
    return "running"


def attempt_json(account: Account, attempt: Attempt) -> JsonObject:
    """An attempt with its session."""
    session = attempt.session
    shown = {
        "status": attempt_status(account, attempt),
        "id": str(attempt.id),
        "index": attempt.index,
        "project": id_and_name(session.project),
        "workflow": {"name": session.workflow_name, "id": str(attempt.workflow.id)},
        "sessionId": str(session.id),
        "sessionUuid": session.uuid,
        "sessionTime": _zoned_text(session.time, attempt.workflow.timezone),
        "retryAttemptName": attempt.retry_attempt_name,
        "done": attempt.done,
        "success": attempt.success,
        "cancelRequested": attempt.cancel_requested,
        "params": attempt.params,
        "createdAt": _time(attempt.created_at),
        "finishedAt": _time(attempt.finished_at),
    }
    if attempt.pool_id is not None:
        shown["poolId"] = str(attempt.pool_id)
    return shown


def session_json(account: Account, session: Session) -> JsonObject:
    """A session with its last attempt, whose workflow also decides the offset of the session time."""
    last = session.attempts[-1]
    shown_attempt = {
        "id": str(last.id),
        "retryAttemptName": last.retry_attempt_name,
        "done": last.done,
        "success": last.success,
        "cancelRequested": last.cancel_requested,
        "params": last.params,
        "createdAt": _time(last.created_at),
        "finishedAt": _time(last.finished_at),
    }
    if account.flavour == "hosted":
        shown_attempt["status"] = attempt_status(account, last)
        if last.pool_id is not None:
            shown_attempt["poolId"] = str(last.pool_id)
    return {
        "id": str(session.id),
        "project": id_and_name(session.project),
        "workflow": {"name": session.workflow_name, "id": str(last.workflow.id)},
        "sessionUuid": session.uuid,
        "sessionTime": _zoned_text(session.time, last.workflow.timezone),
        "lastAttempt": shown_attempt,
    }


def session_text(account: Account, session: Session) -> str:
    """The text of `session_json`. Pages show finished sessions over and over, so the last ones shown are kept."""
    last = session.attempts[-1]
    if not last.done:
        return encode_json(session_json(account, session))
    # Of an attempt that is done, nothing else changes.
    key = (last.id, account.flavour, last.cancel_requested, last.pool_id)
    kept = account.session_texts.get(session.id)
    if kept is not None and kept[0] == key:
        return kept[1]
    text = encode_json(session_json(account, session))
    if len(account.session_texts) == _SESSION_TEXTS:
        account.session_texts.clear()
    account.session_texts[session.id] = key, text
    return text


def task_json(task: Task) -> JsonObject:
    """A task; its time of starting is shown only for a task that an operator ran."""
    return {
        "id": str(task.id),
        "fullName": task.full_name,
        "parentId": None if task.parent is None else str(task.parent.id),
        "config": task.config,
        "upstreams": [str(upstream.id) for upstream in task.upstreams],
        "state": task.state,
        "cancelRequested": task.cancel_requested,
        "exportParams": task.export_params,
        "storeParams": task.store_params,
        "stateParams": task.state_params,
        "updatedAt": _time(task.updated_at),
        "retryAt": _time(task.retry_at),
        "startedAt": _time(task.started_at),
        "error": task.error,
        "isGroup": task.is_group,
    }


def log_file_json(account: Account, file: LogFile) -> JsonObject:
    """The handle of a log file. Files lie in the service itself, so there is never a direct link."""
    shown = {
        "fileName": file.name,
        "fileSize": len(file.data),
        "taskName": file.task_name,
        "fileTime": _time(file.time),
        "agentId": file.agent_id,
        "direct": None,
    }
    if account.flavour == "hosted":
        shown["fileTimestamp"] = _in_milliseconds(file.time)
    return shown
