"""A clock that is moved far: no session is lost, no call takes long, and no other account waits."""

from __future__ import annotations

import pytest

from tests.support.mock.api import Api
from treasure_workflow_mock import MockService
from treasure_workflow_mock.control import fast_forward

DAY = 86400


def scheduled(api: Api, schedule: str) -> None:
    """Uploads a project with this schedule at a time where the clock stands still."""
    api.send("POST", "/mock/clock", {"now": 1893456000})
    assert api.upload({"main.dig": f"schedule:\n  {schedule}\n+a:\n  echo>: x\n"}).status == 200


@pytest.mark.parametrize("flavour", ["hosted", "digdag"])
def test_two_months_of_hours_are_all_there(flavour: str, request: pytest.FixtureRequest) -> None:
    """Every session has run at its own time; the response of the clock tells how many there were."""
    api: Api = request.getfixturevalue(flavour)
    scheduled(api, "hourly>: '00:00'")
    shown = api.send("POST", "/mock/clock", {"advance": 60 * DAY}).json
    made = shown["newSessions"]
    while not shown["settled"]:  # on a slow machine one call does not do all of it
        shown = api.get("/mock/clock").json
        made += shown["newSessions"]
    assert made == 60 * 24 + 1
    assert [one["lastAttempt"]["success"] for one in api.get("/api/sessions").json["sessions"]] == [True] * 100
    assert api.get("/mock/clock").json == {
        "now": 1893456000 + 60 * DAY,
        "frozen": True,
        "settled": True,
        "newSessions": 0,
        "maxNewSessions": fast_forward.MAX_SESSIONS,
    }


@pytest.mark.parametrize(("name", "value"), [("MAX_SESSIONS", 100), ("MAX_SECONDS", 0.0)])
def test_a_call_does_a_bounded_part_and_the_next_goes_on(
    name: str, value: float, hosted: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one call leaves is told, and the calls after it do the rest in order: nothing is lost."""
    scheduled(hosted, "minutes_interval>: 1")
    monkeypatch.setattr(fast_forward, name, value)
    shown = hosted.send("POST", "/mock/clock", {"advance": 6 * 3600}).json
    assert not shown["settled"]
    assert shown["newSessions"] <= 100
    monkeypatch.undo()
    while not hosted.get("/mock/clock").json["settled"]:  # at once, but on a slow machine
        pass
    times = [one["sessionTime"] for one in hosted.get("/api/sessions?page_size=3").json["sessions"]]
    assert times == [f"2030-01-01T{time}:00+00:00" for time in ("06:00", "05:59", "05:58")]


def test_other_accounts_are_served_meanwhile(
    hosted_service: MockService, hosted: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two steps of one account's way every other call is answered."""
    monkeypatch.setattr(fast_forward, "_SLICE", 0)
    scheduled(hosted, "minutes_interval>: 1")
    account, other = hosted_service.account(hosted.key), Api(hosted_service.base_url)
    seen: list[int] = []
    clock = account.clock
    with hosted.open_call("POST", "/mock/clock", {"advance": 2 * DAY}) as finished:
        while not finished():
            other.get("/api/projects")
            seen.append(len(account.sessions))
    assert clock.now() == 1893456000 + 2 * DAY
    assert any(0 < count < 2 * DAY // 60 for count in seen)


def test_a_reset_waits_for_the_way_there(hosted: Api) -> None:
    """A call under `/mock/` does not come between two steps."""
    scheduled(hosted, "minutes_interval>: 1")
    with hosted.open_call("POST", "/mock/clock", {"advance": 2 * DAY}):
        assert hosted.send("POST", "/mock/reset", {}).status == 200
    assert hosted.get("/api/sessions").json == {"sessions": []}
