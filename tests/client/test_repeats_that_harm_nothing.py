"""Requests whose responses are lost, before and after the service acted: what it saw, and what the caller is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.operations import arguments, endpoint
from tests.support.client.support import (
    DROPPED,
    GUISES,
    KEY,
    Guise,
    Scripted,
    ScriptedServer,
    attempt,
    guise_of,
    json_response,
    project,
    refusal,
)
from treasure_workflow import (
    AttemptExists,
    BadRequest,
    Conflict,
    NotFound,
    RateLimited,
    ServerError,
    StatusError,
    TooManyAttempts,
    TransportError,
    TreasureWorkflowError,
)
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_mock import Fault, MockService

TIME = datetime(2024, 5, 9, tzinfo=UTC)
NOW = datetime.now(UTC)
FAILURES = {
    "dropped": DROPPED,
    "bad gateway": refusal(502),
    "busy": refusal(503, **{"Retry-After": "1"}),
    "away": refusal(503),
    "limited": refusal(429),
    "time-out": refusal(408),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_repeated_by_its_policy(operation: str, failure: str, server: ScriptedServer) -> None:
    """By number of requests: 429 repeats all, 503 with Retry-After all but `never`, the rest what is safe."""
    policy, deletion = OPERATIONS[operation].retry.policy, OPERATIONS[operation].method == "DELETE"
    repeated = {"limited": True, "busy": policy != "never"}.get(failure, policy == "safe" or deletion)
    server.responses = [FAILURES[failure], refusal(418)]
    positional, named = arguments(operation)
    with guise_of("sync", server.base_url) as guise, pytest.raises(TreasureWorkflowError):
        guise.client.call(endpoint(operation), *positional, **named)
    assert len(server.requests) == (2 if repeated else 1)


def ours(**changes: object) -> dict[str, object]:
    """The attempt that a start of `start` makes."""
    made = datetime.now(UTC) + timedelta(seconds=1)
    given = {"sessionTime": "2024-05-09T00:00:00Z", "params": {"a": 1}, "createdAt": made.isoformat()}
    return attempt(**{**given, **changes})


def start(guise: Guise, **options: Any) -> Any:
    """A start, whose session time is given."""
    return guise.run(lambda: guise.client.attempts.start(None, 77, session_time=TIME, params={"a": 1}, **options))


@pytest.mark.parametrize("lost", [DROPPED, refusal(502), refusal(504)])
def test_a_start_whose_response_was_lost_is_recognised(lost: Scripted, server: ScriptedServer, guise: Guise) -> None:
    """The conflict after it shows our own attempt; what is sent is the same each time."""
    server.responses = [lost, json_response(ours(createdAt=datetime.now(UTC).isoformat()), 409)]
    started = start(guise)
    assert (started.id, started.outcome) == ("901", "already_ours")
    assert [request.json for request in server.requests] == [
        {"workflowId": "77", "sessionTime": "2024-05-09T00:00:00+00:00", "params": {"a": 1}}
    ] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"sessionTime": "2024-05-10T00:00:00Z"},
        {"params": {"a": 2}},
        {"retryAttemptName": "other"},
        {"createdAt": "2024-05-09T00:00:00Z"},
        {"createdAt": (NOW - timedelta(seconds=30)).isoformat()},
    ],
    ids=["time", "params", "name", "long before", "just before"],
)
def test_a_start_does_not_take_another_s_attempt_for_its_own(
    changes: dict[str, object], server: ScriptedServer, guise: Guise
) -> None:
    """Whatever differs, or was there before, is somebody else's: the caller gets it as an error."""
    server.responses = [DROPPED, json_response({**ours(), **changes}, 409)]
    with pytest.raises(AttemptExists) as caught:
        start(guise)
    assert (caught.value.attempt.id, caught.value.lost) == ("901", 1)


def test_a_conflict_at_once_is_never_ours(server: ScriptedServer, guise: Guise) -> None:
    """Without a lost response before it, also after a refusal for too many requests, the attempt is another's."""
    for responses in ([], [refusal(429)], [refusal(503, **{"Retry-After": "1"})]):
        server.responses = [*responses, json_response(ours(), 409)]
        with pytest.raises(AttemptExists) as caught:
            start(guise)
        assert caught.value.lost == 0


def test_the_service_s_clock_decides_what_was_there_before(server: ScriptedServer, guise: Guise) -> None:
    """A service whose clock is an hour off is understood by the Date of its response."""
    for hours in (-1, 1):
        there = datetime.now(UTC) + timedelta(hours=hours)
        made = json_response(ours(createdAt=there.isoformat()), 409, Date=format_datetime(there, usegmt=True))
        server.responses = [DROPPED, made]
        assert start(guise).outcome == "already_ours"


def test_a_start_says_that_it_created(server: ScriptedServer, guise: Guise) -> None:
    """The usual outcome; what was started equals what is read later."""
    made = json_response(ours())
    server.responses = [made, made]
    started = start(guise)
    assert started.outcome == "created"
    assert started == guise.run(lambda: guise.client.attempts.get(started))
    assert "outcome" not in started.to_dict()


