"""Every answer ends as a model or as exactly one of the documented errors."""

from __future__ import annotations

import json
import pickle

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import treasure_workflow
from tests.client.support import Answer, Guise, ScriptedServer, attempt, guise_of, project, refusal, scripted_server
from treasure_workflow import ContractError, StatusError, TransportError, TreasureWorkflowError, errors
from treasure_workflow._answers import parsed
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
    server.answer = lambda _: refusal(status, "the reason")
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
    server.answers = [refusal(400, "Too many attempts running. Limit: 100, Current: 100")]
    with pytest.raises(errors.TooManyAttempts):
        guise.run(lambda: guise.client.attempts.start(None, 77))


BODIES = {
    "web page": Answer(200, b"<html>log in</html>", {"Content-Type": "text/html; charset=utf-8"}),
    "web page as JSON": Answer(200, b"<html>log in</html>", {"Content-Type": "application/json"}),
    "cut JSON": Answer(200, json.dumps(project()).encode()[:40], {"Content-Type": "application/json"}),
    "nothing": Answer(200),
    "null": Answer(200, b"null"),
    "a list": Answer(200, b"[]"),
    "a number": Answer(200, b"7"),
    "missing field": Answer(200, b'{"id": "12"}'),
    "not a time": Answer(200, json.dumps(project(createdAt="yesterday")).encode()),
    "wrong type": Answer(200, json.dumps(project(createdAt=[])).encode()),
    "not UTF-8": Answer(200, b'{"id": "\xff\xfe"}'),
    "deep": Answer(200, b"[" * 100_000),
    "nothing at all": Answer(204),
    "undeclared success": Answer(206, json.dumps(project()).encode()),
}


@pytest.mark.parametrize("answer", BODIES.values(), ids=BODIES)
def test_a_success_that_does_not_fit_is_a_contract_error(answer: Answer, server: ScriptedServer, guise: Guise) -> None:
    """What a parser would trip over comes out as one error, with the status and the first bytes."""
    server.answers = [answer]
    with pytest.raises(ContractError) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    assert (caught.value.status, caught.value.body) == (answer.status, answer.body)
    assert repr(answer.body[:20])[1:-1] in str(caught.value) or not answer.body


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
    server.answers = [Answer(404, body)]
    with pytest.raises(errors.NotFound) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    assert (caught.value.message, caught.value.body) == (None, body)


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
def test_every_answer_is_a_model_or_one_documented_error(status: int, body: bytes, content_type: str | None) -> None:
    """Whatever comes back, a caller who handles this package's errors has handled everything."""
    headers = {"Content-Type": content_type} if content_type else {}
    response = httpx.Response(status, headers=headers, content=body)
    try:
        answer = parsed(get_project, response, "GET /api/projects/12")
    except (StatusError, ContractError) as caught:
        error: StatusError | ContractError | None = caught
    else:
        error = None
        assert isinstance(answer, RestProject)
        assert status == 200
    if error is not None:
        assert isinstance(error, ContractError) == (200 <= status < 300)
        assert (error.status, error.body) == (status, body)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_every_answer_over_the_wire_is_a_model_or_one_documented_error(kind: str) -> None:
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
            server.answer = lambda _: Answer(status, body, headers, sent)
            try:
                answer = guise.run(lambda: guise.client.projects.get(12))
            except (StatusError, ContractError, TransportError) as error:
                caught = type(error).__name__
            else:
                caught = type(answer).__name__
            assert caught in ("RestProject", *treasure_workflow.__all__)

        examine()


def example_errors() -> list[TreasureWorkflowError]:
    """One of each class."""
    model = RestSessionAttempt.from_dict(attempt(poolId="3"))
    answer = (404, "no", b"{}", "GET /x", 1)
    special = {
        errors.AttemptExists: (model, *answer),
        errors.RateLimited: (3.0, *answer),
        errors.ContractError: ("odd", 200, b"{}", "GET /x"),
        errors.WaitTimeout: (model, 3.0),
        errors.AttemptFailed: (model,),
        errors.TransportError: ("cut", "GET /x"),
        errors.TimeoutError: ("slow", "GET /x"),
    }
    classes = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, TreasureWorkflowError)]
    return [cls(*special.get(cls, answer if issubclass(cls, StatusError) else ("problem",))) for cls in classes]


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
