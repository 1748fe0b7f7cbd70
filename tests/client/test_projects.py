"""Projects: pushed as a stream with its length, pulled to disk, found by id, name or model."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.client.support import (
    DROPPED,
    Guise,
    Scripted,
    ScriptedServer,
    json_response,
    project,
    refusal,
)
from treasure_workflow import ArchiveError, BadRequest, Conflict, ContractError, NotFound, TransportError
from treasure_workflow.archive import pack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small project."""
    made = tmp_path / "shop"
    made.mkdir()
    (made / "nightly.dig").write_text("+a:\n  echo>: hello\n")
    (made / "query.sql").write_text("select 1")
    (made / ".env").write_text("SECRET=1")
    return made


def test_a_push_sends_the_archive_with_its_length(server: ScriptedServer, guise: Guise, folder: Path) -> None:
    """The body is the packed folder, never chunked, and the query says what was asked for."""
    server.responses = [json_response(project())]
    response = guise.run(
        lambda: guise.client.projects.push(
            folder,
            "shop",
            revision="r8",
            schedule_from=datetime(2024, 5, 1, 9, tzinfo=timezone(timedelta(hours=9))),
            clear_schedules=["nightly"],
        )
    )
    (request,) = server.requests
    with pack(folder) as archive:
        assert request.body == b"".join(archive.chunks())
        assert base64.b64encode(hashlib.md5(request.body).digest()).decode() == archive.md5
    assert (request.method, request.path) == ("PUT", "/api/projects")
    assert request.headers["content-type"] == "application/gzip"
    assert request.headers["content-length"] == str(len(request.body))
    assert "transfer-encoding" not in request.headers
    assert request.query == {
        "project": "shop",
        "revision": "r8",
        "schedule_from": "2024-05-01T00:00:00Z",
        "clear_schedule": "nightly",
        "clear_schedule_all": "false",
        "skip_schedule": "true",
    }
    assert (response.id, response.deleted_at, response.metadata) == ("12", None, None)


def test_each_push_has_a_revision_of_its_own(server: ScriptedServer, guise: Guise, folder: Path) -> None:
    """Without a name for it a revision gets one that was never used."""
    server.response = lambda _: json_response(project())
    for _ in range(2):
        guise.run(lambda: guise.client.projects.push(folder, "shop", force=True))
    first, second = (request.query["revision"] for request in server.requests)
    assert len({first, second, ""}) == 3


def test_a_push_whose_response_is_lost_is_repeated(server: ScriptedServer, guise: Guise, folder: Path) -> None:
    """The same archive is sent under the same revision, from its start."""
    server.responses = [json_response({"projects": []}), DROPPED, json_response(project())]
    assert guise.run(lambda: guise.client.projects.push(folder, "shop")).name == "shop"
    first, second = server.requests[1:]
    assert first.query == second.query
    assert second.body.startswith(b"\x1f\x8b")


@pytest.mark.parametrize(("status", "cls"), [(400, BadRequest), (409, Conflict)])
def test_a_refused_push_says_why(
    status: int, cls: type[Exception], server: ScriptedServer, guise: Guise, folder: Path
) -> None:
    """The service's words about a workflow reach the caller."""
    server.responses = [refusal(status, "Validating project failed\nworkflow nightly.dig ...")]
    with pytest.raises(cls, match="Validating project failed"):
        guise.run(lambda: guise.client.projects.push(folder, "shop"))


