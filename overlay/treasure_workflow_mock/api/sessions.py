"""Sessions: of the account, of a project, and the attempts of one."""

from __future__ import annotations

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.api.pagination import page, page_size
from treasure_workflow_mock.api.permissions import visible
from treasure_workflow_mock.api.serializers import attempt_json, find_session, live_project, session_json, session_text
from treasure_workflow_mock.http.messages import Handler, Request, Response
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Session


def get_sessions(account: Account, request: Request) -> Json:
    """The sessions of the account, newest first."""
    size = page_size(request.query, "page_size", account.settings["api.max_sessions_page_size"])
    sessions = visible(account, reversed(account.sessions.values()), lambda one: one.project)
    shown = page(sessions, request.query, size=size, descending=True)
    return _page(account, shown)


def get_project_sessions(account: Account, request: Request) -> Json:
    """The sessions of a project, or of one workflow name in it, newest first."""
    size = page_size(request.query, "page_size", account.settings["api.max_sessions_page_size"])
    project = live_project(account, request.path["id"])
    workflow = request.query.get("workflow")
    sessions = (
        session
        for session in reversed(account.sessions.values())
        if session.project is project and (workflow is None or session.workflow_name == workflow)
    )
    shown = page(sessions, request.query, size=size, descending=True)
    return _page(account, shown)


def _page(account: Account, sessions: list[Session]) -> Response:
    return Response(text=f'{{"sessions":[{",".join([session_text(account, session) for session in sessions])}]}}')


def get_session(account: Account, request: Request) -> Json:
    """One session."""
    return session_json(account, find_session(account, request.path["id"]))


def get_session_attempts(account: Account, request: Request) -> Json:
    """Every attempt of a session, newest first."""
    size = page_size(request.query, "page_size", account.settings["api.max_attempts_page_size"])
    session = find_session(account, request.path["id"])
    shown = page(reversed(session.attempts), request.query, size=size, descending=True)
    return {"attempts": [attempt_json(account, attempt) for attempt in shown]}


HANDLERS: dict[str, Handler] = {
    "getSessions": get_sessions,
    "getProjectSessions": get_project_sessions,
    "getSession": get_session,
    "getSessionAttempts": get_session_attempts,
}
