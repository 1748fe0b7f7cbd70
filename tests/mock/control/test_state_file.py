"""The state file: what was acknowledged is in it however the mock ends, and a bad file loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.mock.api import Api
from tests.support.mock.command import KEY, running
from treasure_workflow_mock import Account, MockService, StateFileError
from treasure_workflow_mock._types import Flavour, JsonObject
from treasure_workflow_mock.control import snapshots
from treasure_workflow_mock.control.faults import FaultsByAccount
from treasure_workflow_mock.control.state_file import StateFile
from treasure_workflow_mock.http.authentication import Accounts

PROJECT = "+w: {wait>: 10m}\n+a: {echo>: done}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a state file is to be."""
    return tmp_path / "state.db"


def kept(file: Path) -> JsonObject:
    """What a mock that begins with a copy of a file shows of the account."""
    copy = file.with_suffix(".copy")
    for ending in ("", "-wal"):
        if Path(f"{file}{ending}").exists():
            shutil.copy(f"{file}{ending}", f"{copy}{ending}")
    state = StateFile(copy)
    accounts, faults = Accounts("hosted"), FaultsByAccount()
    state.load(accounts, faults)
    state.close()
    return snapshots.take(accounts.of_key(KEY), faults.of(accounts.of_key(KEY)))


@pytest.mark.parametrize("flavour", ["hosted", "digdag"])
def test_a_restarted_service_goes_on(file: Path, flavour: Flavour) -> None:
    """Every account is back, mid-run and with its secrets, under its key; the file is for its owner alone."""
    with MockService(flavour, state=file) as service:
        api, other = Api(service.base_url, KEY), Api(service.base_url)
        workflow_id = api.push_hello(PROJECT)
        api.send("POST", "/mock/clock", {"now": 1_900_000_000})
        api.start(workflow_id)
        api.send("PUT", "/api/projects/1/secrets/a", {"value": "hush"})
        api.send("POST", "/mock/faults", {"kind": "html", "operation": "getSession"})
        other.push_hello()
        before = [one.get("/mock/state").json for one in (api, other)]
        assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
    assert os.listdir(file.parent) == [file.name]
    with MockService(flavour, state=file) as service:
        api, other = Api(service.base_url, KEY), Api(service.base_url, other.key)
        assert [one.get("/mock/state").json for one in (api, other)] == before
        api.send("POST", "/mock/clock", {"advance": 601})
        assert api.get("/api/attempts/1").json["status"] == "success"
        assert service.account(KEY).projects[1].secrets == {"a": "hush"}


def test_what_was_acknowledged_survives_a_kill(file: Path) -> None:
    """Killed right after a response, the mock has all that was responded to, and goes on numbering from there."""
    for round_ in range(3):
        with running("--state", str(file)) as (process, base_url):
            api = Api(base_url, KEY)
            assert len(api.get("/api/projects").json["projects"]) == 10 * round_
            for number in range(10):
                assert api.upload({"main.dig": PROJECT}, project=f"p-{round_}-{number}").status == 200
            process.send_signal(signal.SIGKILL)
            process.wait(20)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_command_keeps_what_happened_by_itself(file: Path, how: signal.Signals) -> None:
    """Stopped by a service manager or by hand, it also keeps what only reading has let happen."""
    with running("--state", str(file)) as (process, base_url):
        api = Api(base_url, KEY)
        api.start(api.push_hello())
        assert api.get("/api/attempts/1").json["status"] == "success"
        process.send_signal(how)
        process.wait(20)
    assert kept(file)["attempts"][0]["success"] is True


CALLS = st.sampled_from(
    ["push", "push again", "start", "advance", "reset", "restore", "kill", "delete", "fault", "read"]
)


