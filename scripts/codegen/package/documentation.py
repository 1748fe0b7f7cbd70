"""What the contract says of a parameter, a field or a response, as the words of a docstring."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.codegen.contract.document import resolved
from scripts.codegen.python import text

_LIMITS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("pattern", "of the pattern `{}`"),
)


def described(schema: Mapping[str, Any], *, description: str | None = None, example: object = None) -> str:
    """Meaning, limits and example of a value.

    Args:
        schema: What the contract says of the value.
        description: Its meaning, where that stands beside the schema.
        example: An example, where that stands beside the schema.
    """
    limits = [wording.format(text.prose(str(schema[key]))) for key, wording in _LIMITS if schema.get(key) is not None]
    parts = [
        text.sentence(description or schema.get("description")),
        f"Limits: {', '.join(limits)}." if limits else "",
        f"Default: {_shown(schema['default'])}." if schema.get("default") is not None else "",
        _example(example if example is not None else schema.get("example")),
    ]
    return " ".join(filter(None, parts))


def _example(value: object) -> str:
    # An example of a whole object or a list of them is a page of its own: the fields have examples themselves.
    return "" if value is None or isinstance(value, dict) or _is_long(value) else f"Example: {_shown(value)}."


def _is_long(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _shown(value: object) -> str:
    return f"`{text.prose(json.dumps(value, ensure_ascii=False, default=str))}`"


def responses(contract: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """(status, what it means) of each response of an operation."""
    for status, response in sorted(operation["responses"].items()):
        yield int(status), text.sentence(resolved(contract, response).get("description"))
