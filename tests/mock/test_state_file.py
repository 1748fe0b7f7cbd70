"""The state file: a restarted mock goes on where it stopped, the file is always whole, and a bad one loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mock.api import Api
from treasure_workflow_mock import snapshots
from treasure_workflow_mock.accounts import Accounts
from treasure_workflow_mock.server import MockService
from treasure_workflow_mock.state import Account, Flavour
from treasure_workflow_mock.state_file import StateFile, StateFileError

KEY = "7/" + "ab" * 20
FOLDERS = os.pathsep.join(str(Path(__file__).parents[2] / name) for name in ("generated", "overlay"))


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "treasure_workflow_mock", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": FOLDERS},
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip().removeprefix("listening on ")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("flavour", ["hosted", "digdag"])
def test_a_restarted_service_goes_on(tmp_path: Path, flavour: Flavour) -> None:
    """Every account is back, mid-run and with its secrets, under its key; the file is for its owner alone."""
    file = tmp_path / "state.json"
    with MockService(flavour, state=file) as service:
        api, other = Api(service.base_url, KEY), Api(service.base_url)
        workflow_id = api.push_hello("+w: {wait>: 10m}\n+a: {echo>: done}\n")
        api.send("POST", "/mock/clock", {"now": 1_900_000_000})
        api.start(workflow_id)
        api.send("PUT", "/api/projects/1/secrets/a", {"value": "hush"})
        other.push_hello()
        before = [one.get("/mock/state").json for one in (api, other)]
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["state.json"]
    with MockService(flavour, state=file) as service:
        api, other = Api(service.base_url, KEY), Api(service.base_url, other.key)
        assert [one.get("/mock/state").json for one in (api, other)] == before
        api.send("POST", "/mock/clock", {"advance": 601})
        assert api.get("/api/attempts/1").json["status"] == "success"
        assert service.account(KEY).projects[1].secrets == {"a": "hush"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_command_saves_when_it_is_stopped(tmp_path: Path, how: signal.Signals) -> None:
    """Whether by a service manager or by hand."""
    file = tmp_path / "state.json"
    with running("--state", str(file)) as (process, base_url):
        Api(base_url, KEY).push_hello()
        process.send_signal(how)
        process.wait(20)
    assert [project["name"] for project in json.loads(file.read_text())["accounts"][KEY]["projects"]] == ["shop"]


def test_the_command_saves_now_and_then(tmp_path: Path) -> None:
    """What was changed is in the file soon, so that a killed mock has lost little."""
    file = tmp_path / "state.json"
    with running("--state", str(file)) as (process, base_url):
        Api(base_url, KEY).push_hello()
        until = time.monotonic() + 20
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.02)
        process.kill()
    accounts = Accounts("hosted")
    StateFile(file).load(accounts)
    assert [project.name for project in accounts.of_key(KEY).projects.values()] == ["shop"]


def a_file(path: Path) -> tuple[StateFile, Accounts]:
    """A state file with one account."""
    accounts = Accounts("hosted")
    accounts.of_key(KEY)
    file = StateFile(path)
    file.save(accounts, 0)
    return file, accounts


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff\xfe", "decode"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "no JSON object"),
        (b'{"version": 2, "accounts": {}}', "version 2 was written by a newer program"),
        (b'{"version": 1}', "accounts is no JSON object"),
        (b'{"version": 1, "accounts": {"a": {"version": 99}}}', "version 99 was written by a newer program"),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    """The service does not start, says which file and why, and writes nothing over it."""
    file = tmp_path / "state.json"
    file.write_bytes(content)
    with pytest.raises(StateFileError, match=r"state\.json") as raised, MockService(state=file):
        pass
    assert words in str(raised.value)
    assert file.read_bytes() == content


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    """One line, no stack, and a status that is not 0."""
    file = tmp_path / "state.json"
    file.write_text('{"version": 3}')
    with running("--state", str(file)) as (process, _):
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors == f"treasure-workflow-mock: {file}: cannot be read: version 3 was written by a newer program; " + (
        f"this one knows {snapshots.VERSION}\n"
    )


def test_a_file_in_no_folder_is_noticed_at_once(tmp_path: Path) -> None:
    """Not only when there is something to lose."""
    with pytest.raises(StateFileError, match="no such folder"):
        StateFile(tmp_path / "none" / "state.json").load(Accounts("hosted"))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it fails, the file is what it was, and nothing lies about."""
    file, accounts = a_file(tmp_path / "state.json")
    before = file.path.read_bytes()
    accounts.of_key(KEY).next_id("project")

    def fails(*_: object) -> None:
        raise OSError("no room")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, step, fails)
            with pytest.raises(StateFileError, match="no room"):
                file.save(accounts, 1)
        assert file.path.read_bytes() == before
        assert os.listdir(tmp_path) == ["state.json"]


def test_a_failed_write_does_not_stop_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and tried again when something is due."""
    file, accounts = a_file(tmp_path / "state.json")
    monkeypatch.setattr(StateFile, "save", lambda *_: (_ for _ in ()).throw(StateFileError("no room")))
    monkeypatch.setattr("treasure_workflow_mock.state_file._SHARE_OF_TIME", 1e9)
    file._not_before = 0
    file.save_if_due(accounts, 1)
    assert "no room" in caplog.text


def test_nothing_is_written_without_a_change(tmp_path: Path) -> None:
    """A mock that is only read from leaves its file alone."""
    file, accounts = a_file(tmp_path / "state.json")
    file.path.unlink()
    file._not_before = 0
    file.save_if_due(accounts, 0)
    assert not file.path.exists()
    file.save_if_due(accounts, 1)
    assert file.path.exists()


def test_writing_takes_a_small_share_of_the_time(tmp_path: Path) -> None:
    """After a write, the next one waits for twenty times as long as it took."""
    file, accounts = a_file(tmp_path / "state.json")
    file._not_before = time.monotonic() + 60
    file.path.unlink()
    file.save_if_due(accounts, 1)
    assert not file.path.exists()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it stands for is written."""
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(target)
    a_file(link)
    assert link.is_symlink()
    assert isinstance(json.loads(target.read_text())["accounts"][KEY], dict)


def test_accounts_of_a_file_are_not_seeded(tmp_path: Path) -> None:
    """They are what they were."""
    file = tmp_path / "state.json"
    a_file(file)

    def seed(account: Account) -> None:
        account.next_id("seeded")

    with MockService(state=file, seed=seed) as service:
        assert service.account(KEY).ids == {}
        assert service.account("8/" + "cd" * 20).ids == {"seeded": 1}
