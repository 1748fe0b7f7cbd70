"""Downloads are whole or not there: what was in a file before stays until the new content has come."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.client.support import (
    Guise,
    Received,
    Scripted,
    ScriptedServer,
    json_response,
    project,
    refusal,
)
from treasure_workflow import ContractError, NotFound, TransportError
from treasure_workflow._http import transport
from treasure_workflow.archive import pack

CUT = Scripted(200, b"y" * 1000, sent=500)
WHOLE = Scripted(200, b"z" * 1000)


def calls(guise: Guise, file: Any) -> list[Any]:
    """A download of each sort."""
    client = guise.client
    return [lambda: client.projects.download(12, file), lambda: client.logs.download(7, "a.log.gz", file)]


@pytest.mark.parametrize("number", [0, 1], ids=["archive", "log"])
@pytest.mark.parametrize("response", [refusal(404), CUT, Scripted(200, b"<html>", {"Content-Type": "Text/HTML"})])
def test_a_good_file_survives_a_bad_download(
    number: int, response: Scripted, server: ScriptedServer, guise: Guise, tmp_path: Path
) -> None:
    """A refusal, a cut and a login page leave the file as it was, and nothing beside it."""
    path = tmp_path / "kept"
    path.write_bytes(b"good")
    server.response = lambda _: response
    with pytest.raises((NotFound, TransportError, ContractError)):
        guise.run(calls(guise, path)[number])
    assert path.read_bytes() == b"good"
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("number", [0, 1], ids=["archive", "log"])
def test_a_download_that_was_cut_is_read_again(
    number: int, server: ScriptedServer, guise: Guise, tmp_path: Path
) -> None:
    """The second reading begins anew, in a file of ours and in one that the caller opened."""
    server.responses = [CUT, CUT, WHOLE, CUT, WHOLE]
    path = tmp_path / "new"
    path.write_bytes(b"old")
    path.chmod(0o640)
    guise.run(calls(guise, path)[number])
    assert path.read_bytes() == WHOLE.body
    assert path.stat().st_mode & 0o777 == 0o640
    opened = BytesIO(b"before")
    opened.seek(6)
    guise.run(calls(guise, opened)[number])
    assert opened.getvalue() == b"before" + WHOLE.body


class Pipe(BytesIO):
    """A file that only goes forward, a few bytes at a time."""

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        return super().write(data[:100])


def test_a_pipe_gets_everything_or_an_error(server: ScriptedServer, guise: Guise) -> None:
    """Short writes are completed; where nothing can be taken back, a cut is told."""
    server.responses = [WHOLE, CUT, WHOLE]
    pipe = Pipe()
    guise.run(calls(guise, pipe)[0])
    assert pipe.getvalue() == WHOLE.body
    server.responses[0] = Scripted(200, b"y" * 200_000, sent=150_000)
    with pytest.raises(TransportError, match="cannot be written from its start"):
        guise.run(calls(guise, Pipe())[0])


def test_a_link_and_a_device_stay_what_they_are(server: ScriptedServer, guise: Guise, tmp_path: Path) -> None:
    """A download to a link fills what it points to; one to a device fills the device."""
    server.response = lambda _: WHOLE
    (tmp_path / "link").symlink_to(tmp_path / "real")
    guise.run(calls(guise, tmp_path / "link")[0])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == WHOLE.body
    guise.run(calls(guise, "/dev/null")[0])
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("noun", ["projects", "logs"])
def test_a_text_or_project_that_was_cut_is_read_again(
    noun: str, server: ScriptedServer, guise: Guise, tmp_path: Path
) -> None:
    """Nothing of the first reading is left in the second."""
    (tmp_path / "a.dig").write_text("+a:\n  echo>: a\n")
    with pack(tmp_path) as archive:
        body = b"".join(archive.chunks()) if noun == "projects" else gzip.compress(b"hello\n")
        md5 = archive.md5
    cut, damaged, whole = (
        Scripted(200, body, sent=len(body) - 3),
        Scripted(200, body[:-1] + b"!"),
        Scripted(200, body),
    )
    bodies = iter([cut, damaged, whole] if noun == "projects" else [cut, whole])

    def response(request: Received) -> Scripted:
        if request.path == "/api/projects/12":
            return json_response(project(archiveMd5=md5))
        if request.path.endswith("/files"):
            names = {"fileName": "a.log.gz", "taskName": "+a", "fileSize": 1, "direct": None}
            return json_response({"files": [{**names, "fileTime": "2024-05-09T02:58:30Z", "agentId": "h"}]})
        return next(bodies)

    server.response = response
    if noun == "projects":
        assert guise.run(lambda: guise.client.projects.pull(12, tmp_path / "out")) == ("a.dig",)
    else:
        assert guise.run(lambda: guise.client.logs.text(7)) == "hello\n"


def test_an_archive_that_is_not_the_service_s_is_refused(server: ScriptedServer, guise: Guise, tmp_path: Path) -> None:
    """Damage that no length shows is seen by the MD5; the revision is pinned meanwhile."""
    server.response = lambda request: json_response(project()) if request.path == "/api/projects/12" else WHOLE
    with pytest.raises(TransportError, match=r"MD5 \S+ and not 1B2M2Y8AsgTpgAmY7PhCfg=="):
        guise.run(lambda: guise.client.projects.pull(12, tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    assert {request.query.get("revision") for request in server.requests[1:]} == {"r7"}


@pytest.mark.parametrize(
    ("start", "location", "followed"),
    [
        ("https://a.example/x", "http://b.example/y", False),
        ("https://a.example/x", "http://127.0.0.1/y", False),
        ("https://a.example/x", "https://b.example/y", True),
        ("https://a.example/x", "/y", True),
        ("http://127.0.0.1/x", "http://127.0.0.1:1/y", True),
        ("http://127.0.0.1/x", "ftp://b.example/y", False),
        ("https://a.example/x", "file:///etc/passwd", False),
        ("https://a.example/x", "https://xn--\u00e4/", False),
    ],
)
def test_a_redirect_does_not_leave_tls(start: str, location: str, followed: bool) -> None:
    """What began over TLS ends over TLS, and only the web is followed."""
    response = httpx.Response(303, headers={"Location": location.encode()})
    if followed:
        assert transport.redirect_of(response, start)
    else:
        with pytest.raises(TransportError, match="redirected to"):
            transport.redirect_of(response, start)


@pytest.mark.parametrize(
    ("link", "service", "followed"),
    [
        ("https://s3.example/x", "https://a.example", True),
        ("http://s3.example/x", "https://a.example", False),
        ("http://127.0.0.1/x", "https://a.example", True),
        ("http://s3.example/x", "http://digdag.example", True),
        ("file:///etc/passwd", "http://digdag.example", False),
        ("//[", "https://a.example", False),
    ],
)
def test_a_log_s_link_is_fetched_over_tls(link: str, service: str, followed: bool) -> None:
    """Plain http only to this machine, or where the service itself is reached so."""
    if followed:
        transport.check_link(link, service)
    else:
        with pytest.raises(ContractError, match="a link in the response"):
            transport.check_link(link, service)
