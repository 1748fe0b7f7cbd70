"""Resuming attempts: which tasks are carried over, and what is refused."""

from __future__ import annotations

import pytest

from tests.support.mock.engine_support import DAY, SESSION_TIME, new_account, push, run, states, workflow_named
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt
from treasure_workflow_mock.service.statuses import status_of

GROUPS = "+one:\n  +a: {echo>: x}\n  +b: {echo>: x}\n+two:\n  +a: {echo>: x}\n  +c: {echo>: x}\n+three: {echo>: x}\n"
FLIP = (
    "+a: {echo>: x}\n+b:\n  +c: {_export: {e: 1}, echo>: x}\n"
    "  +d:\n    if>: ${typeof fixed == 'undefined'}\n    _do: {fail>: no}\n    _else_do: {echo>: x}\n+e: {echo>: x}\n"
)


@pytest.fixture
def account() -> Account:
    """An open-source account whose clock stands still."""
    return new_account()


def resume(account: Account, mode: str, source: int, start_from: str | None = None, **params: object) -> Attempt:
    attempt = attempts.start_attempt(
        account,
        workflow_named(account, "main"),
        session_time=SESSION_TIME + DAY * (len(account.attempts) + 1),
        params=params,
        now=account.clock.now(),
        resume=attempts.Resume(mode, source, start_from),
    )
    attempts.advance(account, account.clock.now())
    return attempt


def refused(account: Account, mode: str, source: int, start_from: str | None = None) -> str:
    before = len(account.attempts)
    with pytest.raises(ServiceError) as refusal:
        resume(account, mode, source, start_from)
    assert status_of(refusal.value) == 400
    assert len(account.attempts) == before
    return str(refusal.value.message)


def ran(attempt: Attempt) -> list[str]:
    """The operator tasks that ran, without the workflow's name."""
    return [task.full_name.removeprefix("+main") for task in attempt.tasks if task.started_at is not None]


def test_failed_carries_successes_over(account: Account) -> None:
    """What succeeded does not run again and keeps its config and exports; what failed is run anew."""
    source = run(FLIP, account=account)
    push(account, {"main.dig": FLIP.replace("{echo>: x}", "{echo>: y}")})
    attempt = resume(account, "failed", source.id, fixed=True)
    assert attempt.success
    assert ran(attempt) == ["+b+d", "+e", "+b+d^sub"]
    carried = attempt.tasks[1]
    assert (carried.state, carried.config, carried.updated_at) == (
        "success",
        {"echo>": "x"},
        source.tasks[1].updated_at,
    )


def test_failed_carries_the_alert_and_generated_tasks_over(account: Account) -> None:
    """Tasks made at run time are matched by their names, too: they are there again, but do not run."""
    source = run("+l:\n  loop>: 2\n  _do: {if>: '${i == 1}', _do: {fail>: no}}\n", account=account)
    attempt = resume(account, "failed", source.id)
    assert states(attempt) == states(source)
    assert ran(attempt) == ["+l", "+l^sub+loop-1", "+l^sub+loop-1^sub"]


def test_failed_of_an_unknown_attempt_runs_everything(account: Account) -> None:
    """There is nothing to carry over, and that is no fault."""
    run(GROUPS, account=account)
    assert len(ran(resume(account, "failed", 999))) == 5


def test_failed_of_a_success_is_refused(account: Account) -> None:
    """A root cannot be carried over."""
    source = run(GROUPS, account=account)
    assert refused(account, "failed", source.id) == "Resuming successfully completed attempts is not supported"


@pytest.mark.parametrize(
    ("start_from", "expected"),
    [
        ("+two", ["+two+a", "+two+c", "+three"]),
        ("+two+c", ["+two+c", "+three"]),
        ("ree", ["+three"]),
        ("+main+one+b", ["+one+b", "+two+a", "+two+c", "+three"]),
        ("+main", ["+one+a", "+one+b", "+two+a", "+two+c", "+three"]),
    ],
)
def test_from_runs_a_task_and_all_after_it(account: Account, start_from: str, expected: list[str]) -> None:
    """What is upstream of the task and of its groups is carried over with all that is in it."""
    source = run(GROUPS, account=account)
    attempt = resume(account, "from", source.id, start_from)
    assert attempt.success
    assert ran(attempt) == expected


def test_from_takes_only_what_the_task_waits_for(account: Account) -> None:
    """Beside it in a parallel group everything runs again."""
    source = run("_parallel: true\n+x: {echo>: x}\n+y: {_after: [+x], echo>: x}\n+z: {echo>: x}\n", account=account)
    assert ran(resume(account, "from", source.id, "+y")) == ["+y", "+z"]


@pytest.mark.parametrize(
    ("start_from", "words"),
    [
        (
            "+a",
            (
                "TaskMatchPattern$MultipleTaskMatchException: Task pattern '+a' is ambiguous. "
                "Matching candidates are [+main+one+a, +main+two+a]"
            ),
        ),
        ("+nowhere", "TaskMatchPattern$NoMatchException: Task pattern '+nowhere' doesn't match with any tasks."),
        ("", "is ambiguous"),
        ("+", "Invalid task pattern"),
        ("e", "Invalid task pattern"),
    ],
)
def test_from_needs_exactly_one_task(account: Account, start_from: str, words: str) -> None:
    """Candidates are named; patterns that name nothing are refused."""
    source = run(GROUPS, account=account)
    assert words in refused(account, "from", source.id, start_from)


def test_from_needs_successes_before_it(account: Account) -> None:
    """The first task that was none is named."""
    source = run("+a: {echo>: x}\n+b: {fail>: no}\n+c: {echo>: x}\n+d: {echo>: x}\n", account=account)
    assert refused(account, "from", source.id, "+d") == "Resuming non-successful tasks is not allowed: task_id=3"
    assert "doesn't match" in refused(account, "from", 999, "+d")


@pytest.mark.parametrize(("mode", "start_from"), [("failed", None), ("from", "+a"), ("from", "+b")])
def test_a_source_that_retried_a_group_is_refused(account: Account, mode: str, start_from: str | None) -> None:
    """Its tasks cannot be told apart by name."""
    source = run("+g:\n  _retry: 1\n  +a: {echo>: x}\n  +b: {fail>: no}\n", account=account)
    assert "more than once" in refused(account, mode, source.id, start_from)
