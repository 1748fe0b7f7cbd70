"""The service that the contract tests call, and a run of the tool against it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from treasure_workflow_contract.results.known_differences import Differences, packaged
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.target import Flavour, Target, Writes
from treasure_workflow_mock import MockService

NewRun = Callable[..., Run]


@pytest.fixture(scope="session")
def services() -> Iterator[dict[str, MockService]]:
    """A mock service of each flavour."""
    with MockService() as hosted, MockService(flavour="digdag") as digdag:
        yield {"hosted": hosted, "digdag": digdag}


@pytest.fixture
def new_run(services: dict[str, MockService]) -> Iterator[NewRun]:
    """Makes runs, each in an account of its own; by default one of the hosted flavour that may change everything."""
    with ExitStack() as runs:

        def make(*, flavour: Flavour = "hosted", writes: Writes = "everything", seed: int = 0) -> Run:
            key = f"1/{secrets.token_hex(20)}"
            target = Target(services[flavour].base_url, key, flavour, writes, "of ")
            run = Run(target, Differences(packaged(), flavour), marker="of tests ", seed=seed)
            return runs.enter_context(run)

        yield make
