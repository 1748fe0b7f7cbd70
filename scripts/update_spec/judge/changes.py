"""A change between two documents, what it does to callers, and the version that it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from scripts.codegen.contract.document import Json

Effect = Literal["none", "prose", "compatible", "breaking"]
Bump = Literal["none", "patch", "minor", "major"]
Layer = Literal["contract", "package"]

_EFFECTS: tuple[Effect, ...] = get_args(Effect)
_BUMPS: tuple[Bump, ...] = get_args(Bump)
# What callers can do after these that they could not do before. Anything else that is compatible is a patch.
_NEWS = frozenset(
    {
        "enum-value-added",
        "field-added",
        "media-type-added",
        "operation-added",
        "parameter-added",
        "request-body-added",
        "response-body-added",
        "server-added",
        "success-response-added",
        "variant-added",
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in meaning.

    `where`: a JSON pointer with parameters by name; in the new document, or in the old one for what is gone.
    `operation`: the operationIds that it concerns, joined by commas; None when it concerns the whole document.
    `layer`: `contract` for what goes over the wire, `package` for names that mean nothing there.
    """

    kind: str
    where: str
    operation: str | None
    effect: Effect
    before: Json = None
    after: Json = None
    layer: Layer = "contract"

    def as_json(self) -> dict[str, Json]:
        """The change as changes.json has it."""
        return {
            "kind": self.kind,
            "where": self.where,
            "operation": self.operation,
            "effect": self.effect,
            "before": self.before,
            "after": self.after,
        }


def worst(effects: Iterable[Effect]) -> Effect:
    """The effect that matters most to callers; `none` for no effects at all."""
    return _EFFECTS[max(map(_EFFECTS.index, effects), default=0)]


def bump(changes: Iterable[Change]) -> Bump:
    """The part of a version, from 1.0 on, that the changes ask to raise."""
    return _BUMPS[max((_BUMPS.index(_bump_of(change)) for change in changes), default=0)]


def next_version(version: str, asked: Bump) -> tuple[str, Bump]:
    """The version after this one, and the part that is raised: below 1.0 everything moves one place to the right."""
    major, minor, patch = (int(part) for part in version.split("."))
    raised = asked
    if major == 0 and asked in ("major", "minor"):
        raised = "minor" if asked == "major" else "patch"
    following = {
        "none": (major, minor, patch),
        "patch": (major, minor, patch + 1),
        "minor": (major, minor + 1, 0),
        "major": (major + 1, 0, 0),
    }[raised]
    return ".".join(map(str, following)), raised


def _bump_of(change: Change) -> Bump:
    match change.effect:
        case "breaking":
            return "major"
        case "compatible" if change.kind in _NEWS:
            return "minor"
        case "compatible" | "prose":
            return "patch"
        case _:
            return "none"
