"""Whatever is answered to whatever operation: a good value, or exactly one documented error, from both halves alike."""

from __future__ import annotations

import contextlib
import functools
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import treasure_workflow
from tests.support import recordings
from tests.support.client.listings import HALVES
from tests.support.client.operations import arguments, endpoint
from tests.support.client.projects import WORKFLOW, write
from tests.support.client.spoiling import (
    GOOD,
    JSON_OPERATIONS,
    NO_VALUE,
    ODD_VALUES,
    TEXTS,
    UNSPOILED,
    Spoiled,
    changed,
    paths,
    spoiled,
)
from tests.support.client.support import (
    Guise,
    Received,
    Scripted,
    ScriptedServer,
    guise_of,
    refusal,
    scripted_server,
)
from treasure_workflow import ContractError, StatusError, TransportError, TreasureWorkflowError, errors
from treasure_workflow._http.responses import parsed
from treasure_workflow_api.models import RestSessionAttempt

BY_STATUS = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    429: errors.RateLimited,
}
TIME = "2025-11-03T00:00:00Z"
MOMENT = datetime(2025, 11, 3, tzinfo=UTC)
OWN_STATUS = st.none() | st.none() | st.none() | st.sampled_from([200, 201, 202, 204, 206, 400, 409, 500])
ANY_STATUS = OWN_STATUS | st.integers(200, 599)
MUCH_TO_DO = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


def class_for(status: int) -> type[TreasureWorkflowError]:
    """The one class that a status is documented to raise, when the response is no good."""
    if 200 <= status < 300:
        return ContractError
    return errors.ServerError if 500 <= status < 600 else BY_STATUS.get(status, StatusError)


def read(operation: str, status: int, content_type: str, body: bytes) -> Any:
    """What a response is read as: a value, or the error."""
    response = httpx.Response(status, headers={"Content-Type": content_type}, content=body)
    try:
        return parsed(endpoint(operation), response, "GET /")
    except TreasureWorkflowError as error:
        return error


@pytest.mark.parametrize("operation", JSON_OPERATIONS)
def test_every_status_has_its_class(operation: str) -> None:
    """From 100 to 999, with an error object, a good body, a web page or nothing: its one class, or a good value."""
    good = GOOD[operation]
    bodies = {"application/json": json.dumps(good.body).encode(), "text/html": b"<html></html>", "text/plain": b""}
    bodies["application/problem+json"] = b'{"message": "no", "status": 7}'
    for status in range(100, 1000):
        for content_type, body in bodies.items():
            result = read(operation, status, content_type, body)
            if isinstance(result, Exception):
                assert type(result) is class_for(status)
                assert (result.status, result.body) == (status, body)
            else:
                assert status == good.status


@pytest.mark.parametrize("operation", JSON_OPERATIONS)
def test_every_value_of_a_body_may_be_odd(operation: str) -> None:
    """Each value of a response, replaced by each odd one: read as what it says, or one error; both can be printed."""
    good = GOOD[operation]
    body = {key: rows[:2] if isinstance(rows, list) else rows for key, rows in good.body.items()} if good.body else {}
    for path in paths(body):
        for odd in ODD_VALUES:
            text = json.dumps(changed(body, path, odd)).encode()
            check(operation, read(operation, good.status, "application/json", text), good.status, text)


@pytest.mark.parametrize("operation", JSON_OPERATIONS)
def test_every_text_of_a_body_may_be_odd(operation: str) -> None:
    """JSON cut anywhere, not UTF-8, doubled, endless or none: read as what it says, or one error."""
    good = GOOD[operation]
    for text in TEXTS:
        for cut in range(0, 2000, 97):
            body = Spoiled(None, 0, NO_VALUE, text, cut, None, None).of(operation).body
            check(operation, read(operation, good.status, "application/json", body), good.status, body)


def check(operation: str, result: Any, status: int, body: bytes) -> None:
    """The result is a good value of the operation, or the one error of a success that does not fit."""
    if isinstance(result, Exception):
        assert type(result) is ContractError
        assert (result.status, result.body) == (status, body)
        assert str(result)
    else:
        assert (result is None) == (status == 204)
        assert result is None or attrs.has(type(result))
    assert repr(result)


