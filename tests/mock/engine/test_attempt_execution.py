"""Attempts at work: how their tasks progress, fail, are retried and are killed. The clock is moved."""

from __future__ import annotations

import gzip

import pytest

from tests.support.mock.engine_support import (
    DAY,
    NOW,
    SESSION_TIME,
    move,
    names,
    new_account,
    printed,
    push,
    run,
    start,
    states,
)
from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.engine import attempts as engine
from treasure_workflow_mock.errors import Conflict
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt

ECHO = "+a: {echo>: x}\n"
WAIT = "+a: {wait>: 10m}\n+b: {echo>: x}\n"
ALERT = "+main^failure-alert"


@pytest.fixture
def account() -> Account:
    """An open-source account whose clock stands still."""
    return new_account()


# Order


@pytest.mark.parametrize(
    ("text", "upstreams"),
    [
        ("+a: {echo>: x}\n+b: {echo>: x}\n", [[], ["+main+a"]]),
        ("_parallel: true\n+a: {echo>: x}\n+b: {echo>: x}\n", [[], []]),
        ("_parallel: {limit: 1}\n+a: {echo>: x}\n+b: {echo>: x}\n", [[], ["+main+a"]]),
        ("_parallel: true\n+a: {echo>: x}\n+b: {_after: [+a], echo>: x}\n", [[], ["+main+a"]]),
        ("+a: {echo>: x}\n+b: {_background: true, echo>: x}\n", [[], []]),
    ],
)
def test_tasks_wait_for_their_upstreams(account: Account, text: str, upstreams: list[list[str]]) -> None:
    """What a task waits for is shown, and all of it has run before."""
    attempt = run(text, account=account)
    assert [[upstream.full_name for upstream in task.upstreams] for task in attempt.tasks[1:]] == upstreams
    assert attempt.success


def test_what_waits_shows_how_far_it_is(account: Account) -> None:
    """Groups above a waiting task are planned, those after it blocked, and only operators have been started."""
    attempt = run("+a: {echo>: x}\n+b:\n  +c: {wait>: 10m}\n  +d: {echo>: x}\n+e: {echo>: x}\n", account=account)
    assert list(states(attempt).values()) == ["planned", "success", "planned", "retry_waiting", "blocked", "blocked"]
    assert [task.started_at is not None for task in attempt.tasks] == [False, True, False, True, False, False]
    assert attempt.tasks[3].retry_at == NOW + 600


def test_things_happen_at_their_own_time(account: Account) -> None:
    """A clock moved far lets everything in between happen when it is due, not when it is looked at."""
    attempt = run("+a: {wait>: 10m}\n+b: {wait>: 20m}\n", account=account)
    move(account, DAY)
    assert attempt.finished_at == pytest.approx(NOW + 1800)
    assert [task.started_at for task in attempt.tasks[1:]] == pytest.approx([NOW + 600, NOW + 1800])


def test_attempts_begin_when_they_were_made(account: Account) -> None:
    """An attempt that nobody looked at has still begun at its start."""
    push(account, {"main.dig": WAIT})
    attempt = start(account, "main")
    move(account, 700)
    assert attempt.finished_at == pytest.approx(NOW + 600)


def test_an_account_may_let_attempts_begin_later(account: Account) -> None:
    """With the setting `progress` an attempt stays as it was started for so many requests."""
    account.settings["progress"] = 3
    push(account, {"main.dig": ECHO})
    attempt = start(account, "main")
    done = []
    for _ in range(4):
        engine.advance(account, account.clock.now())
        done.append(attempt.done)
    assert done == [False, False, True, True]
    killed = start(account, "main", retry="killed")
    engine.kill(killed)
    for _ in range(3):
        engine.advance(account, account.clock.now())
    assert states(killed) == {"+main": "canceled", "+main+a": "canceled"}
    assert not killed.logs


