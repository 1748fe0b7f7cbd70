"""Log files of tasks: which there are, their names, what is in them."""

from __future__ import annotations

import re

from tests.mock.engine_support import log_of, move, new_account, printed, run

RECORD = (
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+0000 \[%s\] \(\d{4}@\[0:shop:1:1\]%s\) "
    r"io\.digdag\.core\.agent\.OperatorManager: "
)


def test_a_log_has_a_record_and_what_the_task_printed() -> None:
    """The record names the operator and its evaluated argument; the text follows without a line end."""
    attempt = run("+a: {echo>: '${1 + 1} é'}\n")
    assert re.fullmatch(RECORD % ("INFO", r"\+main\+a") + "echo>: 2 é\n2 é", log_of(attempt, "+main+a"))


def test_every_operator_task_has_a_file_and_no_group_has() -> None:
    """Generated tasks have files, too."""
    attempt = run("+g:\n  +a: {loop>: 1, _do: {echo>: x}}\n+b:\n  fail>: no\n  _error: {echo>: sorry}\n")
    assert [file.task_name for file in attempt.logs] == [
        "+main+g+a",
        "+main+g+a^sub+loop-0",
        "+main+b",
        "+main+b^error",
        "+main^failure-alert",
    ]


def test_names_tell_task_time_and_agent_and_are_unique() -> None:
    """The time is in hexadecimal seconds and nanoseconds; files of one moment differ and sort by age."""
    account = new_account()
    attempt = run("+g:\n  _retry: 20\n  +a: {fail>: no}\n", account=account)
    names = [file.name for file in attempt.logs if file.task_name == "+main+g+a"]
    assert len(names) == 21
    assert names == sorted(set(names))
    assert names[0].startswith(f"+main+g+a@{int(account.clock.now()):08x}")
    assert names[0].endswith(".log.gz")


def test_a_failure_is_recorded() -> None:
    """A failure that was meant is told apart from an error in the configuration."""
    attempt = run("+a: {fail>: out of paper}\n")
    assert re.fullmatch(RECORD % ("ERROR", r"\+main\+a") + r"Task \+main\+a failed\.\nout of paper\n", printed(attempt))
    attempt = run("+a: {echo>: '${nobody}'}\n")
    assert "Configuration error at task +main+a: Failed to evaluate" in log_of(attempt, "+main+a")


def test_an_unused_option_is_noted_after_the_text() -> None:
    """Options that the operator does not look at are noted, those with an underscore are not."""
    attempt = run("+a: {k: own, echo>: '${k}', _custom: 1}\n")
    text = printed(attempt)
    assert text.startswith("own")
    assert re.fullmatch(
        RECORD % ("ERROR", r"\+main\+a") + r"Parameter 'k' is not used at task \+main\+a\. \n",
        text.removeprefix("own"),
    )


def test_each_run_of_a_task_has_a_file() -> None:
    """A task that waits writes one file when it begins to and one when it is done."""
    account = new_account()
    attempt = run("+a: {wait>: 10s}\n", account=account)
    assert len(attempt.logs) == 1
    move(account, 10)
    assert len(attempt.logs) == 2
