"""What a real server answered, read by the raw client's own parser and held against the effective contract."""

from __future__ import annotations

import importlib
import re
from typing import Any

import attrs
import httpx
import pytest

from scripts.codegen import generate
from tests.support import recordings
from tests.support.codegen import evidence
from tests.support.codegen.comparing import comparable, expected

CONTRACT = generate.effective_contract()

# The open-source server answers secrets with 200 and a body, the hosted one with 204: the contract has the latter only.
HOSTED_ONLY = {("putProjectSecret", 200), ("deleteProjectSecret", 200)}

JSON_RESPONSES = [
    response
    for response in recordings.responses()
    if response.body is not None and (response.operation.id, response.status) not in HOSTED_ONLY
]


def parsed(response: recordings.Response) -> Any:
    """The model that the generated module makes of a response."""
    module = importlib.import_module(f"treasure_workflow_api.api.{response.operation.module}")
    return module.parse_response(httpx.Response(response.status, json=response.body))


def beyond_datetime(value: Any) -> bool:
    """Whether a JSON value holds a time after the year 9999."""
    if isinstance(value, dict):
        return any(map(beyond_datetime, value.values()))
    if isinstance(value, list):
        return any(map(beyond_datetime, value))
    return isinstance(value, str) and bool(re.match(r"\+\d{5,}-", value))


def declared_extras(model: Any) -> list[str]:
    """The names of typed fields that a model, or a model within, kept among its unknown fields."""
    if isinstance(model, list):
        return [name for item in model for name in declared_extras(item)]
    if not attrs.has(type(model)):
        return []
    wire_names = {name: type(model).__name__ for name in model.additional_properties}
    schema = CONTRACT["components"]["schemas"].get(type(model).__name__, {})
    found = [f"{owner}.{name}" for name, owner in wire_names.items() if name in schema.get("properties", {})]
    return found + [name for field in attrs.fields(type(model)) for name in declared_extras(getattr(model, field.name))]


def test_every_recorded_json_response_is_read_and_goes_back_equal() -> None:
    """The raw client loses nothing of what a real server says: types, values and names, and null in required fields."""
    different = []
    for response in JSON_RESPONSES:
        if not beyond_datetime(response.body):
            model = parsed(response)
            if model is None or comparable(model.to_dict()) != expected(response):
                different.append(response.place)
    assert len(JSON_RESPONSES) > 4000
    assert different == []


def test_a_year_past_9999_is_a_clear_error() -> None:
    """A time that no datetime can hold is named in the error."""
    late = [response for response in JSON_RESPONSES if response.status == 200 and beyond_datetime(response.body)]
    assert late
    for response in late:
        with pytest.raises(ValueError, match=r"'\+\d{5}-.* is no time that a datetime can hold"):
            parsed(response)


def test_declared_names_are_typed_fields() -> None:
    """No field that the contract declares is among the unknown ones of a model."""
    models: dict[object, Any] = {}
    for response in JSON_RESPONSES:
        if not beyond_datetime(response.body):
            models.setdefault((response.operation.id, response.status, tuple(response.body)), parsed(response))
    assert [name for model in models.values() for name in declared_extras(model)] == []


def test_free_form_objects_keep_order_and_types() -> None:
    """`config`, `params` and their like are the dictionaries that came, key by key."""
    checked = 0
    for response in JSON_RESPONSES:
        if response.operation.id == "getWorkflowByName" and response.status == 200:
            config = parsed(response).config
            assert type(config) is dict
            assert str(config) == str(response.body["config"])
            checked += 1
    assert checked > 100


def test_null_and_absent_read_the_same() -> None:
    """A field that came as null is None, and so is one that did not come: both are left out of what goes back."""
    response = next(a for a in JSON_RESPONSES if a.operation.id == "getAttempt" and a.body.get("finishedAt", 1) is None)
    assert parsed(response).finished_at is None
    assert parsed(response).pool_id is None
    assert not {"finishedAt", "poolId"} & parsed(response).to_dict().keys()


def test_the_effective_contract_allows_every_recorded_response() -> None:
    """Statuses, content types and bodies of a real server are all in the corrected contract."""
    assert evidence.disagreements(CONTRACT) == {}


def test_the_published_document_does_not() -> None:
    """The corrections are needed: what is published contradicts a real server in dozens of ways."""
    assert len(evidence.disagreements(generate.load(generate.CONTRACT))) > 80
