"""Attempts: started once, waited for without sleeping in tests, and what their responses become."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.client.support import Guise, ScriptedServer, attempt, json_response, project, refusal, workflow
from treasure_workflow import AttemptExists, AttemptFailed, Conflict, WaitTimeout
from treasure_workflow_api.models import ResumeFailed

TOKYO = timezone(timedelta(hours=9))


def test_a_start_finds_project_and_workflow_by_name(server: ScriptedServer, guise: Guise) -> None:
    """Names lead to the latest revision's workflow, whose id is what is sent."""
    server.responses = [json_response({"projects": [project()]}), json_response(workflow()), json_response(attempt())]
    guise.run(
        lambda: guise.client.attempts.start(
            "shop",
            "nightly",
            session_time=datetime(2024, 5, 9, tzinfo=TOKYO),
            params={"n": 2**60, "a.b": None},
            retry_attempt_name="again",
        )
    )
    assert [f"{request.method} {request.path}" for request in server.requests] == [
        "GET /api/projects",
        "GET /api/projects/12/workflows/nightly",
        "PUT /api/attempts",
    ]
    assert server.requests[-1].json == {
        "workflowId": "77",
        "sessionTime": "2024-05-09T00:00:00+09:00",
        "params": {"n": 2**60, "a.b": None},
        "retryAttemptName": "again",
    }


@pytest.mark.parametrize("given", [77, "77", "model"])
def test_a_start_by_id_looks_nothing_up(given: Any, server: ScriptedServer, guise: Guise) -> None:
    """With the workflow's id in hand, one request is enough."""
    if given == "model":
        from treasure_workflow_api.models import RestWorkflowDefinition

        given = RestWorkflowDefinition.from_dict(workflow())
    server.responses = [json_response(attempt())]
    guise.run(lambda: guise.client.attempts.start(None, given))
    assert [request.json["workflowId"] for request in server.requests] == ["77"]


def test_a_workflow_name_needs_its_project(server: ScriptedServer, guise: Guise) -> None:
    """Workflow names are a project's own."""
    with pytest.raises(ValueError, match="project"):
        guise.run(lambda: guise.client.attempts.start(None, "nightly"))
    assert server.requests == []


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2024-05-09T00:00:00+09:00", "2024-05-09T00:00:00+09:00"),
        ("2024-05-09T00:00:00.9Z", "2024-05-09T00:00:00+00:00"),
        (datetime(2024, 5, 9, 1, 2, 3, 4, tzinfo=UTC), "2024-05-09T01:02:03+00:00"),
    ],
)
def test_session_times_are_sent_in_whole_seconds(given: Any, sent: str, server: ScriptedServer, guise: Guise) -> None:
    """Text and datetimes mean the same, and nothing is sent that the service would drop."""
    server.responses = [json_response(attempt())]
    guise.run(lambda: guise.client.attempts.start(None, 77, session_time=given))
    assert server.requests[0].json["sessionTime"] == sent


def test_now_is_now(server: ScriptedServer, guise: Guise) -> None:
    """Without a session time the attempt stands for the present second, with an offset."""
    server.responses = [json_response(attempt())]
    before = datetime.now(UTC).replace(microsecond=0)
    guise.run(lambda: guise.client.attempts.start(None, 77))
    assert before <= datetime.fromisoformat(server.requests[0].json["sessionTime"]) <= datetime.now(UTC)


@pytest.mark.parametrize("given", [datetime(2024, 5, 9), "tomorrow", "", "24:00"])
def test_a_session_time_without_a_zone_is_refused(given: Any, server: ScriptedServer, guise: Guise) -> None:
    """Nobody can tell which instant it means, so nothing is sent."""
    with pytest.raises(ValueError, match=r"session time"):
        guise.run(lambda: guise.client.attempts.start(None, 77, session_time=given))
    assert server.requests == []


def test_a_session_time_that_is_taken_gives_the_attempt_that_has_it(server: ScriptedServer, guise: Guise) -> None:
    """The conflict's body is the existing attempt: the caller gets it, not a bare 409."""
    server.responses = [json_response(attempt(900), 409)]
    with pytest.raises(AttemptExists) as caught:
        guise.run(lambda: guise.client.attempts.start(None, 77))
    assert (caught.value.status, caught.value.attempt.id) == (409, "900")
    assert caught.value.attempt.pool_id is None
    assert isinstance(caught.value, Conflict)


def test_a_conflict_without_an_attempt_is_a_conflict(server: ScriptedServer, guise: Guise) -> None:
    """A 409 that holds something else is still typed."""
    server.responses = [refusal(409, "odd")]
    with pytest.raises(Conflict, match="odd") as caught:
        guise.run(lambda: guise.client.attempts.start(None, 77))
    assert not isinstance(caught.value, AttemptExists)