def test_a_push_that_conflicts_with_itself_is_done(server: ScriptedServer, guise: Guise, tmp_path: Path) -> None:
    """Only after a lost response, and only when the revision has our archive's MD5."""
    (tmp_path / "a.dig").write_text("+a:\n  echo>: a\n")
    from treasure_workflow.archive import pack

    with pack(tmp_path) as archive:
        md5 = archive.md5
    mine = json_response({"projects": [project(revision="r8", archiveMd5=md5)]})
    row = {"revision": "r8", "createdAt": "2024-05-01T08:00:00Z", "archiveType": "db", "archiveMd5": md5}
    later = json_response({"projects": [project(revision="r9", archiveMd5="x")]})

    def push() -> Any:
        return guise.run(lambda: guise.client.projects.push(tmp_path, "shop", revision="r8"))

    for responses in ([mine], [later, json_response({"revisions": [row]})]):
        server.responses = [DROPPED, refusal(409), *responses]
        assert push().name == "shop"
    for responses in (
        [refusal(409)],
        [DROPPED, refusal(409), later, json_response({"revisions": [{**row, "archiveMd5": "x"}]})],
        [DROPPED, refusal(409), json_response({"projects": []})],
    ):
        server.responses = list(responses)
        with pytest.raises(Conflict):
            push()
    assert server.responses == []


def test_a_kill_that_conflicts_with_itself_is_done(server: ScriptedServer, guise: Guise) -> None:
    """After a lost response, an attempt that is asked to end was asked by us."""
    server.responses = [DROPPED, refusal(409), json_response(attempt(cancelRequested=True))]
    assert guise.run(lambda: guise.client.attempts.kill(901)).cancel_requested
    for responses in ([refusal(409)], [DROPPED, refusal(409), json_response(attempt())]):
        server.responses = list(responses)
        with pytest.raises(Conflict):
            guise.run(lambda: guise.client.attempts.kill(901))


@pytest.mark.parametrize("word", ["running", "waiting"])
def test_too_many_attempts_are_told_apart(word: str, server: ScriptedServer, guise: Guise) -> None:
    """Those that run and those that wait, with the limit and how many there are."""
    server.responses = [refusal(400, f"Too many attempts {word}. Limit: 200, Current: 201")]
    with pytest.raises(TooManyAttempts) as caught:
        start(guise)
    assert (caught.value.waiting, caught.value.limit, caught.value.current) == (word == "waiting", 200, 201)
    server.responses = [refusal(400, f"Too many attempts {word}")]
    with pytest.raises(TooManyAttempts) as caught:
        start(guise)
    assert (caught.value.limit, caught.value.current) == (None, None)


def test_a_start_waits_for_a_slot_when_asked(server: ScriptedServer, guise: Guise) -> None:
    """Again and again until there is one, or the time is over; other refusals are told at once."""
    full = refusal(400, "Too many attempts running. Limit: 2, Current: 2")
    server.responses = [full, full, json_response(ours())]
    assert start(guise, wait_for_slot=600).outcome == "created"
    assert len({str(request.json) for request in server.requests}) == 1
    server.response = lambda _: full
    with pytest.raises(TooManyAttempts):
        start(guise, wait_for_slot=100)
    server.response = lambda _: refusal(400, "no such thing")
    server.requests.clear()
    with pytest.raises(BadRequest):
        start(guise, wait_for_slot=100)
    assert len(server.requests) == 1


@pytest.fixture(params=GUISES)
def mocked(request: pytest.FixtureRequest) -> Iterator[tuple[MockService, Guise]]:
    """Each client in turn, with its mock."""
    with MockService() as service, guise_of(request.param, service.base_url) as made:
        yield service, made


def test_what_was_there_before_is_not_ours(mocked: tuple[MockService, Guise], tmp_path: Path) -> None:
    """A pool of that name and limit, attempts of that name: after a lost request they are told as another's."""
    service, guise = mocked
    client, account = guise.client, service.account(KEY)
    (tmp_path / "a.dig").write_text("schedule:\n  daily>: 03:00:00\n  start: 2024-01-01\n+a:\n  echo>: a\n")
    account.clock.freeze(datetime(2024, 1, 4, tzinfo=UTC).timestamp())
    guise.run(lambda: client.projects.push(tmp_path, "shop"))
    names = {"project": "shop", "workflow": "a"}
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    calls: list[tuple[str, Any]] = [
        ("createPool", lambda: client.pools.create("batch", 5)),
        ("backfillSchedule", lambda: client.schedules.backfill(**names, from_time=begin, attempt_name="b", count=2)),
    ]
    for operation, call in calls:
        guise.run(call)
        service.faults(KEY).append(Fault("drop-before", operation=operation, times=1))
        with pytest.raises(Conflict) as caught:
            guise.run(call)
        assert caught.value.lost == 1


