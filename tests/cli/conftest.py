"""`twf` in the tests' own process, against an account of a mock that nobody else has."""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from treasure_workflow.cli.app import run
from treasure_workflow_mock import MockService

ROOT = Path(__file__).parents[2]
NIGHTLY = ROOT / "examples" / "nightly"
GOOD = "timezone: Asia/Tokyo\nschedule:\n  daily>: 03:00:00\n+load:\n  echo>: loaded ${country}\n"
BAD = "+load:\n  echo>: begun\n+check:\n  fail>: no rows\n+after:\n  echo>: never\n"


@dataclass(frozen=True)
class Done:
    """What a command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as JSON; whatever else stood there would break it."""
        return json.loads(self.out)


Twf = Callable[..., Done]


@pytest.fixture(scope="session")
def services() -> Iterator[dict[str, MockService]]:
    """A mock service of each flavour."""
    with MockService() as hosted, MockService(flavour="digdag") as digdag:
        yield {"hosted": hosted, "digdag": digdag}


@pytest.fixture
def flavour() -> str:
    """The flavour of the service; a test may have it as a parameter."""
    return "hosted"


@pytest.fixture
def twf(
    services: dict[str, MockService],
    flavour: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Twf:
    """Runs command lines in an empty home, with the address and the key in the environment."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("TDX_PROFILE", "TDX_API_KEY", "TD_SITE", "TD_API_SERVER", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TREASURE_WORKFLOW_URL", services[flavour].base_url)
    monkeypatch.setenv("TD_API_KEY", f"1/{secrets.token_hex(20)}")
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: object) -> Done:
        if installed := os.environ.get("TWF"):  # the same tests, on a program that a wheel has installed
            program = [installed, *(str(one) for one in arguments)]
            stdin = sys.stdin.read() if isinstance(sys.stdin, io.StringIO) else ""
            done = subprocess.run(program, input=stdin, capture_output=True, text=True, timeout=120, check=False)
            return Done(done.returncode, done.stdout, done.stderr)
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a workflow that succeeds, daily at three in Tokyo, and one that fails."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "nightly.dig").write_text(GOOD)
    (root / "broken.dig").write_text(BAD)
    return root


@pytest.fixture
def shop(twf: Twf, folder: Path) -> Twf:
    """The same, with the project pushed as `shop`."""
    assert twf("push", "shop", "--project", folder).code == 0
    return twf