def test_a_start_may_resume(server: ScriptedServer, guise: Guise) -> None:
    """The raw client's resume models are passed on."""
    server.responses = [json_response(attempt())]
    resume = ResumeFailed(attempt_id="900", mode="failed")
    guise.run(lambda: guise.client.attempts.start(None, 77, resume=resume, allow_queueing=True))
    assert server.requests[0].json["resume"] == {"mode": "failed", "attemptId": "900"}
    assert server.requests[0].json["allowQueueing"] is True


def test_waiting_gives_the_attempt_that_succeeded(server: ScriptedServer, guise: Guise) -> None:
    """Each look is reported, the sleeps are as long as asked."""
    server.responses = [
        json_response(attempt()),
        json_response(attempt(status="canceling")),
        json_response(attempt(done=True, success=True, status="success", finishedAt="2024-05-09T03:10:00Z")),
    ]
    seen: list[str] = []
    done = guise.run(
        lambda: guise.client.attempts.wait(
            901, timeout=60, poll_interval=3, on_progress=lambda attempt: seen.append(attempt.status)
        )
    )
    assert (done.status, done.finished_at) == ("success", datetime(2024, 5, 9, 3, 10, tzinfo=UTC))
    assert seen == ["running", "canceling", "success"]
    assert guise.clock.slept == [3, 3]


@pytest.mark.parametrize("status", ["error", "killed", "a status of tomorrow"])
def test_waiting_for_an_attempt_that_fails_raises_with_it(status: str, server: ScriptedServer, guise: Guise) -> None:
    """Done without success is a failure, whatever the service calls it."""
    server.responses = [json_response(attempt(done=True, status=status))]
    with pytest.raises(AttemptFailed, match=status) as caught:
        guise.run(lambda: guise.client.attempts.wait(901, timeout=60))
    assert caught.value.attempt.status == status


def test_waiting_ends_in_time(server: ScriptedServer, guise: Guise) -> None:
    """The limit is kept to the second: no request is begun when it is over."""
    server.response = lambda _: json_response(attempt())
    with pytest.raises(WaitTimeout, match="after 7 s") as caught:
        guise.run(lambda: guise.client.attempts.wait(901, timeout=7, poll_interval=3))
    assert guise.clock.slept == [3, 3, 1]
    assert len(server.requests) == 3
    assert caught.value.attempt.status == "running"


def test_waiting_survives_a_passing_failure(server: ScriptedServer, guise: Guise) -> None:
    """A service that is away for a moment does not end the wait."""
    server.responses = [refusal(503), refusal(502), json_response(attempt(done=True, success=True, status="success"))]
    assert guise.run(lambda: guise.client.attempts.wait(901, timeout=60)).success


def test_waiting_without_pause_is_refused(guise: Guise) -> None:
    """Asking without a break would be an attack."""
    with pytest.raises(ValueError, match="poll_interval"):
        guise.run(lambda: guise.client.attempts.wait(901, timeout=60, poll_interval=0))


def test_a_listing_by_project_goes_by_its_name(server: ScriptedServer, guise: Guise) -> None:
    """The operation wants the project's name: an id is looked up, a name is sent as it is."""
    server.responses = [json_response(project()), json_response({"attempts": []}), json_response({"attempts": []})]
    guise.rows(guise.client.attempts.list(project=12, workflow="nightly", include_retried=True))
    guise.rows(guise.client.attempts.list(project="shop"))
    assert [request.path for request in server.requests] == ["/api/projects/12", "/api/attempts", "/api/attempts"]
    assert server.requests[1].query == {"project": "shop", "workflow": "nightly", "include_retried": "true"}


@pytest.mark.parametrize("noun", ["attempts", "sessions", "schedules"])
def test_a_workflow_filter_needs_its_project(noun: str, server: ScriptedServer, guise: Guise) -> None:
    """The service ignores a workflow without a project, which would list everything."""
    with pytest.raises(ValueError, match="project"):
        getattr(guise.client, noun).list(workflow="nightly")


def test_retries_and_kill(server: ScriptedServer, guise: Guise) -> None:
    """Both go by the attempt's id, taken from a model as well."""
    server.responses = [json_response({"attempts": [attempt(900), attempt(901)]}), json_response(attempt())]
    (_, second) = guise.rows(guise.client.attempts.retries(901))
    assert guise.run(lambda: guise.client.attempts.kill(second)).id == "901"
    assert [f"{request.method} {request.path}" for request in server.requests] == [
        "GET /api/attempts/901/retries",
        "POST /api/attempts/901/kill",
    ]
