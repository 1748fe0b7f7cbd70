"""The tree of commands: its description, its help, its examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.cli.conftest import NIGHTLY, ROOT, Twf
from treasure_workflow.cli import app
from treasure_workflow.cli.commands.account import describe
from treasure_workflow.cli.exit_codes import ExitCode


def leaves(tree: dict[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every command with the words that lead to it."""
    for one in tree["commands"]:
        path = (*before, one["name"])
        if one["commands"]:
            yield from leaves(one, path)
        else:
            yield path, one


TREE = describe(typer.main.get_command(app.app))
COMMANDS = dict(leaves(TREE))


def test_the_tree_is_told(twf: Twf) -> None:
    """`commands --json` is the tree, with all exit codes."""
    told = twf("commands", "--json").json
    assert told == TREE
    assert [one["code"] for one in told["exitCodes"]] == [int(one) for one in ExitCode]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_agrees(path: tuple[str, ...], twf: Twf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tree says of a command, its help says, too: every option and argument, and an example."""
    monkeypatch.setenv("COLUMNS", "200")
    done = twf(*path, "--help")
    assert done.code == 0
    command = COMMANDS[path]
    assert command["help"]
    assert command["example"]
    for option in command["options"]:
        assert option["help"], option
        assert all(name in done.out for name in option["names"]), option
    for argument in command["arguments"]:
        assert (argument["metavar"] or argument["name"]).strip("[]") in done.out


@pytest.fixture
def ready(shop: Twf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An account in which every example has something to do, and the environment of a shell with `twf`."""
    (tmp_path / "shop" / "long.dig").write_text("+a: {wait>: 10h}\n")
    for line in (
        ("push", "shop", "--project", tmp_path / "shop"),
        ("start", "shop", "broken"),  # attempt 1 has failed, attempt 2 is at work
        ("start", "shop", "long"),
        ("push", "shop", "--project", NIGHTLY, "--revision", "v1"),
        ("attempt", "1"),
    ):
        assert shop(*line).code == 0
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    program = tmp_path / "bin" / "twf"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m treasure_workflow "$@"\n')
    program.chmod(0o755)
    folders = os.pathsep.join([str(ROOT / "generated"), str(ROOT / "overlay")])
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": folders, "VALUE": "hush", "SCRATCH": str(tmp_path)}


_ELSEWHERE = {("mock",), ("contract",)}  # they serve until they are interrupted, or take a minute: test_service.py


@pytest.mark.parametrize("path", sorted(COMMANDS.keys() - _ELSEWHERE), ids=" ".join)
def test_the_example_runs(path: tuple[str, ...], ready: dict[str, str]) -> None:
    """What the help shows runs as it stands, in a shell."""
    example = COMMANDS[path]["example"]
    done = subprocess.run(
        ["sh", "-c", example], cwd=ready["SCRATCH"], env=ready, capture_output=True, text=True, timeout=120, check=False
    )
    tells_of_a_failure = "--check" in example or "wait" in example
    assert done.returncode in ((0, 1) if tells_of_a_failure else (0,)), done.stderr
    assert "Traceback" not in done.stderr
