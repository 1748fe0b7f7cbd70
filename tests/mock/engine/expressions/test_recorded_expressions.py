"""What a real server made of 1,310 texts, in `tests/recorded/expressions.json`, and what becomes of them here."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.mock.engine_support import NOW, error_of, log_of, new_account, push, start
from treasure_workflow_mock.engine import attempts

RECORDED = Path(__file__).parents[3] / "recorded" / "expressions.json"
# The texts that become something else here, or fail where the server's do not, and why.
KNOWN = {
    '${parseToJSON("1", "2")}': "the syntax tree of a script is not built",
    '${parseToJSON("[1]")}': "the syntax tree of a script is not built",
}
# Errors whose words are the server's as well, of all errors: so many there are, and no fewer shall be.
SAME_WORDS = 0.96
ROWS_OF_A_WORKFLOW = 50
Compared = tuple[dict[str, Any], str | None, str | None]
"""A recorded row, and the text or the error that it gives here."""


@pytest.fixture(scope="module")
def compared() -> list[Compared]:
    """Each recorded row with the text and the error that it gives here."""
    groups = json.loads(RECORDED.read_text("utf-8"))
    return [row for group in groups for row in played(group)]


def played(group: dict[str, Any]) -> list[Compared]:
    found: list[Compared] = []
    for first in range(0, len(group["rows"]), ROWS_OF_A_WORKFLOW):
        rows = group["rows"][first : first + ROWS_OF_A_WORKFLOW]
        tasks = {
            f"+{row['task']}": {**({"_export": row["params"]} if "params" in row else {}), "echo>": row["expression"]}
            for row in rows
        }
        account = new_account()
        push(
            account,
            {"x.dig": json.dumps({"timezone": group["timezone"], **group.get("top", {}), "_parallel": True, **tasks})},
        )
        time = datetime.datetime.fromisoformat(group["session_time"]).timestamp()
        attempt = start(account, "x", time=int(time))
        attempts.advance(account, NOW)
        for row in rows:
            name = f"+x+{row['task']}"
            task = next(task for task in attempt.tasks if task.full_name == name)
            if task.state == "success":
                found.append((row, printed(log_of(attempt, name)), None))
            else:
                found.append((row, None, error_of(attempt, name)))
    return found


def printed(log: str) -> str:
    """What `echo>` printed: it stands in the log twice, behind the operator's name and alone."""
    rest = log.split("echo>: ", 1)[1]
    if len(rest) % 2 == 0:
        rest = rest.removesuffix("\n")
    return rest[: (len(rest) - 1) // 2]


def expected_error(row: dict[str, Any]) -> str | None:
    if "error" in row:
        return f"Failed to evaluate a variable {row['expression']} ({row['error']}) (config)"
    return row.get("whole_error")


def test_texts_become_what_they_became_on_a_real_server(
    compared: list[Compared],
) -> None:
    """Each gives the recorded text, or fails as recorded; those that do not are known, and known for a reason."""
    differing = {
        row["expression"]: (row.get("result", "an error"), text if error is None else error)
        for row, text, error in compared
        if text != row.get("result") or (error is None) != (expected_error(row) is None)
    }
    assert {key: value for key, value in differing.items() if key not in KNOWN} == {}
    assert KNOWN.keys() - differing.keys() == set(), "these do not differ any more"


def test_errors_have_the_words_of_a_real_server(
    compared: list[Compared],
) -> None:
    """So many of the messages are the recorded ones, word for word."""
    failed = [(expected_error(row), error) for row, _, error in compared if error is not None and expected_error(row)]
    same = sum(expected == error for expected, error in failed)
    assert same / len(failed) >= SAME_WORDS
