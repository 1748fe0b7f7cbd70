"""The client reads every answer that the contract allows; misread answers and redirects that are followed are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.conftest import NewRun
from treasure_workflow_api import client as client_module
from treasure_workflow_api.api.project import get_archive
from treasure_workflow_api.models import RestPool, RestSessionAttempt
from treasure_workflow_contract.answers import check_answers
from treasure_workflow_contract.calls import Way
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.run import Run

OPERATIONS = effective().operations


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_read(operation: str, new_run: NewRun) -> None:
    """Each status and media type of an operation is answered, to both ways of calling, and none goes wrong."""
    run = new_run()
    for way in ("sync", "async"):
        check_answers(run, operation, way, 2)
    assert run.results.unknown == []
    contents = sum(len(media_types) or 1 for media_types in OPERATIONS[operation].responses.values())
    assert run.results.tally(operation).cases["answers"] > 2 * contents
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
        *("getArchive", "sync", get_archive, "_parse_response"),
        lambda original: lambda **named: None if named["response"].status_code == 401 else original(**named),
        "the client parsed nothing",
    ),
    "redirects that are followed": (
        *("getFile", "sync", client_module.httpx, "Client"),
        following,
        "the client followed a redirect to elsewhere.example",
    ),
    "redirects that are followed on asyncio": (
        *("getArchive", "async", client_module.httpx, "AsyncClient"),
        following,
        "the client followed a redirect to elsewhere.example",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_client_is_found(mistake: str, new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the call, and the answer that it was given."""
    operation, way, owner, name, change, complaint = MISTAKES[mistake]
    run: Run = new_run()
    monkeypatch.setattr(owner, name, change(getattr(owner, name)))
    check_answers(run, operation, way, 5)
    assert any(complaint in finding.complaint for finding in run.results.unknown), run.results.unknown
    assert all(" answered " in finding.call for finding in run.results.unknown)
