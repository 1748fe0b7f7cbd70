"""Operators: what each does with its configuration, and how it fails."""

from __future__ import annotations

import pytest

from tests.support.mock.engine_support import (
    DAY,
    SESSION_TIME,
    error_of,
    log_of,
    move,
    names,
    new_account,
    printed,
    push,
    run,
    start,
    states,
)
from treasure_workflow_mock._types import Flavour, Json
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.engine.operators.outside import check_script
from treasure_workflow_mock.engine.operators.registry import OPERATORS, find_operator
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.service.statuses import status_of


def config_of_main(*lines: str) -> str:
    return "+a:\n" + "".join(f"  {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["fail>: boom"], "boom"),
        (["fail>:"], ""),
        (["fail>: 42"], "42"),
        (["echo>: [1, 2]"], "Expected string type for key '_command' but got [1,2] (array) (config)"),
        (["echo>:"], "Parameter '_command' is required but not set (config)"),
        (["teleport>: home"], "Unknown task type: teleport (config)"),
        (["_type: nop"], "Unknown task type: nop (config)"),
        (["if>: true"], "Both _do and _else_do are not specified. (config)"),
        (
            ["if>: maybe", "_do: {echo>: x}"],
            "Expected 'true' or 'false' for key '_command' but got \"maybe\" (string) (config)",
        ),
        (
            ["if>: true", "_do: {echo>: a, sh>: b}"],
            'A task can\'t have more than one operator: {"echo>":"a","sh>":"b"} (config)',
        ),
        (["loop>: 2"], "Parameter '_do' is required but not set (config)"),
        (
            ["loop>: many", "_do: {echo>: x}"],
            "Expected integer (int) type for key '_command' but got \"many\" (string) (config)",
        ),
        (["loop>: 1001", "_do: {echo>: x}"], "Too many loop subtasks. Limit: 1000 (config)"),
        (
            ["for_range>: {from: 0, to: 10}", "_do: {echo>: x}"],
            "step or slices option is required for for_range (config)",
        ),
        (
            ["for_range>: {from: 0, to: 10, step: 0}", "_do: {echo>: x}"],
            "step option must be same or greater than 1 but got 0 (config)",
        ),
        (["wait>: soon"], "Invalid configuration (config)"),
        (["wait>: 5"], "Invalid configuration (config)"),
        (
            ["wait>: 1s", "blocking: true", "poll_interval: 1s"],
            "poll_interval can't be specified with blocking:true (config)",
        ),
        (["require>: nowhere"], "Dependent workflow does not exist. projectId: 1, workflowName:nowhere"),
        (
            ["require>: main", "project_name: x"],
            "Dependent workflow does not exist. projectName: x, workflowName:main",
        ),
        (["require>: main", "rerun_on: often"], "invalid rerun_on option:often (config)"),
        (
            ["require>: main", "session_time: yesterday"],
            "Expected class java.time.Instant for key 'session_time' but got \"yesterday\" (string) (config)",
        ),
        (["call>: nowhere", "_retry: false"], "Invalid _retry format:false (config)"),
    ],
)
def test_an_operator_that_cannot_do_its_work_fails_its_task(lines: list[str], message: str) -> None:
    """The task is in error with the service's message; errors that were not meant have a stacktrace, too."""
    attempt = run(config_of_main(*lines))
    assert error_of(attempt) == message
    assert attempt.tasks[1].state == "error"
    assert ("stacktrace" in attempt.tasks[1].error) == message.endswith(" (config)")
    assert attempt.done
    assert not attempt.success


def test_rounds_have_names_and_variables() -> None:
    """for_each makes every combination, the last variable changing fastest, and cuts and encodes names."""
    attempt = run(config_of_main("for_each>: {fruit: [apple, a/b+c d~], n: [1, {k: v}]}", "_do: {echo>: '${fruit}'}"))
    assert names(attempt)[3:] == [
        "+main+a^sub+for-0=fruit=0=apple&1=n=0=1",
        "+main+a^sub+for-0=fruit=0=apple&1=n=1=%7B%22k%22%3A%22v%22%7D"[:-3],
        "+main+a^sub+for-0=fruit=1=a%2Fb%2Bc%20d%7E&1=n=0=1",
        "+main+a^sub+for-0=fruit=1=a%2Fb%2Bc%20d%7E&1=n=1=%7B%22k%22%3A%22v%22%7D"[:-3],
    ]
    assert attempt.tasks[3].export_params == {"fruit": "apple", "n": 1}


