"""`openapi.yaml` says what the service's published document says, in words and with examples of our own.

`scripts/update_spec/published.json` is the published document without prose and examples: the fixed reference for
everything that is fact. Server descriptions stay in it, since they are the names of the regions.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4
from ruamel.yaml import YAML

from scripts.update_spec.published.record import copied, load, structure

Json = Any  # a JSON value: the tests walk it without knowing its shape

ROOT = Path(__file__).parents[3]
DOCUMENT: Json = YAML(typ="safe").load(ROOT / "openapi.yaml")
PUBLISHED: Json = load().structure

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def pointer(*parts: str | int) -> str:
    """The JSON pointer made of `parts`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def first_difference(expected: Json, actual: Json, at: str = "") -> str | None:
    """Where and how `actual` first departs from `expected`, beginning with the JSON pointer; `None` if it does not."""
    if type(expected) is not type(actual):
        return f"{at}: {expected!r} became {actual!r}"
    if isinstance(expected, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            here = at + pointer(key)
            if key not in actual:
                return f"{here}: missing"
            if key not in expected:
                return f"{here}: not in the published document"
            if difference := first_difference(expected[key], actual[key], here):
                return difference
        return None
    if isinstance(expected, list):
        for index, (left, right) in enumerate(zip(expected, actual, strict=False)):
            if difference := first_difference(left, right, at + pointer(index)):
                return difference
        if len(expected) != len(actual):
            return f"{at}: {len(expected)} items became {len(actual)}"
        return None
    return None if expected == actual else f"{at}: {expected!r} became {actual!r}"


def leaves(node: Json, *parts: str | int) -> Iterator[tuple[str | int, ...]]:
    """The way to every value in `node` that is neither a list nor an object."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if children is None:
        yield parts
        return
    for key, child in children:
        yield from leaves(child, *parts, key)


def replaced(node: Json, parts: tuple[str | int, ...], value: Json) -> Json:
    """A copy of `node` with `value` at the end of the way `parts`."""
    if not parts:
        return value
    head, *rest = parts
    if isinstance(node, dict):
        return {**node, head: replaced(node[head], tuple(rest), value)}
    assert isinstance(head, int)
    return [*node[:head], replaced(node[head], tuple(rest), value), *node[head + 1 :]]


Named = Iterator[tuple[str, Json]]  # pointer and object


def operations() -> Named:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS & item.keys():
            yield pointer("paths", path, method), item[method]


def parameters() -> Named:
    for at, operation in operations():
        for index, parameter in enumerate(operation.get("parameters", [])):
            yield at + pointer("parameters", index), parameter


def request_bodies() -> Named:
    for at, operation in operations():
        if "requestBody" in operation:
            yield at + "/requestBody", operation["requestBody"]


def responses() -> Named:
    for at, operation in operations():
        for status, response in operation["responses"].items():
            yield at + pointer("responses", status), response


def schemas() -> Named:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        yield pointer("components", "schemas", name), schema


def fields() -> Named:
    """Every field of every schema; one that only refers to a schema is told by that schema's prose and example."""
    for at, schema in schemas():
        for name, field in schema.get("properties", {}).items():
            yield at + pointer("properties", name), resolved(field)


def items() -> Named:
    """The plain values inside arrays, of fields and of parameters."""
    for at, field in fields():
        if "$ref" not in field.get("items", {"$ref": ""}):
            yield at + "/items", field["items"]
    for at, parameter in parameters():
        if "items" in parameter["schema"]:
            yield at + "/schema/items", parameter["schema"]["items"]


def resolved(schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    return DOCUMENT["components"]["schemas"][schema["$ref"].removeprefix("#/components/schemas/")]


def test_structure_is_the_published_one() -> None:
    """Paths, parameters, schemas, types, limits, required lists, servers and security are the published ones."""
    assert first_difference(PUBLISHED, structure(DOCUMENT)) is None


def test_no_sentence_is_copied() -> None:
    """No sentence of the published document stands in ours; hashes of its sentences are all that is kept of them."""
    assert copied(DOCUMENT, load()) == []


def test_every_operation_is_there() -> None:
    """The contract has the service's operations under the service's tags, each with a name of its own."""
    names = [operation["operationId"] for _, operation in operations()]
    there = [one for item in PUBLISHED["paths"].values() for method, one in item.items() if method in METHODS]
    assert len(names) == len(set(names)) == len(there) >= 43
    assert {tag for _, one in operations() for tag in one["tags"]} == {tag for one in there for tag in one["tags"]}


@given(st.sampled_from(list(leaves(PUBLISHED))))
def test_comparison_names_the_place_that_differs(way: tuple[str | int, ...]) -> None:
    """Any single altered value, wherever it is, is reported by its JSON pointer."""
    difference = first_difference(PUBLISHED, replaced(PUBLISHED, way, {"altered": True}))
    assert difference is not None
    assert difference.startswith(pointer(*way) + ":")


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ({"a": [1, 2]}, "/b: missing"),
        ({"a": [1, 2], "b": {}, "c": 0}, "/c: not in the published document"),
        ({"a": [2, 1], "b": {}}, "/a/0: 1 became 2"),
        ({"a": [1], "b": {}}, "/a: 2 items became 1"),
        ({"a": [1, True], "b": {}}, "/a/1: 2 became True"),
    ],
)
def test_comparison_sees_additions_losses_and_order(actual: Json, expected: str) -> None:
    """What was added, lost, reordered or turned into another type differs."""
    assert first_difference({"a": [1, 2], "b": {}}, actual) == expected


@pytest.mark.parametrize("things", [operations, parameters, request_bodies, responses, schemas, fields, items])
def test_everything_is_described(things: Callable[[], Named]) -> None:
    """No operation, parameter, body, response, schema, field or array item lacks a description."""
    found = list(things())
    assert found
    assert [at for at, thing in found if not thing.get("description", "").strip()] == []


def test_every_operation_has_a_summary() -> None:
    """Each operation has a title of its own, short enough for a list of contents."""
    summaries = {at: operation.get("summary", "").strip() for at, operation in operations()}
    assert [at for at, summary in summaries.items() if not 0 < len(summary) <= 60] == []
    assert len(set(summaries.values())) == len(summaries)


@pytest.mark.parametrize("things", [parameters, fields, items])
def test_everything_has_an_example(things: Callable[[], Named]) -> None:
    """No parameter, field or array item lacks an example."""
    assert [at for at, thing in things() if "example" not in thing] == []


def test_examples_fit_their_schemas() -> None:
    """Every example is a value that the contract itself allows, formats and enums included."""
    registry = Registry[Json]().with_resource("urn:contract", DRAFT4.create_resource(DOCUMENT))
    examples = [(at + "/schema", parameter["example"]) for at, parameter in parameters() if "example" in parameter]
    for things in (schemas, fields, items):
        examples += [(at, thing["example"]) for at, thing in things() if "example" in thing]
    misfits = []
    for at, example in examples:
        schema = {"$ref": "urn:contract#" + quote(at)}
        validator = OAS30Validator(schema, registry=registry, format_checker=oas30_format_checker)
        misfits += [f"{at}: {error.message}" for error in validator.iter_errors(example)]
    assert misfits == []


def test_document_is_valid_openapi() -> None:
    """The document follows the OpenAPI 3.0 specification."""
    assert [error.message for error in OpenAPIV30SpecValidator(DOCUMENT).iter_errors()] == []
