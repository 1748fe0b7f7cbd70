"""Fixtures for the tests of programs that use the service; pytest finds them when the package is installed.

`treasure_workflow_mock` is a running service, `treasure_workflow_account` a fresh account of it. Nothing beside this
module is imported until a test asks for one of them, so that other test runs do not notice the plugin.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from treasure_workflow_mock.faults import Fault
    from treasure_workflow_mock.server import MockService
    from treasure_workflow_mock.state import Account, Clock, JsonObject

_numbers = itertools.count(1)


@dataclass(frozen=True)
class MockAccount:
    """An account that no other test uses, with all that its test needs."""

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
        """The account's time. `freeze(now)` and `advance(seconds)` take it over; schedules and tasks follow."""
        return self.state.clock

    @property
    def faults(self) -> list[Fault]:
        """What goes wrong with which calls: append a `treasure_workflow_mock.faults.Fault`."""
        return self.state.faults

    @property
    def settings(self) -> JsonObject:
        """The flavour and the service's own properties, by name."""
        from treasure_workflow_mock import settings

        return settings.show(self.state)

    def change_settings(self, changes: JsonObject) -> None:
        """Sets some of the settings, such as `{"executor.attempt_max_run": 1}`; None brings one back to its default.

        Raises:
            ServiceError: One of them is no setting, or cannot have this value; then nothing is changed.
        """
        from treasure_workflow_mock import settings

        settings.change(self.state, changes)

    def script(self, task: str, **script: Any) -> None:
        """Says what becomes of a task that works outside the service (`td>`, `http>`, `sh>` …), which else succeeds.

        Args:
            task: The task's full name, such as `+nightly+load`.
            **script: `outcome` (`success` or `error`), `seconds` it takes on the account's clock, the `error` object,
                `log` (a list of lines) and `store` (parameters for the tasks after it). All may be left out.

        Raises:
            ServiceError: Names what is wrong with the script.
        """
        from treasure_workflow_mock import operators

        operators.check_script(script)
        self.state.scripts[task] = script

    def requests(self) -> list[JsonObject]:
        """The calls that arrived, oldest first, as `GET /mock/requests` shows them: without the key and secrets."""
        return self.service.requests(self.key)


@pytest.fixture(scope="session")
def treasure_workflow_mock() -> Iterator[MockService]:
    """A stand-in for the service that runs as long as the tests do; under pytest-xdist each worker has its own."""
    try:
        from treasure_workflow_mock.server import MockService
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
def treasure_workflow_account(treasure_workflow_mock: MockService) -> MockAccount:
    """A fresh account of the mock service: its key and address, clock, settings, faults and state."""
    number = next(_numbers)
    key = f"{number}/{number:040x}"
    return MockAccount(key, treasure_workflow_mock)
