"""The workflows of an archive: which files they are, what is in them, and what an upload refuses.

A workflow is a `.dig` file at the top of the archive that neither begins with a dot nor is ignored by `.digdagignore`.
Every file is read and checked before any is refused, so one message names all that is wrong with the files;
only then are the task trees compiled and the schedules built, where the first fault ends it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.dig.config_values import described, json_text, trimmed
from treasure_workflow_mock.dig.ignore_rules import not_ignored
from treasure_workflow_mock.dig.task_definitions import check_tasks
from treasure_workflow_mock.dig.yaml_reader import INCLUDE, MAX_DEPTH, DigError, Expansion, TooMuch, parse_yaml
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java import exceptions
from treasure_workflow_mock.java.directory_order import directory_position
from treasure_workflow_mock.java.times import normal_zone_name
from treasure_workflow_mock.model.names import name_faults, refusal, task_name_faults

_ENDING = ".dig"
_IGNORE_FILE = ".digdagignore"
_ENGINE_KEYS = ("schedule", "sla", "_error", "_check", "_retry", "_parallel")  # in the order responses show them
_TOP_LEVEL_KEYS: dict[Flavour, tuple[str, ...]] = {
    "digdag": _ENGINE_KEYS,
    "hosted": (_ENGINE_KEYS[0], "trigger", *_ENGINE_KEYS[1:]),
}
_INCLUDE_COST = 1_000
_ZONE_TYPE = (
    "[reference type, class com.google.common.base.Optional<java.time.ZoneId><[simple type, class java.time.ZoneId]>]"
)


@dataclass(frozen=True, slots=True)
class WorkflowSource:
    """One workflow as its file states it. `config` is in the order the service shows it; it is for reading only."""

    name: str
    timezone: str
    config: JsonObject


def read_workflows(files: Mapping[str, bytes], folder: str = "", flavour: Flavour = "digdag") -> list[WorkflowSource]:
    """The workflows of an archive's files (by path), in the order of their ids. `check_workflows` is the other half.

    InvalidDefinition with the service's message for a file that is no workflow; `folder` is where such a message says
    the files are. Only the hosted flavour knows `trigger:`.
    """
    includes = _Includes(files, folder)
    workflows, faults = [], []
    for path in workflow_files(files):
        try:
            workflows.append(_read_workflow(includes, path, flavour))
        except DigError as error:
            faults.append(f"workflow {posixpath.join(folder, path)} {error}")
    if faults:
        raise InvalidDefinition(refusal("project", faults))
    return workflows


def check_workflows(workflows: list[WorkflowSource], longest_name: int | None = None) -> None:
    """InvalidDefinition if an upload refuses a workflow for its tasks."""
    for workflow in workflows:
        check_tasks(workflow.name, workflow.config, longest_name)


def load_file(files: Mapping[str, bytes], path: str) -> JsonObject:
    """The configuration of one `.dig` file anywhere in the archive, as `call>` runs it; without its time zone.

    DigError if it is no workflow, InvalidDefinition if there is no such file.
    """
    return _read_workflow(_Includes(files, ""), path).config


def workflow_files(files: Mapping[str, bytes]) -> list[str]:
    """The paths of the files that are workflows, in the order of their ids."""
    found = (path for path in files if "/" not in path and path.endswith(_ENDING) and not path.startswith("."))
    return sorted(not_ignored(found, _text(files.get(_IGNORE_FILE, b""))), key=directory_position)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _read_workflow(includes: _Includes, path: str, flavour: Flavour = "digdag") -> WorkflowSource:
    name = path.removesuffix(_ENDING)
    workflow = _normal_form(name, includes.load(path), _TOP_LEVEL_KEYS[flavour])
    faults = name_faults(name)
    for key in workflow.config:
        if key.startswith("+"):
            faults += task_name_faults(key, field="task name", top_level=True)
    if faults:
        raise DigError(refusal("workflow", faults), exceptions.MODEL_VALIDATION)
    return workflow


def _normal_form(name: str, content: JsonObject, top_level_keys: tuple[str, ...]) -> WorkflowSource:
    """What a file may state at its top level, in the order responses show it."""
    tasks = {key: value for key, value in content.items() if key.startswith("+")}
    export = content.get("_export")
    if export is not None and not isinstance(export, dict):
        raise DigError("Parameter '_export' must be an object")
    options = {key: content[key] for key in top_level_keys if key in content}
    for key, value in (*tasks.items(), *options.items()):
        if value is None:
            raise DigError(f"Parameter '{key}' is required but null")
    timezone = _timezone(content.get("timezone"))
    known = {"timezone", "_export", *options, *tasks}
    unknown = [key for key in content if key not in known]
    if unknown:
        raise DigError(f"Workflow '{name}' includes unknown keys: [{', '.join(unknown)}]")
    return WorkflowSource(name, timezone, {**({"_export": export} if export else {}), **options, **tasks})


def _timezone(value: Json) -> str:
    try:
        if value is None or isinstance(value, str):
            return normal_zone_name(trimmed(value or "") or "UTC")
    except ValueError:
        pass
    raise DigError(f"Expected {_ZONE_TYPE} for key 'timezone' but got {described(value)}")


class _Includes:
    """Reads files and puts in the place of `!include` what it names; paths are relative to the including file."""

    def __init__(self, files: Mapping[str, bytes], folder: str) -> None:
        self._files = files
        self._folder = folder
        self._parsed: dict[str, JsonObject] = {}
        self._reading: list[str] = []
        self._depth = 0

    def load(self, path: str) -> JsonObject:
        """One file with all that it includes. DigError or InvalidDefinition if it is no mapping or not there."""
        self._depth = 0
        return self._evaluated(path, Expansion())

    def _evaluated(self, path: str, expansion: Expansion) -> JsonObject:
        if path in self._reading:
            raise DigError("Infinite recursion (StackOverflowError)")
        content = self._parse(path, expansion)
        if not _has_include(content):
            return content
        self._reading.append(path)
        try:
            return self._expanded(content, posixpath.dirname(path), expansion)
        finally:
            self._reading.pop()

    def _parse(self, path: str, expansion: Expansion) -> JsonObject:
        if path not in self._parsed:
            if path not in self._files:
                is_folder = any(other.startswith(path + "/") for other in self._files) or not path
                raise InvalidDefinition("Is a directory" if is_folder else posixpath.join(self._folder, path))
            content = parse_yaml(_text(self._files[path]), expansion)
            if not isinstance(content, dict):
                raise DigError(
                    f"Expected object to load Config but got {json_text(content)}", exceptions.RUNTIME_JSON_MAPPING
                )
            self._parsed[path] = content
        return self._parsed[path]

    def _include(self, name: str, folder: str, expansion: Expansion) -> JsonObject:
        path = posixpath.normpath(posixpath.join("/", folder, name)).removeprefix("/")
        inside = posixpath.normpath(name)
        if inside == ".." or inside.startswith(("../", "/")):
            raise InvalidDefinition(f"File name must not include ..: {name}")
        expansion.add(_INCLUDE_COST + len(self._files.get(path, b"")) // 10)
        return self._evaluated(path, expansion)

    def _expanded(self, content: JsonObject, folder: str, expansion: Expansion) -> JsonObject:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooMuch("Includes are nested too deeply")
        built: JsonObject = {}
        for key, value in content.items():
            if key.startswith(INCLUDE) and not isinstance(value, dict | list):
                _merge(built, self._include(value if isinstance(value, str) else json_text(value), folder, expansion))
            else:
                built[key] = self._element(value, folder, expansion)
        self._depth -= 1
        return built

    def _element(self, value: Json, folder: str, expansion: Expansion) -> Json:
        if isinstance(value, dict):
            return self._expanded(value, folder, expansion)
        if isinstance(value, list):
            return [self._element(element, folder, expansion) for element in value]
        if isinstance(value, str) and value.startswith(INCLUDE):
            return self._include(value, folder, expansion)
        return value


def _has_include(value: Json) -> bool:
    if isinstance(value, dict):
        return any(key.startswith(INCLUDE) or _has_include(content) for key, content in value.items())
    if isinstance(value, list):
        return any(map(_has_include, value))
    return isinstance(value, str) and value.startswith(INCLUDE)


def _merge(target: JsonObject, content: JsonObject) -> None:
    """Puts `content` into `target`: mappings in both are merged, anything else is replaced."""
    for key, value in content.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            merged = dict(present)
            _merge(merged, value)
            target[key] = merged
        else:
            target[key] = value
