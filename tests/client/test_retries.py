"""Requests sent again, over a real socket, and those that must not be."""

from __future__ import annotations

import builtins

import pytest

from tests.client.support import (
    DROPPED,
    KEY,
    Answer,
    Guise,
    ScriptedServer,
    attempt,
    guise_of,
    json_answer,
    project,
    refusal,
    workflow,
)
from treasure_workflow import BadRequest, NotFound, RateLimited, ServerError, TimeoutError, TransportError
from treasure_workflow_api.api.project import get_project

CUT = Answer(body=b'{"id": "12"', headers={"Content-Type": "application/json", "Content-Length": "500"}, sent=5)


@pytest.mark.parametrize("failure", [refusal(503), refusal(408), refusal(429), Answer(520), DROPPED, CUT])
def test_a_read_is_sent_again_after_a_passing_failure(failure: Answer, server: ScriptedServer, guise: Guise) -> None:
    """A read survives a failure of the service, of the network, and an answer cut short."""
    server.answers = [failure, failure, json_answer(project())]
    assert guise.run(lambda: guise.client.projects.get(12)).name == "shop"
    assert len(guise.clock.slept) == 2


def test_a_read_gives_up_after_max_retries(server: ScriptedServer, guise: Guise) -> None:
    """The last answer is what the caller gets, with how often it was tried."""
    server.answer = lambda _: refusal(503, "busy")
    with pytest.raises(ServerError, match="busy") as caught:
        guise.run(lambda: guise.client.with_options(max_retries=2).projects.get(12))
    assert (len(server.requests), caught.value.retries) == (3, 2)


def test_retry_after_is_waited_for(server: ScriptedServer, guise: Guise) -> None:
    """The client sleeps as long as the service asks."""
    server.answers = [refusal(429, **{"Retry-After": "17"}), json_answer(project())]
    guise.run(lambda: guise.client.projects.get(12))
    assert guise.clock.slept == [17.0]


def test_a_long_retry_after_is_left_to_the_caller(server: ScriptedServer, guise: Guise) -> None:
    """A wait of hours is an error that tells how long, at once."""
    server.answers = [refusal(429, "slow down", **{"Retry-After": "7200"})]
    with pytest.raises(RateLimited) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    assert (caught.value.retry_after, guise.clock.slept) == (7200.0, [])


@pytest.mark.parametrize("failure", [refusal(503), DROPPED])
def test_a_start_is_never_sent_twice(failure: Answer, server: ScriptedServer, guise: Guise) -> None:
    """When a start's answer is lost, the workflow may run: the caller is told, nothing is sent again."""
    server.answers = [failure, json_answer(attempt())]
    with pytest.raises((ServerError, TransportError)):
        guise.run(lambda: guise.client.attempts.start(None, 77))
    assert len(server.requests) == 1


def test_a_refusal_is_not_sent_again(server: ScriptedServer, guise: Guise) -> None:
    """What the service will not take, it will not take a second time."""
    server.answers = [refusal(400), json_answer(workflow())]
    with pytest.raises(BadRequest):
        guise.run(lambda: guise.client.workflows.get(77))
    assert len(server.requests) == 1


@pytest.mark.parametrize("lost", [refusal(502), DROPPED])
def test_a_deletion_whose_answer_was_lost_is_done(lost: Answer, server: ScriptedServer, guise: Guise) -> None:
    """Not found, after a first try without an answer, means that the first try worked."""
    server.answers = [lost, refusal(404)]
    guise.run(lambda: guise.client.projects.delete(12))
    assert [request.method for request in server.requests] == ["DELETE", "DELETE"]


def test_a_deletion_of_nothing_is_not_found(server: ScriptedServer, guise: Guise) -> None:
    """Not found at once means that there was nothing to delete."""
    server.answers = [refusal(404)]
    with pytest.raises(NotFound):
        guise.run(lambda: guise.client.projects.delete(12))


def test_setting_a_secret_is_repeated(server: ScriptedServer, guise: Guise) -> None:
    """Setting a value twice is setting it once."""
    server.answers = [refusal(502), Answer(204)]
    guise.run(lambda: guise.client.secrets.set(12, "a.b", "x"))
    assert [request.json for request in server.requests] == [{"value": "x"}] * 2


@pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])
def test_anything_is_sent_again_when_no_connection_came_about(kind: str) -> None:
    """Nothing can have happened at a service that was not reached, so even a start is tried again."""
    with guise_of(kind, "http://127.0.0.1:1") as guise:
        with pytest.raises(TransportError) as caught:
            guise.run(lambda: guise.client.attempts.start(None, 77))
        assert len(guise.clock.slept) == 4
        assert caught.value.request == "PUT http://127.0.0.1:1/api/attempts"


def test_a_server_that_says_nothing_is_a_timeout(server: ScriptedServer, guise: Guise) -> None:
    """A dead peer ends in an error of ours that is also Python's own TimeoutError."""
    server.answer = lambda _: Answer(body=b"x", headers={"Content-Length": "2"})
    with pytest.raises(TimeoutError) as caught:
        guise.run(lambda: guise.client.with_options(timeout=0.05, max_retries=0).projects.get(12))
    assert isinstance(caught.value, builtins.TimeoutError)


def test_the_raw_client_authenticates_and_retries(server: ScriptedServer, guise: Guise) -> None:
    """The generated functions, given `client.raw`, have the key, the retries and the agent's name."""
    server.answers = [refusal(503), json_answer(project())]
    function = get_project.sync if type(guise.client).__name__ == "TreasureWorkflow" else get_project.asyncio
    answer = guise.run(lambda: function(12, client=guise.client.raw))
    assert answer.name == "shop"
    assert {request.headers["authorization"] for request in server.requests} == {f"TD1 {KEY}"}
    assert all(request.headers["user-agent"].startswith("treasure-workflow/") for request in server.requests)


def test_a_copy_shares_the_connections(server: ScriptedServer, guise: Guise) -> None:
    """`with_options` changes the limits of the copy alone and opens nothing."""
    copy = guise.client.with_options(max_retries=0)
    assert copy._pool is guise.client._pool
    server.answers = [refusal(503), refusal(503), json_answer(project())]
    with pytest.raises(ServerError):
        guise.run(lambda: copy.projects.get(12))
    guise.run(lambda: guise.client.projects.get(12))
