"""Accounts and what `/mock/…` sets and shows: each key has a world of its own, and secrets are never shown."""

from __future__ import annotations

import json

import pytest

from tests.support.mock.api import Api, pack
from treasure_workflow_mock import MockService
from treasure_workflow_mock.service.app import Application


def test_accounts_do_not_see_each_other(digdag_service: MockService) -> None:
    """Ids, names, settings and clocks of one key are nothing to another."""
    one, other = Api(digdag_service.base_url), Api(digdag_service.base_url)
    assert [api.upload(pack({})).json["id"] for api in (one, other)] == ["1", "1"]
    one.call("DELETE", "/api/projects/1")
    one.send("PUT", "/mock/settings", {"executor.task_max_run": 7})
    one.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    assert other.get("/api/projects/1").status == 200
    assert other.get("/mock/settings").json["executor.task_max_run"] == 1000
    assert other.get("/mock/clock").json["frozen"] is False


def test_settings_merge_and_reset_one(digdag: Api) -> None:
    """PUT changes what it names; null brings one back to its default."""
    assert digdag.send("PUT", "/mock/settings", {"api.max_sessions_page_size": 2}).status == 200
    digdag.send("PUT", "/mock/settings", {"executor.task_max_run": 5})
    shown = digdag.get("/mock/settings").json
    assert (shown["api.max_sessions_page_size"], shown["executor.task_max_run"]) == (2, 5)
    assert digdag.get("/api/sessions?page_size=3").status == 400
    digdag.send("PUT", "/mock/settings", {"api.max_sessions_page_size": None})
    assert digdag.get("/api/sessions?page_size=3").status == 200


def test_a_flavour_brings_its_own_defaults(digdag: Api) -> None:
    """Changing the flavour changes the defaults with it, and what was set stays."""
    digdag.send("PUT", "/mock/settings", {"executor.task_max_run": 5})
    shown = digdag.send("PUT", "/mock/settings", {"flavour": "hosted"}).json
    assert (shown["executor.attempt_max_run"], shown["executor.task_max_run"]) == (200, 5)
    assert digdag.get("/api/pools").status == 200


@pytest.mark.parametrize(
    "change",
    [{"executor.nothing": 1}, {"flavour": "vanilla"}, {"executor.task_max_run": -1}, {"executor.task_max_run": True}],
)
def test_a_wrong_setting_is_named(digdag: Api, change: dict[str, object]) -> None:
    """A setting that there is not, or a value that it cannot have, is a 400 with its name, and changes nothing."""
    before = digdag.get("/mock/settings").json
    response = digdag.send("PUT", "/mock/settings", {"executor.attempt_max_run": 1, **change})
    assert response.status == 400
    assert next(iter(change)) in (response.message or "")
    assert digdag.get("/mock/settings").json == before


def test_the_clock_moves_when_it_is_told(digdag: Api) -> None:
    """A clock that was set stands still, advances by seconds, and runs again once it is let go."""
    digdag.send("POST", "/mock/clock", {"now": "2030-01-01T00:00:00Z"})
    assert digdag.upload(pack({})).json["createdAt"] == "2030-01-01T00:00:00Z"
    digdag.send("POST", "/mock/clock", {"advance": 90.5})
    assert digdag.upload(pack({}), revision="r2").json["updatedAt"] == "2030-01-01T00:01:30Z"
    assert digdag.call("DELETE", "/mock/clock").json["frozen"] is False
    for wrong in ({"now": "yesterday"}, {"advance": "1"}, {"seconds": 1}, {"advance": 1e300}):
        assert digdag.send("POST", "/mock/clock", wrong).status == 400


def test_the_clock_from_python(digdag_service: MockService) -> None:
    """The account of a key is at hand in the same process: its clock is that of the calls with the key."""
    api = Api(digdag_service.base_url)
    digdag_service.account(api.key).clock.freeze(0)
    assert api.upload(pack({})).json["createdAt"] == "1970-01-01T00:00:00Z"


def test_reset_empties_and_keeps_counting(digdag: Api) -> None:
    """After a reset nothing is left but the settings, and ids are not used again."""
    digdag.push_hello()
    digdag.send("PUT", "/mock/settings", {"executor.task_max_run": 7})
    assert digdag.call("POST", "/mock/reset").status == 200
    assert digdag.get("/api/projects").json == {"projects": []}
    assert digdag.get("/mock/settings").json["executor.task_max_run"] == 7
    assert digdag.upload(pack({})).json["id"] == "2"


def test_requests_show_what_arrived(digdag: Api) -> None:
    """Each call is taken down with its operation, target, JSON body and status."""
    digdag.start("7", params={"a": [1]})
    digdag.get("/api/none?x=%41")
    first, second = digdag.get("/mock/requests").json["requests"]
    assert (first["operation"], first["method"], first["status"]) == ("startAttempt", "PUT", 404)
    assert first["json"]["params"] == {"a": [1]}
    assert (second["operation"], second["path"], second["query"]) == (None, "/api/none", "x=%41")


def test_requests_never_show_secrets(digdag: Api) -> None:
    """Neither a key nor the value of a secret is to be found in what arrived, however it was sent."""
    digdag.push_hello()
    for body in ({"value": "hush-hush"}, "hush-hush", {"value": ["hush-hush"]}):
        digdag.send("PUT", "/api/projects/1/secrets/db.password", body)
    digdag.call("PUT", "/api/projects/1/secrets/db.password", b'"hush-hush"', {"Content-Type": "text/plain"})
    shown = digdag.get("/mock/requests").content.decode()
    assert len(json.loads(shown)["requests"]) >= 5
    assert "hush-hush" not in shown
    assert digdag.key not in shown


def test_control_speaks_json(digdag: Api) -> None:
    """A body that is no JSON object is a 400; an unknown path is a 404."""
    for body in (b"{", b"[]", b"1"):
        assert digdag.call("PUT", "/mock/settings", body, {"Content-Type": "application/json"}).status == 400
    assert digdag.get("/mock/nothing").status == 404


def test_control_of_the_hosted_flavour_wants_a_key(hosted: Api) -> None:
    """Without a key there is no account to control."""
    assert hosted.call("GET", "/mock/settings", headers={"Authorization": None, "X-Requested-With": "x"}).status == 401


def test_an_operation_without_a_handler_is_named() -> None:
    """What nobody wrote yet is listed by the application."""
    application = Application("digdag", handlers={})
    assert "getProjects" in application.without_handler
    assert "getVersion" not in application.without_handler
    assert Application("hosted").without_handler == []


def test_an_operation_without_a_handler_gives_501() -> None:
    """A call of it is refused with its name, after the checks of the wire."""
    service = MockService(flavour="digdag")
    service.application = Application("digdag", handlers={})
    with service:
        response = Api(service.base_url).get("/api/projects")
        assert (response.status, response.message) == (501, "getProjects is not implemented")
        assert Api(service.base_url).get("/api/projects/x").status == 404


def test_a_service_says_when_it_does_not_run() -> None:
    """The address is to be had only while the service runs, and a stopped one no longer responds."""
    service = MockService()
    with pytest.raises(RuntimeError, match="not running"):
        _ = service.base_url
    with service:
        api = Api(service.base_url)
        assert api.get("/api/projects").status == 200
    with pytest.raises(ConnectionError):
        api.get("/api/projects")
