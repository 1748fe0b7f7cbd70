"""The example project runs to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.mock.engine_support import NOW, new_account, push, start
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.model.account import Account

EXAMPLE = Path(__file__).parents[3] / "examples" / "nightly"


def files_of(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("flavour", ["hosted", "digdag"])
@pytest.mark.parametrize("name", ["nightly", "heartbeat"])
def test_the_example_runs(name: str, flavour: str) -> None:
    """Each workflow of the example finds its files and succeeds on both flavours."""
    account: Account = new_account("hosted" if flavour == "hosted" else "digdag")
    push(account, files_of(EXAMPLE))
    attempt = start(account, name)
    attempts.advance(account, NOW + 3600)
    assert {task.full_name: task.error["message"] for task in attempt.tasks if task.error} == {}
    assert attempt.success
