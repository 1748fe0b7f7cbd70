"""The client in its guises, each talking to a mock service of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.client.support import GUISES, Guise, guise_of
from treasure_workflow_mock import MockService


@pytest.fixture
def mock_service() -> Iterator[MockService]:
    """A hosted mock service."""
    with MockService() as service:
        yield service


@pytest.fixture(params=GUISES)
def mocked(request: pytest.FixtureRequest, mock_service: MockService) -> Iterator[Guise]:
    """Each client in turn, talking to `mock_service`."""
    with guise_of(request.param, mock_service.base_url) as made:
        yield made
