"""Requests sent again, over a real socket, and those that must not be."""

from __future__ import annotations

import builtins

import pytest

from tests.support.client.support import (
    DROPPED,
    KEY,
    Guise,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    project,
    refusal,
    workflow,
)
from treasure_workflow import BadRequest, NotFound, RateLimited, ServerError, TimeoutError, TransportError
from treasure_workflow_api.api.project import get_project

CUT = Scripted(body=b'{"id": "12"', headers={"Content-Type": "application/json", "Content-Length": "500"}, sent=5)


@pytest.mark.parametrize("failure", [refusal(503), refusal(408), refusal(429), Scripted(520), DROPPED, CUT])
def test_a_read_is_sent_again_after_a_passing_failure(failure: Scripted, server: ScriptedServer, guise: Guise) -> None:
    """A read survives a failure of the service, of the network, and a response cut short."""
    server.responses = [failure, failure, json_response(project())]
    assert guise.run(lambda: guise.client.projects.get(12)).name == "shop"
    assert len(guise.clock.slept) == 2


def test_a_read_gives_up_after_max_retries(server: ScriptedServer, guise: Guise) -> None:
    """The last response is what the caller gets, with how often it was tried."""
    server.response = lambda _: refusal(503, "busy")
    with pytest.raises(ServerError, match="busy") as caught:
        guise.run(lambda: guise.client.with_options(max_retries=2).projects.get(12))
    assert (len(server.requests), caught.value.retries) == (3, 2)


def test_retry_after_is_waited_for(server: ScriptedServer, guise: Guise) -> None:
    """The client sleeps as long as the service asks."""
    server.responses = [refusal(429, **{"Retry-After": "17"}), json_response(project())]
    guise.run(lambda: guise.client.projects.get(12))
    assert guise.clock.slept == [17.0]


def test_a_long_retry_after_is_left_to_the_caller(server: ScriptedServer, guise: Guise) -> None:
    """A wait of hours is an error that tells how long, at once."""
    server.responses = [refusal(429, "slow down", **{"Retry-After": "7200"})]
    with pytest.raises(RateLimited) as caught:
        guise.run(lambda: guise.client.projects.get(12))
    assert (caught.value.retry_after, guise.clock.slept) == (7200.0, [])


def test_a_refusal_is_not_sent_again(server: ScriptedServer, guise: Guise) -> None:
    """What the service will not take, it will not take a second time."""
    server.responses = [refusal(400), json_response(workflow())]
    with pytest.raises(BadRequest):
        guise.run(lambda: guise.client.workflows.get(77))
    assert len(server.requests) == 1


@pytest.mark.parametrize("lost", [refusal(502), DROPPED])
def test_a_deletion_whose_response_was_lost_is_done(lost: Scripted, server: ScriptedServer, guise: Guise) -> None:
    """Not found, after a first try without a response, means that the first try worked."""
    server.responses = [lost, refusal(404)]
    guise.run(lambda: guise.client.projects.delete(12))
    assert [request.method for request in server.requests] == ["DELETE", "DELETE"]


def test_a_deletion_of_nothing_is_not_found(server: ScriptedServer, guise: Guise) -> None:
    """Not found at once means that there was nothing to delete."""
    server.responses = [refusal(404)]
    with pytest.raises(NotFound):
        guise.run(lambda: guise.client.projects.delete(12))


def test_setting_a_secret_is_repeated(server: ScriptedServer, guise: Guise) -> None:
    """Setting a value twice is setting it once."""
    server.responses = [refusal(502), Scripted(204)]
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
    server.response = lambda _: Scripted(body=b"x", headers={"Content-Length": "2"})
    with pytest.raises(TimeoutError) as caught:
        guise.run(lambda: guise.client.with_options(timeout=0.05, max_retries=0).projects.get(12))
    assert isinstance(caught.value, builtins.TimeoutError)


def test_the_raw_client_authenticates_and_retries(server: ScriptedServer, guise: Guise) -> None:
    """The generated functions, given `client.raw`, have the key, the retries and the agent's name."""
    server.responses = [refusal(503), json_response(project())]
    function = get_project.sync if type(guise.client).__name__ == "TreasureWorkflow" else get_project.asyncio
    response = guise.run(lambda: function(12, client=guise.client.raw))
    assert response.name == "shop"
    assert {request.headers["authorization"] for request in server.requests} == {f"TD1 {KEY}"}
    assert all(request.headers["user-agent"].startswith("treasure-workflow/") for request in server.requests)


def test_a_copy_shares_the_connections(server: ScriptedServer, guise: Guise) -> None:
    """`with_options` changes the limits of the copy alone and opens nothing."""
    copy = guise.client.with_options(max_retries=0)
    assert copy._pool is guise.client._pool
    server.responses = [refusal(503), refusal(503), json_response(project())]
    with pytest.raises(ServerError):
        guise.run(lambda: copy.projects.get(12))
    guise.run(lambda: guise.client.projects.get(12))