def test_an_attempt_waits_for_an_earlier_session(account: Account) -> None:
    """It has no tasks and cannot be killed before all attempts of that session are done, whatever became of them."""
    push(account, {"main.dig": "+a: {wait>: 10m}\n+b: {fail>: no}\n"})
    first = start(account, "main")
    second = engine.start_attempt(
        account,
        first.workflow,
        session_time=SESSION_TIME + DAY,
        params={},
        now=account.clock.now(),
        waits_for=first.session,
        last_executed_session_time="2024-03-05T00:00:00+00:00",
    )
    engine.advance(account, account.clock.now())
    assert second.tasks == []
    assert account.running_attempts() == 2
    with pytest.raises(Conflict):
        engine.kill(second)
    move(account, 600)
    assert first.done
    assert states(second)["+main+a"] == "retry_waiting"
    assert second.params == {"last_executed_session_time": "2024-03-05T00:00:00+00:00"}
    move(account, 600)
    assert second.done


# Failing


def test_a_failure_ends_its_groups_and_raises_the_alert(account: Account) -> None:
    """What comes after stays blocked; the alert is the last task."""
    attempt = run("+a: {echo>: x}\n+g:\n  +b: {fail>: boom}\n  +c: {echo>: x}\n+d: {echo>: x}\n", account=account)
    assert states(attempt) == {
        "+main": "group_error",
        "+main+a": "success",
        "+main+g": "group_error",
        "+main+g+b": "error",
        "+main+g+c": "blocked",
        "+main+d": "blocked",
        ALERT: "success",
    }
    assert attempt.tasks[0].error == {}
    assert attempt.tasks[-1].config == {"_type": "notify", "_command": "Workflow session attempt failed"}


def test_error_tasks_know_the_error(account: Account) -> None:
    """They run on each level from the inside out; at the root the alert comes before them."""
    attempt = run(
        "_error: {echo>: '${error.message} at the top'}\n"
        "+g:\n  _error: {+x: {echo>: '${error.message}'}}\n  +a:\n    fail>: boom\n    _error: {fail>: worse}\n",
        account=account,
    )
    assert names(attempt) == [
        "+main",
        "+main+g",
        "+main+g+a",
        "+main+g+a^error",
        "+main+g^error",
        "+main+g^error+x",
        ALERT,
        "+main^error",
    ]
    assert states(attempt)["+main+g+a"] == "error"
    assert attempt.tasks[3].export_params == {"error": {"message": "boom"}}
    assert printed(attempt, "+main+g^error+x") == "worse"
    assert printed(attempt, "+main^error") == "worse at the top"


def test_a_check_runs_after_success_and_may_fail_the_task(account: Account) -> None:
    """The check comes after the subtasks; a failing one makes a group error, which the task's own error tasks see."""
    attempt = run(
        "+a:\n  if>: true\n  _do: {echo>: x}\n  _check: {fail>: bad}\n  _error: {echo>: '${error.message}'}\n",
        account=account,
    )
    assert names(attempt)[1:5] == ["+main+a", "+main+a^sub", "+main+a^check", "+main+a^error"]
    assert attempt.tasks[3].upstreams == [attempt.tasks[2]]
    assert states(attempt)["+main+a"] == "group_error"
    assert printed(attempt, "+main+a^error") == "bad"


def test_checks_of_groups_and_of_failures_do_not_run(account: Account) -> None:
    """Only an operator task that succeeds is checked."""
    attempt = run(
        "_check: {echo>: x}\n+g: {_check: {echo>: x}}\n+a: {fail>: no, _check: {echo>: x}}\n", account=account
    )
    assert not any("^check" in name for name in names(attempt))


def test_generated_tasks_count_for_the_limit(account: Account) -> None:
    """What would be too many fails the task that wanted them; alert and error tasks of a failure fit all the same."""
    account.settings["executor.task_max_run"] = 5
    attempt = run("+a:\n  loop>: 3\n  _do: {+x: {echo>: x}}\n", account=account)
    assert attempt.tasks[1].error["message"] == "Too many tasks. Limit: 5, Current: 2, Adding: 7 (task limit exceeded)"
    assert states(attempt)[ALERT] == "success"


# Retries


