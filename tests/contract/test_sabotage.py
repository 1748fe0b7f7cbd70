"""The suite bites: a client or a service with one mistake is found, and the failure is one line that says it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from tests.contract.conftest import NewRun
from treasure_workflow_api.api.attempt import get_attempts, start_attempt
from treasure_workflow_api.api.log import get_file
from treasure_workflow_api.api.project import put_project
from treasure_workflow_api.models import RestSessionAttempt, RestSessionAttemptRequest
from treasure_workflow_api.types import Request
from treasure_workflow_contract.generation.calls import Way
from treasure_workflow_contract.phases.client import check_operation
from treasure_workflow_mock.api import pools

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


def without(parameter: str) -> Callable[[Request], Request]:
    """A request that loses a query parameter."""
    return lambda request: evolve(request, query={k: v for k, v in request.query.items() if k != parameter})


def crosswise(attempt: RestSessionAttempt) -> RestSessionAttempt:
    """An attempt with two fields of one type mixed up."""
    attempt.created_at, attempt.session_time = attempt.session_time, attempt.created_at
    return attempt


ENOUGH = 50  # cases to find any of these in

MISTAKES: dict[str, tuple[str, Way, Change, str, str]] = {
    "a lost parameter": (
        "getAttempts",
        "sync",
        altered(get_attempts, "build_request", without("page_size")),
        r"get_attempts\.sync_detailed\(.*page_size=-?\d+.*\)",
        "query parameter page_size: .* is lost",
    ),
    "an unencoded path": (
        "getFile",
        "sync",
        replaced(get_file, "path_of", lambda *pieces: "".join(map(str, pieces))),
        r"get_file\.sync_detailed\(.*file_name=.*\)",
        "does not fit|instead of|has to be encoded|None|raised",
    ),
    "another content type": (
        "putProject",
        "async",
        altered(put_project, "build_request", lambda request: evolve(request, headers={"Content-Type": "text/plain"})),
        r"await put_project\.asyncio_detailed\(.*body=File\(payload=BytesIO\(b.*\)\), client=client\)",
        r"header Content-Type: \['text/plain'\]",
    ),
    "a body with a lost field": (
        "startAttempt",
        "async",
        altered(
            start_attempt,
            "build_request",
            lambda request: evolve(request, json={k: v for k, v in request.json.items() if k != "workflowId"}),
        ),
        r"start_attempt\.asyncio_detailed\(body=RestSessionAttemptRequest\.from_dict\(.*'workflowId'.*\)",
        "body: .* arrived instead of",
    ),
    "a time without its offset": (
        "startAttempt",
        "sync",
        altered(
            RestSessionAttemptRequest,
            "to_dict",
            lambda body: {**body, "sessionTime": body["sessionTime"][:19] + "+00:00"},
        ),
        r"start_attempt\.sync_detailed\(body=",
        "body: .* arrived instead of",
    ),
    "fields mixed up on the way in": (
        "getAttempt",
        "sync",
        altered(RestSessionAttempt, "from_dict", crosswise),
        r"get_attempt\.sync_detailed\(id=\d+, client=client\)",
        "the model's to_dict",
    ),
    "a response with a wrong type": (
        "getPool",
        "async",
        altered(pools, "_pool_json", lambda pool: {**pool, "id": int(pool["id"])}),
        r"get_pool\.asyncio_detailed\(pool_id=\d+, client=client\)",
        r"body: /id \d+ is not of type",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_told_in_one_line(
    mistake: str, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call as Python that can be pasted, and what is wrong, after shrinking to the smallest case."""
    operation, way, change, call, complaint = MISTAKES[mistake]
    run = new_run()
    change(monkeypatch)
    check_operation(run, operation, way, ENOUGH)
    finding, *others = run.results.unknown
    assert {other.call for other in others} <= {finding.call}
    assert re.search(call, finding.call), finding
    assert re.search(complaint, finding.complaint), finding
    assert "\n" not in finding.call + finding.complaint
