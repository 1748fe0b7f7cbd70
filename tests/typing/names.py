"""A name that a package does not have is a mistake to type checkers, though packages load their names when asked.

Checked by mypy, to which a comment that excuses nothing is a mistake, and never run.
"""

from __future__ import annotations

from treasure_workflow import Nothing as OfTheClient  # type: ignore[attr-defined]
from treasure_workflow_api import Nothing as OfTheRawClient  # type: ignore[attr-defined]
from treasure_workflow_api.api import nothing as of_operations  # type: ignore[attr-defined]
from treasure_workflow_api.api.pool import nothing as of_pools  # type: ignore[attr-defined]
from treasure_workflow_api.models import Nothing as OfModels  # type: ignore[attr-defined]
from treasure_workflow_contract import nothing as of_the_contract_tests  # type: ignore[attr-defined]
from treasure_workflow_mock import Nothing as OfTheMock  # type: ignore[attr-defined]

__all__ = [
    "OfModels",
    "OfTheClient",
    "OfTheMock",
    "OfTheRawClient",
    "of_operations",
    "of_pools",
    "of_the_contract_tests",
]