def test_a_group_is_retried_with_new_tasks(account: Account) -> None:
    """Its tasks come again under new ids; only the last try counts, and error tasks run after it."""
    attempt = run("+g:\n  _retry: 1\n  _error: {echo>: x}\n  +a: {echo>: x}\n  +b: {fail>: no}\n", account=account)
    assert names(attempt)[2:] == [
        "+main+g+a",
        "+main+g+b",
        "+main+g+a",
        "+main+g+b",
        "+main+g^error",
        ALERT,
    ]
    assert attempt.tasks[1].state_params == {"retry_count": 1}
    assert attempt.tasks[5].upstreams == [attempt.tasks[4]]


def test_a_retry_that_succeeds_makes_the_group_a_success(account: Account) -> None:
    """Failures of earlier tries do not count any more."""
    account.scripts = {"+main+g+a": {"outcome": "error"}}
    attempt = run(
        "+g:\n  _retry: {limit: 3, interval: 60}\n  +a: {td_run>: x}\n  +l: {loop>: 1, _do: {echo>: x}}\n",
        account=account,
    )
    group = attempt.tasks[1]
    assert (group.state, group.retry_at) == ("group_retry_waiting", NOW + 60)
    account.scripts.clear()
    move(account, 60)
    assert attempt.success
    assert [task.state for task in attempt.tasks if task.full_name == "+main+g+a"] == ["error", "success"]


@pytest.mark.parametrize(
    ("retry", "ends"),
    [
        ("{limit: 2, interval: 10}", 20),
        ("{limit: 3, interval: 10, interval_type: exponential}", 70),
        ("{limit: 3, interval: 10, interval_type: exponential, max_interval: 15}", 40),
        ("0", 0),
        ("false", 0),
        ("often", 0),
    ],
)
def test_intervals_of_retries(account: Account, retry: str, ends: int) -> None:
    """They are constant or double each time, up to a maximum; what means nothing is no retry."""
    attempt = run(f"_retry: {retry}\n+a: {{fail>: no}}\n", account=account)
    move(account, DAY)
    assert attempt.finished_at == NOW + ends


def test_an_operator_whose_subtasks_fail_is_run_again(account: Account) -> None:
    """`_retry` of a loop makes its rounds anew."""
    attempt = run("+a:\n  loop>: 1\n  _retry: 1\n  _do: {fail>: no}\n", account=account)
    assert names(attempt)[2:] == ["+main+a^sub", "+main+a^sub+loop-0", "+main+a^sub", "+main+a^sub+loop-0", ALERT]
    assert states(attempt)["+main+a"] == "group_error"


# Kill


def test_a_killed_attempt_ends_when_its_waiting_task_is_due(account: Account) -> None:
    """Until then the flag shows and kills repeat; then all that had begun is canceled, and nothing else runs."""
    attempt = run("_error: {echo>: x}\n+a: {echo>: x}\n+b: {wait>: 10m}\n+c: {echo>: x}\n", account=account)
    engine.kill(attempt)
    engine.advance(account, account.clock.now())
    assert attempt.cancel_requested
    assert not attempt.done
    assert [task.cancel_requested for task in attempt.tasks] == [True, False, True, True]
    engine.kill(attempt)
    move(account, 600)
    assert states(attempt) == {
        "+main": "canceled",
        "+main+a": "success",
        "+main+b": "canceled",
        "+main+c": "blocked",
    }
    assert attempt.done
    assert not attempt.success
    with pytest.raises(Conflict):
        engine.kill(attempt)


@pytest.mark.parametrize(
    "task",
    [
        "wait>: 10m\n  poll_interval: 1s",
        "wait>: 5s\n  blocking: true",
        "_retry: {limit: 1, interval: 5}\n  +x: {fail>: no}",
    ],
)
def test_whatever_waits_can_be_killed(account: Account, task: str) -> None:
    """A poll ends it within the interval, a task that is busy when it is done, a group when its retry is due."""
    attempt = run(f"+a:\n  {task}\n", account=account)
    engine.kill(attempt)
    move(account, 5)
    assert attempt.done
    assert states(attempt)["+main+a"] == "canceled"
    assert ALERT not in states(attempt)


# Params


