"""Every response ends as a model or as exactly one of the documented errors."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import treasure_workflow
from tests.support.client.support import (
    GUISES,
    Guise,
    Scripted,
    ScriptedServer,
    attempt,
    guise_of,
    json_response,
    project,
    refusal,
    scripted_server,
)
from treasure_workflow import ContractError, StatusError, TransportError, TreasureWorkflowError, errors
from treasure_workflow._http import outcomes
from treasure_workflow._http.responses import parsed
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_api.api.project import get_project
from treasure_workflow_api.models import RestProject, RestSessionAttempt

CLASSES = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    429: errors.RateLimited,
    500: errors.ServerError,
    503: errors.ServerError,
    520: errors.ServerError,
    418: errors.StatusError,
    301: errors.StatusError,
    600: errors.StatusError,
    999: errors.StatusError,
}


@pytest.mark.parametrize(("status", "cls"), CLASSES.items())
def test_each_status_has_its_error(status: int, cls: type[StatusError], server: ScriptedServer, guise: Guise) -> None:
    """The class tells what to do, the error has status, message, body and request."""
    server.response = lambda _: refusal(status, "the reason")
    with pytest.raises(StatusError) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    error = caught.value
    assert type(error) is cls
    assert (error.status, error.message) == (status, "the reason")
    assert json.loads(error.body)["status"] == status
    assert error.request == f"GET {server.base_url}/api/projects/12"
    assert "the reason" in str(error)


def test_too_many_attempts_have_an_error_of_their_own(server: ScriptedServer, guise: Guise) -> None:
    """The one bad request that goes away by waiting can be told from the others."""
    server.responses = [refusal(400, "Too many attempts running. Limit: 100, Current: 100")]
    with pytest.raises(errors.TooManyAttempts):
        guise.run(lambda: guise.client.attempts.start(None, 77))


BODIES = {
    "web page": Scripted(200, b"<html>log in</html>", {"Content-Type": "text/html; charset=utf-8"}),
    "web page as JSON": Scripted(200, b"<html>log in</html>", {"Content-Type": "application/json"}),
    "cut JSON": Scripted(200, json.dumps(project()).encode()[:40], {"Content-Type": "application/json"}),
    "nothing": Scripted(200),
    "null": Scripted(200, b"null"),
    "a list": Scripted(200, b"[]"),
    "a number": Scripted(200, b"7"),
    "missing field": Scripted(200, b'{"id": "12"}'),
    "not a time": Scripted(200, json.dumps(project(createdAt="yesterday")).encode()),
    "wrong type": Scripted(200, json.dumps(project(createdAt=[])).encode()),
    "not UTF-8": Scripted(200, b'{"id": "\xff\xfe"}'),
    "deep": Scripted(200, b"[" * 100_000),
    "nothing at all": Scripted(204),
    "undeclared success": Scripted(206, json.dumps(project()).encode()),
}


@pytest.mark.parametrize("response", BODIES.values(), ids=BODIES)
def test_a_success_that_does_not_fit_is_a_contract_error(
    response: Scripted, server: ScriptedServer, guise: Guise
) -> None:
    """What a parser would trip over comes out as one error, with the status and the first bytes."""
    server.responses = [response]
    with pytest.raises(ContractError) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    assert (caught.value.status, caught.value.body) == (response.status, response.body)
    assert repr(response.body[:20])[1:-1] in str(caught.value) or not response.body


REFUSED_BODIES = {
    "nothing": b"",
    "web page": b"<html>Bad Request</html>",
    "a list": b'["no"]',
    "a number": b"7",
    "message null": b'{"message": null, "status": 404}',
    "message no text": b'{"message": {"a": 1}}',
    "not UTF-8": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("body", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
def test_a_refusal_without_the_services_error_object_is_still_typed(
    body: bytes, server: ScriptedServer, guise: Guise
) -> None:
    """An empty or strange error body takes nothing away from the status."""
    server.responses = [Scripted(404, body)]
    with pytest.raises(errors.NotFound) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    assert (caught.value.message, caught.value.body) == (None, body)


def test_a_refusal_says_what_to_do_next(server: ScriptedServer, guise: Guise) -> None:
    """Where the key comes from, who gives a permission, what shows the things that there are."""
    client = guise.client
    calls: list[tuple[int, Callable[[], Any], str]] = [
        (401, lambda: client.projects.get(12), "may have expired: client.config.explain() tells where"),
        (403, lambda: client.pools.delete(12), "an administrator of the account can give"),
        (404, lambda: client.projects.get(12), "client.projects.list() shows what there is"),
        (404, lambda: client.logs.download(901, "a.gz", BytesIO()), "client.logs.files(...) shows"),
        (404, lambda: client.attempts.kill(901), "client.attempts.list() shows"),
        (404, lambda: client.request("GET", "/api/new"), ""),
    ]
    for status, call, told in calls:
        server.responses = [refusal(status, "refused")]
        with pytest.raises(StatusError) as caught:
            guise.run(call)
        assert told in caught.value.advice
        assert not caught.value.may_have_worked
        assert str(caught.value).endswith(f": refused; {caught.value.advice}" if told else ": refused")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_knows_what_there_is(operation: str) -> None:
    """Whatever is not found, the error names a listing: of what the service says it is, else of the operation's."""
    for message, listing in (
        (None, "client."),
        ("Resource does not exist: project id=9", "client.projects.list()"),
        ("Resource does not exist: revision name=r in project id=9", "client.projects.revisions(...)"),
        ("Resource does not exist: workflow name=a in revision id=3", "client.workflows.of_project(...)"),
        ("Resource does not exist: session attempt id=9", "client.attempts.list()"),
        ("Resource does not exist: session id=9", "client.sessions.list()"),
        ("Resource does not exist: pool rule id=9", "client.pool_rules.list()"),
        ("Resource does not exist: pool id=9", "client.pools.list()"),
        ("Resource does not exist: poolhouse", "client."),
    ):
        told = outcomes.after_a_refusal(errors.NotFound(404, message, b"", "GET /"), OPERATIONS[operation])
        assert told.startswith(listing)
        assert told.endswith("shows what there is")


