"""Walks along the links: they reach the operations, and what a response promises and the next one breaks is found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.conftest import NewRun
from tests.support.contract.mistaken_service import Alter, mistaken_run
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases import stateful
from treasure_workflow_contract.phases.stateful import walk
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.target import Flavour, Writes
from treasure_workflow_mock import MockService
from treasure_workflow_mock.api import HANDLERS

MOST = 40  # operations that take anything: the others are createPool and the lists of pools and rules


def complaints(run: Run) -> list[str]:
    """What nobody knows of, one line each."""
    return [f"{finding.complaint} | {finding.call}" for finding in run.results.unknown]


def test_walks_reach_every_operation_that_takes_something(new_run: NewRun) -> None:
    """A run's two walkers reach at least 40 of the 43 operations with ids out of earlier responses, all in 2xx."""
    run = new_run()
    for number in ("0", "1"):
        walk(run, number, 30)
    assert complaints(run) == []
    assert len(run.results.reached) >= MOST, sorted(effective().operations.keys() - run.results.reached)
    assert ("createPool", "createPoolRule", "getPoolRule") in run.results.chains
    assert all(len(chain) > 1 for chain in run.results.chains)
    assert sum(tally.cases["stateful"] for tally in run.results.tallies.values()) > 300


@pytest.mark.parametrize(("flavour", "writes"), [("digdag", "projects"), ("hosted", "projects"), ("hosted", "nothing")])
def test_walks_keep_to_what_a_run_may_do(
    flavour: Flavour, writes: Writes, new_run: NewRun, services: dict[str, MockService]
) -> None:
    """Pools are left alone where others use them, and where a run only reads, nothing but GET arrives."""
    run = new_run(flavour=flavour, writes=writes)
    walk(run, "0", 5)
    assert complaints(run) == []
    assert run.target.key is not None
    arrived = services[flavour].requests(run.target.key)
    assert arrived
    assert not [call for call in arrived if "/pool" in call["path"] and call["method"] != "GET"]
    if writes == "nothing":
        assert {call["method"] for call in arrived} == {"GET"}
    else:
        assert len(run.results.reached) > 20


def not_deleted(_own: Any, account: Any, request: Any) -> Any:
    """A project that is said to be deleted and stays."""
    return HANDLERS["getProject"](account, request)


def another_id(own: Any, _account: Any, _request: Any) -> Any:
    """A new pool whose id is none."""
    response = own()
    response.json["id"] = "4711"
    return response


MISTAKES: dict[str, tuple[str, Alter, str]] = {
    "a project that is deleted and still there": ("deleteProject", not_deleted, "previously deleted"),
    "a new pool of another id": ("createPool", another_id, "createPool"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_an_response_promises_and_the_next_breaks_is_found(mistake: str) -> None:
    """A mistake that shows only in two calls together is found, with all the calls that show it."""
    operation, alter, complaint = MISTAKES[mistake]
    with mistaken_run(operation, alter) as run:
        walk(run, "0", 12)
        matching = [finding for finding in run.results.unknown if complaint in finding.complaint]
        assert matching, complaints(run)
        assert " && curl" in matching[0].call
        assert run.target.key is not None
        assert run.target.key not in repr(matching[0])


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("$response.body#/deletedAt", "where no response had anything"),
        ("$response.body#/nowhere", "of which the contract says nothing"),
        ("$request.path.id", "of which the contract says nothing"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(
    expression: str, complaint: str, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the next call takes has to be described, and to be there now and then at least."""
    crooked = [
        link._replace(parameters=(("id", expression),))
        if (link.source, link.target) == ("putProject", "getProject")
        else link
        for link in stateful.links_of_the_contract()
    ]
    monkeypatch.setattr(stateful, "links_of_the_contract", lambda: iter(crooked))
    run = new_run()
    stateful.walk(run, "0", 4)
    found = [finding.complaint for finding in run.results.unknown]
    assert any(f"takes id from {expression}, {complaint}" in text for text in found), found
