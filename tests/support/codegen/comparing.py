"""Responses and the models made of them, brought to one form in which they can be compared."""

from __future__ import annotations

import datetime
import re
from typing import Any

from tests.support import recordings
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.openapi.models import as_read

TIME = re.compile(r"[+-]?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def comparable(value: Any) -> Any:
    """A JSON value in which one instant at one offset is written one way. Types count."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return datetime.datetime.fromisoformat(value).isoformat()
    return type(value), value


def expected(response: recordings.Response) -> Any:
    """The body as the models tell it: a field that need not be there is not, where it is null."""
    schema = effective().operations[response.operation.id].responses[str(response.status)]["application/json"]
    return comparable(as_read(effective(), schema, response.body))
