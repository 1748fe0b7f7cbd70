"""`sla:` of a workflow: what the service checks of it when an attempt starts."""

from __future__ import annotations

import re

from treasure_workflow_mock.config_values import json_text
from treasure_workflow_mock.state import JsonObject, ServiceError

_TIME = re.compile(r"[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2})?")


def check_sla(config: JsonObject) -> None:
    """ServiceError 400 unless `sla:`, if there is one, has either a time or a duration of hours and minutes."""
    sla = config.get("sla")
    if sla is None:
        return
    if not isinstance(sla, dict):
        raise ServiceError(400, "Parameter 'sla' must be an object")
    given = [key for key in ("time", "duration") if sla.get(key) is not None]
    if not sla:
        return
    if len(given) != 1:
        raise ServiceError(400, f"SLA must have either 'time' or 'duration': {json_text(sla)}")
    value = sla[given[0]]
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ServiceError(400, f"SLA {given[0]} must be in HH:MM or HH:MM:SS format but got {json_text(value)}")
