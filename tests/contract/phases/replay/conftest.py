"""The service that scenarios are replayed against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from treasure_workflow_mock import MockService


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """A service of this worker's own; each scenario has an account of its own on it."""
    with MockService(flavour="digdag") as service:
        yield service.base_url
