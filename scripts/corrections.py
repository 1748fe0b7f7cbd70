"""Applies the corrections (an OpenAPI Overlay 1.0 document) to the published contract.

The format lets an action that matches nothing pass in silence. Here it is an error, as is one that changes nothing:
it tells that the published document was repaired, and that the correction can go.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import jsonpath_rfc9535

Json = Any  # a decoded JSON document: free-form by nature
Document = dict[str, Json]
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
        locations = [node.location for node in jsonpath_rfc9535.find(action["target"], corrected)]
        if not locations:
            raise CorrectionError(f"{where} matches nothing: was the published document repaired?")
        before = copy.deepcopy(corrected)
        if "update" in action:
            for location in locations:
                _update(corrected, location, copy.deepcopy(action["update"]))
        else:
            # From the last to the first, so that the positions of what is still to go stay true.
            for location in sorted(locations, key=_order, reverse=True):
                _remove(corrected, location)
        if corrected == before:
            raise CorrectionError(f"{where} changes nothing: was the published document repaired?")
    return corrected


def _order(location: tuple[int | str, ...]) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(part, str), part if isinstance(part, int) else 0, str(part)) for part in location)


def _parent(document: Json, location: tuple[int | str, ...]) -> Json:
    for part in location[:-1]:
        document = document[part]
    return document


def _update(document: Document, location: tuple[int | str, ...], update: Json) -> None:
    parent = _parent(document, location)
    parent[location[-1]] = _merged(parent[location[-1]], update)


def _remove(document: Document, location: tuple[int | str, ...]) -> None:
    del _parent(document, location)[location[-1]]


def _merged(value: Json, update: Json) -> Json:
    """Overlay 1.0's merge: objects recursively, arrays by appending, anything else replaced."""
    if isinstance(value, dict) and isinstance(update, dict):
        return value | {key: _merged(value[key], item) if key in value else item for key, item in update.items()}
    if isinstance(value, list):
        return [*value, *update] if isinstance(update, list) else [*value, update]
    return update
