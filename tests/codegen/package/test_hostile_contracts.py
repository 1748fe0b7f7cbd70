"""Whatever names and text a contract holds: the package imports and works, and no text of it becomes code."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.codegen import generate
from scripts.codegen.contract import composition
from scripts.codegen.contract.checks import Checks
from scripts.codegen.contract.document import nodes
from scripts.codegen.contract.effective import effective
from scripts.codegen.package import generator

EFFECTIVE = effective()
NASTY = [
    '"""\nimport os\nos._exit(7)\n"""',
    "'''; import os; os._exit(7) #",
    "\\",
    '\\"',
    "a\\",
    '"',
    "{{ 7 * 7 }}{% raise %}{# x #}",
    "${7 * 7} {0} {x!r} {",
    "\x1b[31m\u202e\u2066\u200b\x07\r\x85\u2028",
    "#!x\n# -*- coding: latin-1 -*-",
    "\\N{BELL}\\x41\\u0041",
    "`x` %s %(a)s",
]
PROSE = {"description", "summary", "title", "x-evidence", "tell"}


def made(document: dict[str, Any], folder: Path) -> Path:
    """The folder that the package of a contract can be imported from."""
    generator.write(document, generate.TEMPLATES, folder / "treasure_workflow_api", "made for a test")
    return folder


def run(folder: Path, program: str) -> Any:
    """What a program that imports the package prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ALL = """
import importlib, json, pkgutil, treasure_workflow_api as package
names = [found.name for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    importlib.import_module(name)
"""


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def test_two_models_that_refer_to_each_other_work(tmp_path: Path) -> None:
    """Whichever is imported first, both are there, and read each other."""
    document = copy.deepcopy(EFFECTIVE)
    schemas(document)["RestProject"]["properties"]["lastSession"] = {"$ref": "#/components/schemas/RestSession"}
    schemas(document)["RestSession"]["properties"]["projectDetails"] = {"$ref": "#/components/schemas/RestProject"}
    folder = made(document, tmp_path)
    project = {"id": "1", "name": "p", "revision": "r", "createdAt": "2026-01-01T00:00:00Z"}
    project |= {"updatedAt": "2026-01-01T00:00:00Z", "archiveType": "db"}
    session = {"id": "2", "project": {"id": "1", "name": "p"}, "workflow": {"id": "3", "name": "w"}}
    session |= {"sessionUuid": "7d0c5f3e-91b4-4c7a-8e26-3fb05a9d1c48", "sessionTime": "2026-01-01T00:00:00+00:00"}
    for first, other in (("RestProject", "RestSession"), ("RestSession", "RestProject")):
        program = f"""
import json
from treasure_workflow_api.models import {first}
from treasure_workflow_api.models import {other}
from treasure_workflow_api.models import RestProject
read = RestProject.from_dict({project | {"lastSession": session | {"projectDetails": project}}!r})
print(json.dumps([type(read.last_session).__name__, type(read.last_session.project_details).__name__]))
"""
        assert run(folder, program) == ["RestSession", "RestProject"]


def test_names_that_the_package_uses_itself_become_others(tmp_path: Path) -> None:
    """Schemas, fields and parameters called as what the modules import or define work, and say what they are."""
    document = copy.deepcopy(EFFECTIVE)
    strange = ["Unset", "Any", "TypeVar", "Mapping", "datetime", "list", "Model", "Response", "type", "UUID", "self"]
    fields = [
        "to_dict",
        "from_dict",
        "to_json",
        "from_json",
        "additional_properties",
        "__class__",
        "self",
        "cls",
        "source",
    ]
    fields += ["additional_keys", "value", "get", "model", "_json_names", "_unknown", "field", "class"]
    for name in strange:
        schemas(document)[name] = {
            "type": "object",
            "properties": {field: {"type": "string"} for field in fields}
            | {"when": {"type": "string", "format": "date-time"}},
        }
    schemas(document)["RestPool"]["properties"] |= {
        f"of{index}": {"$ref": f"#/components/schemas/{name}"} for index, name in enumerate(strange)
    }
    strange_parameters = [
        "body",
        "client",
        "file",
        "url",
        "self",
        "arguments",
        "response",
        "query",
        "path_of",
        "OPERATION",
    ]
    document["paths"]["/api/pools"]["post"]["parameters"] = [
        {"name": name, "in": "query", "schema": {"type": "string"}} for name in strange_parameters
    ]
    folder = made(document, tmp_path)
    program = f"""{ALL}
from treasure_workflow_api import models
from treasure_workflow_api.api.pool import create_pool
import inspect
wire = {{"id": "1", "name": "p", "concurrencyLimit": 1, "default": True}}
values = {{name: name for name in {fields!r}}}
read = models.RestPool.from_dict({{**wire, **{{f"of{{index}}": values for index in range({len(strange)})}}}})
body = models.RestPoolCreateRequest.from_dict({{"name": "p", "concurrencyLimit": 1}})
taken = [name for name in inspect.signature(create_pool.build_request).parameters if name != "body"]
request = create_pool.build_request(body=body, **{{name: name for name in taken}})
print(json.dumps([read.to_dict(), dict(request.query), models.AnyModel.__doc__, create_pool.sync_detailed.__doc__]))
"""
    back, query, about, told = run(folder, program)
    assert all(back[f"of{index}"] == {name: name for name in fields} for index in range(len(strange)))
    assert set(query) == set(strange_parameters)
    assert query["body"] == "body_"
    assert "The contract calls it `Any`." in about
    assert "body_: In JSON and on the wire: `body`." in told


def benign(value: str) -> str:
    return "text"


