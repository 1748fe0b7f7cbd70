"""Laws of the comparison: what never matters, what is its own mirror, what adds up."""

from __future__ import annotations

import copy
import itertools
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from scripts.update_spec.judge import Change, compare
from scripts.update_spec.judge.changes import worst
from scripts.update_spec.published.record import structure
from tests.support.update_spec.corpus import CASES
from tests.support.update_spec.judging import contract, mutated

Json = Any

# Pairs of kinds that a comparison the other way round turns into each other. All others stay what they are.
_MIRRORED = {
    "became-nullable": "became-not-nullable",
    "deprecated": "no-longer-deprecated",
    "field-became-optional": "field-became-required",
    "limit-loosened": "limit-tightened",
    "operation-deprecated": "operation-no-longer-deprecated",
    "parameter-became-optional": "parameter-became-required",
    "parameter-deprecated": "parameter-no-longer-deprecated",
    "request-body-became-optional": "request-body-became-required",
    "response-header-became-optional": "response-header-became-required",
    "security-loosened": "security-changed",
}
# What each change that has no mirror of its own would be, or what tells of a package alone.
_MIRRORED |= {right: left for left, right in _MIRRORED.items()}
_SEEDS = st.integers(min_value=0, max_value=2**32)


def _mirrored(kind: str) -> str:
    if kind.endswith("-added"):
        return kind.removesuffix("-added") + "-removed"
    if kind.endswith("-removed"):
        return kind.removesuffix("-removed") + "-added"
    return _MIRRORED.get(kind, kind)


def _contract_effect(changes: list[Change]) -> str:
    return worst(change.effect for change in changes if change.layer == "contract")


def _shuffled(node: Json, draw: random.Random, at: str = "") -> Json:
    """The same with keys, and lists whose order means nothing, in another order."""
    if isinstance(node, dict):
        items = [(key, _shuffled(value, draw, key)) for key, value in node.items()]
        draw.shuffle(items)
        return dict(items)
    if isinstance(node, list):
        shuffled = [_shuffled(item, draw) for item in node]
        if at in ("parameters", "required", "enum", "servers", "oneOf", "anyOf", "allOf", "security"):
            draw.shuffle(shuffled)
        return shuffled
    return node


def _extracted(document: Json, draw: random.Random) -> Json:
    """The same with some of the schemas that are written out as components, referred to."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]

    def extract(holder: Json, key: str) -> None:
        if "$ref" not in holder[key] and draw.random() < 0.3:
            name = f"Extracted{len(schemas)}"
            schemas[name] = holder[key]
            holder[key] = {"$ref": f"#/components/schemas/{name}"}

    for schema in list(schemas.values()):
        for name in schema.get("properties", {}):
            extract(schema["properties"], name)
    for item in document["paths"].values():
        operations = [operation for operation in item.values() if isinstance(operation, dict)]
        for holder in (item, *operations):
            for parameter in holder.get("parameters", []):
                extract(parameter, "schema")
    return document


def _worded(node: Json, draw: random.Random) -> Json:
    if isinstance(node, dict):
        return {
            key: f"Wording {draw.random()}"
            if key in ("description", "summary") and isinstance(value, str)
            else value
            if key == "servers"
            else _worded(value, draw)
            for key, value in node.items()
        }
    return [_worded(item, draw) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", CASES)
def test_a_document_compared_with_itself_has_no_changes(name: str) -> None:
    """compare(a, a) is empty."""
    document = mutated(CASES[name])
    assert compare(document, copy.deepcopy(document)) == []


@given(st.sampled_from(sorted(CASES)), _SEEDS, st.sampled_from([_shuffled, _extracted, _worded]))
@settings(max_examples=60)
def test_order_references_and_prose_never_matter(name: str, seed: int, rewrite: Any) -> None:
    """A document written in another order, with more references or in other words has the same contract."""
    document = mutated(CASES[name])
    rewritten = rewrite(document, random.Random(seed))
    assert _contract_effect(compare(document, rewritten)) == "none"
    original = contract()
    assert _contract_effect(compare(original, rewritten)) == _contract_effect(compare(original, document))


@pytest.mark.parametrize("name", CASES)
def test_the_other_way_round_is_the_mirror(name: str) -> None:
    """compare(b, a) has the mirrored changes of compare(a, b), with before and after exchanged."""
    original, document = contract(), mutated(CASES[name])
    there = [change for change in compare(original, document) if change.layer == "contract"]
    back = [change for change in compare(document, original) if change.layer == "contract"]
    if any(change.kind == "security-changed" for change in (*there, *back)):
        assert bool(there) == bool(back)  # neither side of a change of keys has to be looser
        return
    assert Counter((change.kind, repr(change.before), repr(change.after)) for change in back) == Counter(
        (_mirrored(change.kind), repr(change.after), repr(change.before)) for change in there
    )


_EFFECTS = ("none", "compatible", "breaking")
_APART = sorted(name for name, case in CASES.items() if case.callers in _EFFECTS and not case.same)


@given(st.sampled_from(list(itertools.combinations(_APART, 2))))
@settings(max_examples=60)
def test_two_changes_are_no_milder_than_either(names: tuple[str, str]) -> None:
    """The verdict on two changes of different places together is at least that on each of them."""
    original = contract()
    alone = [compare(original, mutated(CASES[name])) for name in names]
    touched = [{change.where for change in changes} for changes in alone]
    assume(not any(_overlap(one, other) for one in touched[0] for other in touched[1]))
    try:
        together = mutated(*(CASES[name] for name in names))
    except (KeyError, StopIteration, ValueError, IndexError):
        reject()  # the first took away what the second changes
    effect = _EFFECTS.index(_contract_effect(compare(original, together)))
    assert effect >= max(_EFFECTS.index(_contract_effect(changes)) for changes in alone)


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def test_comparison_does_not_change_its_documents() -> None:
    """What is compared stays as it was."""
    for case in list(CASES.values())[:20]:
        document = structure(mutated(case))
        kept = copy.deepcopy(document)
        compare(structure(contract()), document)
        assert document == kept
