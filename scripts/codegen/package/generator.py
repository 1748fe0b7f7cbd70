"""The generator, run in this process with our templates: from the effective contract to the files of the package."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openapi_python_client
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.strings import PythonIdentifier

from scripts.codegen.contract.document import Document, nodes
from scripts.codegen.package import operations_table, types, views
from scripts.codegen.python import names, text

STATIC = ("types", "errors", "client", "_json", "_model", "_reading")
"""Modules of the package that a template each makes, whatever models and operations there are."""


class PackageError(Exception):
    """The generator could not make the package of this contract."""


def write(contract: Document, templates: Path, target: Path, notice: str) -> None:
    """Writes the package into `target`, which must not exist.

    Args:
        contract: The effective contract, checked.
        templates: The folder of our templates and of the generator's settings.
        target: The package's folder.
        notice: The comment that each module begins with.

    Raises:
        PackageError: The generator warns of something that it would leave out or change.
    """
    config = Config.from_sources(
        ConfigFile.load_from_path(templates / "generator.yaml"), MetaType.NONE, Path(), "utf-8", False, target
    )
    overrides = names.class_overrides(contract["components"]["schemas"])
    config.class_overrides = {
        name: ClassOverride.model_validate({"class_name": other, "module_name": names.module(other)})
        for name, other in overrides.items()
    }
    parsed = GeneratorData.from_dict(_without_titles(contract), config=config)
    if isinstance(parsed, GeneratorError):
        raise PackageError(f"the generator cannot read the contract: {text.prose(parsed.detail or parsed.header)}")
    complaints = [*_complaints(parsed)]
    if complaints:
        raise PackageError(f"the generator would lose something: {'; '.join(complaints)}")
    project = openapi_python_client.Project(openapi=parsed, config=config, custom_template_path=templates)
    project.env.globals["literal"] = text.literal
    for path, template, values in _modules(contract, parsed):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        source = project.env.get_template(f"{template}.py.jinja").render(values)
        file.write_text(f"# {notice}\n{source}", encoding="utf-8")
    (target / "py.typed").touch()
    _lay_out(target)


def _without_titles(contract: Document) -> Document:
    # The generator would name a class by its schema's title, which is prose, and not by its name.
    document = copy.deepcopy(contract)
    for at, node in nodes(document["components"]):
        if isinstance(node, dict) and isinstance(node.get("title"), str) and at[-1:] != ("properties",):
            del node["title"]
    return document


def _complaints(parsed: GeneratorData) -> Iterator[str]:
    found: list[ParseError] = list(parsed.errors)
    for collection in parsed.endpoint_collections_by_tag.values():
        found += collection.parse_errors
    for error in found:
        yield text.prose(f"{error.header} {error.detail or ''}")


def _modules(contract: Document, parsed: GeneratorData) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(file, template, values) of every module."""
    key = contract["components"]["securitySchemes"]["ApiKeyAuth"]
    facts = {
        "authorization_prefix": key["x-prefix"],
        "key_variables": key["x-key-variables"],
        "servers": contract["servers"],
        "rows": operations_table.rows(contract),
    }
    yield "__init__.py", "package_init", {}
    yield "_operations.py", "_operations", facts
    for name in STATIC:
        yield f"{name}.py", name, facts
    beside = views.Contract(contract, parsed)
    yield "models/__init__.py", "models_init", {"exports": sorted((home, name) for name, home in beside.homes.items())}
    for model in parsed.models:
        if not types.is_free_form(model):
            yield f"models/{beside.homes[model.class_info.name]}.py", "model", {"view": views.Model(beside, model)}
    for each in beside.aliases:
        if beside.homes[each.class_info.name] == each.class_info.module_name:
            yield f"models/{each.class_info.module_name}.py", "literal_enum", {"alias": views.alias(each)}
    yield from _operations(contract, beside)


def _operations(contract: Document, beside: views.Contract) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    endpoints = {str(endpoint.name): endpoint for endpoint in beside.endpoints}
    tags: dict[str, list[str]] = {}
    descriptions = {tag["name"]: tag.get("description") for tag in contract.get("tags", ())}
    titles: dict[str, str] = {}
    for method, path, data in operations_table.operations(contract):
        tag = data["tags"][0]
        endpoint = endpoints[str(PythonIdentifier(data["operationId"], names.PREFIX))]
        shared = contract["paths"][path].get("parameters", [])
        whole = {**data, "parameters": [*shared, *data.get("parameters", ())]}
        view = views.Operation(beside, endpoint, method, path, whole)
        tags.setdefault(names.module(tag), []).append(view.name)
        titles[names.module(tag)] = text.sentence(descriptions.get(tag)) or f"Operations of the tag {text.prose(tag)}."
        yield f"api/{names.module(tag)}/{view.name}.py", "endpoint_module", {"view": view}
    yield "api/__init__.py", "api_init", {"tags": sorted(tags)}
    for tag, operations in tags.items():
        summary = text.docstring(titles[tag], indent=0)
        yield (
            f"api/{tag}/__init__.py",
            "endpoint_init",
            {"package_docstring": summary, "operations": sorted(operations)},
        )


def _lay_out(package: Path) -> None:
    """Takes out imports that a module does not need, and lays the source out, with the pinned ruff and no settings."""
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--no-cache", "--isolated", "--quiet", "--line-length", str(text.WIDTH)]
    environment = {**os.environ, "RUFF_NO_CACHE": "true"}
    fix = ["check", "--fix-only", "--select", "F401,I", "--config", "lint.isort.combine-as-imports=true"]
    for command in ([*fix, *options], ["format", "--config", "format.skip-magic-trailing-comma=true", *options]):
        done = subprocess.run(
            [*ruff, *command, str(package)], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PackageError(f"ruff cannot lay out the package: {text.prose(done.stderr or done.stdout)}")
