"""Ordinary code of a user of the raw client, which strict type checkers pass. It is checked and never run."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

from treasure_workflow_api import AuthenticatedClient, Client, errors
from treasure_workflow_api.api.attempt import get_attempt, get_attempts, kill_attempt, start_attempt
from treasure_workflow_api.api.log import get_file, get_file_handles
from treasure_workflow_api.api.project import get_projects, put_project
from treasure_workflow_api.models import (
    RestError,
    RestProject,
    RestSessionAttempt,
    RestSessionAttemptCollection,
    RestSessionAttemptRequest,
    ResumeFailed,
)
from treasure_workflow_api.types import File, Response


def projects(client: Client) -> list[RestProject]:
    """The first page of projects; an empty list where the service refuses."""
    found = get_projects.sync(client=client, count=100)
    if found is None or isinstance(found, RestError):
        return []
    return found.projects or []


def attempts(client: Client, project: str) -> Iterator[RestSessionAttempt]:
    """All attempts of a project, page by page."""
    last: int | None = None
    while True:
        page = (
            get_attempts.sync(client=client, project=project)
            if last is None
            else get_attempts.sync(client=client, project=project, last_id=last)
        )
        if not isinstance(page, RestSessionAttemptCollection) or not page.attempts:
            return
        yield from page.attempts
        last = min(int(attempt.id) for attempt in page.attempts)


def seconds(attempt: RestSessionAttempt) -> float | None:
    """How long an attempt took; None for one that is under way."""
    if attempt.finished_at is None:
        return None
    return (attempt.finished_at - attempt.created_at).total_seconds()


def restart(client: Client, attempt: RestSessionAttempt) -> str:
    """Starts what failed once more, and says what became of it."""
    body = RestSessionAttemptRequest(
        params={},
        session_time=attempt.session_time,
        workflow_id=attempt.workflow.id or "",
        retry_attempt_name=f"again-{datetime.datetime.now(datetime.UTC):%Y%m%d}",
        resume=ResumeFailed(attempt_id=attempt.id),
    )
    try:
        started = start_attempt.sync(client=client, body=body)
    except errors.Conflict as conflict:
        return f"{conflict.status_code}: {conflict.headers.get('Content-Type')}"
    return started.status if isinstance(started, RestSessionAttempt) else "refused"


def push(client: Client, archive: Path) -> Response[RestProject | RestError]:
    """Sends a project's archive."""
    with archive.open("rb") as opened:
        return put_project.sync_detailed(client=client, body=File(opened), project="orders", revision="r1")


async def logs(client: Client, attempt: int) -> bytes:
    """The logs of an attempt, one after the other, and the end of the attempt."""
    files = await get_file_handles.asyncio(attempt, client=client, direct_download=False)
    found = b""
    if files is not None and not isinstance(files, RestError):
        for handle in files.files or []:
            log = await get_file.asyncio(attempt, handle.file_name, client=client)
            found += log.payload.read() if isinstance(log, File) else b""
    await kill_attempt.asyncio(attempt, client=client)
    return found


def main() -> None:
    """One client for all of it, in which a refusal is an exception."""
    with AuthenticatedClient("https://api-workflow.treasuredata.com", "1/key", raise_for_status=True) as client:
        for attempt in attempts(client, projects(client)[0].name):
            read = get_attempt.sync(int(attempt.id), client=client.with_headers({"X-Reason": "audit"}))
            if isinstance(read, RestSessionAttempt) and not read.success:
                restart(client, RestSessionAttempt.from_json(read.to_json()))
