"""What the hosted service is known to answer, read by the raw client's own parser and allowed by the contract."""

from __future__ import annotations

import importlib
from typing import Any

import attrs
import httpx
import pytest

from scripts import generate
from scripts.operations_table import operations
from tests import hosted_shapes, recordings
from tests.generated import evidence
from tests.generated.test_recorded_answers import comparable
from treasure_workflow_api import Client
from treasure_workflow_api._operations import OPERATIONS

CONTRACT = generate.effective_contract()
RESPONSES = {operation["operationId"]: operation["responses"] for _, _, operation in operations(CONTRACT)}
ALL = list(hosted_shapes.answers())
STATUSES = {"blocked", "queued", "running", "canceling", "success", "error", "killed"}
CONDITIONS = {"project_name", "workflow_name", "invocation_type", "workflow_type"}


def parsed(answer: recordings.Answer) -> Any:
    """What the generated module makes of an answer."""
    module = importlib.import_module(f"treasure_workflow_api.api.{answer.operation.module}")
    content, headers = hosted_shapes.content(answer), hosted_shapes.headers(answer)
    response = httpx.Response(answer.status, content=content, headers=headers)
    return module._parse_response(client=Client(base_url="http://localhost"), response=response)


def places(answers: list[recordings.Answer]) -> Any:
    """The parameters of a test of each shape."""
    return pytest.mark.parametrize("answer", answers, ids=lambda answer: answer.place)


def test_every_operation_has_a_success_among_the_shapes() -> None:
    """Nothing that the hosted service offers is left out, statuses and conditions of every kind included."""
    assert {answer.operation.id for answer in ALL if answer.status < 400} == set(OPERATIONS)
    attempts = [attempt for answer in ALL for attempt in (answer.body or {}).get("attempts", [])]
    assert {attempt["status"] for attempt in attempts} == STATUSES
    rules = [rule for answer in ALL for rule in (answer.body or {}).get("poolRules", [])]
    assert {condition["type"] for rule in rules for condition in rule["conditions"]} == CONDITIONS


@places([answer for answer in ALL if "unreadable" not in answer.step])
def test_each_shape_is_read_and_goes_back_equal(answer: recordings.Answer) -> None:
    """Nothing is lost: null and absent, unknown fields and values, types and order."""
    model = parsed(answer)
    if answer.body is not None:
        assert comparable(model.to_dict()) == comparable(answer.body)
    elif answer.content_type == "application/gzip":
        assert model.payload.read() == hosted_shapes.content(answer)
    else:
        assert model is None


@places(list(hosted_shapes.within_the_contract()))
def test_each_shape_is_allowed_by_the_contract(answer: recordings.Answer) -> None:
    """A validator that holds the live service against the contract has nothing to say."""
    assert list(evidence.Checks(CONTRACT).complaints(RESPONSES[answer.operation.id], answer)) == []


@places([answer for answer in ALL if "beyond" in answer.step])
def test_what_is_beyond_the_contract_is_noticed(answer: recordings.Answer) -> None:
    """A validator tells of each value that the contract does not list, so that it can learn it."""
    assert list(evidence.Checks(CONTRACT).complaints(RESPONSES[answer.operation.id], answer))


def test_known_conditions_are_models_of_their_own_kind_and_unknown_ones_dictionaries() -> None:
    """The type decides; a known type with an operator of tomorrow is a dictionary, too."""
    kinds: dict[str, set[str]] = {}
    for answer in ALL:
        if answer.operation.tag == "Pool" and answer.status < 300 and answer.step.get("beyond") != "operator":
            model = parsed(answer)
            for rule in getattr(model, "pool_rules", None) or [model]:
                for condition in getattr(rule, "conditions", []):
                    type_ = condition["type"] if isinstance(condition, dict) else str(condition.type_)
                    kinds.setdefault(type_, set()).add(type(condition).__name__)
    assert kinds.pop("label") == {"dict"}
    assert kinds == {type_: {f"RestPoolRule{type_.title().replace('_', '')}Condition"} for type_ in CONDITIONS}


def test_every_field_of_the_answers_is_there_at_least_once() -> None:
    """The shapes leave no field of the models out that answers are made of."""
    seen: set[tuple[str, str]] = set()

    def look(model: Any) -> None:
        for item in model if isinstance(model, list) else [model]:
            if attrs.has(type(item)):
                for field in attrs.fields(type(item)):
                    value = getattr(item, field.name)
                    if type(value).__name__ != "Unset":
                        seen.add((type(item).__name__, field.name))
                    look(value)

    for answer in ALL:
        if "beyond" not in answer.step:
            look(parsed(answer))
    models = importlib.import_module("treasure_workflow_api.models")
    declared = {
        (name, field.name)
        for name in {name for name, _ in seen} & CONTRACT["components"]["schemas"].keys()
        for field in attrs.fields(getattr(models, name))
    }
    assert declared - seen == set()
