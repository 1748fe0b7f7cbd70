"""The one list of all operators."""

from __future__ import annotations

from treasure_workflow_mock._types import Flavour
from treasure_workflow_mock.engine.operators.base import OperatorKind
from treasure_workflow_mock.engine.operators.control_flow import CONTROL_FLOW_OPERATORS
from treasure_workflow_mock.engine.operators.outside import OUTSIDE_OPERATORS
from treasure_workflow_mock.engine.operators.require import REQUIRE_OPERATORS
from treasure_workflow_mock.engine.operators.simple import SIMPLE_OPERATORS

OPERATORS: dict[str, OperatorKind] = {
    **SIMPLE_OPERATORS,
    **CONTROL_FLOW_OPERATORS,
    **REQUIRE_OPERATORS,
    **OUTSIDE_OPERATORS,
}
"""By name, as in `echo>`."""


def find_operator(name: str, flavour: Flavour) -> OperatorKind | None:
    """The operator of this name that a flavour of the service has, or None."""
    kind = OPERATORS.get(name)
    return kind if kind is not None and flavour in kind.flavours else None
