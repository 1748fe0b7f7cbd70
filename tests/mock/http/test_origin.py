"""The mock serves programs: what a web page can make a browser send is refused."""

from __future__ import annotations

import pytest

from tests.support.mock.api import Api
from tests.support.mock.command import running
from treasure_workflow_mock.errors import Forbidden
from treasure_workflow_mock.http.origin import check_host

HOME = ["127.0.0.1", "127.0.0.1:80", "localhost", "LocalHost:65432", "[::1]", "[::1]:9", "127.9.9.9"]
ELSEWHERE = [
    "example.com",
    "example.com:80",
    "127.0.0.1.example.com",
    "localhost.example.com",
    "[::2]",
    "",
    "10.0.0.1",
    "localhost,example.com",
    "localhost/x",
]


@pytest.mark.parametrize("host", HOME)
def test_this_machine_is_a_host(digdag: Api, host: str) -> None:
    """Every name of the loopback will do, with any port."""
    assert digdag.get("/api/projects", Host=host).status == 200


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("path", ["/api/projects", "/mock/clock"])
def test_another_host_is_refused(digdag: Api, host: str, path: str) -> None:
    """A name that somebody's page has pointed at this machine is a 403 that says so, for the service's paths too."""
    response = digdag.get(path, Host=host)
    assert (response.status, "Host" in (response.message or "")) == (403, True)


def test_a_host_that_was_asked_for_will_do() -> None:
    """What `--host` names is a host as well, in whatever letters."""
    check_host("Mock.internal:65432", {"mock.internal"})
    with pytest.raises(Forbidden, match="example"):
        check_host("mock.example", {"mock.internal"})


def test_a_host_beyond_this_machine_is_warned_of() -> None:
    """Whoever opens the mock to others is told what that means; who does not is told nothing."""
    everywhere = "0.0.0.0"  # noqa: S104 # and closed again at once
    for host, is_warned in ((everywhere, True), ("127.0.0.1", False), ("localhost", False)):
        with running("--host", host) as (process, address):
            port = address.rpartition(":")[2]
            other = "mock.example" if is_warned else None
            headers = {"Host": other} if other else {}
            assert Api(f"http://127.0.0.1:{port}").get("/api/projects", **headers).status == 200
            process.terminate()
            assert ("warning" in process.communicate(timeout=30)[1]) == is_warned


@pytest.mark.parametrize("path", ["/mock/clock", "/mock/settings", "/mock/nothing"])
def test_control_wants_a_header_that_no_page_can_send(digdag: Api, path: str) -> None:
    """`Authorization` or `X-Requested-With`, of any value."""
    assert digdag.get(path, Authorization=None).status == 403
    assert digdag.get(path, Authorization=None, X_Requested_With="").status != 403
    assert digdag.get(path).status != 403


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_bodies_of_control_say_that_they_are_json(digdag: Api, content_type: str | None) -> None:
    """Any other type is what a form of a page can send; without a body none is wanted."""
    response = digdag.call("POST", "/mock/clock", b'{"now": 0}', {"Content-Type": content_type})
    assert (response.status, "Content-Type" in (response.message or "")) == (403, True)
    assert digdag.get("/mock/clock").json["frozen"] is False
    assert digdag.call("POST", "/mock/clock", b'{"now": 0}', {"Content-Type": "Application/JSON; charset=utf-8"}).json
    assert digdag.call("POST", "/mock/reset").status == 200
