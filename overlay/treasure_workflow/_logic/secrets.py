"""Secrets before they are sent: where values come from, what keys and values may be, what a set of them changes.

No message and no repr here shows a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeAlias, TypeVar

from treasure_workflow._logic.yaml_files import read_mapping, read_text
from treasure_workflow._secret import Secret

T = TypeVar("T")
SecretSource: TypeAlias = str | Path | TextIO | Callable[[], str]
"""A value: the text itself, the path of a file, an open text file such as `sys.stdin`, or what gives it when called,
such as `getpass.getpass`."""
Source: TypeAlias = str | os.PathLike[str] | Mapping[str, SecretSource | Secret]
"""Where many values come from, as `hidden` gives it."""

_LONGEST_KEY = 255
_MOST_BYTES = 16_384
_KEY = re.compile(r"(?:[a-zA-Z](?:[a-zA-Z0-9_\-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z](?:[a-zA-Z0-9_\-]*[a-zA-Z0-9])?)*")


def is_key(key: object) -> bool:
    """Whether a secret may have this key."""
    return isinstance(key, str) and len(key) <= _LONGEST_KEY and _KEY.fullmatch(key) is not None


def checked_key(key: str) -> str:
    """The key itself.

    Raises:
        ValueError: It breaks a rule, which the message tells.
    """
    if is_key(key):
        return key
    raise ValueError(
        f"{key!r} is no key of a secret: words joined by dots, each of letters, digits, _ and -, beginning with a "
        f"letter and ending with a letter or digit, {_LONGEST_KEY} characters at most"
    )


def value_from(source: SecretSource | Secret, key: str) -> str:
    """The value that a source gives. The line end of a file with a single line is no part of it.

    Raises:
        TypeError: It is no source, or gives no text.
        ValueError: The file cannot be read, or the value is too long.
    """
    source = Secret(source) if isinstance(source, str) else source
    if isinstance(source, Secret):
        return _checked(source, key)
    if isinstance(source, Path):
        return _checked(_without_end(_read(lambda: read_text(source, f"the value of secret {key}:"))), key)
    read: Any = getattr(source, "read", None)
    if callable(read):
        return _checked(_without_end(read()), key)
    if callable(source):
        return _checked(source(), key)
    raise TypeError(
        f"the value of secret {key} is a text, a Path, an open text file or a function, not {type(source).__name__}"
    )


def _read(reader: Callable[[], T]) -> T:
    """What is read from a file; an error comes without the frames of its readers, which hold the text."""
    try:
        return reader()
    except ValueError as error:
        problem = str(error)
    raise ValueError(problem)


def _without_end(text: Any) -> Any:
    """A text without the end of its only line; several lines, such as those of a private key, stay as they are."""
    if isinstance(text, str) and text.endswith("\n") and text.count("\n") == 1:
        return text.removesuffix("\n").removesuffix("\r")
    return text


def _checked(value: Any, key: str) -> str:
    # The value is hidden before anything is raised: a traceback that shows variables shows none.
    held, value = (Secret(value) if isinstance(value, str) else value), None  # it may be hidden already
    if not isinstance(held, Secret):
        raise TypeError(f"the value of secret {key} must be text, not {type(held).__name__}: put it into quotes")
    try:
        size = len(held.reveal().encode())
    except UnicodeEncodeError:
        size = -1  # not raised from here: the exception holds the whole value
    if size < 0:
        raise ValueError(f"the value of secret {key} is not Unicode text")
    if size > _MOST_BYTES:
        raise ValueError(f"the value of secret {key} has {size:,} bytes in UTF-8: {_MOST_BYTES:,} at most")
    return held.reveal()


def hidden(source: str | os.PathLike[str] | Mapping[str, SecretSource]) -> Source:
    """The same, with the texts of a mapping hidden from whoever sees the variables."""
    if not isinstance(source, Mapping):
        return source
    return {key: Secret(value) if isinstance(value, str) else value for key, value in source.items()}


def values_from(source: Source) -> dict[str, Secret]:
    """Keys and values of a mapping, or of a YAML or JSON file, all of them checked.

    Raises:
        ConfigError: The file is YAML, and PyYAML is not installed.
        TypeError: A value is no text.
        ValueError: The file cannot be read, or a key or a value breaks a rule.
    """
    from_file = not isinstance(source, Mapping)
    given: Any = source
    if not isinstance(source, Mapping):
        given = _read(lambda: hidden(read_mapping(source, "the file of secrets")))
    values: dict[str, Secret] = {}
    for key, value in given.items():
        checked_key(key)
        values[key] = Secret(_checked(value, key) if from_file else value_from(value, key))
    return values


@dataclass(frozen=True)
class SecretsPlan:
    """What setting a project's secrets changes, by their keys. `str()` of it shows all of it."""

    added: tuple[str, ...]
    """Keys that the project does not have yet."""
    updated: tuple[str, ...]
    """Keys that it has; nobody can tell whether their values change, as values cannot be read back."""
    pruned: tuple[str, ...]
    """Keys that it has and that are not given, which pruning deletes."""
    kept: tuple[str, ...]
    """Keys that it has and that are not given, when they are not to be pruned."""

    def __str__(self) -> str:
        marks = [("+", self.added), ("~", self.updated), ("-", self.pruned), (" ", self.kept)]
        lines = [f"{mark} {key}" for key, mark in sorted((key, mark) for mark, keys in marks for key in keys)]
        return "\n".join(lines) or "no secrets"


def plan_secrets(wanted: Iterable[str], there: Iterable[str], *, prune: bool) -> SecretsPlan:
    """What becomes of each key."""
    wanted, there = set(wanted), set(there)
    extra = tuple(sorted(there - wanted))
    added, updated = tuple(sorted(wanted - there)), tuple(sorted(wanted & there))
    return SecretsPlan(added, updated, extra if prune else (), () if prune else extra)
