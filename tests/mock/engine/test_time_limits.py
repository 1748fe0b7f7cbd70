"""How long attempts and tasks may take: seven days and one day, unless settings say otherwise."""

from __future__ import annotations

import pytest

from tests.support.mock.api import Api
from tests.support.mock.engine_support import DAY, NOW, SESSION_TIME, move, new_account, push, run, start, states
from treasure_workflow_mock.api.serializers import attempt_status
from treasure_workflow_mock.control import snapshots
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.model.account import Account

STEPS = "".join(f"+step_{number}:\n  wait>: 20h\n" for number in range(12))


def script(account: Account, name: str, seconds: float) -> None:
    """Has an outside operator take its time."""
    account.scripts[name] = {"seconds": seconds}


def test_an_attempt_of_seven_days_is_asked_to_stop() -> None:
    """Each of its tasks is quick enough, but all of them together are not: what runs then ends canceled."""
    account = new_account()
    attempt = run(STEPS, account=account)
    move(account, 7 * DAY - 1)
    assert not attempt.cancel_requested
    move(account, 1)
    assert (attempt.cancel_requested, attempt.done) == (True, False)
    move(account, DAY)
    assert attempt_status(account, attempt) == "killed"
    assert states(attempt)["+main+step_7"] == "success"
    assert states(attempt)["+main+step_8"] == "canceled"
    assert states(attempt)["+main+step_9"] == "blocked"


def test_a_task_of_a_day_stops_its_attempt() -> None:
    """The task counts from its first start, however often it looked whether it can go on."""
    account = new_account()
    attempt = run("+a:\n  wait>: 3d\n  poll_interval: 1h\n+b:\n  echo>: never\n", account=account)
    move(account, DAY - 1)
    assert not attempt.cancel_requested
    move(account, 3601)
    assert (attempt.done, attempt.success) == (True, False)
    assert states(attempt) == {"+main": "canceled", "+main+a": "canceled", "+main+b": "blocked"}
    assert attempt.tasks[1].started_at == NOW
    assert attempt.finished_at == NOW + DAY + 3600


def test_a_task_that_runs_too_long_ends_when_it_reports() -> None:
    """The service does not interrupt it."""
    account = new_account()
    script(account, "+main+a", 2 * DAY)
    attempt = run("+a:\n  td_run>: query\n", account=account)
    move(account, DAY)
    assert (attempt.cancel_requested, attempt.done) == (True, False)
    move(account, DAY)
    assert states(attempt)["+main+a"] == "canceled"


def test_tasks_that_are_quick_enough_are_left_alone() -> None:
    """Six days of tasks, and each shorter than a day."""
    account = new_account()
    attempt = run("".join(f"+s{n}:\n  wait>: 23h\n" for n in range(6)), account=account)
    move(account, 30 * DAY)
    assert attempt.success


def test_a_group_that_waits_to_try_again_is_within_the_attempts_time() -> None:
    """It has no start of its own, so a day does not matter to it, but seven do."""
    account = new_account()
    attempt = run("_retry: {limit: 5, interval: 259200}\n+a: {fail>: no}\n", account=account)
    move(account, 7 * DAY - 1)
    assert not attempt.cancel_requested
    move(account, 3 * DAY)
    assert attempt_status(account, attempt) == "killed"


def test_an_attempt_that_waited_too_long_is_stopped_when_it_begins() -> None:
    """Its time counts from when it was made; as long as it has no tasks there is nothing to stop."""
    account = new_account()
    push(account, {"main.dig": "+a:\n  wait>: 1h\n"})
    account.settings["executor.attempt_ttl"] = 3000
    first = start(account, "main")
    second = attempts.start_attempt(
        account,
        first.workflow,
        session_time=SESSION_TIME + 60,
        params={},
        now=account.clock.now(),
        waits_for=first.session,
    )
    move(account, 3000)
    assert (first.cancel_requested, second.cancel_requested) == (True, False)
    move(account, 600)
    assert (first.done, second.cancel_requested, second.done) == (True, True, False)


def test_a_time_limit_survives_a_snapshot() -> None:
    """An account that was put back stops its attempts in time."""
    account = new_account()
    run(STEPS, account=account)
    copy = new_account()
    snapshots.restore(copy, snapshots.take(account))
    move(copy, 7 * DAY)
    assert copy.attempts[1].cancel_requested


@pytest.mark.parametrize("limit", [60, "60", "1m", "60s"])
def test_time_limits_are_settings(digdag: Api, limit: object) -> None:
    """They are seconds, or durations as the server's own properties are written, and may be put back."""
    assert digdag.get("/mock/settings").json["executor.attempt_ttl"] == 7 * DAY
    shown = digdag.send("PUT", "/mock/settings", {"executor.task_ttl": limit}).json
    assert shown["executor.task_ttl"] == 60
    digdag.send("POST", "/mock/clock", {"now": NOW})
    digdag.push_hello("+a:\n  wait>: 1h\n  poll_interval: 1m\n")
    attempt = digdag.start("1").json
    digdag.get("/api/attempts")
    digdag.send("POST", "/mock/clock", {"advance": 60})
    assert digdag.get(f"/api/attempts/{attempt['id']}").json["cancelRequested"] is True
    assert digdag.send("PUT", "/mock/settings", {"executor.task_ttl": None}).json["executor.task_ttl"] == DAY
    refused = digdag.send("PUT", "/mock/settings", {"executor.task_ttl": "soon"})
    assert refused.status == 400
    assert "executor.task_ttl" in (refused.message or "")