def test_nearer_params_win(account: Account) -> None:
    """Exports of ancestors over the attempt's params, the task's own over those; built-in variables over all."""
    attempt = run(
        "_export: {k: top, session_date: mine, deep: {a: 1}}\n"
        "+g:\n  _export: {k: group, deep: {b: 2}}\n"
        "  +a: {_export: {own: 1}, echo>: '${k} ${own} ${p} ${session_date} ${deep}'}\n"
        "+b: {echo>: '${k} ${typeof own} ${retry_attempt_name === undefined}'}\n",
        {"k": "param", "p": "param"},
        account=account,
    )
    assert printed(attempt, "+main+g+a") == 'group 1 param 2024-03-05 {"a":1,"b":2}'


def test_stored_params_reach_what_comes_after(account: Account) -> None:
    """What a task stores is there for all that waits for it, and for nothing beside it."""
    account.scripts = {"+main+g+s": {"store": {"v": "stored"}}}
    attempt = run(
        "+g:\n  _parallel: true\n  +s: {td_run>: x}\n  +beside: {echo>: '${typeof v}'}\n+h:\n  +a: {echo>: '${v}'}\n",
        account=account,
    )
    assert printed(attempt, "+main+h+a") == "stored"
    assert printed(attempt, "+main+g+beside") == "undefined"


def test_builtin_variables(account: Account) -> None:
    """Each session variable in its form, in the workflow's zone."""
    names_of_variables = [
        "session_time",
        "session_date",
        "session_date_compact",
        "session_local_time",
        "session_tz_offset",
        "session_unixtime",
        "timezone",
        "task_name",
        "attempt_id",
        "session_id",
        "project_id",
        "last_executed_session_time",
    ]
    text = (
        "timezone: America/Los_Angeles\n+a: {echo>: '"
        + "|".join(f"${{{name}}}" for name in names_of_variables)
        + "'}\n"
    )
    assert printed(run(text, account=account)) == (
        "2024-03-04T16:00:00-08:00|2024-03-04|20240304|2024-03-04 16:00:00|-0800|1709596800|America/Los_Angeles|"
        "+main+a|1|1|1|"
    )


def test_a_bad_param_fails_every_task(account: Account) -> None:
    """Params are evaluated for each task, the alert too."""
    attempt = run(ECHO, {"bad": "${nobody}"}, account=account)
    assert states(attempt) == {"+main": "group_error", "+main+a": "error", ALERT: "error"}


# The records are all there is


def running_attempt(account: Account) -> Attempt:
    text = (
        "+w: {wait>: 10m}\n+l: {loop>: 2, _do: {wait>: 10m}}\n+g: {_retry: {limit: 1, interval: 60}, +f: {fail>: no}}\n"
    )
    return run(text, account=account)


def test_an_execution_goes_on_from_its_records_alone(account: Account) -> None:
    """An account that forgot what the engine knew beside the records ends in the same way."""
    other = new_account()
    attempts = [running_attempt(account), running_attempt(other)]
    for _ in range(40):
        attempts[0].engine = None
        for each in (account, other):
            move(each, 60)
    shown: list[list[JsonObject]] = [
        [{"name": task.full_name, "state": task.state, "params": task.state_params} for task in attempt.tasks]
        for attempt in attempts
    ]
    assert shown[0] == shown[1]
    assert attempts[0].done


def test_a_group_heeds_a_retry_that_it_exports() -> None:
    """`_retry` in a group's own `_export` counts for the group, and so for what is below it."""
    attempt = run("+g:\n  _export: {_retry: 1}\n  +a: {fail>: no}\n")
    assert names(attempt).count("+main+g+a") == 2


def test_an_operator_that_is_tried_again_shows_only_what_it_prints() -> None:
    """A check that fails has its task tried again: the command is shown at first only, the text each time."""
    attempt = run("+a:\n  echo>: x\n  _retry: 1\n  _check: {fail>: no}\n")
    first, second = (gzip.decompress(file.data).decode() for file in attempt.logs if file.task_name == "+main+a")
    assert "echo>: x\nx" in first
    assert "echo>" not in second
    assert second.startswith("x")