def places(document: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of every text that is not a name: prose, examples, defaults."""
    for at, node in nodes(document):
        if isinstance(node, dict) and at[-1:] != ("properties",):
            for key in PROSE & node.keys():
                if isinstance(node[key], str):
                    yield node, key


def with_text(texts: list[str]) -> dict[str, Any]:
    """The contract with these texts, in turn, in every place that holds text."""
    document = copy.deepcopy(EFFECTIVE)
    for number, (holder, key) in enumerate(list(places(document))):
        holder[key] = texts[number % len(texts)]
    for number, at_and_node in enumerate(list(nodes(document))):
        _, node = at_and_node
        if isinstance(node, dict) and "example" in node and isinstance(node["example"], str):
            node["example"] = texts[number % len(texts)]
    for number, server in enumerate(document["servers"]):
        server["description"] = f"{number} {texts[number % len(texts)]}"
    pool = schemas(document)["RestPoolCreateRequest"]["properties"]
    pool["kind"] = {"type": "string", "enum": [f"{number}{text}" for number, text in enumerate(texts)]}
    pool["words"] = {"type": "string", "default": texts[0], "pattern": texts[1]}
    pool |= {f"f{number}{text}": {"type": "string"} for number, text in enumerate(texts)}
    document["paths"]["/api/pools"]["get"]["parameters"] = [
        {"name": f"p{number}{text}", "in": "query", "schema": {"type": "string", "default": text}, "description": text}
        for number, text in enumerate(texts)
    ]
    document["tags"] = [{"name": "Pool", "description": texts[0]}]
    document["components"]["securitySchemes"]["ApiKeyAuth"]["x-prefix"] = texts[0]
    document["components"]["securitySchemes"]["ApiKeyAuth"]["x-key-variables"] = [{"name": "KEY", "scheme": texts[0]}]
    return document


class Shape(ast.NodeTransformer):
    """A syntax tree without its texts and names, so that only what is code remains."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(value="") if isinstance(node.value, str) else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(id="_", ctx=node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return ast.Attribute(value=node.value, attr="_", ctx=node.ctx) if isinstance(node.ctx, ast.Store) else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(arg="_", annotation=None)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        return ast.keyword(arg="_", value=node.value)


def shape(source: str) -> str:
    return ast.dump(Shape().visit(ast.parse(source)))


def test_no_text_of_a_contract_becomes_code(tmp_path: Path) -> None:
    """Quotes, backslashes, braces and every template's syntax, wherever there is text, are strings and no more."""
    count = len(NASTY)
    nasty = made(with_text(NASTY), tmp_path / "nasty")
    plain = made(with_text(["some text"] * count), tmp_path / "plain")
    files = sorted(path.relative_to(plain) for path in plain.rglob("*.py"))
    assert len(files) > 90
    assert sorted(path.relative_to(nasty) for path in nasty.rglob("*.py")) == files
    for file in files:
        source = (nasty / file).read_text(encoding="utf-8")
        assert shape(source) == shape((plain / file).read_text(encoding="utf-8")), file
        assert all(char.isprintable() or char == "\n" for char in source), file
    program = f"""{ALL}
from treasure_workflow_api.api.pool import get_pools
from treasure_workflow_api.models import RestPoolCreateRequest
body = RestPoolCreateRequest.from_dict({{"name": "p", "concurrencyLimit": 1}})
print(json.dumps([dict(get_pools.build_request().query), RestPoolCreateRequest(1, "p").words]))
"""
    query, words = run(nasty, program)
    assert list(query.values()) == NASTY
    assert words == NASTY[0]


def test_a_title_and_repeated_security_change_nothing(tmp_path: Path) -> None:
    """Classes are named by their schemas, and an operation that repeats what holds for all is like the others."""
    document = copy.deepcopy(EFFECTIVE)
    for name, schema in schemas(document).items():
        schema["title"] = f"Another{name}"
    document["paths"]["/api/pools"]["get"]["security"] = document["security"]
    Checks("openapi.yaml", document, ["treasuredata.com", "treasuredata.co.jp"]).everything()
    one, other = made(document, tmp_path / "one"), made(EFFECTIVE, tmp_path / "other")
    for file in sorted(one.rglob("*.py")):
        assert file.read_bytes() == (other / file.relative_to(one)).read_bytes()


def test_a_schema_made_of_others_has_all_their_fields(tmp_path: Path) -> None:
    """`allOf` makes the same class as the fields written out."""
    document = copy.deepcopy(EFFECTIVE)
    whole = schemas(document)["RestPool"]
    base = {"type": "object", "properties": {"id": whole["properties"].pop("id")}, "required": ["id"]}
    whole["required"].remove("id")
    rest = {key: whole.pop(key) for key in ("properties", "required")}
    schemas(document)["Identified"] = base
    whole["allOf"] = [{"$ref": "#/components/schemas/Identified"}, {"type": "object", **rest}]
    composition.written_out("openapi.yaml", document)
    program = """
import json
from treasure_workflow_api.models import RestPool
import attrs
print(json.dumps([field.name for field in attrs.fields(RestPool) if field.init]))
"""
    fields = run(made(document, tmp_path / "composed"), program)
    assert sorted(fields) == sorted(run(made(EFFECTIVE, tmp_path / "plain"), program))


def test_what_the_generator_would_lose_is_told(tmp_path: Path) -> None:
    """A default of another type is refused in one sentence."""
    document = copy.deepcopy(EFFECTIVE)
    schemas(document)["RestPool"]["properties"]["name"] = {"type": "number", "default": "os.system"}
    with pytest.raises(generator.PackageError) as error:
        made(document, tmp_path)
    assert str(error.value).isprintable()
    assert "os.system" in str(error.value)
