"""Cases without the client: a service that keeps to the contract passes, a mistake is found, nothing else is hit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.conftest import NewRun
from tests.support.contract.mistaken_service import Alter, mistaken_run
from tests.support.recordings import scenarios
from treasure_workflow_contract.expectations import service_rules
from treasure_workflow_contract.expectations.known_crashes import KNOWN_CRASHES
from treasure_workflow_contract.expectations.refusals import REFUSALS
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.fuzzing import explore
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.transport.target import Flavour
from treasure_workflow_mock import MockService
from treasure_workflow_mock.http.messages import Response
from treasure_workflow_mock.service import app

OPERATIONS = list(effective().operations)
POOLS = [id for id, operation in effective().operations.items() if operation.tag == "Pool"]
CASES = 15
READS = [id for id, operation in effective().operations.items() if operation.method == "GET"]


def complaints(run: Run) -> list[str]:
    """What nobody knows of, one line each."""
    return [f"{finding.complaint} | {finding.call}" for finding in run.results.unknown]


@pytest.mark.parametrize(
    ("operation", "flavour"),
    [(id, flavour) for flavour in ("hosted", "digdag") for id in OPERATIONS if flavour == "hosted" or id not in POOLS],
)
def test_nothing_is_found_where_all_is_well(operation: str, flavour: Flavour, new_run: NewRun) -> None:
    """A service that keeps to the contract, with its known habits, has no findings; all cases are counted."""
    run = new_run(flavour=flavour, writes="everything" if flavour == "hosted" else "projects")
    explore(run, operation, CASES)
    assert complaints(run) == []
    tally = run.results.tally(operation)
    assert 0 < tally.cases["fuzzing"] <= CASES
    assert 0 < tally.statuses.total() <= tally.cases["fuzzing"]
    assert tally.slowest


def without_name(own: Any, _account: Any, _request: Any) -> Any:
    response = own()
    response.pop("name", None)
    return response


def only_with(parameter: str, reply: Any) -> Alter:
    return lambda own, _account, request: reply if parameter in request.query else own()


MISTAKES: dict[str, tuple[str, Alter, str]] = {
    "an undocumented status": (
        "getProject",
        lambda own, *_: Response(status=202, json=own()),
        "status 202 is not of the contract",
    ),
    "a fault of the server's": (
        "getWorkflowDefinitions",
        only_with("name_pattern", Response(status=500, text="<html>")),
        "Server error",
    ),
    "a field that is missing": ("getProject", without_name, '"name" is a required property'),
    "another content type": (
        "getSessionAttempts",
        lambda own, *_: Response(text=json.dumps(own()), content_type="text/plain"),
        "Undocumented Content-Type",
    ),
    "no JSON": (
        "getWorkflowDefinition",
        lambda *_: Response(content=b"{", content_type="application/json"),
        "deserialization",
    ),
    "what is allowed is refused": (
        "getWorkflowDefinitions",
        only_with("count", Response(status=400, json={"message": "no counts", "status": 400})),
        "status 400 for what the contract allows: no counts",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str) -> None:
    """One mistake of the service becomes a finding with its exchange and a line to paste, without the key."""
    operation, alter, complaint = MISTAKES[mistake]
    with mistaken_run(operation, alter) as run:
        explore(run, operation, 100)
        (finding,) = [each for each in run.results.unknown if complaint in each.complaint][:1] or [None]
        assert finding is not None, complaints(run)
        assert finding.phase == "fuzzing"
        assert "curl -i -X" in finding.call
        assert "\n" not in finding.call
        assert finding.exchange is not None
        assert run.target.key is not None
        assert run.target.key not in repr(finding)


def test_what_is_forbidden_and_accepted_is_found(monkeypatch: pytest.MonkeyPatch, new_run: NewRun) -> None:
    """A body that no habit of the service explains has to be refused."""
    monkeypatch.setattr(app, "read_body", lambda *_given, **_named: {"value": "correct horse"})
    run = new_run(flavour="hosted")
    explore(run, "putProjectSecret", 60)
    assert any("status 204 for what the contract forbids: in body" in each for each in complaints(run))


def test_a_failing_case_is_made_small() -> None:
    """Of all that is drawn, what does not matter is left out of the case that is shown."""
    reply = Response(status=500, text="<html>")
    with mistaken_run(
        "getProjects", lambda own, _, request: reply if request.query.get("count", 0) > 7 else own()
    ) as run:
        explore(run, "getProjects", 200)
        drawn = [finding for finding in run.results.unknown if "Server error" in finding.complaint]
    assert any(finding.exchange and finding.exchange.target.count("=") <= 2 for finding in drawn)


def test_the_same_seed_sends_the_same(new_run: NewRun) -> None:
    """A run can be repeated: the same seed sends the same cases, and another one sends others."""

    def sent(seed: int) -> set[int]:
        run = new_run(writes="nothing", seed=seed)
        explore(run, "getWorkflowDefinitions", 150)
        return set(run.results.tally("getWorkflowDefinitions").distinct)

    first = sent(1)
    assert sent(1) == first
    assert sent(2) != first


def test_a_target_that_is_only_read_gets_nothing_else(new_run: NewRun, services: dict[str, MockService]) -> None:
    """Where a run may only read, nothing but GET arrives, wrong cases and probes included."""
    run = new_run(writes="nothing")
    for operation in READS:
        explore(run, operation, 30)
    assert run.target.key is not None
    arrived = services["hosted"].requests(run.target.key)
    assert len(arrived) > 30 * len(READS) / 2
    assert {call["method"] for call in arrived} == {"GET"}


def test_nothing_of_anybody_else_is_touched(new_run: NewRun, services: dict[str, MockService]) -> None:
    """Where a run may change projects of its own, those of others stay as they are, and it leaves none of its own."""
    run = new_run(flavour="hosted", writes="projects")
    theirs, before = _somebody_elses(run)
    for operation in effective().operations.values():
        if operation.method != "GET" and run.target.reason_to_skip(operation) is None:
            explore(run, operation.id, 60)
    assert _state(run, theirs) == before
    names = [project["name"] for project in _json(run, "/api/projects")["projects"]]
    assert names == ["of others"]
    assert run.target.key is not None
    writes = [call for call in services["hosted"].requests(run.target.key) if call["method"] not in {"GET", "TRACE"}]
    assert not [call for call in writes if call["path"].startswith(f"/api/projects/{theirs}/")]


def _somebody_elses(run: Run) -> tuple[str, Any]:
    """A project that no run made, with a schedule and an attempt that runs, and its state."""
    waiting = {"w.dig": "schedule:\n  daily>: 03:00:00\n+wait:\n  wait>: 100h\n"}
    query = {"project": "of others", "revision": "r1", "schedule_from": "2099-01-01T00:00:00Z"}
    headers = {"Content-Type": "application/gzip"}
    response = run.connection.exchange(
        "PUT", "/api/projects", query=query, content=pack(waiting), headers=headers
    ).response
    project: str = response.json["id"]
    workflow = _json(run, f"/api/projects/{project}/workflows")["workflows"][0]["id"]
    start = {"workflowId": workflow, "sessionTime": "2025-01-01T00:00:00Z", "params": {}}
    run.connection.exchange("PUT", "/api/attempts", json=start)
    return project, _state(run, project)


def _state(run: Run, project: str) -> Any:
    paths = ("", "/revisions", "/schedules", "/sessions", "/secrets")
    return [_json(run, f"/api/projects/{project}{path}") for path in paths]


def _json(run: Run, path: str) -> Any:
    return run.connection.exchange("GET", path).response.json


def test_rules_are_recorded() -> None:
    """What a check's complaint is passed over for, a real server did, or it is known of the hosted service."""
    places = {
        f"{path.stem}: {step['name']}"
        for path in scenarios()
        for step in json.loads(path.read_text(encoding="utf-8"))["steps"]
    }
    alone = [rule for rule in vars(service_rules).values() if isinstance(rule, service_rules.Rule)]
    for rule in [*alone, *service_rules.LENIENCIES, *REFUSALS, *KNOWN_CRASHES]:
        assert rule.evidence in places or rule.evidence.startswith(("Hosted. ", "Open-source. ")), rule.reason
