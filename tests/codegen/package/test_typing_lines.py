"""tests/typing/raw says the type of every field of every model and of every function of every operation."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from treasure_workflow_api import models
from treasure_workflow_api._operations import OPERATIONS

FOLDER = Path(__file__).parents[2] / "typing" / "raw"
FUNCTIONS = ("build_request", "parse_response", "sync_detailed", "sync", "asyncio_detailed", "asyncio")


def test_every_field_of_every_model_has_its_line() -> None:
    """A field that is new, or gone, shows here."""
    source = (FOLDER / "models.py").read_text(encoding="utf-8")
    told = set()
    for function in source.split("\n\n\ndef ")[1:]:
        model = re.search(r"model: models\.(\w+)", function)
        assert model is not None
        told |= {(model[1], name) for name in re.findall(r"assert_type\(\s*model\.(\w+)", function)}
    classes = {name: getattr(models, name) for name in models.__all__ if attrs.has(getattr(models, name))}
    assert told == {
        (name, field.name) for name, model in classes.items() for field in attrs.fields(model) if field.init
    }
    assert len(told) > 150


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_function_of_every_operation_has_its_line(operation: object) -> None:
    """All six of each module, the two that make no request included."""
    tag, _, name = operation.module.partition(".")  # type: ignore[attr-defined]
    source = (FOLDER / f"{tag}.py").read_text(encoding="utf-8")
    told = re.findall(rf"assert_type\(\s*(?:await )?{name}\.(\w+)\(", source)
    assert sorted(told) == sorted(FUNCTIONS)
