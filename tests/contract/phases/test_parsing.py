"""The client reads every response that the contract allows; misreadings and redirects that are followed are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.conftest import NewRun
from treasure_workflow_api.api.project import get_archive
from treasure_workflow_api.models import RestPool, RestSessionAttempt
from treasure_workflow_contract.generation.calls import Way
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.parsing import check_responses
from treasure_workflow_contract.run_context import Run

OPERATIONS = effective().operations


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_response_is_read(operation: str, new_run: NewRun) -> None:
    """Each status and media type of an operation is answered, to both ways of calling, and none goes wrong."""
    run = new_run()
    for way in ("sync", "async"):
        check_responses(run, operation, way, 2)
    assert run.results.unknown == []
    contents = sum(len(media_types) or 1 for media_types in OPERATIONS[operation].responses.values())
    assert run.results.tally(operation).cases["parsing"] > 2 * contents
    assert not run.results.tally(operation).statuses  # no target was asked


def crosswise(attempt: RestSessionAttempt) -> RestSessionAttempt:
    attempt.created_at, attempt.session_time = attempt.session_time, attempt.created_at
    return attempt


def renamed(pool: RestPool) -> RestPool:
    pool.name += "!"
    return pool


def following(_original: Any) -> Callable[..., Any]:
    return lambda *given, **named: _original(*given, **{**named, "follow_redirects": True})


MISTAKES: dict[str, tuple[str, Way, Any, str, Callable[[Any], Any], str]] = {
    "fields mixed up": (
        *("getAttempt", "sync", RestSessionAttempt, "from_dict"),
        lambda original: lambda *given: crosswise(original(*given)),
        "the model's to_dict",
    ),
    "a value altered": (
        *("updatePool", "async", RestPool, "from_dict"),
        lambda original: lambda *given: renamed(original(*given)),
        "the model's to_dict",
    ),
    "an error that is not read": (
        *("getArchive", "sync", get_archive, "parse_response"),
        lambda original: lambda response: None if response.status_code == 401 else original(response),
        "the client parsed nothing",
    ),
    "redirects that are followed": (
        *("getFile", "sync", httpx, "Client"),
        following,
        "the client followed a redirect to elsewhere.example",
    ),
    "redirects that are followed on asyncio": (
        *("getArchive", "async", httpx, "AsyncClient"),
        following,
        "the client followed a redirect to elsewhere.example",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_client_is_found(mistake: str, new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the call, and the response that it was given."""
    operation, way, owner, name, change, complaint = MISTAKES[mistake]
    run: Run = new_run()
    monkeypatch.setattr(owner, name, change(getattr(owner, name)))
    check_responses(run, operation, way, 5)
    assert any(complaint in finding.complaint for finding in run.results.unknown), run.results.unknown
    assert all(" answered " in finding.call for finding in run.results.unknown)