def test_an_attempt_with_nulls_can_be_told_of() -> None:
    """Errors that carry an attempt can be printed whatever the attempt has as null."""
    good = GOOD["getAttempt"].body
    for path in paths(good):
        if path:
            attempt = RestSessionAttempt.from_dict(changed(good, path, None))
            for error in (
                errors.AttemptFailed(attempt),
                errors.WaitTimeout(attempt, 1.0),
                errors.AttemptExists(attempt, 409, None, b"", "PUT /"),
            ):
                assert str(error)
                assert repr(error)


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[ScriptedServer, list[Guise]]]:
    """A server to be told what to answer, and the client's halves talking to it."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(scripted_server())
        yield server, [stack.enter_context(guise_of(half, server.base_url, max_retries=0)) for half in HALVES]


def outcome(guise: Guise, call: Callable[[], Any]) -> Any:
    """What a call gives: rows as a list, an error as its class and what it says of the response."""
    try:
        value = call()
        return guise.rows(value) if hasattr(value, "pages") else value
    except TransportError as error:
        return type(error).__name__
    except TreasureWorkflowError as error:
        name = type(error).__name__
        return name if name in treasure_workflow.__all__ else None, str(error), vars(error)


def test_both_halves_make_the_same_of_every_response(halves: tuple[ScriptedServer, list[Guise]]) -> None:
    """Through a socket, with odd types and encodings, cut short or whole: the same model or the same error."""
    server, guises = halves

    @settings(MUCH_TO_DO, max_examples=250)
    @given(operation=st.sampled_from(JSON_OPERATIONS), how=spoiled(ANY_STATUS), sent=st.none() | st.integers(-1, 400))
    def examine(operation: str, how: Spoiled, sent: int | None) -> None:
        response = how.of(operation)
        if sent is not None and sent < len(response.body):
            response.sent = sent
        server.response = lambda _: response
        positional, named = arguments(operation)
        results = []
        for guise in guises:
            ask = functools.partial(guise.client.call, endpoint(operation), *positional, **named)
            results.append(outcome(guise, functools.partial(guise.run, ask)))
        assert repr(results[0]) == repr(results[1])

    examine()


# ---------------------------------------------------------------- the nouns, whose calls look into responses themselves


def listing(call: Callable[[Any], Any]) -> Callable[[Guise, Path], Any]:
    return lambda guise, _: call(guise.client)


def plain(call: Callable[[Any], Any]) -> Callable[[Guise, Path], Any]:
    return lambda guise, _: guise.run(lambda: call(guise.client))


NOUNS: dict[str, Callable[[Guise, Path], Any]] = {
    "projects.list": listing(lambda client: client.projects.list(limit=50)),
    "projects.get": plain(lambda client: client.projects.get("shop")),
    "projects.find": plain(lambda client: client.projects.find("shop")),
    "projects.push": lambda guise, path: guise.run(lambda: guise.client.projects.push(path / "folder", "shop")),
    "projects.pull": lambda guise, path: guise.run(lambda: guise.client.projects.pull("shop", fresh(path))),
    "projects.download": plain(lambda client: client.projects.download(12, io.BytesIO())),
    "projects.revisions": listing(lambda client: client.projects.revisions("shop", limit=50)),
    "projects.delete": plain(lambda client: client.projects.delete("shop")),
    "workflows.list": listing(lambda client: client.workflows.list(limit=50, order="desc")),
    "workflows.of_project": listing(lambda client: client.workflows.of_project("shop")),
    "workflows.get": plain(lambda client: client.workflows.get(7)),
    "workflows.find": plain(lambda client: client.workflows.find("shop", "nightly")),
    "workflows.truncate": plain(lambda client: client.workflows.truncate_session_time(7, TIME)),
    "schedules.list": listing(lambda client: client.schedules.list(project="shop", limit=50)),
    "schedules.get": plain(lambda client: client.schedules.get(7)),
    "schedules.enable": plain(lambda client: client.schedules.enable(7)),
    "schedules.disable": plain(lambda client: client.schedules.disable(7)),
    "schedules.skip": plain(lambda client: client.schedules.skip(7, next_time="2025-11-03T00:00:00")),
    "schedules.backfill": plain(lambda client: client.schedules.backfill(7, from_time=MOMENT, attempt_name="a")),
    "sessions.list": listing(lambda client: client.sessions.list(project="shop", limit=50)),
    "sessions.get": plain(lambda client: client.sessions.get(7)),
    "sessions.attempts": listing(lambda client: client.sessions.attempts(7, limit=50)),
    "attempts.list": listing(lambda client: client.attempts.list(project=12, limit=50)),
    "attempts.get": plain(lambda client: client.attempts.get(7)),
    "attempts.start": plain(lambda client: client.attempts.start("shop", "nightly", session_time=TIME)),
    "attempts.wait": plain(lambda client: client.attempts.wait(7, timeout=9)),
    "attempts.tasks": listing(lambda client: client.attempts.tasks(7)),
    "attempts.retries": listing(lambda client: client.attempts.retries(7)),
    "attempts.kill": plain(lambda client: client.attempts.kill(7)),
    "logs.files": listing(lambda client: client.logs.files(7)),
    "logs.text": plain(lambda client: client.logs.text(7)),
    "logs.download": plain(lambda client: client.logs.download(7, "a.log.gz", io.BytesIO())),
    "secrets.list": listing(lambda client: client.secrets.list("shop")),
    "secrets.set": plain(lambda client: client.secrets.set("shop", "a.b", "x")),
    "secrets.delete": plain(lambda client: client.secrets.delete("shop", "a.b")),
}


def fresh(path: Path) -> Path:
    """A folder that does not exist yet."""
    return path / f"new{len(list(path.iterdir()))}"


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_gives_a_value_or_one_error(
    noun: str, halves: tuple[ScriptedServer, list[Guise]], tmp_path: Path
) -> None:
    """A call of several requests, each answered well or not, ends in a value or one error, alike in both halves."""
    server, guises = halves
    write(tmp_path / "folder", WORKFLOW)

    @settings(MUCH_TO_DO, max_examples=25)
    @given(st.lists(st.none() | spoiled(OWN_STATUS), min_size=1, max_size=3))
    def examine(hows: list[Spoiled | None]) -> None:
        results = []
        for guise in guises:
            left = iter(hows)

            def response(request: Received, left: Iterator[Spoiled | None] = left) -> Scripted:
                operation = recordings.operation_of(request.method, request.path)
                how = next(left, None)
                return (how or UNSPOILED).of(operation.id) if operation else refusal(404)

            server.response = response
            results.append(outcome(guise, functools.partial(NOUNS[noun], guise, tmp_path)))
        if noun != "projects.pull":  # its error names the folder, another one each time
            assert repr(results[0]) == repr(results[1])

    examine()


LINKS = [
    "http://[x",
    "//",
    "file:///etc/passwd",
    "http://127.0.0.1:99999/",
    "a b\n",
    "\ud800",
    5,
    True,
    {"a": 1},
    ["x"],
]


@pytest.mark.parametrize("link", LINKS, ids=repr)
def test_a_link_that_is_none_is_one_error(link: object, server: ScriptedServer, guise: Guise) -> None:
    """What stands in place of a log's link, or of the address of an archive, is no crash."""
    row = {**GOOD["getFileHandles"].body["files"][0], "direct": link}
    location = {"Location": str(link).encode("ascii", "replace").decode().strip()}

    def response(request: Received) -> Scripted:
        if request.path == "/api/logs/7/files":
            return Scripted(200, json.dumps({"files": [row]}).encode())
        return Scripted(303, headers=location) if request.path.endswith("/archive") else refusal(404)

    server.response = response
    for call in (lambda: guise.client.logs.text(7), lambda: guise.client.projects.download(7, io.BytesIO())):
        with pytest.raises((ContractError, TransportError, errors.NotFound)) as caught:
            guise.run(call)
        assert str(caught.value)