def test_an_attempt_that_exists_and_one_too_many_say_what_to_do(server: ScriptedServer, guise: Guise) -> None:
    """Run it again; wait for a slot, or queue."""
    client = guise.client
    for response, told in (
        (
            json_response(attempt(), 409),
            'has attempt 901 already; client.attempts.retry(901, rerun="all") runs it again',
        ),
        (refusal(400, "Too many attempts running. Limit: 2, Current: 2"), "Current: 2; wait_for_slot=600 tries again"),
    ):
        server.responses = [response]
        with pytest.raises(StatusError) as caught:
            guise.run(lambda: client.attempts.start(None, 77, session_time="2024-05-09T00:00:00Z"))
        assert told in str(caught.value)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, 'a group with _retry has run again: client.attempts.retry(901, rerun="all")'),
        (400, "it succeeded: client"),
    ],
)
def test_a_retry_that_cannot_resume_says_what_can(status: int, told: str, server: ScriptedServer, guise: Guise) -> None:
    """The service's own words do not: everything has to be run."""
    server.responses = [json_response(attempt(done=True, success=True)), *[refusal(status)] * 9]
    with pytest.raises(StatusError) as caught:
        guise.run(lambda: guise.client.attempts.retry(901))
    assert told in str(caught.value)


def test_what_is_not_in_a_listing_names_it(server: ScriptedServer, guise: Guise) -> None:
    """A name that the service has no status for is not found with the same advice."""
    client = guise.client
    for body, call, told in (
        ({"projects": []}, lambda: client.projects.get("ghost"), "no project is named 'ghost'; client.projects.list()"),
        ({"pools": []}, lambda: client.pools.get("ghost"), "no pool is named 'ghost'; client.pools.list()"),
        ({"schedules": []}, lambda: client.schedules.find(12, "a"), "latest revision; client.schedules.list()"),
    ):
        server.responses = [json_response(body)]
        with pytest.raises(errors.NotFound) as caught:
            guise.run(call)
        assert f"{told} shows what there is" in str(caught.value)


