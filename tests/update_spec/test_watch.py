"""The scheduled example: one pull request for each document that changed anything, none for what did not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.update_spec.judging import ROOT

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the example fetches with curl")

# Stands in for the project's Python: writes a report, says a verdict, and exits as it is told.
_PYTHON = """#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = --report ] && mkdir -p "$2" && echo "# text" > "$2/changes.md"; shift; done
echo "compatible"; echo adopted >> openapi.yaml; exit "$STATUS"
"""


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=someone", "-c", "user.email=someone@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the example, a remote that takes branches, and a Python that does as it is told."""
    _git(tmp_path, "init", "--quiet", "--bare", "remote")
    folder = tmp_path / "clone"
    folder.mkdir()
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    for name in ("user.name=someone", "user.email=someone@example.com"):
        _git(folder, "config", *name.split("="))
    (folder / "openapi.yaml").write_text("old\n")
    (folder / ".gitignore").write_text(".venv/\nbin/\n")
    shutil.copytree(ROOT / "examples" / "newer-document", folder / "examples" / "newer-document")
    for path, content in ((".venv/bin/python", _PYTHON), ("bin/python3", "#!/bin/sh\n")):
        file = folder / path
        file.parent.mkdir(parents=True)
        file.write_text(content)
        file.chmod(0o755)
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "first")
    _git(folder, "remote", "add", "origin", str(tmp_path / "remote"))
    return folder


def _watch(clone: Path, status: int) -> subprocess.CompletedProcess[str]:
    document = clone.parent / "document.yaml"
    document.write_text("openapi: 3.0.1\n")
    environment = {
        **os.environ,
        "PATH": f"{clone / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "DOCUMENT_URL": document.as_uri(),
        "DOCUMENT_PROTOCOL": "=file",
        "OPEN_PULL_REQUEST": "echo opened",
        "STATUS": str(status),
    }
    command = [str(clone / "examples" / "newer-document" / "watch")]
    return subprocess.run(command, cwd=clone, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("status", [3, 4, 5, 6])
def test_a_document_that_changed_gets_one_pull_request(clone: Path, status: int) -> None:
    """A branch is pushed and the request opened with the verdict as its title; the second day does nothing."""
    done = _watch(clone, status)
    assert done.returncode == 0, done.stderr
    assert "opened published-document-" in done.stdout
    assert "Adopt the published document: compatible" in done.stdout
    branches = _git(clone, "ls-remote", "--heads", "origin").splitlines()
    assert len(branches) == 1
    _git(clone, "switch", "--quiet", "main")
    again = _watch(clone, status)
    assert again.returncode == 0
    assert "is there already" in again.stdout
    assert "opened" not in again.stdout


@pytest.mark.parametrize(("status", "code"), [(0, 0), (2, 1), (1, 1)])
def test_nothing_is_opened_for_what_did_not_change_or_was_refused(clone: Path, status: int, code: int) -> None:
    """Nothing changed: status 0. Refused, or a failure: status 1. Neither makes a branch."""
    done = _watch(clone, status)
    assert done.returncode == code
    assert "opened" not in done.stdout
    assert _git(clone, "ls-remote", "--heads", "origin") == ""
