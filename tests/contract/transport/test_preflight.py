"""One question before a run: what a target is that a run would say nothing of, and that it is told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.contract.plain_server import Speak, always, mute, plain_server, response
from treasure_workflow_contract.__main__ import main
from treasure_workflow_contract.transport import connection
from treasure_workflow_contract.transport.preflight import check_target
from treasure_workflow_contract.transport.target import Target, TargetError

LOGIN = b"<!doctype html><title>Log in</title>"
KEY = "1/" + "0" * 40


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key that is the user's."""
    for name in ("TDX_API_KEY", "TREASURE_DATA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TD_API_KEY", KEY)
    return KEY


SERVERS: dict[str, tuple[Speak, str]] = {
    "a refused key": (always(response(401, b'{"message": "no", "status": 401}')), "answered 401: it does not accept"),
    "a key without leave": (always(response(403, b"{}")), "answered 403: it does not accept the key that was given"),
    "a login page": (always(response(200, LOGIN, "text/html")), "what may be a login page"),
    "a login page elsewhere": (always(response(302, Location="https://login.example/")), "a redirect to https://login"),
    "a login page that poses as JSON": (always(response(200, LOGIN)), "what may be a login page"),
    "nothing under its paths": (always(response(404, content_type="")), "answered 404: no operation"),
    "another service": (always(response(200, b'{"hello": "world"}')), "is no workflow service"),
    "another service's list": (always(response(200, b"[]")), "expected JSON, got what may be a login page"),
    "a proxy without a service": (always(response(503, b"<h1>later</h1>", "text/html")), "is not there at the moment"),
    "no HTTP": (always(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "gets no response"),
}


@pytest.mark.parametrize("server", SERVERS)
def test_a_run_that_could_say_nothing_stops_at_once(
    server: str, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit status 2 and the reason; nothing is in the report, the key least of all."""
    speak, told = SERVERS[server]
    heads: list[bytes] = []

    def counted(connection: object, head: bytes) -> None:
        heads.append(head)
        speak(connection, head)  # type: ignore[arg-type]

    with plain_server(counted) as url:
        assert main([url, "--report", str(tmp_path), "--processes", "1"]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert key not in said.err + said.out
    assert len(heads) <= 2
    assert list(tmp_path.iterdir()) == []


def test_a_mute_target_is_told_within_the_time_limit(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """However long a run may take, the question before it takes no longer than the limit."""
    with plain_server(mute) as url:
        assert main([url, "--time-limit", "1"]) == 2
    assert "gets no response" in capsys.readouterr().err


def test_progress_is_shown_while_a_target_is_mute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then it is said for how long there has been no response; without a limit it is 30 seconds."""
    assert connection.PATIENCE == 30
    monkeypatch.setattr("treasure_workflow_contract.transport.preflight._BETWEEN_WORDS", 0.1)
    waited: list[float] = []
    with plain_server(mute) as url, pytest.raises(TargetError, match="no response"):
        check_target(Target(url, flavour="digdag"), 1.0, waited.append)
    assert len(waited) > 3


def test_a_single_operation_that_fails_is_left_to_the_run() -> None:
    """Only what makes all of a run mean nothing stops it."""
    for each in (response(500, b"{}"), response(200, b'{"projects": [1]}'), response(200, b'{"schedules": []}')):
        with plain_server(always(each)) as url:
            check_target(Target(url, flavour="digdag"), 5.0)