@pytest.mark.parametrize(
    ("command", "ranges"),
    [
        ("{from: 0, to: 10, step: 4}", [(0, 4), (4, 8), (8, 10)]),
        ("{from: 0, to: 10, slices: 3}", [(0, 4), (4, 8), (8, 10)]),
        ("{from: -3, to: 3, slices: 2}", [(-3, 0), (0, 3)]),
        ("{from: 5, to: 5, step: 1}", []),
        ("{from: 5, to: 1, slices: 2}", []),
    ],
)
def test_for_range_cuts_a_range(command: str, ranges: list[tuple[int, int]]) -> None:
    """Ranges follow one another; the last may be shorter."""
    attempt = run(config_of_main(f"for_range>: {command}", "_do: {echo>: x}"))
    assert attempt.success
    expected = [{"range": {"from": low, "to": high, "index": i}} for i, (low, high) in enumerate(ranges)]
    assert [task.export_params for task in attempt.tasks[3:]] == expected


def test_lists_may_come_from_expressions() -> None:
    """What an expression gives is text, and is read as JSON again."""
    attempt = run("_export: {list: [x, y]}\n" + config_of_main("for_each>: {v: '${list}'}", "_do: {echo>: '${v}'}"))
    assert [task.export_params for task in attempt.tasks[3:]] == [{"v": "x"}, {"v": "y"}]


def test_call_runs_a_file_below_itself() -> None:
    """The called file's exports and error tasks come along; a file in a folder is the base for what it calls."""
    files = {"lib/one.dig": "_export: {own: 1}\n+x: {call>: two}\n", "lib/two.dig": "+y: {echo>: '${own}'}\n"}
    attempt = run("+a: {call>: lib/one.dig}\n", others=files)
    assert attempt.success
    assert names(attempt)[1:] == [
        "+main+a",
        "+main+a^sub",
        "+main+a^sub+x",
        "+main+a^sub+x^sub",
        "+main+a^sub+x^sub+y",
    ]
    assert attempt.tasks[2].export_params == {"own": 1, "_workdir": "lib"}


@pytest.mark.parametrize(
    ("name", "words"),
    [("nowhere", "/nowhere.dig (config)"), ("../x", "must not be outside of project path"), ("/etc/passwd", "outside")],
)
def test_call_stays_inside_the_project(name: str, words: str) -> None:
    """A file that is not there, or not in the project, fails the task."""
    assert words in error_of(run(config_of_main(f"call>: {name}")))


def test_require_starts_the_workflow_once_and_waits() -> None:
    """The first to require starts it, the second joins, both go on when it is done."""
    account = new_account()
    push(account, {"main.dig": "+a: {require>: base}\n", "base.dig": "+x: {wait>: 10m}\n"})
    first, second = start(account, "main"), start(account, "main", retry="again")
    attempts.advance(account, account.clock.now())
    base = account.attempts[3]
    assert base.workflow.name == "base"
    assert states(first)["+main+a"] == states(second)["+main+a"] == "retry_waiting"
    move(account, 600)
    assert base.success
    assert first.success
    assert second.success
    assert first.tasks[1].state_params["require_kicked"] is True
    assert "require_kicked" not in second.tasks[1].state_params
    assert sum(attempt.workflow.name == "base" for attempt in account.attempts.values()) == 1


@pytest.mark.parametrize(
    ("options", "started", "success"),
    [("", 1, False), ("ignore_failure: true", 1, True), ("rerun_on: failed", 2, False), ("rerun_on: all", 2, False)],
)
def test_require_and_a_workflow_that_has_failed(options: str, started: int, success: bool) -> None:
    """Its failure is the task's, unless ignored; it may be run again under a new name."""
    account = new_account()
    push(account, {"main.dig": f"+a:\n  require>: bad\n  {options}\n", "bad.dig": "+x: {fail>: no}\n"})
    start(account, "bad")
    attempt = start(account, "main")
    attempts.advance(account, account.clock.now())
    assert attempt.done
    assert attempt.success is success
    assert sum(other.workflow.name == "bad" for other in account.attempts.values()) == started


def test_require_takes_another_time_and_params() -> None:
    """`session_time`, evaluated over the built-in variables, and `params` are those of the attempt started."""
    account = new_account()
    lines = ["require>: base", "session_time: ${session_time.replace('05T', '04T')}", "params: {k: v}"]
    push(account, {"main.dig": config_of_main(*lines), "base.dig": "+x: {echo>: '${k}'}\n"})
    attempt = start(account, "main")
    attempts.advance(account, account.clock.now())
    assert attempt.success
    base = account.attempts[2]
    assert (base.session.time, base.params) == (SESSION_TIME - DAY, {"k": "v"})


