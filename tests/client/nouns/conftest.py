"""The client in its guises, each talking to an account of a mock service that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.client.support import GUISES, Guise, guise_of
from tests.support.mock.api import Api
from treasure_workflow_mock import MockService
from treasure_workflow_mock.control.faults import Faults
from treasure_workflow_mock.model.account import Account


@dataclass(frozen=True)
class OwnAccount:
    """An account of a service, as the service itself sees it."""

    service: MockService
    key: str

    @property
    def account(self) -> Account:
        """Its state, clock and settings."""
        return self.service.account(self.key)

    @property
    def faults(self) -> Faults:
        """What goes wrong with its calls."""
        return self.service.faults(self.key)

    @property
    def requests(self) -> list[dict[str, object]]:
        """The calls that arrived."""
        return self.service.requests(self.key)


@pytest.fixture(scope="session")
def hosted_service() -> Iterator[MockService]:
    """A hosted mock service."""
    with MockService() as service:
        yield service


@pytest.fixture
def own(hosted_service: MockService) -> OwnAccount:
    """An account that is new."""
    return OwnAccount(hosted_service, Api(hosted_service.base_url).key)


@pytest.fixture(params=GUISES)
def mocked(request: pytest.FixtureRequest, own: OwnAccount) -> Iterator[Guise]:
    """Each client in turn, talking to `own`."""
    with guise_of(request.param, own.service.base_url, api_key=own.key) as made:
        yield made