@given(st.lists(CALLS, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_has_what_the_account_has(tmp_path_factory: pytest.TempPathFactory, calls: list[str]) -> None:
    """After any calls that change something, whatever they are, a mock that begins with the file is the same."""
    file = tmp_path_factory.mktemp("state") / "state.db"
    with MockService(state=file) as service:
        api = Api(service.base_url, KEY)
        api.send("POST", "/mock/clock", {"now": 1_900_000_000})
        snapshot = api.get("/mock/state").json
        for number, call in enumerate([*calls, "last"]):
            match call:
                case "push":
                    source = f"schedule: {{hourly>: '00:00'}}\n{PROJECT}" if number % 2 else PROJECT
                    api.upload({"main.dig": source}, project=f"p{number}")
                case "push again":
                    api.upload({"main.dig": PROJECT}, project="p0", revision=f"r{number}")
                case "start":
                    api.start("1", f"2024-05-09T00:00:{number:02}Z")
                case "advance" | "last":
                    api.send("POST", "/mock/clock", {"advance": 3700})
                case "reset":
                    api.call("POST", "/mock/reset")
                    api.send("POST", "/mock/clock", {"now": 1_900_000_000})
                case "restore":
                    api.send("PUT", "/mock/state", snapshot)
                case "kill":
                    api.send("POST", "/api/attempts/1/kill", {})
                case "delete":
                    api.call("DELETE", "/api/projects/1")
                case "fault":
                    api.send("POST", "/mock/faults", {"kind": "html", "operation": "getSession"})
                case _:
                    api.get("/api/sessions")
        assert kept(file) == snapshots.take(service.account(KEY), service.faults(KEY))


def test_a_second_mock_is_refused(file: Path) -> None:
    """Two would overwrite each other's accounts: the second one says so and does not start."""
    with MockService(state=file) as service:
        with pytest.raises(StateFileError, match="in use by another mock service"), MockService(state=file):
            pass
        with running("--state", str(file)) as (process, _):
            assert "in use by another mock service" in process.communicate(timeout=30)[1]
        assert process.returncode == 1
        assert Api(service.base_url).upload({"main.dig": PROJECT}).status == 200


@pytest.mark.parametrize("what", ["folder", "file", "another"])
def test_a_file_that_is_gone_is_told_at_once(file: Path, what: str, caplog: pytest.LogCaptureFixture) -> None:
    """The call whose change cannot be kept is a 500 that names the file; reading goes on."""
    folder = file.parent / "inner"
    folder.mkdir()
    file = folder / "state.db"
    service = MockService(state=file)
    service.start()
    try:
        api = Api(service.base_url, KEY)
        assert api.upload({"main.dig": PROJECT}).status == 200
        if what == "folder":
            shutil.rmtree(folder)
        else:
            file.unlink()
        if what == "another":
            file.write_bytes(b"")
        response = api.upload({"main.dig": PROJECT}, revision="r2")
        assert (response.status, str(file) in (response.message or "")) == (500, True)
        assert str(file) in caplog.text
        assert api.get("/api/projects").status == 200
    finally:
        with pytest.raises(StateFileError):
            service.stop()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not a database"),
        (b'{"version": 1, "accounts": {}}', "not a database"),
        (b"\xff" * 5000, "not a database"),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone(file: Path, content: bytes, words: str) -> None:
    """The service does not start, says which file and why, and writes nothing over it."""
    file.write_bytes(content)
    with pytest.raises(StateFileError, match=r"state\.db") as raised, MockService(state=file):
        pass
    assert words in str(raised.value)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", ["{", "[]", '{"id": "x"}', '{"id": 1, "colour": "red"}'])
def test_a_row_that_means_nothing_is_told(file: Path, content: str) -> None:
    """A database that something else has written to does not start a mock that would lose what is in it."""
    with MockService(state=file) as service:
        Api(service.base_url, KEY).upload({"main.dig": PROJECT})
    with sqlite3.connect(file) as database:
        database.execute("UPDATE record SET content = ? WHERE kind = 'projects'", (content,))
    database.close()
    with pytest.raises(StateFileError, match="cannot be read"), MockService(state=file):
        pass


def test_the_command_says_what_is_wrong(file: Path) -> None:
    """One line, no stack, and a status that is not 0."""
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with running("--state", str(file)) as (process, _):
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == (
        f"treasure-workflow-mock: {file}: cannot be read: version 99 was written by a newer program; this one knows "
        f"{snapshots.VERSION}\n"
    )


def test_a_file_in_no_folder_is_noticed_at_once(tmp_path: Path) -> None:
    """Not only when there is something to lose."""
    with pytest.raises(StateFileError, match="no such folder"), MockService(state=tmp_path / "none" / "state.db"):
        pass


def test_a_link_stays_a_link(file: Path) -> None:
    """The file that it stands for is written."""
    link = file.with_name("link.db")
    link.symlink_to(file)
    with MockService(state=link) as service:
        Api(service.base_url, KEY).upload({"main.dig": PROJECT})
    assert link.is_symlink()
    assert [project["name"] for project in kept(file)["projects"]] == ["shop"]


def test_accounts_of_a_file_are_not_seeded(file: Path) -> None:
    """They are what they were."""
    with MockService(state=file) as service:
        service.account(KEY)

    def seed(account: Account) -> None:
        account.next_id("seeded")

    with MockService(state=file, seed=seed) as service:
        assert service.account(KEY).ids == {}
        assert service.account("8/" + "cd" * 20).ids == {"seeded": 1}
