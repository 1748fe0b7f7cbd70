"""Log files of tasks: which there are, their names, what is in them."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.support.mock.engine_support import log_of, move, new_account, printed, run
from treasure_workflow_mock.engine.task_logs import task_of_file
from treasure_workflow_mock.errors import ServiceError

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
    """Options that the operator does not look at are noted one by one, each with the options it may have meant."""
    attempt = run("+a: {k: own, echo>: '${k}', commend: 1, _secrets: {}}\n")
    text = printed(attempt)
    record = RECORD % ("ERROR", r"\+main\+a")
    assert re.fullmatch(
        "own"
        + (record + r"Parameter 'commend' is not used at task \+main\+a\.\n")
        + (record + r"  > Did you mean \[_command\]\?\n")
        + (record + r"Parameter 'k' is not used at task \+main\+a\.\n"),
        text,
    )


@pytest.mark.parametrize(
    "command", ["loop>: 1", "for_each>: {v: [1]}", "for_range>: {from: 0, to: 1, step: 1}", "call>: x"]
)
def test_operators_that_look_at_everything_leave_no_key_unused(command: str) -> None:
    """The log of a loop or a call says nothing of options that mean nothing."""
    attempt = run(f"+a:\n  {command}\n  note: 1\n  _do: {{echo>: x}}\n", others={"x.dig": "+b: {echo>: x}\n"})
    assert "not used" not in log_of(attempt, "+main+a")


def test_each_run_of_a_task_has_a_file() -> None:
    """A task that waits writes one file when it begins to and one when it is done; its command only in the first."""
    account = new_account()
    attempt = run("+a: {wait>: 10s}\n", account=account)
    move(account, 10)
    first, second = (gzip.decompress(file.data).decode() for file in attempt.logs)
    assert first.endswith("OperatorManager: wait>: 10s\n")
    assert re.search(r"WaitOperatorFactory\$WaitOperator: wait finished\. start:[-0-9]+T[:0-9]+\.\d{3}Z\n$", second)


def test_a_look_that_finds_nothing_leaves_an_empty_file() -> None:
    """A task that waits for an attempt shows its command once, and the start of the attempt."""
    account = new_account()
    attempt = run("+a: {require>: b}\n", account=account, others={"b.dig": "+x: {wait>: 5s}\n"})
    for _ in range(10):
        move(account, 1)
    first, *others = (gzip.decompress(file.data).decode() for file in attempt.logs)
    assert attempt.success
    assert re.search(
        r"OperatorManager: require>: b\n.*WorkflowExecutor: Starting a new session project id=1 workflow name=b "
        r"session_time=2024-03-05T00:00:00\+00:00\n$",
        first,
    )
    assert others
    assert set(others) == {""}


def test_a_busy_task_has_one_file() -> None:
    """A run that takes its time is in one file, whose name tells when it began."""
    account = new_account()
    account.scripts = {"+main+a": {"seconds": 60, "log": ["done"]}}
    attempt = run("+a: {td_run>: x}\n", account=account)
    name = attempt.logs[0].name
    move(account, 60)
    assert [file.name for file in attempt.logs] == [name]
    assert log_of(attempt, "+main+a").endswith("td_run>: x\ndone\n")


def test_a_retry_tells_what_went_wrong() -> None:
    """A failure that is not the end is told with its causes; the command is not shown again."""
    attempt = run("+a: {call>: nowhere, _retry: 1}\n")
    first, second = (gzip.decompress(file.data).decode() for file in attempt.logs if file.task_name == "+main+a")
    missing = r"<folder>/workspace/1_main_1_2_0/nowhere\.dig"
    assert re.search(
        r"Task failed, retrying\nio\.digdag\.spi\.TaskExecutionException: io\.digdag\.client\.config\.ConfigException: "
        rf"File not found: {missing}\n(\tat .*\n)+"
        rf"Caused by: io\.digdag\.client\.config\.ConfigException: File not found: {missing}\n\t\.\.\. .*\n"
        rf"Caused by: java\.nio\.file\.NoSuchFileException: {missing}\n\t\.\.\. .*\n$",
        first,
    )
    assert re.fullmatch(
        RECORD % ("ERROR", r"\+main\+a")
        + rf"Configuration error at task \+main\+a: File not found: {missing} \(config\)\n",
        second,
    )


def test_an_error_is_told_with_its_cause() -> None:
    """A value of the wrong type is told in the service's words and in those of its JSON mapper."""
    attempt = run("+a: {echo>: [1]}\n")
    assert log_of(attempt, "+main+a").endswith(
        "Configuration error at task +main+a: Expected string type for key '_command' but got [1] (array) (config)\n"
        "> Cannot deserialize instance of `java.lang.String` out of START_ARRAY token\n"
        " at [Source: UNKNOWN; line: -1, column: -1] (mismatched input)\n"
    )


def test_tasks_that_cannot_be_generated_are_told_by_the_executor() -> None:
    """The log of a loop tells why its rounds could not be made, or that they are too many."""
    attempt = run("+a: {loop>: 2, _do: {echo>: x, fail>: y}}\n")
    assert re.search(
        r"WorkflowExecutor: Configuration error at task \+main\+a: A task can't have more than one .* \(config\)\n$",
        log_of(attempt, "+main+a"),
    )
    attempt = run("+a: {loop>: 999, _do: {+b: {echo>: x}}}\n")
    assert log_of(attempt, "+main+a").endswith("WorkflowExecutor: Failed to add subtasks because of task limit\n")


def test_names_with_an_at_sign_are_not_listed() -> None:
    """A file's name is taken apart at its first @, as the service does it; some it cannot take apart at all."""
    attempt = run("'+a@b': {echo>: x}\n+plain: {echo>: x}\n")
    assert [task_of_file(file.name) for file in attempt.logs] == [None, "+main+plain"]
    with pytest.raises(ServiceError, match=re.escape("+main+a@,")):
        task_of_file("+main+a@,.b@6b0777a6286df084.1.log.gz")
