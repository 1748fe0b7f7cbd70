"""Raw calls to a running mock service, byte for byte as a test states them."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

_numbers = itertools.count(1)
HELLO = "+greet:\n  echo>: hello\n"


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.content)

    @property
    def message(self) -> str | None:
        """The message of an error, whose status must be that of the response."""
        assert self.json["status"] == self.status
        message: str | None = self.json["message"]
        return message


class Api:
    """Calls with one API key, which nobody else has unless it is given."""

    def __init__(self, base_url: str, key: str | None = None) -> None:
        number = next(_numbers)
        self.base_url = base_url
        self.key = key or f"{number}/{number:040x}"

    def call(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        *,
        promised: bool = False,
    ) -> Response:
        """One call on a connection of its own. A header of None is left out; a body that is `promised` never comes."""
        url = urlsplit(self.base_url)
        assert url.hostname
        own = {name.lower(): value for name, value in (headers or {}).items()}
        sent: dict[str, str | None] = {"authorization": f"TD1 {self.key}", "accept": "*/*", **own}
        connection = HTTPConnection(url.hostname, url.port, timeout=30)
        try:
            connection.putrequest(method, target, skip_host="host" in own, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if not promised and (body is not None or method in {"PUT", "POST", "PATCH"}):
                connection.putheader("Content-Length", str(len(body or b"")))
            connection.endheaders(body)
            response = connection.getresponse()
            return Response(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def get(self, target: str, **headers: str | None) -> Response:
        """A GET; underscores in header names stand for dashes."""
        return self.call("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, method: str, target: str, value: Any) -> Response:
        """A call with a JSON body."""
        return self.call(method, target, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def upload(self, archive: bytes | Mapping[str, str], project: str = "shop", revision: str = "r1") -> Response:
        """Uploads a project, given as a tar.gz or as its files."""
        content = archive if isinstance(archive, bytes) else pack(archive)
        target = f"/api/projects?project={project}&revision={revision}"
        return self.call("PUT", target, content, {"Content-Type": "application/gzip"})

    def start(self, workflow_id: str, session_time: str = "2024-05-09T00:00:00Z", **fields: Any) -> Response:
        """Starts an attempt."""
        body = {"workflowId": workflow_id, "sessionTime": session_time, "params": {}, **fields}
        return self.send("PUT", "/api/attempts", body)

    @contextmanager
    def open_call(self, method: str, target: str, value: Any) -> Iterator[Callable[[], bool]]:
        """A call with a JSON body in a thread of its own, done at the end of the block; says whether it is done yet."""
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(self.send, method, target, value)
            yield call.done
            assert call.result().status == 200

    def push_hello(self, source: str = HELLO) -> str:
        """Uploads a project of one workflow; its id."""
        project = self.upload({"hello.dig": source})
        assert project.status == 200, project.content
        workflow_id: str = self.get(f"/api/projects/{project.json['id']}/workflows").json["workflows"][0]["id"]
        return workflow_id


def pack(files: Mapping[str, str | bytes]) -> bytes:
    """A tar.gz of these files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)
