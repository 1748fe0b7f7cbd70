"""An interrupted run ends soon and leaves nothing, however often and however early it is interrupted."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.mock.api import Api
from treasure_workflow_mock.service.server import MockService

PREFIX = "ours "
ROOT = Path(__file__).parents[2]


@pytest.fixture
def api(services: dict[str, MockService], monkeypatch: pytest.MonkeyPatch) -> Api:
    """An account with a project of its owner's, whose key the run uses."""
    api = Api(services["hosted"].base_url)
    monkeypatch.setenv("TD_API_KEY", api.key)
    assert api.upload({"daily.dig": "+load:\n  echo>: loaded\n"}, "theirs").status == 200
    return api


def names(api: Api) -> list[str]:
    """The projects of the account."""
    return [project["name"] for project in api.get("/api/projects").json["projects"]]


def started(*command: str) -> subprocess.Popen[str]:
    """A command in a process group of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("generated", "overlay"))}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests in the background of a shell inherit that interruptions are ignored.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def contract(api: Api) -> list[str]:
    return [
        *(sys.executable, "-m", "treasure_workflow_contract", api.base_url),
        *("--profile", "quick", "--processes", "2", "--allow-writes", PREFIX),
    ]


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Waits for something that a running process does."""
    deadline = time.monotonic() + 120
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def to_group(process: subprocess.Popen[str], sent: signal.Signals) -> None:
    os.killpg(process.pid, sent)


def to_first(process: subprocess.Popen[str], sent: signal.Signals) -> None:
    process.send_signal(sent)


@pytest.mark.parametrize(("send", "sent"), [(to_group, signal.SIGINT), (to_first, signal.SIGTERM)])
@pytest.mark.parametrize("times", [1, 2, 4])
def test_an_interrupted_run_removes_what_it_made(
    send: Callable[[subprocess.Popen[str], signal.Signals], None], sent: signal.Signals, times: int, api: Api
) -> None:
    """From the keyboard, to all its processes, or by a supervisor, to the first alone; impatience changes nothing."""
    process = started(*contract(api))
    wait_until(lambda: len(names(api)) > 1, process)
    for _ in range(times):
        if process.poll() is None:
            send(process, sent)
        time.sleep(0.2)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert "Traceback" not in complaints
    assert names(api) == ["theirs"]


@pytest.mark.parametrize("seconds", [0.3, 0.6, 0.9, 1.2, 1.6, 2.0, 2.5])
def test_an_interruption_meets_processes_that_start(seconds: float, api: Api) -> None:
    """Whenever it comes: no trace of a process that was only half there."""
    process = started(*contract(api))
    time.sleep(seconds)
    to_group(process, signal.SIGINT)
    _, complaints = process.communicate(timeout=60)
    # Before its first lines are read, Python itself is interrupted.
    if process.returncode not in (-signal.SIGINT, 1):
        assert process.returncode == 130, complaints
        assert "Traceback" not in complaints
    assert names(api) == ["theirs"]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_make_ends_as_soon_and_as_clean(api: Api) -> None:
    """An interruption of the command that make runs: make's own status, and nothing is left."""
    process = started(
        *("make", "-s", "contract", f"TARGET={api.base_url}", "PROFILE=quick", f"ALLOW_WRITES={PREFIX}"),
        f"RUN={sys.executable}",
    )
    wait_until(lambda: len(names(api)) > 1, process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("the processes of make are not told here")
    for _ in range(2):
        for child in children.read_text().split():
            os.kill(int(child), signal.SIGINT)
        time.sleep(0.2)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 2, complaints
    assert "Traceback" not in complaints
    assert names(api) == ["theirs"]


def test_a_run_ends_though_its_target_is_slow(api: Api) -> None:
    """A response that is waited for does not hold up the end."""
    process = started(*contract(api))
    wait_until(lambda: len(names(api)) > 1, process)
    fault = {"kind": "delay", "seconds": 20, "operation": "getProject", "times": 10_000}
    assert api.send("POST", "/mock/faults", fault).status < 300
    to_group(process, signal.SIGINT)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert names(api) == ["theirs"]
