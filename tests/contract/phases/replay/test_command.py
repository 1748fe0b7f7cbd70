"""Replaying recordings from the command line: restarted for each scenario, and recorded anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.contract.replaying import RECORDED
from treasure_workflow_contract.__main__ import main

SCENARIO = next(path for path in sorted(RECORDED.glob("*.json")) if json.loads(path.read_text("utf-8")).get("server"))


def test_a_server_is_restarted_and_recorded(base_url: str, tmp_path: Path) -> None:
    """The command before a scenario has its server's properties; what came is a recording of the same steps."""
    seen, new = tmp_path / "settings", tmp_path / "new"
    arguments = [base_url, "--flavour", "digdag", "--replay", str(SCENARIO), "--record", str(new)]
    assert main([*arguments, "--restart", f'printf %s "$SETTINGS" > {seen}']) == 0
    wanted, made = (json.loads(path.read_text("utf-8")) for path in (SCENARIO, new / SCENARIO.name))
    assert seen.read_text("utf-8") == "\n".join(f"{name} = {value}" for name, value in wanted["server"].items())
    assert [step["answer"]["status"] for step in made["steps"]] == [
        step["answer"]["status"] for step in wanted["steps"]
    ]


def test_no_server_is_needed_before_the_first_restart(capsys: pytest.CaptureFixture[str]) -> None:
    """The command is what starts it; one that fails is told."""
    arguments = ["http://127.0.0.1:1", "--flavour", "digdag", "--replay", str(SCENARIO), "--restart", "exit 7"]
    assert main(arguments) == 2
    assert "ended with status 7" in capsys.readouterr().err
