"""Workflows, sessions, schedules and secrets: which request each method makes, and what it refuses to make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.client.support import (
    SCHEDULE,
    SESSION,
    Guise,
    Scripted,
    ScriptedServer,
    attempt,
    json_response,
    project,
    workflow,
)
from treasure_workflow_api._operations import OPERATIONS

MORNING = datetime(2024, 5, 9, tzinfo=UTC)
NAIVE = datetime(2024, 5, 9)

TRUNCATED = {
    "project": {"id": "12", "name": "shop"},
    "revision": "r7",
    "sessionTime": "2024-05-10T00:00:00+09:00",
    "timezone": "Asia/Tokyo",
}
BACKFILLED = {key: SCHEDULE[key] for key in ("id", "project", "workflow")} | {"attempts": [attempt()]}
NOTHING: dict[str, Any] = {}

CALLS: dict[str, tuple[Callable[[Any], Any], object, str, dict[str, str], object]] = {
    # name: call, response, request, query, body
    "workflows.list": (
        lambda client: client.workflows.list(name_pattern="n", search_project_name=True),
        {"workflows": []},
        "GET /api/workflows",
        {"name_pattern": "n", "search_project_name": "true", "order": "asc"},
        None,
    ),
    "workflows.of_project": (
        lambda client: client.workflows.of_project(12, revision="r7"),
        {"workflows": [workflow()]},
        "GET /api/projects/12/workflows",
        {"revision": "r7"},
        None,
    ),
    "workflows.get": (lambda client: client.workflows.get(77), workflow(), "GET /api/workflows/77", NOTHING, None),
    "workflows.find": (
        lambda client: client.workflows.find(12, "nightly", revision="r7"),
        workflow(),
        "GET /api/projects/12/workflows/nightly",
        {"revision": "r7"},
        None,
    ),
    "workflows.truncate_session_time": (
        lambda client: client.workflows.truncate_session_time(77, MORNING, mode="day"),
        TRUNCATED,
        "GET /api/workflows/77/truncated_session_time",
        {"session_time": "2024-05-09T00:00:00+00:00", "mode": "day"},
        None,
    ),
    "truncating local text": (
        lambda client: client.workflows.truncate_session_time(77, "2024-05-09T01:00"),
        TRUNCATED,
        "GET /api/workflows/77/truncated_session_time",
        {"session_time": "2024-05-09T01:00"},
        None,
    ),
    "sessions.list": (lambda client: client.sessions.list(), {"sessions": []}, "GET /api/sessions", NOTHING, None),
    "sessions.list of a project": (
        lambda client: client.sessions.list(project=12, workflow="nightly"),
        {"sessions": []},
        "GET /api/projects/12/sessions",
        {"workflow": "nightly"},
        None,
    ),
    "sessions.get": (lambda client: client.sessions.get("340"), SESSION, "GET /api/sessions/340", NOTHING, None),
    "sessions.attempts": (
        lambda client: client.sessions.attempts(340),
        {"attempts": []},
        "GET /api/sessions/340/attempts",
        NOTHING,
        None,
    ),
    "schedules.list": (lambda client: client.schedules.list(), {"schedules": []}, "GET /api/schedules", NOTHING, None),
    "schedules.list of a project": (
        lambda client: client.schedules.list(project=12, workflow="nightly"),
        {"schedules": []},
        "GET /api/projects/12/schedules",
        {"workflow": "nightly"},
        None,
    ),
    "schedules.get": (lambda client: client.schedules.get(5), SCHEDULE, "GET /api/schedules/5", NOTHING, None),
    "schedules.enable": (
        lambda client: client.schedules.enable(5),
        SCHEDULE,
        "POST /api/schedules/5/enable",
        NOTHING,
        {},
    ),
    "schedules.enable from a time": (
        lambda client: client.schedules.enable(5, skip_schedule=True, next_time=MORNING),
        SCHEDULE,
        "POST /api/schedules/5/enable",
        NOTHING,
        {"skipSchedule": True, "nextTime": "2024-05-09T00:00:00+00:00"},
    ),
    "schedules.disable": (
        lambda client: client.schedules.disable(5),
        SCHEDULE,
        "POST /api/schedules/5/disable",
        NOTHING,
        None,
    ),
    "schedules.skip to": (
        lambda client: client.schedules.skip(5, next_time="2024-05-12T00:00:00"),
        SCHEDULE,
        "POST /api/schedules/5/skip",
        NOTHING,
        {"nextTime": "2024-05-12T00:00:00", "dryRun": False},
    ),
    "schedules.skip by count": (
        lambda client: client.schedules.skip(5, from_time=MORNING, count=3, next_run_time=MORNING),
        SCHEDULE,
        "POST /api/schedules/5/skip",
        NOTHING,
        {
            "fromTime": "2024-05-09T00:00:00+00:00",
            "count": 3,
            "nextRunTime": "2024-05-09T00:00:00+00:00",
            "dryRun": False,
        },
    ),
    "schedules.backfill": (
        lambda client: client.schedules.backfill(5, from_time=MORNING, attempt_name="bf1", count=3),
        BACKFILLED,
        "POST /api/schedules/5/backfill",
        NOTHING,
        {"fromTime": "2024-05-09T00:00:00+00:00", "attemptName": "bf1", "count": 3, "dryRun": False},
    ),
    "secrets.list": (
        lambda client: client.secrets.list(12),
        {"secrets": [{"key": "a.b"}]},
        "GET /api/projects/12/secrets",
        NOTHING,
        None,
    ),
    "secrets.set": (
        lambda client: client.secrets.set(12, "a.b-c", "é"),
        None,
        "PUT /api/projects/12/secrets/a.b-c",
        NOTHING,
        {"value": "é"},
    ),
    "secrets.delete": (
        lambda client: client.secrets.delete(12, "a.b"),
        None,
        "DELETE /api/projects/12/secrets/a.b",
        NOTHING,
        None,
    ),
    "projects.list": (
        lambda client: client.projects.list(name_pattern="s"),
        {"projects": []},
        "GET /api/projects",
        {"name_pattern": "s"},
        None,
    ),
    "projects.revisions": (
        lambda client: client.projects.revisions(12, name="r7"),
        {"revisions": []},
        "GET /api/projects/12/revisions",
        {"name": "r7", "page[size]": "99"},
        None,
    ),
    "projects.delete": (
        lambda client: client.projects.delete(12),
        project(),
        "DELETE /api/projects/12",
        NOTHING,
        None,
    ),
    "attempts.get": (lambda client: client.attempts.get(901), attempt(), "GET /api/attempts/901", NOTHING, None),
    "attempts.tasks": (
        lambda client: client.attempts.tasks(901),
        {"tasks": []},
        "GET /api/attempts/901/tasks",
        NOTHING,
        None,
    ),
    "logs.files": (
        lambda client: client.logs.files(901, task="+a"),
        {"files": []},
        "GET /api/logs/901/files",
        {"task": "+a"},
        None,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_makes_the_request_it_says(name: str, server: ScriptedServer, guise: Guise) -> None:
    """One method, one request: its path, its query and its body, nothing of an argument lost.

    A skip comes after its dry run.
    """
    call, response, request, query, body = CALLS[name]
    skips = name.startswith("schedules.skip")
    server.responses = [Scripted(204) if response is None else json_response(response)] * (2 if skips else 1)
    made = call(guise.client)
    if hasattr(made, "pages"):
        guise.rows(made)
    else:
        guise.run(lambda: made)
    received = server.requests[1 if skips else 0]
    assert f"{received.method} {received.path}" == request
    assert received.query == query
    assert (received.json if received.body else None) == body


def test_no_response_says_unset(server: ScriptedServer, guise: Guise) -> None:
    """What a response leaves out reads None, in models within models and in lists as well."""
    server.responses = [json_response(SESSION), json_response({"sessions": [SESSION]})]
    for session in (
        guise.run(lambda: guise.client.sessions.get(340)),
        *guise.rows(guise.client.sessions.list(limit=1)),
    ):
        assert (session.last_attempt.status, session.last_attempt.pool_id, session.workflow.id) == (None, None, None)
        assert "Unset" not in repr(session)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"from_time": MORNING},
        {"count": 3, "next_time": MORNING},
        {"next_time": MORNING, "from_time": MORNING, "count": 1},
    ],
)
def test_a_skip_is_told_one_way(arguments: dict[str, Any], server: ScriptedServer, guise: Guise) -> None:
    """Half an instruction, or two, would be guessed at by the service."""
    with pytest.raises(ValueError, match="either next_time, or both"):
        guise.run(lambda: guise.client.schedules.skip(5, **arguments))
    assert server.requests == []


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.schedules.enable(5, next_time=NAIVE),
        lambda client: client.schedules.skip(5, next_time=NAIVE),
        lambda client: client.schedules.skip(5, from_time=NAIVE, count=1),
        lambda client: client.schedules.skip(5, next_time=MORNING, next_run_time=NAIVE),
        lambda client: client.schedules.backfill(5, from_time=NAIVE, attempt_name="fix"),
        lambda client: client.workflows.truncate_session_time(77, NAIVE),
    ],
)
def test_naive_times_are_refused(call: Callable[[Any], Any], server: ScriptedServer, guise: Guise) -> None:
    """A datetime without a zone is never sent; local time in the workflow's zone is given as text."""
    with pytest.raises(ValueError, match="no time zone"):
        guise.run(lambda: call(guise.client))
    assert server.requests == []


def test_the_nouns_cover_their_operations() -> None:
    """Every operation outside pools is in reach by a method, and the docstrings name it."""
    from treasure_workflow._sync import attempts, logs, projects, schedules, secrets, sessions, workflows

    text = "".join(
        method.__doc__ or ""
        for module in (attempts, logs, projects, schedules, secrets, sessions, workflows)
        for cls in vars(module).values()
        if isinstance(cls, type)
        for method in vars(cls).values()
        if callable(method)
    )
    missing = [id for id, operation in OPERATIONS.items() if operation.tag != "Pool" and id not in text]
    assert missing == []
