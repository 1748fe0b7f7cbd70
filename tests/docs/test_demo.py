"""The main job: `make demo` as a user runs it, and its read-only half against an account with something in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from scripts import demo
from treasure_workflow import TreasureWorkflow
from treasure_workflow_mock import MockService

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_runs_to_its_end() -> None:
    """From nothing to the log, without a key: exit code 0, every part of the main job shown, nothing on stderr."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TD_", "TDX_"))}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "demo.py"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        ": heartbeat, nightly, quality",
        "+sales: success",
        "the night of",
        "+orders: error  (no orders on",
        "page 3: 50 sessions",
        "250 sessions",
    ):
        assert part in done.stdout


def test_a_wrong_region_is_told_in_one_line() -> None:
    """What is wrong with the settings is said without a traceback, before any request."""
    environment = os.environ | {"TD_API_KEY": demo.MOCK_KEY, "REGION": "atlantis"}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "demo.py"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.startswith("ConfigError: ")
    assert "eu01" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_looking_around_only_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """With a key the demo sends nothing but GET, and shows projects, sessions, tasks and a log."""
    with MockService() as service, TreasureWorkflow(api_key=demo.MOCK_KEY, base_url=service.base_url) as client:
        project = client.projects.push(demo.PROJECT, "nightly")
        client.attempts.start(project, "heartbeat")
        before = len(sent(service.base_url))
        demo.look_around(client)
        requests = sent(service.base_url)[before:]
    assert requests
    assert {request["method"] for request in requests} == {"GET"}
    shown = capsys.readouterr().out
    for part in ("nightly  (revision", "1 sessions", "+beat: success", "alive at"):
        assert part in shown


def test_looking_around_an_empty_account(capsys: pytest.CaptureFixture[str]) -> None:
    """An account without anything is shown as such."""
    with MockService() as service, TreasureWorkflow(api_key=demo.MOCK_KEY, base_url=service.base_url) as client:
        demo.look_around(client)
    assert "none yet" in capsys.readouterr().out


def sent(address: str) -> list[dict[str, str]]:
    """The requests that the mock has seen from the demo's account."""
    response = httpx.get(f"{address}/mock/requests", headers={"Authorization": f"TD1 {demo.MOCK_KEY}"})
    requests: list[dict[str, str]] = response.json()["requests"]
    return [request for request in requests if request["path"].startswith("/api/")]
