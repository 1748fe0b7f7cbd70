"""`twf mock`, `twf contract`, and the command as a program: from an installed wheel, with an empty home."""

from __future__ import annotations

import functools
import json
import os
import runpy
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import NIGHTLY, ROOT, Twf

FOLDERS = os.pathsep.join(str(ROOT / name) for name in ("generated", "overlay"))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_the_mock_is_served_until_a_signal_ends_it(number: signal.Signals, status: int, tmp_path: Path) -> None:
    """Its address is told first; a signal to the command ends the server as well."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": FOLDERS}
    process = subprocess.Popen(
        [sys.executable, "-m", "treasure_workflow", "mock"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        # Tests in the background of a shell inherit that interruptions are ignored.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip().removeprefix("listening on ")
        told = subprocess.run(
            [sys.executable, "-m", "treasure_workflow", "push", "shop", "--project", NIGHTLY, "--json"],
            env=environment | {"TREASURE_WORKFLOW_URL": address, "TD_API_KEY": "1/" + "0" * 40},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (told.returncode, json.loads(told.stdout)["name"]) == (0, "shop"), told.stderr
    finally:
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == status
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=30).close()


def test_contract_tests_end_with_their_own_code(twf: Twf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target and the options reach the tool, and its exit code is the command's."""
    seen: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", sys.argv)  # put back afterwards

    def run_module(name: str, **_options: object) -> None:
        seen.append([name, *sys.argv[1:]])
        sys.exit(2)

    monkeypatch.setattr(runpy, "run_module", run_module)
    with pytest.raises(SystemExit, match="2"):
        twf("contract", "eu01", "--cases", "quick", "--report", "out")
    expected = [
        "treasure_workflow_contract",
        "eu01",
        "--flavour",
        "hosted",
        "--profile",
        "quick",
        "--report",
        "out",
    ]
    assert seen == [expected]


def test_a_missing_extra_is_told(tmp_path: Path) -> None:
    """Without the packages of the extra, one line says which it needs."""
    hidden = "import sys; sys.modules['typer'] = None; sys.argv = ['twf', 'projects']; "
    done = subprocess.run(
        [sys.executable, "-c", hidden + "from treasure_workflow.cli import main; main()"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": FOLDERS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "twf needs typer: pip install 'treasure-workflow[cli]'\n"


def test_the_version_needs_no_parser(tmp_path: Path) -> None:
    """`twf --version` imports neither the parser nor the client."""
    code = (
        "import sys; sys.argv = ['twf', '--version']\n"
        "from treasure_workflow.cli import main; main()\n"
        "print(*sorted({'typer', 'httpx', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": FOLDERS},
        capture_output=True,
        text=True,
        check=False,
    )
    version, imported = done.stdout.split("\n")[:2]
    assert version.startswith("twf 0.")
    assert imported == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_completion_is_offered(tmp_path: Path) -> None:
    """A shell's script for completion names the command."""
    done = subprocess.run(
        # The command looks at the shell that calls it; `exit` keeps bash from giving way to it.
        ["bash", "-c", f"{shlex.quote(sys.executable)} -m treasure_workflow --show-completion; exit $?"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": FOLDERS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "twf" in done.stdout) == (0, True), done.stderr