def test_wait_takes_its_time_on_the_clock() -> None:
    """It waits until the duration is over, looking at most every poll interval."""
    account = new_account()
    attempt = run(config_of_main("wait>: 1h 30s", "poll_interval: 1m"), account=account)
    task = attempt.tasks[1]
    assert (task.state, task.retry_at) == ("retry_waiting", account.clock.now() + 60)
    move(account, 90)
    assert (task.state, task.retry_at) == ("retry_waiting", account.clock.now() + 30)
    move(account, 3600)
    assert attempt.success
    assert list(task.state_params) == ["wait_start_time_millis"]


def test_a_blocking_wait_runs_all_the_time() -> None:
    """Its task is running until the time is over, and keeps no state."""
    account = new_account()
    attempt = run(config_of_main("wait>: 10s", "blocking: true"), account=account)
    assert attempt.tasks[1].state == "running"
    move(account, 9)
    assert attempt.tasks[1].state == "running"
    move(account, 1)
    assert attempt.success
    assert attempt.tasks[1].state_params == {}


@pytest.mark.parametrize(
    ("kind", "flavour", "known"),
    [
        ("td_run", "digdag", True),
        ("http", "hosted", True),
        ("sh", "digdag", True),
        ("sh", "hosted", False),
        ("s3_move", "hosted", True),
        ("snowflake", "digdag", False),
    ],
)
def test_operators_that_reach_outside_succeed(kind: str, flavour: Flavour, known: bool) -> None:
    """Those that the flavour has do nothing and succeed; others are unknown."""
    attempt = run(config_of_main(f"{kind}>: x"), account=new_account(flavour))
    assert attempt.success is known


def test_a_script_decides_what_an_outside_operator_does() -> None:
    """How long it takes, what it prints and stores, and how it fails, by the task's full name."""
    account = new_account()
    account.scripts = {
        "+main+a": {"seconds": 60, "log": ["one", "two"], "store": {"last_job_id": 7}},
        "+main+c": {"outcome": "error", "error": {"message": "no such table", "job": 8}},
    }
    attempt = run("+a: {td_wait_table>: x}\n+b: {echo>: '${last_job_id}'}\n+c: {td_run>: y}\n", account=account)
    assert states(attempt)["+main+a"] == "running"
    move(account, 60)
    assert attempt.tasks[1].store_params == {"last_job_id": 7}
    assert printed(attempt, "+main+b") == "7"
    assert attempt.tasks[3].error == {"message": "no such table", "job": 8}
    assert log_of(attempt, "+main+a").endswith("one\ntwo\n")


def test_outside_operators_heed_their_own_retry() -> None:
    """`_retry` of a task that fails outside runs it again, after the interval."""
    account = new_account()
    account.scripts = {"+main+a": {"outcome": "error"}}
    attempt = run(config_of_main("td_run>: x", "_retry: {limit: 1, interval: 60}"), account=account)
    assert states(attempt)["+main+a"] == "retry_waiting"
    del account.scripts["+main+a"]
    move(account, 60)
    assert attempt.success
    assert attempt.tasks[1].state_params == {"retry_count": 1}


@pytest.mark.parametrize(
    "script",
    [[], {"outcome": "maybe"}, {"seconds": -1}, {"seconds": True}, {"log": "x"}, {"error": []}, {"colour": "red"}],
)
def test_a_script_that_means_nothing_is_refused(script: Json) -> None:
    """The refusal is a 400 of the service's kind."""
    with pytest.raises(ServiceError) as refusal:
        check_script(script)
    assert status_of(refusal.value) == 400


def test_a_script_of_several_outcomes_takes_one_for_each_run() -> None:
    """A task fails once and then succeeds, by its own `_retry` as well as by its group's; the last outcome stays."""
    for text in ("+a:\n  _retry: 5\n  http>: x\n", "+g:\n  _retry: 5\n  +a:\n    http>: x\n"):
        account = new_account()
        name = "+main+a" if text.startswith("+a") else "+main+g+a"
        account.scripts[name] = [{"outcome": "error", "error": {"message": "busy"}}, {"store": {"rows": 3}}]
        attempt = run(text, account=account)
        assert (attempt.done, attempt.success) == (True, True)
        assert account.scripts[name] == [{"store": {"rows": 3}}]


@pytest.mark.parametrize("flavour", ["hosted", "digdag"])
def test_every_operator_is_in_the_registry_once(flavour: Flavour) -> None:
    """What a flavour does not have is an unknown type there, whatever the other one has."""
    for name, kind in OPERATORS.items():
        assert (find_operator(name, flavour) is kind) == (flavour in kind.flavours)
