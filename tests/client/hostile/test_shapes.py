"""Fields of the wrong type are told, wherever they stand: a text is no truth value, a time without a zone no time."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support import hosted_shapes, recordings
from tests.support.client.operations import endpoint
from tests.support.client.spoiling import GOOD, JSON_OPERATIONS, Path, changed, paths
from tests.support.client.support import Guise, Scripted, ScriptedServer
from treasure_workflow import ContractError, TransportError
from treasure_workflow._http.responses import parsed

OF_USERS = {"params", "config", "error", "exportParams", "storeParams", "stateParams", "userInfo", "colour"}
"""Fields whose content is the user's own, or unknown to the contract."""
TYPES: list[Any] = [True, 7, 1.5, "x", [], ["x"], {}, {"a": 1}]


def read(operation: str, status: int, body: object) -> Any:
    """What a response is read as."""
    return parsed(endpoint(operation), httpx.Response(status, content=json.dumps(body).encode()), "GET /")


def fields(operation: str) -> Iterator[Path]:
    """The places of a good body whose types the contract fixes."""
    for path in paths(GOOD[operation].body):
        if not path or OF_USERS & set(path[:-1]) or path[-1] in ("colour", "more", "previousPage"):
            continue
        if "conditions" not in path or path[-1] not in ("type", "operator"):  # others may come: the whole is kept
            yield path


def at(body: Any, path: Path) -> Any:
    for key in path:
        body = body[key]
    return body


WITH_BODIES = [operation for operation in JSON_OPERATIONS if GOOD[operation].body is not None]


@pytest.mark.parametrize("operation", WITH_BODIES)
def test_no_field_is_of_another_type(operation: str) -> None:
    """Each field of a good response, with a value of each other type: a ContractError, and no other exception.

    That a list is no object, an empty one neither, is the raw client's own care.
    """
    good = GOOD[operation]
    assert read(operation, good.status, good.body) is not None
    for path in fields(operation):
        value = at(good.body, path)
        for other in TYPES:
            if value is None or type(other) is type(value):
                continue
            with pytest.raises(ContractError, match="does not fit"):
                read(operation, good.status, changed(good.body, path, other))


NEEDED = {"id", "name", "key", "sessionTime", "nextRunTime", "nextScheduleTime", "concurrencyLimit", "priority"}
NEEDED |= {"poolId", "fullName", "fileName", "createdAt"}
"""Fields without which nobody knows what a response is about."""


@pytest.mark.parametrize("operation", WITH_BODIES)
def test_a_null_is_no_other_type(operation: str) -> None:
    """In place of a text, a number or a truth value: the model has None there, but where it is needed."""
    good = GOOD[operation]
    for path in fields(operation):
        if isinstance(at(good.body, path), str | bool | int | float):
            spoiled = changed(good.body, path, None)
            if path[-1] not in NEEDED and not isinstance(path[-1], int):
                assert read(operation, good.status, spoiled) is not None


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("getAttempt", ("id",)),
        ("getAttempt", ("project",)),
        ("getAttempt", ("workflow", "name")),
        ("getAttempts", ("attempts", 0, "createdAt")),
        ("getAttempts", ("attempts", 1)),
        ("getSchedule", ("nextRunTime",)),
        ("getSessions", ("sessions", 0, "lastAttempt", "createdAt")),
        ("getTasks", ("tasks", 0, "fullName")),
        ("getPoolRules", ("poolRules", 0, "priority")),
        ("getPoolRules", ("poolRules", 0, "conditions", 0)),
        ("getProjectSecrets", ("secrets", 0, "key")),
        ("backfillSchedule", ("attempts",)),
    ],
)
def test_what_is_needed_is_not_null(operation: str, path: Path) -> None:
    """What a response is about, and what the client compares."""
    good = GOOD[operation]
    with pytest.raises(ContractError, match=r"null, where|'NoneType' object"):
        read(operation, good.status, changed(good.body, path, None))


