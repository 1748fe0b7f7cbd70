"""YAML and JSON files that people write: read as data, with mistakes told by line."""

from __future__ import annotations

import json
import os
from typing import Any

from treasure_workflow.errors import ConfigError

_MOST_BYTES = 10 * 1024 * 1024


def yaml_package(purpose: str) -> Any:
    """The package yaml.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise ConfigError(f"{purpose} needs PyYAML: pip install 'treasure-workflow[yaml]'") from error
    return yaml


def read_text(path: str | os.PathLike[str], what: str) -> str:
    """The text of a file.

    Raises:
        ValueError: It cannot be read, is too large or is not UTF-8; the message calls it `what`.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{what} {os.fspath(path)} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{what} {os.fspath(path)} is not UTF-8 text") from error
    if len(text) > _MOST_BYTES:
        raise ValueError(f"{what} {os.fspath(path)} is larger than {_MOST_BYTES:,} bytes")
    return text


def read_mapping(path: str | os.PathLike[str], what: str, *, as_json: bool = False) -> dict[str, Any]:
    """The mapping in a YAML or JSON file (by its ending `.json`); a key that stands twice is a mistake.

    Raises:
        ValueError: It cannot be read, or is no mapping; the message calls it `what`, and tells the line.
        ConfigError: It is YAML, and PyYAML is not installed.
    """
    text = read_text(path, what)
    name = os.fspath(path)
    if as_json or name.endswith(".json"):
        try:
            found = json.loads(text, object_pairs_hook=_without_repeats)
        except RecursionError:
            raise ValueError(f"{what} {name} is nested too deeply") from None
        except ValueError as error:
            raise ValueError(f"{what} {name} is no JSON: {_without_content(error)}") from None
    else:
        found = _load_yaml(text, what, name)
    if not isinstance(found, dict):
        raise ValueError(f"{what} {name} must hold a mapping, not {_kind(found)}")
    for key in found:  # pyright: ignore[reportUnknownVariableType] # whatever a file holds
        if not isinstance(key, str):
            raise ValueError(f"{what} {name}: the key {key!r} is no text: put it into quotes")
    return found  # pyright: ignore[reportUnknownVariableType] # checked above


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return found


def _without_content(error: ValueError) -> str:
    """What a reader complains of, without a piece of the file: it may hold secrets."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}, column {error.colno}"
    return str(error)


def _load_yaml(text: str, what: str, name: str) -> object:
    yaml = yaml_package(f"{what} {name}")
    try:
        # An alias can make a small file grow without bound; a key that stands twice hides what somebody wrote.
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ValueError(f"{what} {name}: aliases are not taken (line {event.start_mark.line + 1})")
        _check_keys(yaml.compose(text, Loader=yaml.SafeLoader), f"{what} {name}")
        return yaml.safe_load(text)
    except RecursionError:
        raise ValueError(f"{what} {name} is nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise ValueError(f"{what} {name} is no YAML: {error.problem}{where}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{what} {name} is no YAML ({type(error).__name__})") from None


def _check_keys(node: Any, where: str) -> None:
    """Raises ValueError for a key that stands twice in a mapping."""
    if node is None or isinstance(node.value, str):
        return
    seen: set[tuple[str, str]] = set()
    pairs: list[tuple[Any, Any]] = node.value if node.id == "mapping" else [(None, inner) for inner in node.value]
    for key, inner in pairs:
        if key is not None and isinstance(key.value, str):
            if (key.tag, key.value) in seen:
                raise ValueError(f"{where}: the key {key.value!r} stands twice (line {key.start_mark.line + 1})")
            seen.add((key.tag, key.value))
        _check_keys(inner, where)
