"""Fixtures for the tests of programs that use the service; pytest finds them when the package is installed.

`treasure_workflow_mock` is a running service, `treasure_workflow_account` a fresh account of it, and with
`treasure_workflow_environment` programs under test find that account by themselves. Nothing beside this module is
imported until a test asks for one of them, so that other test runs do not notice the plugin.
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from treasure_workflow_mock._types import JsonObject
    from treasure_workflow_mock.control.faults import Faults
    from treasure_workflow_mock.model.account import Account
    from treasure_workflow_mock.model.clock import Clock
    from treasure_workflow_mock.service.server import MockService

_numbers = itertools.count(1)
# Variables that the client and the other tools of the service look at.
_VARIABLES = ("TDX_", "TD_API_", "TD_SITE", "TREASURE_DATA_API_", "TREASURE_WORKFLOW_URL")


@dataclass(frozen=True)
class MockAccount:
    """An account that no other test uses, with all that its test needs."""

    __module__ = "treasure_workflow_mock"

    key: str
    """The API key, which opens this account."""
    service: MockService = field(repr=False)
    """The service that has the account."""

    @property
    def base_url(self) -> str:
        """The service's address, such as `http://127.0.0.1:49152`."""
        return self.service.base_url

    @property
    def state(self) -> Account:
        """The account's projects, sessions, attempts and so on, by id; a test may look at it, and calls change it."""
        return self.service.account(self.key)

    @property
    def clock(self) -> Clock:
        """The account's time. `freeze(now)` and `advance(by)` take it over; schedules and tasks follow."""
        return self.state.clock

    @property
    def faults(self) -> Faults:
        """What goes wrong with which calls: append a `treasure_workflow_mock.Fault`, or a dict that describes one."""
        return self.service.faults(self.key)

    @property
    def settings(self) -> JsonObject:
        """The flavour and the service's own properties, by name."""
        from treasure_workflow_mock.control import settings

        return settings.show(self.state)

    def change_settings(self, changes: JsonObject) -> None:
        """Sets some of the settings, such as `{"executor.attempt_max_run": 1}`; None brings one back to its default.

        Raises:
            ServiceError: One of them is no setting, or cannot have this value; then nothing is changed.
        """
        from treasure_workflow_mock.control import settings

        settings.change(self.state, changes)

    def script(self, task: str, *outcomes: JsonObject, **outcome: Any) -> None:
        """Says what becomes of a task that works outside the service (`td>`, `http>`, `sh>` …), which else succeeds.

        Args:
            task: The task's full name, such as `+nightly+load`.
            *outcomes: One for each run of the task, the last for all that follow: fail once, then succeed.
            **outcome: The same for every run: `outcome` (`success` or `error`), `seconds` it takes on the account's
                clock, the `error` object, `log` (a list of lines) and `store` (parameters for the tasks after it).
                All may be left out.

        Raises:
            InvalidRequest: Names what is wrong with the script.

        Example:
            account.script("+nightly+load", {"outcome": "error"}, {"outcome": "success"})
        """
        from treasure_workflow_mock.control import scripts

        scripts.change(self.state, {task: [*outcomes, *([outcome] if outcome else [])] if outcomes else outcome})

    def requests(self) -> list[JsonObject]:
        """The calls that arrived, oldest first, as `GET /mock/requests` shows them: without the key and secrets."""
        return self.service.requests(self.key)


@pytest.fixture(scope="session")
def treasure_workflow_mock() -> Iterator[MockService]:
    """A stand-in for the service that runs as long as the tests do; under pytest-xdist each worker has its own."""
    try:
        import quickjs  # noqa: F401 # what runs scripts is loaded by another process, too late to be told here

        from treasure_workflow_mock.service.server import MockService
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package.startswith("treasure_workflow"):
            raise
        pytest.fail(
            f"the mock service cannot import {package}: pip install 'treasure-workflow[mock]' brings what it needs",
            pytrace=False,
        )
    with MockService() as service:
        yield service


@pytest.fixture
def treasure_workflow_account(treasure_workflow_mock: MockService) -> Iterator[MockAccount]:
    """A fresh account of the mock service: its key and address, clock, settings, faults and state.

    A script for a task that the account does not have is told at the end, as an `UnknownTaskWarning`.
    """
    from treasure_workflow_mock.control import scripts

    number = next(_numbers)
    account = MockAccount(f"{number}/{number:040x}", treasure_workflow_mock)
    yield account
    for name, near in scripts.unknown_tasks(account.state).items():
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        warnings.warn(f"a script was set for {name}, but there is no such task{hint}", scripts.UnknownTaskWarning, 1)


@pytest.fixture
def treasure_workflow_environment(
    treasure_workflow_account: MockAccount, monkeypatch: pytest.MonkeyPatch
) -> MockAccount:
    """The fresh account, found by programs under test: `TREASURE_WORKFLOW_URL` and `TD_API_KEY` lead to it.

    All other variables that name an address or a key of the service are taken away while the test runs.
    """
    for name in list(os.environ):
        if name.upper().startswith(_VARIABLES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TREASURE_WORKFLOW_URL", treasure_workflow_account.base_url)
    monkeypatch.setenv("TD_API_KEY", treasure_workflow_account.key)
    return treasure_workflow_account