@pytest.mark.parametrize("value", ["x", "", "-1", "1.0", " 1", "9" * 20, "9" * 5000, "\u0661"])
def test_an_id_is_a_whole_number(value: str) -> None:
    """As text, of the digits that the service writes."""
    with pytest.raises(ContractError, match="where a whole number should be"):
        read("getAttempt", 200, changed(GOOD["getAttempt"].body, ("project", "id"), value))


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_name_is_one(value: str) -> None:
    """One that leads nowhere else in the next request's address."""
    with pytest.raises(ContractError, match="where a name should be"):
        read("getAttempt", 200, changed(GOOD["getAttempt"].body, ("workflow", "name"), value))


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00\ud800", b"\xed\xa0\x80", rb"\uD83D \uDE00"])
def test_half_a_character_is_no_text(text: bytes) -> None:
    """No request could send it on, and no terminal show it. Two halves that belong together are one character."""
    body = json.dumps(changed(GOOD["getAttempt"].body, ("params",), {"a": "#"})).encode()
    with pytest.raises(ContractError, match="does not fit the contract"):
        parsed(endpoint("getAttempt"), httpx.Response(200, content=body.replace(b"#", text)), "GET /")
    smile = parsed(endpoint("getAttempt"), httpx.Response(200, content=body.replace(b"#", rb"\ud83d\ude00")), "GET /")
    assert smile.params == {"a": "\N{GRINNING FACE}"}


@pytest.mark.parametrize("time", ["2025-11-03T00:00:00", "2025-11-03", "2025-11-03T00:00:00.5"])
def test_a_time_without_a_zone_is_told(time: str) -> None:
    """Nobody could compare it with another; in a row of a listing as well."""
    body = GOOD["getAttempts"].body
    for path in (("attempts", 0, "createdAt"), ("attempts", 0, "sessionTime"), ("attempts", 1, "finishedAt")):
        with pytest.raises(ContractError, match="has no zone"):
            read("getAttempts", 200, changed(body, path, time))


def test_what_real_servers_send_is_of_the_right_types() -> None:
    """Every recorded response, from the open-source server and in the hosted service's shapes."""
    responses = [
        response
        for response in itertools.chain(recordings.responses(), hosted_shapes.within_the_contract())
        if response.body is not None
        and response.status in (200, 201)
        and response.status in response.operation.statuses
    ]
    assert len(responses) > 3000
    refused = [error for response in responses if (error := refusal(response)) is not None]
    assert [text for text in refused if "an ISO 8601 time of the years 1 to 9999" not in text] == []


def refusal(response: recordings.Response) -> str | None:
    """Why a response is refused, None when it is read."""
    try:
        read(response.operation.id, response.status, response.body)
    except ContractError as error:
        return f"{response.place}: {error}"
    return None


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_json(word: str) -> None:
    """Decoders read it all the same; as part of a text it is one."""
    good = GOOD["getAttempt"]
    text = json.dumps(changed(good.body, ("params",), {"a": "#"}))
    assert read("getAttempt", 200, json.loads(text.replace("#", f"a {word}"))).params == {"a": f"a {word}"}
    response = httpx.Response(200, content=text.replace('"#"', word).encode())
    with pytest.raises(ContractError, match="is no number"):
        parsed(endpoint("getAttempt"), response, "GET /")


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_a_download_with_another_success_is_none(status: int, server: ScriptedServer, guise: Guise) -> None:
    """Of part of an archive, or of none, nothing is kept."""
    server.response = lambda _: Scripted(
        status, b"" if status == 204 else b"part", {"Content-Type": "application/gzip"}
    )
    for call in (
        lambda: guise.client.projects.download(12, io.BytesIO()),
        lambda: guise.client.logs.download(7, "a.log.gz", io.BytesIO()),
    ):
        with pytest.raises(ContractError, match="a download has the status 200"):
            guise.run(call)


def test_an_archive_is_not_empty(server: ScriptedServer, guise: Guise) -> None:
    """Nothing is no archive; a log of nothing may be one."""
    server.response = lambda _: Scripted(200, b"", {"Content-Type": "application/gzip"})
    with pytest.raises(ContractError, match="an archive should have come"):
        guise.run(lambda: guise.client.projects.download(12, io.BytesIO()))
    guise.run(lambda: guise.client.logs.download(7, "a.log.gz", io.BytesIO()))


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("body", [b"<html>Log in</html>", b"[]", b"null", b"[" * 100_000, b"\xff"])
def test_a_change_is_not_done_by_a_page(status: int, body: bytes, server: ScriptedServer, guise: Guise) -> None:
    """Whatever type a proxy gives its page: a secret is set when the service says so."""
    server.response = lambda _: Scripted(status, body, {"Content-Type": "text/plain"})
    for call in (
        lambda: guise.client.secrets.set(12, "a.b", "hunter2"),
        lambda: guise.client.secrets.delete(12, "a.b"),
        lambda: guise.client.projects.delete(12),
        lambda: guise.client.pools.delete(7),
        lambda: guise.client.pool_rules.delete(7),
    ):
        with pytest.raises((ContractError, TransportError)):
            guise.run(call)
