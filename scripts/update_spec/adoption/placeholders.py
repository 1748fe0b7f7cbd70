"""What stands in place of prose and examples until somebody writes them in our words."""

from __future__ import annotations

import json
import re

from scripts.codegen.contract.document import Document, Json
from scripts.update_spec.judge.shapes import Place, Shape, shape

_LONGEST_SUMMARY = 60
_DEEPEST = 4
_LONGEST = 100  # characters, or items: a document may ask for millions
_TEXTS = {
    "date-time": "2024-05-09T00:00:00Z",
    "date": "2024-05-09",
    "uuid": "2b91a014-076e-4c6d-8b51-f4f91089cab2",
    "uri": "https://example.com/",
    "email": "someone@example.com",
    "byte": "dGV4dA==",
}


def summary(operation: str) -> str:
    """A title for an operation without one: no two are the same, and none is too long."""
    return f"To be written: {operation}"[:_LONGEST_SUMMARY]


def example(document: Document, schema: Json) -> Json:
    """A value that a schema allows, as plain as can be; None where nothing simple fits."""
    return _value(document, Place(json.loads(json.dumps(schema)), ""), 0)


def _value(document: Document, place: Place, depth: int) -> Json:
    found = shape(document, place)
    if found.enum:
        return found.enum[0]
    if found.unions and found.unions[0]:
        return _value(document, found.unions[0][0], depth + 1) if depth < _DEEPEST else None
    kind = next(iter(sorted(found.types)), "string")
    match kind:
        case "boolean":
            return True
        case "integer" | "number":
            return _number(found, whole=kind == "integer")
        case "array":
            count = max(1, int(found.limits.get("minItems", 1)))
            if count > _LONGEST:
                return None
            item = None if found.items is None or depth >= _DEEPEST else _value(document, found.items, depth + 1)
            return [] if item is None else [item] * count
        case "object":
            if depth >= _DEEPEST:
                return {}
            return {
                name: _value(document, found.fields[name], depth + 1) for name in found.fields if name in found.required
            }
        case _:
            return _text(found)


def _number(found: Shape, *, whole: bool) -> Json:
    low, high = found.limits.get("minimum"), found.limits.get("maximum")
    value = 1 if (low is None or low <= 1) and (high is None or high >= 1) else low if low is not None else high
    return int(value) if whole and value is not None else value


def _text(found: Shape) -> str | None:
    text = _TEXTS.get(found.format or "", "text")
    shortest = int(found.limits.get("minLength", 0))
    if shortest > _LONGEST:
        return None
    text = text.ljust(shortest, "x")[: int(found.limits.get("maxLength", len(text) + 99))]
    pattern = found.limits.get("pattern")
    try:
        return text if pattern is None or re.search(pattern, text) else None
    except re.error:
        return None
