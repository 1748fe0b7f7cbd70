"""Typed access to a configuration, with the service's messages about values that do not fit.

Values convert as in JSON bodies: a number or a text may stand for a boolean, a text for a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.dig.scalars import double_text
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java.exceptions import INVALID_FORMAT, MISMATCHED_INPUT, Cause
from treasure_workflow_mock.java.integers import INT32, INT64, java_integer

# Texts stand for other values with their blanks taken off; an empty one, and the word null, for what is not there.
_BLANKS = "".join(map(chr, range(33)))
_ABSENT = ("", "null")
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False, **dict.fromkeys(_ABSENT, False)}
_SHOWN = 100  # a longer value is cut in messages
_CUT = "..."
_NOWHERE = "\n at [Source: UNKNOWN; line: -1, column: -1]"
_TEXT = "java.lang.String"
_LIST = "java.util.ArrayList"


def trimmed(text: str) -> str:
    """The text without the blanks and control characters around it."""
    return text.strip(_BLANKS)


class WrongType(InvalidDefinition):
    """A value is not of the type that is wanted. `cause` is what only the log of a task says of it."""

    def __init__(self, wanted: str, key: str, value: Json, cause: Cause) -> None:
        super().__init__(f"Expected {wanted} for key '{key}' but got {described(value)}")
        self.cause = cause


def json_text(value: Json) -> str:
    """A value as the service writes it in messages: JSON without blanks, its decimal numbers as Java writes them."""
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(key)}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def described(value: Json) -> str:
    """A value and its kind, as in `"many" (string)`; of a long value the beginning."""
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
    shown = json_text(value)
    if len(shown) >= _SHOWN:
        shown = shown[: _SHOWN - len(_CUT)] + _CUT
    return f"{shown} ({kind})"


def given(config: JsonObject, key: str) -> Json:
    """The value under `key`; InvalidDefinition if there is none."""
    if key not in config:
        raise InvalidDefinition(f"Parameter '{key}' is required but not set")
    if config[key] is None:
        raise InvalidDefinition(f"Parameter '{key}' is required but null")
    return config[key]


def boolean(config: JsonObject, key: str, default: bool) -> bool:
    """The boolean under `key`, `default` if there is none; WrongType if the value is none."""
    value = config.get(key)
    if value is None:
        return default
    if isinstance(value, int):
        return bool(value)
    if isinstance(value, str) and (word := trimmed(value)) in _BOOLEANS:
        return _BOOLEANS[word]
    raise WrongType("'true' or 'false'", key, value, _misread("boolean", value, 'only "true" or "false" recognized'))


def integer(config: JsonObject, key: str, bound: int = INT32) -> int:
    """The integer under `key`, fractions cut off, within `-bound … bound - 1`.

    InvalidDefinition if there is none or the value is none.
    """
    value = given(config, key)
    number = _integer(value, bound)
    if number is None:
        kind = "int" if bound == INT32 else "long"
        raise WrongType(f"integer ({kind}) type", key, value, _misread(kind, value, f"not a valid {kind} value"))
    return number


def optional_integer(config: JsonObject, key: str, java: str = "java.lang.Long") -> int | None:
    """The integer under `key`, None if there is none; `java` is the type that messages name. InvalidDefinition."""
    if config.get(key) is None:
        return None
    number = _integer(config[key], INT64 if java == "java.lang.Long" else INT32)
    if number is None:
        wanted = f"[reference type, class com.google.common.base.Optional<{java}><[simple type, class {java}]>]"
        problem = f"not a valid {java.removeprefix('java.lang.')} value"
        raise WrongType(wanted, key, config[key], _misread(java, config[key], problem))
    return number


def _integer(value: Json, bound: int) -> int | None:
    if isinstance(value, str):
        word = trimmed(value)
        try:
            return 0 if word in _ABSENT else java_integer(word, bound)
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and -bound <= value < bound:
        return int(value)
    return None


def text(config: JsonObject, key: str) -> str:
    """The text under `key`; numbers and booleans are taken as theirs. InvalidDefinition if there is none."""
    value = given(config, key)
    if isinstance(value, list | dict):
        raise WrongType("string type", key, value, _misread(_TEXT, value))
    return value if isinstance(value, str) else json_text(value)


def items(config: JsonObject, key: str) -> list[Json]:
    """The list under `key`; InvalidDefinition if there is none."""
    value = given(config, key)
    if not isinstance(value, list):
        raise WrongType("array type", key, value, _misread(_LIST, value))
    return value


def nested(config: JsonObject, key: str, *, required: bool) -> JsonObject:
    """The mapping under `key`; an empty one if there is none and it is not required."""
    if key not in config:
        if required:
            raise InvalidDefinition(f"Parameter '{key}' is required but not set")
        return {}
    value = config[key]
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise InvalidDefinition(f"Parameter '{key}' must be an object")
    return value


def _misread(wanted: str, value: Json, problem: str = "") -> Cause:
    """What the service's JSON mapper says of a value that is not of the Java type `wanted`."""
    if isinstance(value, str) and wanted != _LIST:
        told = f'Cannot deserialize value of type `{wanted}` from String "{trimmed(value)}": {problem}{_NOWHERE}'
        return Cause(INVALID_FORMAT, told)
    if value == "":
        told = (
            f"Cannot construct instance of `{wanted}` (although at least one Creator exists): no String-argument "
            "constructor/factory method to deserialize from String value ('')"
        )
    else:
        told = f"Cannot deserialize instance of `{wanted}` out of {_token(value)} token"
    return Cause(MISMATCHED_INPUT, told + _NOWHERE)


def _token(value: Json) -> str:
    if isinstance(value, bool):
        return f"VALUE_{str(value).upper()}"
    if isinstance(value, str):
        return "VALUE_STRING"
    if isinstance(value, int):
        return "VALUE_NUMBER_INT"
    if isinstance(value, float):
        return "VALUE_NUMBER_FLOAT"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


def near_misses(word: str, known: Iterable[str]) -> list[str]:
    """Which known words `word` is probably a misspelling of, in their order.

    Such a word becomes `word` by changing at most half of its letters.
    """
    return [candidate for candidate in known if _distance(word, candidate) <= len(candidate) // 2]


def _distance(first: str, second: str) -> int:
    """How many letters must be put in, taken out or changed to make one word of the other (Levenshtein)."""
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
    return row[-1]
