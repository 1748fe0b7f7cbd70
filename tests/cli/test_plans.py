"""Plans of `twf`: with and without somebody who knows the rules of schedules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Twf


def test_plans_tell_next_runs(shop: Twf, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of new and changed schedules, by the mock's rules where it is installed; else it is said who will tell."""
    (folder / "later.dig").write_text("schedule:\n  daily>: 05:00:00\n  start: 2099-01-01\n+a: {echo>: x}\n")
    for line in (("plan", "shop"), ("push", "shop", "--dry-run"), ("push", "shop", "--dry-run", "--run-missed")):
        (told,) = shop(*line, "--project", folder, "--json").json["schedules"]
        assert (told["workflow"], told["change"], told["afterToldBy"]) == ("later", "added", "rules")
        assert told["nextRunAfter"] == "2099-01-01T05:00:00+00:00"
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "treasure_workflow_mock", None)
        (told,) = shop("plan", "shop", "--project", folder, "--json").json["schedules"]
        assert (told["nextRunAfter"], told["afterToldBy"]) == (None, None)
        said = shop("plan", "shop", "--project", folder).out
        assert "+ later: next run none -> told by the service when it is pushed" in said
    shop("push", "shop", "--project", folder, "--revision", "r2")
    (folder / "later.dig").unlink()
    shop("push", "shop", "--project", folder)
    for line in (("rollback", "shop", "--to", "r2"), ("promote", "shop", "--name", "shop2", "--revision", "r2")):
        assert "2099-01-01 05:00:00Z (computed here)" in shop(*line, "--dry-run").out