def test_a_folder_without_workflows_is_refused_before_any_request(
    server: ScriptedServer, guise: Guise, tmp_path: Path
) -> None:
    """Pushing nothing would end all schedules, so it needs a word of its own."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveError):
        guise.run(lambda: guise.client.projects.push(tmp_path / "empty", "shop"))
    assert server.requests == []


def test_a_naive_time_is_refused_before_any_request(server: ScriptedServer, guise: Guise, folder: Path) -> None:
    """A time without a zone means something else on every machine."""
    with pytest.raises(ValueError, match="schedule_from"):
        guise.run(lambda: guise.client.projects.push(folder, "shop", schedule_from=datetime(2024, 5, 1)))
    assert server.requests == []


def test_a_pull_unpacks_what_was_pushed(server: ScriptedServer, guise: Guise, folder: Path, tmp_path: Path) -> None:
    """The files come back as they were, dot files excepted."""
    with pack(folder) as archive:
        body = b"".join(archive.chunks())
    rows = [{"revision": "r7-old", "archiveMd5": "x"}, {"revision": "r7", "archiveMd5": archive.md5}]
    revisions = {"revisions": [{"createdAt": "2024-05-01T08:00:00Z", "archiveType": "db", **row} for row in rows]}
    server.responses = [json_response(revisions), Scripted(200, body, {"Content-Type": "application/gzip"})]
    files = guise.run(lambda: guise.client.projects.pull(12, tmp_path / "out", revision="r7"))
    assert files == ("nightly.dig", "query.sql")
    assert (tmp_path / "out" / "query.sql").read_text() == "select 1"
    assert [request.query for request in server.requests] == [{"name": "r7", "page[size]": "100"}, {"revision": "r7"}]
    assert server.requests[1].headers["accept"] == "*/*"


def test_a_download_may_go_to_a_path_or_an_open_file(server: ScriptedServer, guise: Guise, tmp_path: Path) -> None:
    """Both are written piece by piece."""
    body = bytes(range(256)) * 1000
    server.response = lambda _: Scripted(200, body, {"Content-Type": "application/gzip"})
    buffer = BytesIO()
    guise.run(lambda: guise.client.projects.download(12, buffer))
    guise.run(lambda: guise.client.projects.download(12, tmp_path / "a.tar.gz"))
    assert buffer.getvalue() == (tmp_path / "a.tar.gz").read_bytes() == body


def test_a_download_cut_short_is_a_transport_error(server: ScriptedServer, guise: Guise, tmp_path: Path) -> None:
    """Half an archive is not mistaken for one, and read again as often as any read."""
    cut = Scripted(200, b"x" * 1000, sent=500)
    server.response = lambda request: json_response(project()) if request.path == "/api/projects/12" else cut
    with pytest.raises(TransportError):
        guise.run(lambda: guise.client.projects.pull(12, tmp_path / "out"))
    assert len(server.requests) == 1 + 5
    assert not (tmp_path / "out").exists()


def test_a_web_page_is_no_archive(server: ScriptedServer, guise: Guise) -> None:
    """A login page with status 200 is a contract error, not a file."""
    server.responses = [Scripted(200, b"<html>", {"Content-Type": "text/html"})]
    with pytest.raises(ContractError, match="web page"):
        guise.run(lambda: guise.client.projects.download(12, BytesIO()))


@pytest.mark.parametrize("given", [12, "12", "shop", "model", "reference"])
def test_a_project_is_known_by_id_name_or_model(given: object, server: ScriptedServer, guise: Guise) -> None:
    """Whatever the caller has in hand leads to the project; only a name costs a look-up."""
    server.response = lambda request: (
        json_response({"projects": [project()]}) if request.path == "/api/projects" else json_response(project())
    )
    if given in ("model", "reference"):
        from treasure_workflow_api.models import ProjectReference, RestProject

        given = RestProject.from_dict(project()) if given == "model" else ProjectReference("12", "shop")
    assert guise.run(lambda: guise.client.projects.get(given)).name == "shop"
    paths = [request.path for request in server.requests]
    assert paths == (["/api/projects"] if given == "shop" else []) + ["/api/projects/12"]


def test_a_name_that_nobody_has_is_not_found(server: ScriptedServer, guise: Guise) -> None:
    """The service answers with an empty list; the client says so."""
    server.responses = [json_response({"projects": []})]
    with pytest.raises(NotFound, match="no project is named 'ship'"):
        guise.run(lambda: guise.client.projects.find("ship"))


@pytest.mark.parametrize("given", [None, True, 1.5, "", object()])
def test_what_is_no_id_is_refused(given: object, server: ScriptedServer, guise: Guise) -> None:
    """A mistake is noticed here, not as somebody else's project there."""
    server.response = lambda _: json_response({"projects": []})
    with pytest.raises((ValueError, NotFound)):
        guise.run(lambda: guise.client.projects.get(given))
    assert not any(request.path.startswith("/api/projects/") for request in server.requests)


def test_responses_keep_what_the_contract_does_not_know(server: ScriptedServer, guise: Guise) -> None:
    """Unknown fields are kept, absent ones are None, and free-form values stay as they came."""
    server.responses = [json_response({**project(), "tomorrow": {"a.b$": 2**70}})]
    response = guise.run(lambda: guise.client.projects.get(12))
    assert response["tomorrow"] == {"a.b$": 2**70}
    assert response.updated_at == datetime(2024, 5, 9, 10, 11, 12, tzinfo=UTC)
    assert response.deleted_at is None
    assert "deletedAt" not in json.loads(json.dumps(response.to_dict()))
