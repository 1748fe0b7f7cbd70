"""What became of each correction: whether the newer document made it needless, contradicts it, or leaves it as it was.

Every action is applied to the old and to the new document side by side. What it hit before is looked for again: by
operationId and by name, not by path and position, so that a path that moved or a parameter that stands elsewhere is
recognized.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from scripts.codegen.contract.corrections import Action, apply_at, locations
from scripts.codegen.contract.document import Document, Json, Place, value_at
from scripts.update_spec.decision.places import (
    as_path,
    field_of_a_part,
    identity_of,
    location_of,
    referring,
    used_by,
)
from scripts.update_spec.judge.documents import renamed_schemas
from scripts.update_spec.published.record import structure

State = Literal["repaired", "conflicts", "unaffected"]

_NOTHING = object()
_MOST_TOLD = 12
_OWNER = 3  # parts of an identity that tell an operation and which of its lists something stands in


@dataclass(slots=True)
class Outcome:
    """What became of one action.

    `hits`: how many places it still changes. `gone`, `repaired`: places that it changed before and does not now,
    because there is nothing any more, or because the document says so itself. `conflicts`: both sides, in words.
    `refused`: it would take away what the document refers to. `moved`: the same action, aimed at where a thing stands
    now that has another path, method or schema.
    """

    action: Action
    moved: list[Action] = field(default_factory=list)
    refused: bool = False
    hits: int = 0
    gone: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    @property
    def needless(self) -> bool:
        """Whether the action as it is written does nothing any more."""
        return not self.hits and bool(self.moved or self.gone or self.repaired or self.refused)


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction's state. `in_part`: it still applies, but not to all that it applied to."""

    name: str
    state: State
    action: str
    in_part: bool = False


@dataclass(slots=True)
class Assessment:
    """Both documents with their corrections, what became of each action, and the corrections' states."""

    before: Document
    effective: Document
    outcomes: list[Outcome]
    corrections: list[Correction]


def assess(old: Document, new: Document, actions: list[Action]) -> Assessment:
    """Applies all actions to both documents, in order, and says what became of them."""
    before, after = copy.deepcopy(old), copy.deepcopy(new)
    renamed = renamed_schemas(old, new)
    outcomes = [_outcome(action, before, after, renamed) for action in actions]
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.action["x-correction"], []).append(outcome)
    return Assessment(before, after, outcomes, [_correction(name, own) for name, own in by_name.items()])


def _correction(name: str, outcomes: list[Outcome]) -> Correction:
    conflicts = [text for outcome in outcomes for text in outcome.conflicts]
    went = [place for outcome in outcomes for place in (*outcome.repaired, *outcome.gone)]
    if conflicts:
        return Correction(name, "conflicts", _listed("; ", conflicts))
    if not went:
        return Correction(name, "unaffected", "keep")
    if any(outcome.hits for outcome in outcomes):
        told = _listed(", ", went)
        return Correction(name, "repaired", f"in part: no longer needed at {told}; narrow its targets", in_part=True)
    return Correction(name, "repaired", "delete: the published document has it, or no longer has what it corrects")


def _listed(between: str, texts: list[str]) -> str:
    """The first of many, and how many more there are."""
    different = sorted(set(texts))
    more = len(different) - _MOST_TOLD
    return between.join(different[:_MOST_TOLD]) + (f"{between}and {more} more" if more > 0 else "")


