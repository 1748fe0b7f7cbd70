"""The suite bites: a client or a service with one mistake is found, and the failure is one line that says it all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.calls import Way
from tests.contract.exchanges import Target, check_operation
from treasure_workflow_api.api.attempt import get_attempts, start_attempt
from treasure_workflow_api.api.log import get_file
from treasure_workflow_api.api.project import put_project
from treasure_workflow_api.models import RestSessionAttempt, RestSessionAttemptRequest
from treasure_workflow_mock.handlers import pools

Change = Callable[[pytest.MonkeyPatch], None]


def altered(module: Any, name: str, alter: Callable[..., Any]) -> Change:
    """A function (or a class method) whose result is altered before anyone sees it."""

    def change(monkeypatch: pytest.MonkeyPatch) -> None:
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, **named: alter(original(*given, **named)))

    return change


def replaced(owner: Any, name: str, value: Any) -> Change:
    """Something that is another thing."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)


def without(parameter: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A request that loses a query parameter."""
    return lambda request: {**request, "params": {k: v for k, v in request["params"].items() if k != parameter}}


def crosswise(attempt: RestSessionAttempt) -> RestSessionAttempt:
    """An attempt with two fields of one type mixed up."""
    attempt.created_at, attempt.session_time = attempt.session_time, attempt.created_at
    return attempt


ENOUGH = 50  # cases to find any of these in

MISTAKES: dict[str, tuple[str, Way, Change, str]] = {
    "a lost parameter": (
        "getAttempts",
        "sync",
        altered(get_attempts, "_get_kwargs", without("page_size")),
        r"getAttempts\(.*page_size=.*\) sync: \d+ .*query parameter page_size: .* is lost",
    ),
    "an unencoded path": (
        "getFile",
        "sync",
        replaced(get_file, "path_segment", str),
        r"getFile\(.*file_name=.*\) sync: .*(does not fit|instead of|has to be encoded)",
    ),
    "another content type": (
        "putProject",
        "async",
        altered(put_project, "_get_kwargs", lambda request: {**request, "headers": {"Content-Type": "text/plain"}}),
        r"putProject\(.*body=.*\) async: 400 .*header Content-Type: \['text/plain'\]",
    ),
    "a body with a lost field": (
        "startAttempt",
        "async",
        altered(
            start_attempt,
            "_get_kwargs",
            lambda request: {**request, "json": {k: v for k, v in request["json"].items() if k != "workflowId"}},
        ),
        r"startAttempt\(body=.*'workflowId'.*\) async: .*body: .* arrived instead of",
    ),
    "a time without its offset": (
        "startAttempt",
        "sync",
        altered(
            RestSessionAttemptRequest,
            "to_dict",
            lambda body: {**body, "sessionTime": body["sessionTime"][:19] + "+00:00"},
        ),
        r"startAttempt\(body=.*\) sync: .*body: .* arrived instead of",
    ),
    "fields mixed up on the way in": (
        "getAttempt",
        "sync",
        altered(RestSessionAttempt, "from_dict", crosswise),
        r"getAttempt\(id=\d+\) sync: 200 .*the model's to_dict",
    ),
    "an answer with a wrong type": (
        "getPool",
        "async",
        altered(pools, "_pool_json", lambda pool: {**pool, "id": int(pool["id"])}),
        r"getPool\(poolId=\d+\) async: 200 .*body: /id \d+ is not of type",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_told_in_one_line(mistake: str, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operation, its arguments, the answer and what is wrong, after shrinking to the smallest case."""
    operation, way, change, told = MISTAKES[mistake]
    assert target.shared  # made before anything is broken
    change(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        check_operation(target, operation, way, ENOUGH, Counter())
    message = str(caught.value)
    assert re.match(told, message), message
    assert "\n" not in message
