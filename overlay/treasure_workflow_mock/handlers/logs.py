"""Task logs of an attempt: the list of files, and each file as it is."""

from __future__ import annotations

import posixpath

from treasure_workflow_mock import times
from treasure_workflow_mock.requests import Handler, Reply, Request
from treasure_workflow_mock.resources import find_attempt, log_file_json
from treasure_workflow_mock.state import Account, Attempt, Json, ServiceError


def get_files(account: Account, request: Request) -> Json:
    """The log files of an attempt by name, or those of tasks whose full name begins with `task`."""
    attempt = find_attempt(account, request.path["attempt_id"])
    prefix = request.query.get("task", "")
    files = sorted((file for file in attempt.logs if file.name.startswith(prefix)), key=lambda file: file.name)
    return {"files": [log_file_json(account, file) for file in files]}


def get_file(account: Account, request: Request) -> Json:
    """One log file, gzipped as it is stored."""
    attempt = find_attempt(account, request.path["attempt_id"])
    name = request.path["file_name"]
    if "\0" in name:
        raise ServiceError(400, f"Nul character not allowed: {name}")
    path = posixpath.normpath(name)
    if path == "." or path.startswith(("/", "../")) or path == "..":
        raise ServiceError(400, f"Invalid file name: {name}")
    for file in attempt.logs:
        if file.name == path:
            return Reply(content=file.data, content_type="application/gzip")
    raise ServiceError(404, f"java.nio.file.NoSuchFileException: {_folder(account, attempt)}/{name}")


def _folder(account: Account, attempt: Attempt) -> str:
    """The folder that the service keeps an attempt's logs in, as it appears in a message."""
    session = attempt.session
    day = times.instant_text(attempt.created_at)[:10]
    time = times.zoned_text(session.time, attempt.workflow.timezone).replace("-", "").replace(":", "")
    name = f"{session.project.id}{session.workflow_name}@{time}"
    if attempt.retry_attempt_name is not None:
        name += f"_{attempt.retry_attempt_name}"
    return f"<folder>/{day}/0.{name}"


HANDLERS: dict[str, Handler] = {
    "getFileHandles": get_files,
    "getFile": get_file,
}
