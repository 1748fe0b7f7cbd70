"""What the hosted service is known to answer, read by the raw client's own parser and allowed by the contract."""

from __future__ import annotations

import importlib
from typing import Any

import httpx
import pytest

from scripts.codegen import generate
from scripts.codegen.package.operations_table import operations
from tests.support import hosted_shapes, recordings
from tests.support.codegen import evidence
from tests.support.codegen.comparing import comparable, expected
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_contract.openapi.contract import effective

CONTRACT = generate.effective_contract()
RESPONSES = {operation["operationId"]: operation["responses"] for _, _, operation in operations(CONTRACT)}
ALL = list(hosted_shapes.responses())
STATUSES = {"blocked", "queued", "running", "canceling", "success", "error", "killed"}
CONDITIONS = {"project_name", "workflow_name", "invocation_type", "workflow_type"}


def parsed(response: recordings.Response) -> Any:
    """What the generated module makes of a response."""
    module = importlib.import_module(f"treasure_workflow_api.api.{response.operation.module}")
    content, headers = hosted_shapes.content(response), hosted_shapes.headers(response)
    return module.parse_response(httpx.Response(response.status, content=content, headers=headers))


def places(responses: list[recordings.Response]) -> Any:
    """The parameters of a test of each shape."""
    return pytest.mark.parametrize("response", responses, ids=lambda response: response.place)


def test_every_operation_has_a_success_among_the_shapes() -> None:
    """Nothing that the hosted service offers is left out, statuses and conditions of every kind included."""
    assert {response.operation.id for response in ALL if response.status < 400} == set(OPERATIONS)
    attempts = [attempt for response in ALL for attempt in (response.body or {}).get("attempts", [])]
    assert {attempt["status"] for attempt in attempts} == STATUSES
    rules = [rule for response in ALL for rule in (response.body or {}).get("poolRules", [])]
    assert {condition["type"] for rule in rules for condition in rule["conditions"]} == CONDITIONS


@places([response for response in ALL if "unreadable" not in response.step])
def test_each_shape_is_read_and_goes_back_equal(response: recordings.Response) -> None:
    """Nothing is lost: unknown fields and values, types and order."""
    model = parsed(response)
    if response.body is not None:
        assert comparable(model.to_dict()) == expected(response)
    elif response.content_type == "application/gzip":
        assert model.payload.read() == hosted_shapes.content(response)
    else:
        assert model is None


@places(list(hosted_shapes.within_the_contract()))
def test_each_shape_is_allowed_by_the_contract(response: recordings.Response) -> None:
    """A validator that holds the live service against the contract has nothing to say."""
    assert list(evidence.Checks(CONTRACT).complaints(RESPONSES[response.operation.id], response)) == []


@places([response for response in ALL if "beyond" in response.step])
def test_what_is_beyond_the_contract_is_noticed(response: recordings.Response) -> None:
    """A validator tells of each value that the contract does not list, so that it can learn it."""
    assert list(evidence.Checks(CONTRACT).complaints(RESPONSES[response.operation.id], response))


def test_known_conditions_are_models_of_their_own_kind_and_unknown_ones_dictionaries() -> None:
    """The type decides; a known type with an operator of tomorrow is a dictionary, too."""
    kinds: dict[str, set[str]] = {}
    for response in ALL:
        if response.operation.tag == "Pool" and response.status < 300 and response.step.get("beyond") != "operator":
            model = parsed(response)
            for rule in getattr(model, "pool_rules", None) or [model]:
                for condition in getattr(rule, "conditions", []):
                    type_ = condition["type"] if isinstance(condition, dict) else str(condition.type_)
                    kinds.setdefault(type_, set()).add(type(condition).__name__)
    assert kinds.pop("label") == {"dict"}
    assert kinds == {type_: {f"RestPoolRule{type_.title().replace('_', '')}Condition"} for type_ in CONDITIONS}


def test_every_field_of_the_responses_is_there_at_least_once() -> None:
    """The shapes leave no field of the schemas out that answers are made of, be it that one is null."""
    seen: set[tuple[str, str]] = set()
    declared: set[tuple[str, str]] = set()
    for response in ALL:
        if "beyond" not in response.step and response.body is not None:
            schema = effective().operations[response.operation.id].responses[str(response.status)]["application/json"]
            for name, described, found in effective().objects(schema, response.body):
                seen |= {(name, field) for field in found}
                declared |= {(name, field) for field in described["properties"]}
    assert len(declared) > 100
    assert declared - seen == set()
