"""What a real server answered, read by the raw client's own parser and held against the effective contract."""

from __future__ import annotations

import datetime
import importlib
import re
from typing import Any

import attrs
import httpx
import pytest

from scripts import generate
from tests import recordings
from tests.generated import evidence
from treasure_workflow_api import Client
from treasure_workflow_api.types import UNSET

CONTRACT = generate.effective_contract()
CLIENT = Client(base_url="http://localhost")
TIME = re.compile(r"[+-]?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

# The open-source server answers secrets with 200 and a body, the hosted one with 204: the contract has the latter only.
HOSTED_ONLY = {("putProjectSecret", 200), ("deleteProjectSecret", 200)}

JSON_ANSWERS = [
    answer
    for answer in recordings.answers()
    if answer.body is not None and (answer.operation.id, answer.status) not in HOSTED_ONLY
]


def parsed(answer: recordings.Answer) -> Any:
    """The model that the generated module makes of an answer."""
    module = importlib.import_module(f"treasure_workflow_api.api.{answer.operation.module}")
    return module._parse_response(client=CLIENT, response=httpx.Response(answer.status, json=answer.body))


def comparable(value: Any) -> Any:
    """A JSON value in which one instant at one offset is written one way. Types count."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return datetime.datetime.fromisoformat(value).isoformat()
    return type(value), value


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


def test_every_recorded_json_answer_is_read_and_goes_back_equal() -> None:
    """The raw client loses nothing of what a real server says: null and absent, types, values and names."""
    different = []
    for answer in JSON_ANSWERS:
        if not beyond_datetime(answer.body):
            model = parsed(answer)
            if model is None or comparable(model.to_dict()) != comparable(answer.body):
                different.append(answer.place)
    assert len(JSON_ANSWERS) > 4000
    assert different == []


def test_a_year_past_9999_is_a_clear_error() -> None:
    """A time that no datetime can hold is named in the error."""
    late = [answer for answer in JSON_ANSWERS if answer.status == 200 and beyond_datetime(answer.body)]
    assert late
    for answer in late:
        with pytest.raises(ValueError, match=r"'\+\d{5}-.* is no time that a datetime can hold"):
            parsed(answer)


def test_declared_names_are_typed_fields() -> None:
    """No field that the contract declares is among the unknown ones of a model."""
    models: dict[object, Any] = {}
    for answer in JSON_ANSWERS:
        if not beyond_datetime(answer.body):
            models.setdefault((answer.operation.id, answer.status, tuple(answer.body)), parsed(answer))
    assert [name for model in models.values() for name in declared_extras(model)] == []


def test_free_form_objects_keep_order_and_types() -> None:
    """`config`, `params` and their like are the dictionaries that came, key by key."""
    checked = 0
    for answer in JSON_ANSWERS:
        if answer.operation.id == "getWorkflowByName" and answer.status == 200:
            config = parsed(answer).config
            assert type(config) is dict
            assert str(config) == str(answer.body["config"])
            checked += 1
    assert checked > 100


def test_null_and_absent_stay_apart() -> None:
    """A field that came as null is None, one that did not come is UNSET."""
    answer = next(a for a in JSON_ANSWERS if a.operation.id == "getAttempt" and a.body.get("finishedAt", 1) is None)
    assert parsed(answer).finished_at is None
    assert parsed(answer).pool_id is UNSET


def test_the_effective_contract_allows_every_recorded_answer() -> None:
    """Statuses, content types and bodies of a real server are all in the corrected contract."""
    assert evidence.disagreements(CONTRACT) == {}


def test_the_published_document_does_not() -> None:
    """The corrections are needed: what is published contradicts a real server in dozens of ways."""
    assert len(evidence.disagreements(generate.load(generate.CONTRACT))) > 80
