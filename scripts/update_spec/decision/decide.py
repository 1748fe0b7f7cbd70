"""The verdict on a newer document: a comparison of two structures under the corrections, without side effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from scripts.codegen.contract import corrections
from scripts.codegen.contract.document import Document, Json, pointer
from scripts.update_spec.decision import fitting, hands, repairs
from scripts.update_spec.decision.hands import Hand
from scripts.update_spec.decision.tree import Tree
from scripts.update_spec.judge import Change, compare
from scripts.update_spec.judge.changes import Bump, Effect, bump, next_version, worst
from scripts.update_spec.judge.operations import operations
from scripts.update_spec.published.record import Published, named_nodes

Verdict = Literal["none", "prose", "compatible", "breaking", "needs-hands"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a newer document means.

    `changes` are those that callers may meet: what a correction said already is none of them. `before` and `after` are
    the corrected documents, `outcomes` what became of the overlay's actions, `added` the actions that were added for
    want of better, `same` whether the document is the one that was adopted last.
    """

    changes: list[Change]
    corrections: list[repairs.Correction]
    hands: list[Hand]
    before: Document
    after: Document
    outcomes: list[repairs.Outcome]
    added: list[Json]
    version: str
    same: bool

    @property
    def callers(self) -> Effect:
        """The class for callers."""
        return worst(change.effect for change in self.changes)

    @property
    def verdict(self) -> Verdict:
        """The verdict: the class for callers, unless hands are needed first.

        What was left to do when the same document was adopted is listed again, and does not hold it up again.
        """
        return "needs-hands" if not self.same and any(hand.holds for hand in self.hands) else self.callers

    @property
    def next_version(self) -> tuple[str, Bump]:
        """The version to release as, and the part of it that is raised."""
        return next_version(self.version, bump(self.changes))


def decide(
    old: Published, new: Published, actions: list[Json], tree: Tree, version: str, lost: Iterable[str] = ()
) -> Decision:
    """Compares what was published with what is, under the corrections and the project's code."""
    was, now = _plain(old.structure), _plain(new.structure)
    assessment = repairs.assess(was, now, actions)
    before = assessment.before
    known = {operation.id for operation in operations(before)}
    found = list(hands.of_operations(assessment.effective, tree, known))
    added = list(additions(assessment.effective))
    after = corrections.apply(assessment.effective, added)
    changes = compare(before, after)
    fitted = list(fitting.additions(after))
    added += fitted
    found += fitting.hands(fitted)
    after = corrections.apply(after, fitted)
    found += [
        *hands.of_corrections(assessment.corrections),
        *hands.of_servers(changes),
        *hands.of_version(old.version, new.version, lost),
        *hands.of_calls(after, tree),
        *hands.of_models(changes, tree),
        *hands.of_listings(after),
        *hands.of_links(after),
        *hands.of_fields(changes, before, tree),
    ]
    changes += prose_changes(old, new)
    same = (old.version, old.structure, old.prose) == (new.version, new.structure, new.prose)
    return Decision(changes, assessment.corrections, found, before, after, assessment.outcomes, added, version, same)


# What these say when they are false they say when they are left out, too.
_FLAGS = frozenset({"required", "deprecated", "nullable", "readOnly", "writeOnly", "uniqueItems", "allowEmptyValue"})


def _plain(node: Json) -> Json:
    """A document without flags that say nothing."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if not (value is False and key in _FLAGS)}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def additions(effective: Document) -> Iterator[Json]:
    """The corrections without which nothing could be generated, each on the safe side."""
    for operation in operations(effective):
        target = hands.target_of(operation)
        call = f"{operation.method.upper()} {operation.path}"
        if not operation.raw.get("operationId"):
            yield _addition(
                "operation-names", target, f"{call} has no operationId.", {"operationId": hands.id_for(operation)}
            )
        if operation.tag is None:
            yield _addition(
                "operation-names", target, f"{call} has no tag.", {"tags": [hands.tag_for(operation, effective)]}
            )
        if "x-retry" not in operation.raw:
            why = "Nobody looked yet at whether it can be repeated."
            yield _addition("retry", target, why, {"x-retry": {"policy": "never"}})
        rows = hands.rows_of(effective, operation)
        if rows and "x-pagination" not in operation.raw:
            rule = {"rule": "none", "items": rows, "shortPageEnds": True}
            yield _addition("pagination", target, "Nobody looked yet at how it is paged.", {"x-pagination": rule})


def _addition(name: str, target: str, why: str, update: Json) -> Json:
    evidence = "None yet. Written when the newer document was adopted."
    return {"x-correction": name, "target": target, "description": why, "x-evidence": evidence, "update": update}


def prose_changes(old: Published, new: Published) -> Iterator[Change]:
    """Wording that changed of what both documents have; what is new or gone as a whole is told as such."""
    moved = {tuple(text) for text in old.prose.values()} & {tuple(text) for text in new.prose.values()}
    old_places, new_places = ({pointer(at) for at, _ in named_nodes(each.structure)} for each in (old, new))
    for where in sorted({*old.prose, *new.prose}):
        before, after = old.prose.get(where), new.prose.get(where)
        if before == after or ((before is None or after is None) and tuple(before or after or ()) in moved):
            continue
        parent = where.rpartition("/")[0]
        if parent in old_places and parent in new_places:
            kind = "prose-changed" if before and after else "prose-added" if after else "prose-removed"
            yield Change(kind, where, None, "prose")