@pytest.mark.parametrize("kind", GUISES)
def test_a_service_that_is_not_reached_is_told(kind: str) -> None:
    """Nothing was sent, and the address may be wrong."""
    with guise_of(kind, "http://127.0.0.1:1", max_retries=0) as guise:
        for call in (lambda: guise.client.projects.get(12), lambda: guise.client.projects.delete(12)):
            with pytest.raises(TransportError) as caught:
                guise.run(call)
            assert str(caught.value).endswith(outcomes.NOT_CONNECTED)
            assert not caught.value.may_have_worked


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(project())) | st.text(), inner),
    max_leaves=12,
)
ANY_BODY = (
    st.binary(max_size=200)
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(sorted(project())), JSON_VALUES).map(
        lambda changes: json.dumps({**project(), **changes}).encode()
    )
)
ANY_TYPE = st.sampled_from([None, "application/json", "text/html", "text/plain", "application/gzip", "nonsense"])


@given(status=st.integers(100, 999), body=ANY_BODY, content_type=ANY_TYPE)
def test_every_response_is_a_model_or_one_documented_error(status: int, body: bytes, content_type: str | None) -> None:
    """Whatever comes back, a caller who handles this package's errors has handled everything."""
    headers = {"Content-Type": content_type} if content_type else {}
    response = httpx.Response(status, headers=headers, content=body)
    try:
        model = parsed(get_project, response, "GET /api/projects/12")
    except (StatusError, ContractError) as caught:
        error: StatusError | ContractError | None = caught
    else:
        error = None
        assert isinstance(model, RestProject)
        assert status == 200
    if error is not None:
        assert isinstance(error, ContractError) == (200 <= status < 300)
        assert (error.status, error.body) == (status, body)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_every_response_over_the_wire_is_a_model_or_one_documented_error(kind: str) -> None:
    """The same through a socket, where an odd status or length is the transport's to notice."""
    with scripted_server() as server, guise_of(kind, server.base_url, max_retries=0) as guise:

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(
            status=st.integers(100, 999),
            body=ANY_BODY,
            content_type=ANY_TYPE,
            sent=st.none() | st.integers(-1, 40),
            encoding=st.sampled_from([None, None, "gzip", "deflate"]),
        )
        def examine(status: int, body: bytes, content_type: str | None, sent: int | None, encoding: str | None) -> None:
            headers = {"Content-Type": content_type} if content_type else {}
            headers |= {"Content-Encoding": encoding} if encoding else {}
            server.response = lambda _: Scripted(status, body, headers, sent)
            try:
                response = guise.run(lambda: guise.client.projects.get(12))
            except (StatusError, ContractError, TransportError) as error:
                caught = type(error).__name__
            else:
                caught = type(response).__name__
            assert caught in ("RestProject", *treasure_workflow.__all__)

        examine()


def example_errors() -> list[TreasureWorkflowError]:
    """One of each class."""
    model = RestSessionAttempt.from_dict(attempt(poolId="3"))
    response = (404, "no", b"{}", "GET /x", 1)
    special = {
        errors.AttemptExists: (model, *response),
        errors.RateLimited: (3.0, *response),
        errors.ContractError: ("odd", 200, b"{}", "GET /x"),
        errors.WaitTimeout: (model, 3.0),
        errors.AttemptFailed: (model,),
        errors.TransportError: ("cut", "GET /x"),
        errors.TimeoutError: ("slow", "GET /x"),
        errors.PlanOutdated: ("plan", ("a",), ("b",)),
        errors.PlanStopped: ("step", "why", (), ()),
    }
    classes = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, TreasureWorkflowError)]
    return [cls(*special.get(cls, response if issubclass(cls, StatusError) else ("problem",))) for cls in classes]


@pytest.mark.parametrize("error", example_errors(), ids=lambda error: type(error).__name__)
def test_errors_survive_pickling(error: TreasureWorkflowError) -> None:
    """An error crosses a process boundary whole, so pools can hand it on."""
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """The hierarchy drawn at the top of the module has every class, each below its base."""
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.strip("│├└─ ").split(" ")[0]
        if name in vars(errors):
            depth = line.index(name)
            above = [entry for entry in above if entry[0] < depth]
            drawn[name] = above[-1][1] if above else "Exception"
            above.append((depth, name))
    classes = {name: cls for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, Exception)}
    assert drawn == {name: cls.__bases__[0].__name__ for name, cls in classes.items()}
