"""Services for the tests of the mock: one of each flavour per worker, and a fresh account per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.mock.api import Api
from treasure_workflow_mock import MockService


@pytest.fixture(scope="session")
def digdag_service() -> Iterator[MockService]:
    """A service that behaves as an open-source server."""
    with MockService(flavour="digdag") as service:
        yield service


@pytest.fixture(scope="session")
def hosted_service() -> Iterator[MockService]:
    """A service that behaves as the hosted one."""
    with MockService(flavour="hosted") as service:
        yield service


@pytest.fixture
def digdag(digdag_service: MockService) -> Api:
    """Calls to a fresh account of the digdag flavour."""
    return Api(digdag_service.base_url)


@pytest.fixture
def hosted(hosted_service: MockService) -> Api:
    """Calls to a fresh account of the hosted flavour."""
    return Api(hosted_service.base_url)
