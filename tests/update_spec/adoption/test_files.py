"""The text of the contract and of the overlay as an adoption writes them: what stays, stays letter by letter."""

from __future__ import annotations

import pytest
import yaml

from scripts.update_spec.adoption.contract_file import adopted
from scripts.update_spec.adoption.overlay_file import rewritten
from scripts.update_spec.judge import compare
from scripts.update_spec.published.record import TO_BE_WRITTEN, structure
from tests.support.update_spec.corpus import CASES
from tests.support.update_spec.corpus.case import prop, schema
from tests.support.update_spec.judging import ROOT, actions, contract, mutated, verdict_on


@pytest.mark.parametrize(
    "name",
    ["add_a_list_operation", "rename_a_path", "split_a_schema_by_all_of", "go_back_to_before_pools", "rename_a_schema"],
)
def test_the_contract_takes_over_the_structure_and_keeps_the_prose(name: str) -> None:
    """The adopted contract has the newer structure exactly."""
    document = mutated(CASES[name])
    ours = (ROOT / "openapi.yaml").read_text()
    text, _ = adopted(ours, document, [])
    assert structure(yaml.safe_load(text)) == structure(document)
    assert compare(document, yaml.safe_load(text)) == []


def test_new_parts_are_marked_and_have_examples_that_fit() -> None:
    """What is new has a mark in place of prose, whatever the service says of it."""
    document = contract()
    schema(document, "RestProject")["properties"]["owner"] = {
        "type": "object",
        "description": "A sentence that only the service wrote about it.",
        "required": ["since"],
        "properties": {"since": {"type": "string", "format": "date-time"}, "kind": {"type": "string", "enum": ["a"]}},
    }
    text, unwritten = adopted((ROOT / "openapi.yaml").read_text(), document, [])
    assert "only the service wrote" not in text
    owner = prop(yaml.safe_load(text), "RestProject", "owner")
    assert owner["description"] == TO_BE_WRITTEN
    assert set(owner["example"]) == {"since"}
    assert "#/components/schemas/RestProject/properties/owner" in unwritten


@pytest.mark.parametrize("name", ["nothing", "order_keys_otherwise", "order_servers_otherwise"])
def test_what_means_nothing_leaves_the_overlay_alone(name: str) -> None:
    """Corrections that stay are not rewritten, not by a letter."""
    decision = verdict_on(mutated(CASES[name]))
    overlay = (ROOT / "overlay" / "openapi.overlay.yaml").read_text()
    assert rewritten(overlay, decision.outcomes, decision.added) == overlay


def test_a_repaired_correction_goes_and_the_others_stay() -> None:
    """The actions of a repaired correction, and nothing else, are gone from the overlay."""
    decision = verdict_on(mutated(CASES["publish_what_a_correction_says"]))
    overlay = (ROOT / "overlay" / "openapi.overlay.yaml").read_text()
    left = yaml.safe_load(rewritten(overlay, decision.outcomes, decision.added))["actions"]
    assert left == [action for action in actions() if action["x-correction"] != "project-nulls"]
