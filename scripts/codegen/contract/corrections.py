"""Applies the corrections (an OpenAPI Overlay 1.0 document) to the published contract.

The format lets an action that matches nothing pass in silence. Here it is an error, as is one that changes nothing:
it tells that the published document was repaired, and that the correction can go.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable

import jsonpath_rfc9535

from scripts.codegen.contract.document import Document, Json, Place, resolved, value_at

Action = dict[str, Json]


class CorrectionError(Exception):
    """A correction that cannot be applied, named by its place in the overlay."""


def corrections(overlay: Document) -> list[str]:
    """The names of an overlay's corrections, in order. One correction is one or more actions."""
    return list(dict.fromkeys(name(action) for action in overlay["actions"]))


def name(action: Action) -> str:
    """The name of the correction that an action belongs to."""
    correction: str = action["x-correction"]
    return correction


def apply(document: Document, actions: Iterable[Action]) -> Document:
    """A corrected copy of a document. Raises CorrectionError for an action without a reason, a match or an effect."""
    corrected = copy.deepcopy(document)
    for number, action in enumerate(actions, 1):
        where = f"action {number} ({action.get('x-correction')}: {action.get('target')})"
        if not all(action.get(key) for key in ("target", "description", "x-correction", "x-evidence")):
            raise CorrectionError(f"{where} must have target, description, x-correction and x-evidence")
        if ("update" in action) == (action.get("remove") is True):
            raise CorrectionError(f"{where} must have either update, or remove: true")
        found = locations(corrected, action["target"])
        if not found:
            raise CorrectionError(f"{where} matches nothing: was the published document repaired?")
        changes = [apply_at(corrected, location, action) for location in found]
        if not any(changes):
            raise CorrectionError(f"{where} changes nothing: was the published document repaired?")
    return corrected


def locations(document: Document, target: str) -> list[Place]:
    """What a target matches, the last items of a list first: removing one leaves the positions of the others true."""
    found = [node.location for node in _query(target).find(document)]
    return sorted(found, key=lambda place: [(isinstance(part, str), part) for part in place], reverse=True)


_query = functools.cache(jsonpath_rfc9535.compile)


def apply_at(document: Document, location: Place, action: Action) -> bool:
    """Applies an action at one place; whether that changed anything."""
    parent, last = value_at(document, location[:-1]), location[-1]
    if "update" not in action:
        del parent[last]
        return True
    before = _written_out(document, parent[last])
    parent[last] = _merged(before, copy.deepcopy(action["update"]))
    return bool(parent[last] != before)


def _written_out(document: Document, value: Json) -> Json:
    """A plain schema that stands elsewhere, as a copy of its own: what is merged beside a reference counts nowhere."""
    try:
        referred = resolved(document, value)
    except LookupError:
        return value  # the checks say what is wrong with it
    plain = isinstance(referred, dict) and referred.get("type") in ("string", "integer", "number", "boolean")
    return copy.deepcopy(referred) if plain else value


def _merged(value: Json, update: Json) -> Json:
    """Overlay 1.0's merge: objects recursively, arrays by appending what they have not yet, anything else replaced."""
    if isinstance(value, dict) and isinstance(update, dict):
        return value | {key: _merged(value[key], item) if key in value else item for key, item in update.items()}
    if isinstance(value, list):
        return [*value, *(item for item in (update if isinstance(update, list) else [update]) if item not in value)]
    return update
