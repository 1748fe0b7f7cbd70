"""A mock service with one mistake in it, and a run against it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from treasure_workflow_contract.results.known_differences import Differences, packaged
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.target import Target
from treasure_workflow_mock import MockService
from treasure_workflow_mock.api import HANDLERS
from treasure_workflow_mock.service.app import Application

Alter = Callable[[Callable[[], Any], Any, Any], Any]
"""What a handler responses instead, given what makes its own response, the account and the request."""


@contextmanager
def mistaken_run(operation: str, alter: Alter) -> Iterator[Run]:
    """A run against a service whose handler of one operation is altered."""
    original: Callable[[Any, Any], Any] = HANDLERS[operation]

    def handler(account: Any, request: Any) -> Any:
        return alter(lambda: original(account, request), account, request)

    service = MockService()
    service.application = Application(handlers={**HANDLERS, operation: handler})
    with service:
        target = Target(service.base_url, f"1/{secrets.token_hex(20)}", writes="everything")
        with Run(target, Differences(packaged(), "hosted"), marker="of tests ") as run:
            yield run
