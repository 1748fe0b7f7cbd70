"""The service that the contract tests call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.exchanges import Target
from tests.contract.wire import RecordingProxy
from treasure_workflow_mock.server import MockService


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """The mock service behind a recording proxy."""
    with MockService() as service, RecordingProxy(service.base_url) as proxy:
        target = Target(service.base_url, proxy)
        with target.loop:
            yield target
