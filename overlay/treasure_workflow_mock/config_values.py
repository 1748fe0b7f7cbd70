"""Typed access to a configuration, with the service's messages about values that do not fit.

Values convert as in JSON bodies: a number or a text may stand for a boolean, a text for a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from treasure_workflow_mock.state import Json, JsonObject, ServiceError

_BOOLEANS = {"true": True, "True": True, "false": False, "False": False, "": False}
_NEAR = 2  # a suggestion differs in at most so many letters


def json_text(value: Json) -> str:
    """A value as the service writes it in messages: JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def described(value: Json) -> str:
    """A value and its kind, as in `"many" (string)`."""
    if value is None:
        kind = "null"
    elif isinstance(value, bool):
        kind = "boolean"
    elif isinstance(value, int | float):
        kind = "number"
    elif isinstance(value, str):
        kind = "string"
    else:
        kind = "array" if isinstance(value, list) else "object"
    return f"{json_text(value)} ({kind})"


def boolean(config: JsonObject, key: str, default: bool) -> bool:
    """The boolean under `key`, `default` if there is none; ServiceError 400 if the value is none."""
    value = config.get(key)
    if value is None:
        return default
    if isinstance(value, int | float):
        return bool(value)
    if isinstance(value, str) and value in _BOOLEANS:
        return _BOOLEANS[value]
    raise ServiceError(400, f"Expected 'true' or 'false' for key '{key}' but got {described(value)}")


def integer(config: JsonObject, key: str) -> int:
    """The integer under `key`, fractions cut off; ServiceError 400 if there is none or the value is none."""
    if key not in config:
        raise ServiceError(400, f"Parameter '{key}' is required but not set")
    value = config[key]
    if value is None:
        raise ServiceError(400, f"Parameter '{key}' is required but null")
    try:
        if not isinstance(value, bool | list | dict):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise ServiceError(400, f"Expected integer (int) type for key '{key}' but got {described(value)}")


def near_misses(word: str, known: Iterable[str]) -> list[str]:
    """Which known words `word` is probably a misspelling of, the nearest first."""
    distances = ((_distance(word, candidate), candidate) for candidate in known)
    return [candidate for distance, candidate in sorted(distances) if distance <= _NEAR]


def _distance(first: str, second: str) -> int:
    """How many letters must be put in, taken out or changed to make one word of the other (Levenshtein)."""
    if abs(len(first) - len(second)) > _NEAR:
        return _NEAR + 1
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
    return row[-1]
