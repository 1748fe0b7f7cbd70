"""The fast judge over mutated documents: everything of an adoption that needs neither generator nor type checker."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import Any

import yaml

from scripts.update_spec.decision import tree
from scripts.update_spec.decision.decide import Decision, decide
from scripts.update_spec.published.dialect import in_old_words
from scripts.update_spec.published.record import Published, record
from tests.support.update_spec.corpus import Case

ROOT = Path(__file__).parents[3]


@functools.cache
def _contract() -> Any:
    return yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))


@functools.cache
def _published() -> Published:
    return record(_contract(), _contract()["openapi"])


@functools.cache
def actions() -> list[Any]:
    """The overlay's actions."""
    overlay = yaml.safe_load((ROOT / "overlay" / "openapi.overlay.yaml").read_text(encoding="utf-8"))
    return list(overlay["actions"])


@functools.cache
def _tree() -> tree.Tree:
    return tree.survey(ROOT)


def contract() -> Any:
    """The contract with our prose, to be mutated."""
    return copy.deepcopy(_contract())


def mutated(*cases: Case) -> Any:
    """The contract after one or more mutations."""
    document = contract()
    for case in cases:
        document = case.mutate(document) or document
    return document


def verdict_on(document: Any, old: Any = None, version: str = "1.0.0") -> Decision:
    """The decision on a document, against another one or the contract."""
    before = _published() if old is None else _recorded(old)
    translated, lost = in_old_words(document)
    return decide(before, record(translated, document["openapi"]), actions(), _tree(), version, lost)


def _recorded(document: Any) -> Published:
    return record(in_old_words(document)[0], document["openapi"])