def schedule(day: int, **changes: object) -> dict[str, object]:
    """A schedule as the service sends it after a change, whose next session is on that day."""
    return {
        "id": "5",
        "project": {"id": "12", "name": "shop"},
        "workflow": {"id": "77", "name": "nightly"},
        "nextRunTime": f"2024-05-{day:02}T03:00:00Z",
        "nextScheduleTime": f"2024-05-{day:02}T00:00:00Z",
        "disabledAt": None,
        "createdAt": "2024-05-01T00:00:00Z",
        "updatedAt": "2024-05-01T00:00:00Z",
        **changes,
    }


def test_a_schedule_that_another_moved_is_not_ours(server: ScriptedServer, guise: Guise) -> None:
    """A skip that ended elsewhere, an enabling that left it disabled: the conflict is told."""
    schedules = guise.client.schedules
    for found in (schedule(8), schedule(9, nextRunTime="2024-05-09T04:00:00Z")):
        server.responses = [json_response(schedule(9)), DROPPED, refusal(409), json_response(found)]
        with pytest.raises(Conflict):
            guise.run(lambda: schedules.skip(5, next_time=TIME))
    server.responses = [DROPPED, refusal(409), json_response(schedule(9, disabledAt="2024-05-02T00:00:00Z"))]
    with pytest.raises(Conflict):
        guise.run(lambda: schedules.enable(5, skip_schedule=True))
    assert server.responses == []
    server.responses = [json_response(schedule(9)), refusal(409)]
    with pytest.raises(Conflict):
        guise.run(lambda: schedules.skip(5, next_time=TIME))


def test_a_pool_that_another_made_is_not_ours(server: ScriptedServer, guise: Guise) -> None:
    """One that came meanwhile and has another limit."""
    pool = {"id": "4", "name": "batch", "concurrencyLimit": 5, "default": False}
    server.responses = [json_response({"pools": []}), DROPPED, refusal(409), json_response({"pools": [pool]})]
    with pytest.raises(Conflict):
        guise.run(lambda: guise.client.pools.create("batch", 6))
    assert server.responses == []


@pytest.mark.parametrize("noun", ["projects", "pools", "pool_rules"])
def test_a_deletion_is_not_ours_after_a_mere_refusal(noun: str, server: ScriptedServer, guise: Guise) -> None:
    """A 429 was not acted on: what is not there afterwards was not deleted by us."""
    server.responses = [refusal(429), refusal(404)]
    with pytest.raises(NotFound):
        guise.run(lambda: getattr(guise.client, noun).delete(12))


DONE = "the service may have done it all the same"
ADVICE = [
    ("start", lambda client: client.attempts.start(None, 77, session_time=TIME), f"{DONE}: look at the attempts"),
    ("delete", lambda client: client.projects.delete(12), f"{DONE}; to ask for it again does no harm"),
    ("other", lambda client: client.request("POST", "/api/new"), f"{DONE}: look before it is asked for again"),
    ("dry run", lambda client: client.schedules.backfill(5, from_time=TIME, attempt_name="b", dry_run=True), ""),
    ("read", lambda client: client.projects.get(12), ""),
    ("read beside", lambda client: client.request("GET", "/api/new"), ""),
]


@pytest.mark.parametrize(("call", "advice"), [row[1:] for row in ADVICE], ids=[row[0] for row in ADVICE])
def test_a_call_that_may_have_worked_says_so(call: Any, advice: str, server: ScriptedServer, guise: Guise) -> None:
    """And what to do then; what certainly changed nothing says nothing of the kind."""
    for failure, told in (
        (DROPPED, advice),
        (refusal(502), advice),
        (refusal(408), advice),
        (refusal(429), ""),
        (refusal(503, **{"Retry-After": "1"}), ""),
        (refusal(400), ""),
    ):
        server.response = lambda _, failure=failure: failure  # type: ignore[misc]
        with pytest.raises((StatusError, TransportError)) as caught:
            guise.run(lambda: call(guise.client))
        assert caught.value.advice.startswith(told)
        assert caught.value.may_have_worked == bool(told)
        assert str(caught.value).endswith(caught.value.advice)


def test_a_refusal_after_a_lost_try_says_so(server: ScriptedServer, guise: Guise) -> None:
    """A limit of requests met by the repeat leaves open what became of the first."""
    server.response = lambda _: refusal(429) if len(server.requests) > 1 else DROPPED
    with pytest.raises(RateLimited) as caught:
        guise.run(lambda: guise.client.projects.delete(12))
    assert caught.value.may_have_worked
    assert caught.value.advice.startswith(DONE)


@pytest.mark.parametrize("kind", GUISES)
def test_a_service_that_never_responds_is_told_with_how_often_it_was_tried(kind: str, server: ScriptedServer) -> None:
    """When every response to a start is lost, the caller learns that it may have worked."""
    with guise_of(kind, server.base_url, max_retries=2) as guise:
        server.response = lambda _: refusal(502)
        with pytest.raises(ServerError) as caught:
            start(guise)
        assert (caught.value.retries, caught.value.lost, len(server.requests)) == (2, 2, 3)
        server.response = lambda _: DROPPED
        with pytest.raises(TransportError):
            start(guise)
        assert len(server.requests) == 6
