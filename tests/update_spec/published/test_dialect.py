"""What a newer version of OpenAPI says is said in the words of 3.0, or told as lost."""

from __future__ import annotations

from scripts.update_spec.judge import compare
from scripts.update_spec.published.dialect import in_old_words
from tests.support.update_spec.judging import contract


def test_words_of_newer_versions_are_said_in_old_ones() -> None:
    """Null types, constants, exclusive limits, examples and references with company have their words in 3.0."""
    document = contract() | {"openapi": "3.1.0"}
    schemas = document["components"]["schemas"]
    schemas["New"] = {
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"], "examples": ["x"]},
            "b": {"const": "one"},
            "c": {"type": "integer", "exclusiveMinimum": 0},
            "d": {"anyOf": [{"$ref": "#/components/schemas/RestPool"}, {"type": "null"}]},
            "e": {"$ref": "#/components/schemas/RestPool", "deprecated": True},
            "f": {"$ref": "#/components/schemas/RestPool", "description": "Only words."},
            "g": {"type": ["string", "integer"]},
            "h": {"type": "string", "contentEncoding": "base64"},
            "i": {"type": "array", "prefixItems": [{}]},
        },
    }
    translated, lost = in_old_words(document)
    reference = {"$ref": "#/components/schemas/RestPool"}
    assert translated["components"]["schemas"]["New"]["properties"] == {
        "a": {"type": "string", "nullable": True, "example": "x"},
        "b": {"enum": ["one"]},
        "c": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "d": {"allOf": [reference], "nullable": True},
        "e": {"allOf": [reference], "deprecated": True},
        "f": reference,
        "g": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "h": {"type": "string", "format": "byte"},
        "i": {"type": "array"},
    }
    assert lost == ["#/components/schemas/New/properties/i/prefixItems"]
    assert compare(document, translated) == []
