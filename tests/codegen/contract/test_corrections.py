"""The corrections: how they are applied, and that each one is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.codegen import generate
from scripts.codegen.contract import corrections
from tests.support.codegen import evidence, promises

PUBLISHED = generate.load(generate.CONTRACT)
ACTIONS = generate.load(generate.OVERLAY)["actions"]


def action(target: str, **change: Any) -> dict[str, Any]:
    """A correction for the tests below."""
    return {"target": target, "description": "why", "x-correction": "test", "x-evidence": "seen", **change}


def failures(contract: dict[str, Any]) -> list[str]:
    """What a contract gets wrong: promises, or else recorded responses."""
    disagreements = evidence.disagreements
    return promises.broken(contract) or [f"{what} ({where})" for what, where in disagreements(contract).items()]


def test_the_effective_contract_keeps_every_promise() -> None:
    """With all corrections nothing is wrong."""
    assert promises.broken(generate.effective_contract()) == []


@pytest.mark.parametrize("name", corrections.corrections({"actions": ACTIONS}))
def test_each_correction_is_needed(name: str, record_property: Callable[[str, object], None]) -> None:
    """Without it a recorded response or a promise is broken."""
    others = [item for item in ACTIONS if item["x-correction"] != name]
    found = failures(corrections.apply(PUBLISHED, others))
    record_property("fails", found[:1])
    assert found, f"nothing fails without {name}: drop it"


def test_only_what_is_null_in_an_response_is_nullable() -> None:
    """No field may be null that no recorded response has as null."""
    contract = generate.effective_contract()
    for schema, definition in contract["components"]["schemas"].items():
        for field, details in definition.get("properties", {}).items():
            if details.pop("nullable", False):
                assert evidence.disagreements(contract), f"{schema}.{field}"
                details["nullable"] = True


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (action("$.paths.nowhere", remove=True), "matches nothing"),
        (action("$.info", update={"title": PUBLISHED["info"]["title"]}), "changes nothing"),
        (action("$.info"), "either update, or remove"),
        (action("$.info", update={}, remove=True), "either update, or remove"),
        (action("$.info", remove=True) | {"x-evidence": ""}, "must have target, description"),
    ],
)
def test_a_correction_that_does_nothing_is_an_error_that_names_it(wrong: dict[str, Any], says: str) -> None:
    """So we hear when the published document is repaired."""
    with pytest.raises(corrections.CorrectionError, match=rf"action 1 \(test: .*{says}"):
        corrections.apply(PUBLISHED, [wrong])


def test_applying_leaves_the_published_document_as_it_is() -> None:
    """The input is not changed."""
    document = {"list": [1, 2], "object": {"inner": {}}}
    corrections.apply(document, [action("$.list", update=3), action("$.object", update={"inner": {"new": 1}})])
    assert document == {"list": [1, 2], "object": {"inner": {}}}


@given(st.lists(st.integers(0, 5), min_size=1), st.integers(0, 5))
def test_removing_takes_every_match_and_nothing_else(numbers: list[int], unwanted: int) -> None:
    """List items are removed from the last to the first."""
    wanted = [number for number in numbers if number != unwanted]
    remove = action(f"$.list[?@=={unwanted}]", remove=True)
    if wanted == numbers:
        with pytest.raises(corrections.CorrectionError, match="matches nothing"):
            corrections.apply({"list": numbers}, [remove])
    else:
        assert corrections.apply({"list": numbers}, [remove]) == {"list": wanted}


@given(st.dictionaries(st.text(), st.integers()), st.dictionaries(st.text(), st.integers(), min_size=1))
def test_updating_merges_objects(before: dict[str, int], update: dict[str, int]) -> None:
    """Objects are merged, as the format says; an update that changes nothing is a mistake."""
    after = {**before, **update}
    if after == before:
        with pytest.raises(corrections.CorrectionError):
            corrections.apply({"object": before}, [action("$.object", update=update)])
        return
    assert corrections.apply({"object": before}, [action("$.object", update=update)]) == {"object": after}
    nested = corrections.apply({"a": {"object": before}}, [action("$.a", update={"object": update})])
    assert nested == {"a": {"object": after}}


def test_updating_appends_to_lists() -> None:
    """A list takes an item, or items when a list is merged into one."""
    assert corrections.apply({"list": [1]}, [action("$.list", update=2)]) == {"list": [1, 2]}
    assert corrections.apply({"a": {"list": [1]}}, [action("$.a", update={"list": [2]})]) == {"a": {"list": [1, 2]}}


def test_corrections_aim_at_no_prose() -> None:
    """All of them apply to the published document as it is, whatever its words and examples: here it has none."""
    published = generate.ROOT / "scripts" / "update_spec" / "published.json"
    structure = json.loads(published.read_text(encoding="utf-8"))["structure"]
    assert corrections.apply(structure, ACTIONS)["components"]["schemas"]["ProjectReference"]


def test_a_plain_schema_that_stands_elsewhere_is_corrected_in_its_place() -> None:
    """What is merged beside a reference counts nowhere; a copy is corrected, and others who refer to it are not."""
    shared = {"type": "integer"}
    before = {"size": {"$ref": "#/shared/Size"}, "other": {"$ref": "#/shared/Size"}, "shared": {"Size": shared}}
    after = corrections.apply(before, [action("$.size", update={"maximum": 100})])
    assert after == before | {"size": {"type": "integer", "maximum": 100}}
