"""Values that are not drawn are of the contract, and between them have all that it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from treasure_workflow_contract.generation.calls import Call
from treasure_workflow_contract.generation.samples import blank, blanked, full
from treasure_workflow_contract.openapi.contract import Schema, effective

CONTRACT = effective()
RESPONSES = {
    f"{operation.id} {status}": contents["application/json"]
    for operation in CONTRACT.operations.values()
    for status, contents in operation.responses.items()
    if "application/json" in contents
}


def parts(schema: Schema, value: Any) -> Iterator[tuple[Schema, Any]]:
    """A value and all that is in it, each with its schema."""
    described = CONTRACT.resolve(schema)
    yield described, value
    for name, field in described.get("properties", {}).items():
        yield from parts(field, value[name])
    if described.get("type") == "array":
        for item in value:
            yield from parts(described["items"], item)


@pytest.mark.parametrize("response", RESPONSES)
def test_samples_are_what_the_contract_allows(response: str) -> None:
    """All of them, so that whatever a client makes wrong of one is its own mistake."""
    schema = RESPONSES[response]
    for value in (*full(CONTRACT, schema), blank(CONTRACT, schema)):
        assert list(CONTRACT.violations(schema, value)) == []


@pytest.mark.parametrize("response", RESPONSES)
def test_samples_have_every_field_and_every_word(response: str) -> None:
    """No field is missing or null in any, and each word of an enum is in one of them."""
    found = [part for value in full(CONTRACT, RESPONSES[response]) for part in parts(RESPONSES[response], value)]
    assert all(value is not None for _, value in found)
    words = {id(schema): set(schema["enum"]) for schema, _ in found if "enum" in schema}
    for schema, value in found:
        if "enum" in schema:
            words[id(schema)].discard(value)
    assert not any(words.values())


def test_every_variant_of_a_union_is_in_a_sample() -> None:
    """Each word that tells the variants apart, with the fields that its variant has."""
    rules = full(CONTRACT, {"$ref": "#/components/schemas/RestPoolRule"})
    conditions = [rule["conditions"][0] for rule in rules]
    kinds = {"invocation_type", "project_name", "workflow_name", "workflow_type"}
    assert {condition["type"] for condition in conditions} == kinds
    assert all(("operator" in condition) == condition["type"].endswith("_name") for condition in conditions)


def test_what_is_easily_taken_for_nothing_is_given() -> None:
    """Zero, false, empty texts and lists in query and body, but nothing that the contract forbids."""
    query = blanked(CONTRACT, Call("getWorkflowDefinitions", query={"order": "asc"})).query
    expected = {"last_id": 0, "count": 0, "name_pattern": "", "search_project_name": False}
    assert {name: query[name] for name in expected} == expected
    body = {"poolId": "1", "priority": 5, "conditions": []}
    assert blanked(CONTRACT, Call("createPoolRule", body=body)).body["poolId"] == ""
    assert blanked(CONTRACT, Call("createPoolRule", body=body)).body["priority"] == 5
