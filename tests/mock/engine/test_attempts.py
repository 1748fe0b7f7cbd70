"""Attempts: how they are made, and what a start refuses. The clock is moved."""

from __future__ import annotations

import pytest

from tests.support.mock.engine_support import (
    DAY,
    NOW,
    SESSION_TIME,
    new_account,
    push,
    start,
    states,
    workflow_named,
)
from treasure_workflow_mock.engine import attempts as engine
from treasure_workflow_mock.errors import AttemptExists, ServiceError
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.service.statuses import status_of

ECHO = "+a: {echo>: x}\n"
WAIT = "+a: {wait>: 10m}\n+b: {echo>: x}\n"
ALERT = "+main^failure-alert"


@pytest.fixture
def account() -> Account:
    """An open-source account whose clock stands still."""
    return new_account()


def refusal(account: Account, name: str, **options: object) -> ServiceError:
    with pytest.raises(ServiceError) as error:
        engine.start_attempt(
            account,
            workflow_named(account, name),
            session_time=SESSION_TIME,
            params={},
            now=account.clock.now(),
            **options,
        )  # type: ignore[arg-type]
    return error.value


def test_a_start_says_running_and_then_everything_happens(account: Account) -> None:
    """A new attempt has its tasks, none of them begun; what needs no time is done when the account is next asked."""
    push(account, {"main.dig": ECHO})
    attempt = start(account, "main")
    assert not attempt.done
    assert states(attempt) == {"+main": "planned", "+main+a": "blocked"}
    engine.advance(account, account.clock.now())
    assert (attempt.done, attempt.success, attempt.finished_at) == (True, True, NOW)
    assert states(attempt) == {"+main": "success", "+main+a": "success"}
    assert account.running_attempts() == 0


def test_a_session_is_a_workflow_name_and_a_time(account: Account) -> None:
    """Attempts of one name and time share a session, in other revisions too; names make them different."""
    push(account, {"main.dig": ECHO})
    first = start(account, "main")
    push(account, {"main.dig": "timezone: Asia/Tokyo\n" + ECHO})
    named, other = start(account, "main", retry="n"), start(account, "main", time=SESSION_TIME + DAY)
    assert first.session is named.session
    assert [first.index, named.index, other.index] == [1, 2, 1]
    assert other.session.id == 2


def test_a_taken_identity_is_a_conflict_that_uses_up_an_id(account: Account) -> None:
    """Without a name the conflict shows the latest attempt of the session, with a name that very one."""
    push(account, {"main.dig": ECHO})
    first = start(account, "main")
    named = start(account, "main", retry="n")
    for retry, shown in ((None, named), ("n", named)):
        with pytest.raises(AttemptExists) as conflict:
            start(account, "main", retry=retry)
        assert conflict.value.attempt_id == shown.id
    assert start(account, "main", retry="N").id == 5
    assert len(account.attempts) == 3
    assert first.session.attempts[0] is first


def test_a_named_attempt_leaves_the_unnamed_one_free(account: Account) -> None:
    """A session that has only named attempts takes an unnamed one as the next."""
    push(account, {"main.dig": ECHO})
    start(account, "main", retry="n")
    assert start(account, "main").index == 2


def test_checks_come_in_their_order(account: Account) -> None:
    """Each fault hides those after it: name, limit of attempts, deleted project, identity, limit of tasks."""
    project = push(account, {"main.dig": WAIT})
    account.settings["executor.task_max_run"] = 2
    assert refusal(account, "main").message == "Too many tasks. Limit: 2, Current: 1, Adding: 3"
    account.settings["executor.task_max_run"] = 1000
    start(account, "main")
    project.deleted_at = NOW
    assert status_of(refusal(account, "main")) == 404
    account.settings["executor.attempt_max_run"] = 1
    assert refusal(account, "main").message == "Too many attempts running. Limit: 1, Current: 1"
    problem = 'Validating attempt request failed\nretry attempt name must not be blank: ""'
    assert refusal(account, "main", retry_attempt_name="").message == problem
    assert "255 characters" in str(refusal(account, "main", retry_attempt_name="n" * 256).message)


def test_refusals_leave_nothing_but_gaps_in_the_ids(account: Account) -> None:
    """A refusal by the limit of tasks uses up an id of each kind and makes no record."""
    push(account, {"main.dig": WAIT})
    account.settings["executor.task_max_run"] = 2
    refusal(account, "main")
    assert not account.attempts
    assert not account.sessions
    account.settings["executor.task_max_run"] = 1000
    attempt = start(account, "main")
    assert (attempt.id, attempt.session.id, attempt.tasks[0].id) == (2, 2, 2)


@pytest.mark.parametrize("sla", ["{when: never}", "{time: '1:00', duration: '1:00'}", "{time: soon}", "late"])
def test_a_bad_sla_is_refused_at_the_start(account: Account, sla: str) -> None:
    """An upload takes it, a start does not."""
    push(account, {"main.dig": f"sla: {sla}\n" + ECHO})
    assert status_of(refusal(account, "main")) == 400


def test_a_scheduled_workflow_knows_its_neighbouring_sessions(account: Account) -> None:
    """The last and the next session time are put over the client's; the last executed one is the schedule's."""
    push(account, {"main.dig": "timezone: Asia/Tokyo\nschedule: {daily>: '07:00:00'}\n" + ECHO})
    midnight = SESSION_TIME - 9 * 3600
    attempt = start(account, "main", time=midnight, params={"k": 1, "last_session_time": "x"})
    assert attempt.params == {
        "k": 1,
        "last_session_time": "2024-03-04T00:00:00+09:00",
        "next_session_time": "2024-03-06T00:00:00+09:00",
    }
    assert list(attempt.params) == ["k", "last_session_time", "next_session_time"]
