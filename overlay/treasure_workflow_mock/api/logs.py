"""Task logs of an attempt: the list of files, and each file as it is."""

from __future__ import annotations

import posixpath

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.api.serializers import find_attempt, log_file_json
from treasure_workflow_mock.engine.task_logs import task_of_file
from treasure_workflow_mock.errors import InvalidRequest, NotFound
from treasure_workflow_mock.http.messages import Handler, Request, Response
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt


def get_files(account: Account, request: Request) -> Json:
    """The log files of an attempt by name, or those of tasks whose full name begins with `task`."""
    attempt = find_attempt(account, request.path["attempt_id"])
    prefix = request.query.get("task", "")
    named = (file for file in attempt.logs if file.name.startswith(prefix) and task_of_file(file.name) is not None)
    files = sorted(named, key=lambda file: file.name)
    return {"files": [log_file_json(account, file) for file in files]}


def get_file(account: Account, request: Request) -> Json:
    """One log file, gzipped as it is stored."""
    attempt = find_attempt(account, request.path["attempt_id"])
    name = request.path["file_name"]
    if "\0" in name:
        raise InvalidRequest(f"Nul character not allowed: {name}")
    path = posixpath.normpath(name)
    if path == "." or path.startswith(("/", "../")) or path == "..":
        raise InvalidRequest(f"Invalid file name: {name}")
    for file in attempt.logs:
        if file.name == path:
            return Response(content=file.data, content_type="application/gzip")
    raise NotFound(f"java.nio.file.NoSuchFileException: {_folder(account, attempt)}/{name}")


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
