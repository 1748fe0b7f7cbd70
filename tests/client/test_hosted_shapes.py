"""What the hosted service is known to answer, read by both halves of the client alike."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import attrs
import pytest

from tests.support import hosted_shapes, recordings
from tests.support.client.listings import HALVES
from tests.support.client.operations import DOWNLOADS, arguments, endpoint
from tests.support.client.support import (
    Guise,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    project,
    scripted_server,
)
from tests.support.codegen.comparing import comparable as one_way
from treasure_workflow import ContractError, StatusError, errors
from treasure_workflow_api.types import Unset

JSON_SHAPES = [
    response
    for response in hosted_shapes.responses()
    if response.operation.id not in DOWNLOADS and "unreadable" not in response.step
]


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[ScriptedServer, list[Guise]]]:
    """A server to be told what to answer, and the client's halves talking to it."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(scripted_server())
        yield server, [stack.enter_context(guise_of(half, server.base_url, max_retries=0)) for half in HALVES]


def scripted(response: recordings.Response) -> Scripted:
    """The shape as a response of the scripted server."""
    return Scripted(response.status, hosted_shapes.content(response), hosted_shapes.headers(response))


def call(guise: Guise, operation: str) -> Any:
    """What the client makes of the response to an operation: a model, or the error it raises."""
    positional, named = arguments(operation)
    try:
        return guise.run(lambda: guise.client.call(endpoint(operation), *positional, **named))
    except StatusError as error:
        return error


def unset_in(value: Any) -> list[str]:
    """The names of fields that are UNSET, at any depth."""
    if isinstance(value, list):
        return [name for item in value for name in unset_in(item)]
    if not attrs.has(type(value)):
        return []
    fields = [(field.name, getattr(value, field.name)) for field in attrs.fields(type(value))]
    return [name for name, item in fields for name in ([name] if isinstance(item, Unset) else unset_in(item))]


def without_nulls(value: Any) -> Any:
    """A JSON value without the fields that are null, which the client does not tell from absent ones."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("response", JSON_SHAPES, ids=lambda response: response.place)
def test_each_shape_is_a_model_or_its_error(
    response: recordings.Response, halves: tuple[ScriptedServer, list[Guise]]
) -> None:
    """Every known response is read, past statuses and pools and future fields included, and alike by both halves."""
    server, guises = halves
    server.response = lambda _: scripted(response)
    results = [call(guise, response.operation.id) for guise in guises]
    for result in results:
        if response.status >= 400:
            assert isinstance(result, StatusError)
            assert (result.status, result.message) == (response.status, (response.body or {}).get("message"))
        elif response.body is None:
            assert result is None
        else:
            assert unset_in(result) == []
            assert comparable(result.to_dict()) == comparable(response.body)
    assert vars_of(results[0]) == vars_of(results[1])


def comparable(value: Any) -> Any:
    """What is the same in a response and in the model made of it."""
    return one_way(without_nulls(value))


def vars_of(result: Any) -> Any:
    """An error's class and content; a model as it is."""
    return (type(result), vars(result)) if isinstance(result, Exception) else result


def test_a_task_without_its_flag_is_a_contract_error_that_names_it(server: ScriptedServer, guise: Guise) -> None:
    """The document's own spelling alone, which no server is known to send, is told."""
    (response,) = [response for response in hosted_shapes.responses() if "unreadable" in response.step]
    server.responses = [scripted(response)]
    with pytest.raises(ContractError, match="isGroup"):
        guise.rows(guise.client.attempts.tasks(22))


def test_a_start_that_is_there_already_carries_the_attempt(server: ScriptedServer, guise: Guise) -> None:
    """The conflict's attempt is at hand, with its pool."""
    (response,) = [a for a in hosted_shapes.responses() if a.operation.id == "startAttempt" and a.status == 409]
    server.responses = [scripted(response)]
    with pytest.raises(errors.AttemptExists) as caught:
        guise.run(lambda: guise.client.attempts.start(None, 901345))
    assert (caught.value.attempt.id, caught.value.attempt.pool_id) == ("8101", "31")


def test_the_attempt_limit_has_its_own_error(server: ScriptedServer, guise: Guise) -> None:
    """A refusal that goes away by waiting is told apart in the hosted service's words, too."""
    (response,) = [a for a in hosted_shapes.responses() if a.operation.id == "startAttempt" and a.status == 400]
    server.responses = [scripted(response)]
    with pytest.raises(errors.TooManyAttempts):
        guise.run(lambda: guise.client.attempts.start(None, 901345))


def test_an_archive_in_object_storage_is_pulled(server: ScriptedServer, guise: Guise, tmp_path: Any) -> None:
    """The 303 is followed, and the project unpacked."""
    there, through = (a for a in hosted_shapes.responses() if a.operation.id == "getArchive")
    location = {"Location": f"{server.base_url}/archives/5120.tar.gz?X-Amz-Signature=0badc0de"}
    md5 = base64.b64encode(hashlib.md5(hosted_shapes.content(through)).digest()).decode()
    latest = json_response(project(5120, archiveMd5=md5))
    server.responses = [latest, Scripted(there.status, headers=location), scripted(through)]
    assert guise.run(lambda: guise.client.projects.pull(5120, tmp_path / "new")) == ("load_daily.dig",)
    assert "authorization" not in server.requests[2].headers


def test_a_log_is_read_through_the_service_and_by_its_link(server: ScriptedServer, guise: Guise) -> None:
    """Both ways give the same text."""
    (file,) = [a for a in hosted_shapes.responses() if a.operation.id == "getFile" and a.status == 200]
    row = hosted_shapes.whole("getFileHandles")["files"][0]
    text = gzip.decompress(hosted_shapes.content(file)).decode()
    for direct in (None, f"{server.base_url}/logs/1?X-Amz-Signature=0badc0de"):
        server.responses = [json_response({"files": [{**row, "direct": direct}]}), scripted(file)]
        assert guise.run(lambda: guise.client.logs.text(8097)) == text
    server.responses = [scripted(file)]
    buffer = BytesIO()
    guise.run(lambda: guise.client.logs.download(8097, row["fileName"], buffer))
    assert buffer.getvalue() == hosted_shapes.content(file)


def test_revisions_are_read_over_the_link(server: ScriptedServer, guise: Guise) -> None:
    """The cursor of the hosted service's link is followed to the last page."""
    pages = [a for a in hosted_shapes.responses() if a.operation.id == "getRevisions"]
    linked = next(a for a in pages if a.body.get("pagination", {}).get("nextPage", "").endswith("=2"))
    last = next(a for a in pages if a.body.get("pagination") == {})
    server.responses = [scripted(linked), scripted(last)]
    rows = guise.rows(guise.client.projects.revisions(5120))
    assert [row.revision for row in rows] == ["2025-11-01-b", "2025-11-01-a", "2023"]
    assert server.requests[1].query["page[after]"] == "MTgyMDQ0Mg"
    assert rows[0].user_info["td"]["user"]["id"] == 40417