def _outcome(action: Action, before: Document, after: Document, renamed: Mapping[str, str]) -> Outcome:
    outcome = Outcome(action)
    old_hits = {identity_of(before, place, renamed): place for place in locations(before, action["target"])}
    new_hits = {identity_of(after, place, {}): place for place in locations(after, action["target"])}
    # Where the action hits something new it has found by itself what moved: a parameter that went to a header.
    found = {identity[:_OWNER]: place for identity, place in new_hits.items() if identity not in old_hits}
    follow: list[Place] = []
    for identity, place in old_hits.items():
        where = "#/" + "/".join(identity)
        there = new_hits.get(identity) or location_of(after, identity)
        if there is None and (split := field_of_a_part(after, identity)):
            follow.append(split)  # the schema was split, and the field is the same: there is nothing to ask
            continue
        if there is None and identity[:_OWNER] in found:
            there = found.pop(identity[:_OWNER])
        elif there is None:
            outcome.gone.append(where)
            continue
        elif identity not in new_hits and _names(there) == _names(place):
            outcome.repaired.append(where)
            continue
        elif identity not in new_hits:
            follow.append(there)
            told = f"{as_path(place)} is {as_path(there)} now; the correction follows it, see whether it still holds"
            outcome.conflicts.append(told)
        _compare(outcome, value_at(before, place), value_at(after, there), place, where)
    for place in old_hits.values():
        apply_at(before, place, _without_prose(action, place))
    for place in new_hits.values():
        user = used_by(after, place) if "update" not in action else None
        if user is None:
            outcome.hits += apply_at(after, place, _without_prose(action, place))
        else:
            outcome.refused = True
            told = f"the correction removes {as_path(place)}, and the document refers to it at {user} now"
            outcome.conflicts.append(told)
    for place in follow:
        update = {"update": referring(action["update"], renamed)} if "update" in action else {}
        outcome.moved.append({**action, "target": as_path(place), **update})
        apply_at(after, place, _without_prose(outcome.moved[-1], place))
    return outcome


def _names(place: Place) -> list[str]:
    """A place without positions in lists, which move without meaning anything."""
    return [part for part in place if isinstance(part, str)]


def _without_prose(action: Action, place: Place) -> Action:
    """An action as documents are compared: prose says nothing."""
    return {**action, "update": structure(action["update"], place)} if "update" in action else action


def _compare(outcome: Outcome, old: Json, new: Json, place: Place, where: str) -> None:
    """Whether the document now says, at a place that an action changes, what the action says, or a third thing."""
    if "update" not in outcome.action:
        if _in_order(old) != _in_order(new):
            told = f"the document changed {where} from {old!r} to {new!r}; the correction removes it"
            outcome.conflicts.append(told)
        return
    leaves = list(_leaves(structure(outcome.action["update"], place), old, new, where))
    if leaves and all(wanted == now for _, wanted, _, now in leaves):
        outcome.repaired.append(where)
        return
    for here, wanted, was, now in leaves:
        if now == wanted and was != wanted:
            outcome.repaired.append(here)
        elif was != now:
            told = f"the document changed {here} from {_told(was)} to {_told(now)}; the correction says {wanted!r}"
            outcome.conflicts.append(told)


def _in_order(node: Json) -> Json:
    """A node with its lists of plain values sorted: required fields and words have no order."""
    if isinstance(node, dict):
        return {key: _in_order(value) for key, value in node.items()}
    if isinstance(node, list):
        found = [_in_order(item) for item in node]
        return found if any(isinstance(item, dict | list) for item in node) else sorted(found, key=repr)
    return node


def _leaves(update: Json, old: Json, new: Json, where: str) -> Iterator[tuple[str, Json, Json, Json]]:
    """(place, what an update says, what the old document said there, what the new one says)."""
    if isinstance(update, dict) and (isinstance(old, dict) or isinstance(new, dict)):
        for key, value in update.items():
            was, now = (each.get(key, _NOTHING) if isinstance(each, dict) else _NOTHING for each in (old, new))
            yield from _leaves(value, was, now, f"{where}/{key}")
    elif isinstance(old, list) or isinstance(new, list):
        for item in update if isinstance(update, list) else [update]:
            was, now = (item if isinstance(each, list) and item in each else _NOTHING for each in (old, new))
            yield where, item, was, now
    else:
        yield where, update, old, new


def _told(value: Json) -> str:
    return "nothing" if value is _NOTHING else repr(value)
