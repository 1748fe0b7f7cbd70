"""A run on an account that others use: it speaks of nothing that it did not make, old, plenty, or coming and going."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.support.mock.api import Api
from treasure_workflow_contract.phases import invariants, stateful
from treasure_workflow_contract.phases.invariants._invariant import REGISTERED
from treasure_workflow_contract.results.known_differences import Differences, packaged
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.target import Flavour, Target, Writes
from treasure_workflow_mock.service.server import MockService

TREE = {
    "daily.dig": "schedule:\n  daily>: 03:00:00\n+load:\n  echo>: loaded\n",
    "nightly.dig": "+stop:\n  fail>: no data\n",
    "waiting.dig": "+wait:\n  wait>: 1h\n",
}
SHARED: list[tuple[Flavour, Writes]] = [("hosted", "projects"), ("hosted", "nothing"), ("digdag", "projects")]
CASES = 2


def populated(api: Api, projects: int) -> None:
    """Makes projects with schedules, finished, failed and running attempts."""
    for number in range(projects):
        project = api.upload(TREE, quote(f"theirs {number}")).json
        for workflow in api.get(f"/api/projects/{project['id']}/workflows").json["workflows"]:
            assert api.start(workflow["id"]).status == 200


def seeded(api: Api) -> None:
    """Makes what is days old, with a schedule of which sessions ran."""
    then = datetime.now(UTC) - timedelta(days=3)
    assert api.send("POST", "/mock/clock", {"now": then.isoformat()}).status < 300
    populated(api, 3)
    assert api.call("DELETE", "/mock/clock").status < 300
    oldest = api.get("/api/projects").json["projects"][0]
    assert datetime.fromisoformat(oldest["createdAt"]) < datetime.now(UTC) - timedelta(days=2)


def crowded(api: Api) -> None:
    """Makes a thousand projects, ten pages of them."""
    archive = api.upload(TREE, "theirs").json
    for number in range(1000):
        assert api.upload({}, f"theirs{number}").status == 200
    assert archive["id"]


def view_only(api: Api) -> None:
    """Makes what is days old, then leaves the key no more than the permission to view."""
    seeded(api)
    assert api.send("PUT", "/mock/settings", {"permissions": ["view"]}).status < 300


ACCOUNTS: dict[str, Callable[[Api], None]] = {"seeded": seeded, "crowded": crowded, "view-only": view_only}


@pytest.fixture(scope="module")
def shared(services: dict[str, MockService]) -> Callable[[str, Flavour], Api]:
    """An account that somebody filled, made once."""
    made: dict[tuple[str, Flavour], Api] = {}

    def account(name: str, flavour: Flavour) -> Api:
        if (name, flavour) not in made:
            api = Api(services[flavour].base_url, f"1/{secrets.token_hex(20)}")
            ACCOUNTS[name](api)
            made[name, flavour] = api
        return made[name, flavour]

    return account


def run_on(api: Api, flavour: Flavour, writes: Writes) -> Run:
    target = Target(api.base_url, api.key, flavour, writes, "of ")
    return Run(target, Differences(packaged(), flavour), marker=f"of tests {secrets.token_hex(3)} ")


def told(run: Run) -> list[str]:
    return [f"{finding.complaint} | {finding.call}" for finding in run.results.unknown]


def names_for(flavour: Flavour, writes: Writes) -> list[str]:
    """The invariants that a run checks there."""
    target = Target("http://nowhere", "1/0", flavour, writes)
    every = {id for each in REGISTERED.values() for id in each.operations}
    return [each.name for each in invariants.for_target(target, every)]


@pytest.mark.parametrize(
    ("flavour", "writes", "name"),
    [(flavour, writes, name) for flavour, writes in SHARED for name in names_for(flavour, writes)],
)
def test_invariants_hold_on_an_account_with_old_data(
    flavour: Flavour, writes: Writes, name: str, shared: Callable[[str, Flavour], Api]
) -> None:
    """Days old, scheduled, finished, failed and running: no invariant takes it for its own."""
    with run_on(shared("seeded", flavour), flavour, writes) as run:
        invariants.check(run, name, CASES)
        assert told(run) == []


@pytest.mark.parametrize("name", names_for("hosted", "nothing"))
def test_invariants_hold_for_a_key_that_may_only_view(name: str, shared: Callable[[str, Flavour], Api]) -> None:
    """What such a key may not read, the keys of secrets, is left alone; a run that only reads passes."""
    with run_on(shared("view-only", "hosted"), "hosted", "nothing") as run:
        invariants.check(run, name, CASES)
        assert told(run) == []


# Those that read listings of the whole account.
OF_LISTINGS = [
    name
    for name in names_for("hosted", "projects")
    if {"getProjects", "getSchedules", "getWorkflowDefinitions", "getAttempts", "getSessions"}
    & set(REGISTERED[name].operations)
]


@pytest.mark.parametrize("name", OF_LISTINGS)
def test_invariants_hold_among_a_thousand_projects_of_others(name: str, shared: Callable[[str, Flavour], Api]) -> None:
    """The run's own rows come many pages later, and are found there."""
    with run_on(shared("crowded", "hosted"), "hosted", "projects") as run:
        invariants.check(run, name, CASES)
        assert told(run) == []


@contextmanager
def busy(api: Api) -> Iterator[None]:
    """Somebody who makes and deletes projects all the while."""
    over = threading.Event()

    def work() -> None:
        number = 0
        while not over.is_set():
            number += 1
            project = api.upload(TREE, f"busy{number}").json
            for workflow in api.get(f"/api/projects/{project['id']}/workflows").json["workflows"]:
                if workflow["name"] != "waiting":  # an account runs a limited number of attempts
                    api.start(workflow["id"])
            api.call("DELETE", f"/api/projects/{project['id']}")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(("flavour", "writes"), SHARED)
def test_others_may_make_and_delete_meanwhile(
    flavour: Flavour, writes: Writes, services: dict[str, MockService]
) -> None:
    """What a listing shows of theirs may be gone when a walk goes there, and pages may have moved."""
    api = Api(services[flavour].base_url, f"1/{secrets.token_hex(20)}")
    populated(api, 1)
    with busy(api), run_on(api, flavour, writes) as run:
        stateful.walk(run, "0", 8)
        for name in names_for(flavour, writes):
            if name in OF_LISTINGS and "hundred" not in name:
                invariants.check(run, name, 2)
        assert told(run) == []
