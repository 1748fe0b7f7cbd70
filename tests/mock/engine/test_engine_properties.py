"""Laws that hold for every task tree: attempts end, states fit together, nothing runs before what it waits for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mock.engine_support import SESSION_TIME, move, new_account, push, workflow_named
from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Task

ENDED = {"success", "error", "group_error", "canceled"}
_retries = st.sampled_from([1, 2, {"limit": 1, "interval": 30}])


def _named(tasks: list[JsonObject]) -> JsonObject:
    return {f"+t{index}": task for index, task in enumerate(tasks)}


def _with(task: JsonObject, key: str, value: object) -> JsonObject:
    return task if value is None else {**task, key: value}


def _operators(children: st.SearchStrategy[JsonObject]) -> st.SearchStrategy[JsonObject]:
    return st.one_of(
        st.just({"echo>": "${task_name}"}),
        st.just({"fail>": "no"}),
        st.sampled_from([{"wait>": "30s"}, {"wait>": "1m", "poll_interval": "20s"}, {"wait>": "5s", "blocking": True}]),
        st.builds(lambda do: {"if>": True, "_do": do}, children),
        st.builds(
            lambda count, parallel, do: _with({"loop>": count, "_do": do}, "_parallel", parallel),
            st.integers(0, 3),
            st.sampled_from([None, True]),
            children,
        ),
    )


def _groups(children: st.SearchStrategy[JsonObject]) -> st.SearchStrategy[JsonObject]:
    sequences = st.builds(
        lambda tasks, background: _named(
            [_with(task, "_background", flag) for task, flag in zip(tasks, background, strict=False)]
        ),
        st.lists(children, max_size=4),
        st.lists(st.sampled_from([None, None, True]), min_size=4, max_size=4),
    )
    parallels = st.builds(
        lambda tasks, parallel, after: {
            "_parallel": parallel,
            **_named([_with(task, "_after", ["+t0"] if index and after else None) for index, task in enumerate(tasks)]),
        },
        st.lists(children, max_size=4),
        st.sampled_from([True, {"limit": 2}]),
        st.booleans(),
    )
    return st.builds(
        lambda group, retry: _with(group, "_retry", retry), st.one_of(sequences, parallels), st.none() | _retries
    )


def _handled(task: JsonObject, error: JsonObject | None, check: JsonObject | None) -> JsonObject:
    return _with(_with(task, "_error", error), "_check", check)


_leaves = st.sampled_from([{"echo>": "x"}, {"fail>": "no"}, {"wait>": "10s"}])
_trees = st.recursive(
    _leaves,
    lambda children: st.builds(
        _handled, _operators(children) | _groups(children), st.none() | _leaves, st.none() | _leaves
    ),
    max_leaves=12,
)
_workflows = _groups(_trees)


def _start(config: JsonObject) -> tuple[Account, Attempt]:
    account = new_account()
    push(account, {"main.dig": "{}"})
    workflow = workflow_named(account, "main")
    workflow.config = config
    attempt = attempts.start_attempt(account, workflow, session_time=SESSION_TIME, params={}, now=account.clock.now())
    attempts.advance(account, account.clock.now())
    return account, attempt


def _run_to_the_end(account: Account, attempt: Attempt) -> None:
    for _ in range(200):
        if attempt.done:
            return
        move(account, 3600)
    raise AssertionError("the attempt does not end")


def _check_common_laws(attempt: Attempt) -> None:
    ids = [task.id for task in attempt.tasks]
    assert ids == sorted(set(ids))
    for task in attempt.tasks:
        assert task.state in ENDED | {"blocked"}
        assert task.retry_at is None
        assert all(other.id < task.id for other in [*task.upstreams, *([task.parent] if task.parent else [])])
        if task.started_at is not None:
            assert not task.is_group
            for upstream in task.upstreams:
                assert upstream.state == "success"
                assert upstream.updated_at <= task.started_at


def _children(attempt: Attempt, task: Task) -> list[Task]:
    """The children of the last try."""
    return list({child.full_name: child for child in attempt.tasks if child.parent is task}.values())


@settings(max_examples=150, deadline=None)
@given(_workflows)
def test_every_attempt_ends_in_states_that_fit_together(config: JsonObject) -> None:
    """A group is a success exactly if all below it is; a failure has a reason below, and raises the alert."""
    account, attempt = _start(config)
    _run_to_the_end(account, attempt)
    _check_common_laws(attempt)
    for task in attempt.tasks:
        children = _children(attempt, task)
        if task.state == "success":
            assert all(child.state == "success" for child in children)
        elif task.state == "group_error":
            assert any(child.state in ("error", "group_error") for child in children)
        elif task.state == "error":
            assert not task.is_group
            assert task.error
        elif task.state == "blocked":
            assert task.started_at is None
            assert task.parent is not None
            assert task.parent.state != "success"
    alerts = [task for task in attempt.tasks if task.full_name == "+main^failure-alert"]
    assert len(alerts) == (0 if attempt.success else 1)
    assert account.running_attempts() == 0


@settings(max_examples=100, deadline=None)
@given(_workflows, st.integers(0, 200))
def test_a_kill_ends_every_attempt(config: JsonObject, seconds: int) -> None:
    """Whenever it comes, nothing begins after it, and the attempt ends without an alert of its own."""
    account, attempt = _start({"_parallel": True, "+long": {"wait>": "1h"}, "+drawn": config})
    move(account, seconds)
    assert not attempt.done
    count = len(attempt.tasks)
    attempts.kill(attempt)
    _run_to_the_end(account, attempt)
    _check_common_laws(attempt)
    assert len(attempt.tasks) == count
    assert attempt.tasks[0].state == "canceled"
    assert not attempt.success


@settings(max_examples=60, deadline=None)
@given(_workflows, st.lists(st.integers(1, 100), max_size=6))
def test_how_often_one_looks_makes_no_difference(config: JsonObject, looks: list[int]) -> None:
    """Tasks begin and end at the same times, whether the clock is moved in one step or in many."""
    account, attempt = _start(config)
    other_account, other = _start(config)
    for seconds in looks:
        move(other_account, seconds)
    _run_to_the_end(account, attempt)
    _run_to_the_end(other_account, other)
    shown = [
        [(task.full_name, task.state, task.started_at, task.updated_at) for task in each.tasks]
        for each in (attempt, other)
    ]
    assert shown[0] == shown[1]
