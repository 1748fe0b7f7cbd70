"""Collects changes: one that several operations share, or that matters on both sides, is told once, at its worst."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from scripts.codegen.contract.document import Json
from scripts.update_spec.judge.changes import Change, Effect, Layer, worst

Side = Literal["request", "response"]


class Findings:
    """The changes found so far."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Change] = {}
        self._operations: dict[tuple[str, str, str], dict[str, None]] = {}

    def add(
        self,
        kind: str,
        where: str,
        operation: str | None,
        effect: Effect,
        before: Json = None,
        after: Json = None,
        *,
        layer: Layer = "contract",
    ) -> None:
        """Notes a change, or one more operation that a change concerns."""
        key = (kind, where, json.dumps([before, after], sort_keys=True, default=str))
        known = self._found.get(key)
        effect = effect if known is None else worst([effect, known.effect])
        self._found[key] = Change(kind, where, None, effect, before, after, layer)
        names = self._operations.setdefault(key, {})
        if operation is not None:
            names[operation] = None

    def changes(self) -> Iterator[Change]:
        """All of them, by place."""
        for key in sorted(self._found, key=lambda key: (key[1], key[0], key[2])):
            found = self._found[key]
            names = ", ".join(self._operations[key]) or None
            yield Change(found.kind, found.where, names, found.effect, found.before, found.after, found.layer)
