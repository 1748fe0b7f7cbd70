"""`_retry`: how often a failed group or task runs again, and after how long."""

from __future__ import annotations

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.dig.config_values import integer, json_text
from treasure_workflow_mock.errors import InvalidDefinition

_MAX_TRIES = 1000  # the service has no bound, but takes its time for each


def retry_delay(config: JsonObject, state: JsonObject) -> int | None:
    """Seconds until the next try, or None if there is none left.

    `state` holds the tries so far as `retry_count`. InvalidDefinition if `_retry` means nothing.
    """
    retry = config.get("_retry", 0)
    count = state.get("retry_count", 0)
    if isinstance(retry, dict):
        limit = integer(retry, "limit")
        interval = _optional_integer(retry, "interval", 0)
        kind = str(retry.get("interval_type") or "constant").lower()
        if kind not in ("constant", "exponential"):
            raise InvalidDefinition(f"Invalid retry_interval_type: {retry['interval_type']}")
        if kind == "exponential":
            interval = interval << min(count, 30)
            interval = min(interval, _optional_integer(retry, "max_interval", interval))
    elif retry is None or isinstance(retry, bool | list):
        raise InvalidDefinition(f"Invalid _retry format:{json_text(retry)}")
    else:
        limit = integer({"_retry": retry}, "_retry")
        interval = 0
    return max(interval, 0) if count < min(limit, _MAX_TRIES) else None


def counted(state: JsonObject) -> JsonObject:
    """The state after one more try."""
    return {**state, "retry_count": state.get("retry_count", 0) + 1}


def _optional_integer(config: JsonObject, key: str, default: int) -> int:
    return default if config.get(key) is None else integer(config, key)
