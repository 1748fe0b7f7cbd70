"""Whatever goes wrong inside the engine: the task fails with an error of its own, and the attempt comes to its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mock.engine_support import DAY, error_of, log_of, move, new_account, push, run, start
from treasure_workflow_mock.dig import task_definitions
from treasure_workflow_mock.engine import attempt_execution, attempts, scheduler, task_execution
from treasure_workflow_mock.engine.operators.registry import OPERATORS
from treasure_workflow_mock.engine.task_tree import TaskTree
from treasure_workflow_mock.errors import NotFound

ERRORS = (KeyError("x"), RecursionError("deep"), MemoryError(), AttributeError("y"), OSError(5, "io"), NotFound("z"))
# A task of each operator below groups that retry and have error tasks, beside one that waits.
PROJECT = """
+group:
  _retry: 1
  _error:
    echo>: failed
  +one:
    {name}>: 1
    _do:
      echo>: x
  +two:
    echo>: y
+other:
  wait>: 1h
"""


def raising(error: Exception) -> Callable[..., Any]:
    """A function that raises."""

    def run(*_arguments: object, **_options: object) -> Any:
        raise error

    return run


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_may_raise_what_it_likes(name: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task fails, its error tasks and retries run as after any failure, and the attempt ends."""
    account = new_account("digdag" if "digdag" in OPERATORS[name].flavours else "hosted")
    with monkeypatch.context() as patch:
        patch.setitem(OPERATORS, name, replace(OPERATORS[name], run=raising(error), heeds_retry=False))
        attempt = run(PROJECT.replace("{name}", name), account=account, others={"1": "the file of a query"})
        move(account, DAY)
    assert (attempt.done, attempt.success) == (True, False)
    failed = [task for task in attempt.tasks if task.full_name == "+main+group+one"]
    assert [task.state for task in failed] == ["error", "error"]
    assert ("internal error" in failed[0].error["message"]) == (not isinstance(error, NotFound))


def test_an_internal_error_is_told_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The task's error and log name it, and the mock's own log has its trace."""
    monkeypatch.setitem(OPERATORS, "echo", replace(OPERATORS["echo"], run=raising(ZeroDivisionError("one by nothing"))))
    with caplog.at_level(logging.ERROR):
        attempt = run("+a:\n  echo>: x\n")
    assert error_of(attempt) == "ZeroDivisionError: one by nothing (internal error of the mock service)"
    assert "ZeroDivisionError: one by nothing" in log_of(attempt, "+main+a")
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" in caplog.text


PLACES: list[tuple[object, str]] = [
    (attempt_execution, "compile_tasks"),
    (attempt_execution, "retry_delay"),
    (attempt_execution, "merged"),
    (attempt_execution, "nested"),
    (attempt_execution, "check_task_limit"),
    (task_execution, "evaluate"),
    (task_execution, "merged"),
    (task_definitions, "boolean"),
    (TaskTree, "has_failed_child"),
    (TaskTree, "take_downstreams"),
    (TaskTree, "insert"),
    (TaskTree, "copy_initial"),
]
LIVELY = """
+fails:
  _retry: 1
  _error: {echo>: failed}
  +a: {fail>: "${session_id}"}
+loop:
  loop>: 2
  _do: {echo>: "${i}"}
  _check: {echo>: checked}
+wait: {wait>: 5m}
"""


@given(st.sampled_from(PLACES), st.integers(0, 8), st.sampled_from(ERRORS[:-1]), st.booleans())
def test_an_attempt_ends_wherever_the_engine_fails(
    place: tuple[object, str], calls: int, error: Exception, is_killed: bool
) -> None:
    """From some call on a part of the engine fails: the attempt ends by itself, and after a kill too."""
    account = new_account()
    project = LIVELY if calls % 2 else LIVELY.split("+loop")[1].join(("+loop", ""))
    push(account, {"main.dig": project})
    attempt = start(account, "main")
    owner, name = place
    original, left = getattr(owner, name), [calls]

    def failing(*arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise error
        return original(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, failing)
        attempts.advance(account, account.clock.now())
        if is_killed and not attempt.done:
            attempts.kill(attempt)
        for _ in range(3):
            move(account, DAY)
    assert attempt.done
    assert not account.unfinished


def test_a_schedule_that_fails_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again an hour later."""
    account = new_account()
    project = push(account, dict.fromkeys(("a.dig", "b.dig"), "schedule: {hourly>: '00:00'}\n+a: {echo>: x}\n"))
    now = account.clock.now()
    scheduler.synchronise(account, project, project.revisions[-1], now=now, schedule_from=None)
    parse = scheduler.parse_schedule
    bad, good = account.schedules.values()

    def failing(config: object, zone: str) -> object:
        if config is bad.workflow.config["schedule"]:
            raise ZeroDivisionError
        return parse(config, zone)

    monkeypatch.setattr(scheduler, "parse_schedule", failing)
    account.clock.advance(DAY)
    scheduler.settle(account, account.clock.now())
    assert {session.workflow_name for session in account.sessions.values()} == {good.workflow.name}
    assert bad.next_run_time > account.clock.now()
