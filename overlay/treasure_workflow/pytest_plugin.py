"""A ready client for tests: pytest finds it when the package is installed, and loads nothing before a test asks for it.

The account comes from the fixture of the mock service's own plugin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from treasure_workflow._sync.client import TreasureWorkflow


class _MockAccount(Protocol):
    """What is needed of an account of the mock service."""

    @property
    def key(self) -> str: ...

    @property
    def base_url(self) -> str: ...


@pytest.fixture
def treasure_workflow_client(treasure_workflow_account: _MockAccount) -> Iterator[TreasureWorkflow]:
    """A client of the test's fresh mock account. It does not retry, so that a fault is seen at once."""
    from treasure_workflow._sync.client import TreasureWorkflow

    account = treasure_workflow_account
    with TreasureWorkflow(api_key=account.key, base_url=account.base_url, max_retries=0) as client:
        yield client
