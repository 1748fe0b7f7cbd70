"""Calls that change what a server holds: a project is pushed, attempts are started and read."""

from __future__ import annotations

import gzip
import http.client
import io
import itertools
import json
import tarfile
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from scripts.bench.servers import HEADERS, Server

_FIRST_SESSION = datetime(2020, 1, 1, tzinfo=UTC)  # the next ones follow hour by hour


class Caller:
    """Calls to one server, on one connection. What they push is one project with one workflow of `tasks` tasks.

    The project is the account's first, also in the data set `large`.
    """

    def __init__(self, server: Server, tasks: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)
        self._archive = _archive(tasks)
        self._revisions, self._sessions = itertools.count(1), itertools.count()

    def get(self, target: str) -> Any:
        """What a GET is answered with."""
        return self._call("GET", target)

    def push(self) -> str:
        """Pushes a new revision of the project; its name."""
        revision = f"r{next(self._revisions)}"
        query = urlencode({"project": "project-001", "revision": revision})
        self._call("PUT", f"/api/projects?{query}", self._archive, "application/gzip")
        return revision

    def start(self, workflow_id: str = "1") -> str:
        """Starts an attempt in a session of its own; the attempt's id."""
        session_time = _FIRST_SESSION + timedelta(hours=next(self._sessions))
        body = {"workflowId": workflow_id, "sessionTime": session_time.isoformat(), "params": {}}
        attempt_id: str = self._call("PUT", "/api/attempts", json.dumps(body).encode())["id"]
        return attempt_id

    def _call(self, method: str, target: str, body: bytes | None = None, content_type: str = "application/json") -> Any:
        self._connection.request(method, target, body, {**HEADERS, "Content-Type": content_type})
        response = self._connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{method} {target} answered {response.status}: {content.decode()}")
        return json.loads(content)


def _archive(tasks: int) -> bytes:
    source = "".join(f"+task_{number}:\n  echo>: hello\n" for number in range(tasks)).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("busy.dig")
        entry.size = len(source)
        archive.addfile(entry, io.BytesIO(source))
    return gzip.compress(file.getvalue())
