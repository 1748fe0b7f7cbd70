"""The YAML dialect of `.dig` files, read into plain JSON values.

One document, keys in their order and as text, no key twice in a mapping, aliases and merge keys expanded.
A `!include` tag becomes a text that begins with `!include:`, which `dig` acts on.

Two parsers stand behind this: libyaml for speed, and PyYAML's own wherever the two may disagree and for the words of
an error, because the service's parser is of the same family.
Aliases can make a small file huge, so what they add is bounded.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

import yaml
import yaml.composer
import yaml.parser
import yaml.scanner
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.dig.config_values import json_text
from treasure_workflow_mock.dig.scalars import double_text, plain_value, tagged_value
from treasure_workflow_mock.dig.yaml_scanner import DigLoader, service_wording
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java import exceptions
from treasure_workflow_mock.java.hash_order import hash_ordered

INCLUDE = "!include:"
MAX_DEPTH = 100  # of mappings and lists: far more than a workflow needs, and what recursion is sure to manage
_NODE_COST = 10
_UNPRINTABLE = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
# Where libyaml and the service's parser disagree: tabs, a question mark inside a plain text, a slash that is escaped.
_DISPUTED = re.compile(r"\t|\S\?|\\/")
_FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may have been built without libyaml
_SLOW_PARSER_LIMIT = 100_000  # characters that PyYAML's parser gets through in a fraction of a second
_STANDARD_TAG = "tag:yaml.org,2002:"
_MERGE = object()
_NO_KEY = object()


_EXCEPTIONS: dict[type[yaml.MarkedYAMLError], str] = {
    yaml.scanner.ScannerError: exceptions.YAML_SCANNER,
    yaml.parser.ParserError: exceptions.YAML_PARSER,
    yaml.composer.ComposerError: exceptions.YAML_COMPOSER,
}


class DigError(Exception):
    """A file that is no workflow, with the service's words about why, and its class of exception."""

    def __init__(self, message: str, exception: str = exceptions.CONFIG) -> None:
        super().__init__(message)
        self.exception = exception


class TooMuch(DigError):
    """More than we are ready to read; the service has no words for it."""


class Expansion:
    """How much aliases and includes may still add to what the files themselves say."""

    def __init__(self, limit: int = 2_000_000) -> None:
        self._left = limit

    def add(self, cost: int) -> None:
        """Counts `cost`; TooMuch when nothing is left."""
        self._left -= cost
        if self._left < 0:
            raise TooMuch("Aliases and includes make the file too large")


def parse_yaml(text: str, expansion: Expansion) -> Json:
    """The value of a file's one document; None for a file without any.

    DigError with the service's words for anything the dialect does not allow, InvalidDefinition for a null key.
    """
    text = text.removeprefix("\ufeff")
    if _UNPRINTABLE.search(text):
        raise DigError("special characters are not allowed", exceptions.YAML_READER)
    if len(text) > _SLOW_PARSER_LIMIT:
        return _parse(text, _FastLoader, expansion)
    if not _DISPUTED.search(text):
        try:
            return _parse(text, _FastLoader, expansion)
        except _Malformed:
            pass  # PyYAML's parser knows the words, or a reason to accept it
    return _parse(text, DigLoader, expansion)


class _Mark(Protocol):
    """A place in a file, as both parsers state it."""

    index: int
    line: int
    column: int


class _Malformed(DigError):
    """What a parser does not take for YAML."""


def _parse(text: str, loader: type[yaml.SafeLoader | yaml.CSafeLoader], expansion: Expansion) -> Json:
    try:
        return _Reader(text, expansion).read(yaml.parse(text, loader))
    except yaml.MarkedYAMLError as error:
        words = _words(text, service_wording(error.problem), error.problem_mark, error.context, error.context_mark)
        raise _Malformed(words, _EXCEPTIONS.get(type(error), exceptions.YAML_SCANNER)) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets the last two through for odd escapes
        raise _Malformed(str(error), exceptions.YAML_SCANNER) from None


class _Open:
    """A mapping or sequence whose end is not reached yet."""

    __slots__ = ("anchor", "cost", "event", "key", "keys", "values")

    def __init__(self, event: CollectionStartEvent) -> None:
        self.event = event
        self.anchor: str | None = event.anchor
        self.values: dict[Json, Json] | list[Json] = {} if isinstance(event, MappingStartEvent) else []
        self.cost = _NODE_COST
        self.key: Json = _NO_KEY
        self.keys: list[str] = []  # the scalars among the keys, as written


class _Reader:
    """Builds the value of a document from a parser's events."""

    def __init__(self, text: str, expansion: Expansion) -> None:
        self._text = text
        self._expansion = expansion
        self._anchors: dict[str, tuple[Json, int, str | None]] = {}  # value, cost, and the text of a scalar
        self._open: list[_Open] = []
        self._null_key: str | None = None
        self._root: Json = None

    def read(self, events: Iterable[Event]) -> Json:
        """The value of the one document. What is no YAML anywhere is refused for that, whatever else is wrong."""
        first: Event | None = None
        fault: DigError | None = None
        for event in events:
            if isinstance(event, NodeEvent):
                first = first or event
            elif isinstance(event, DocumentStartEvent) and first is not None:
                problem, context = "but found another document", "expected a single document in the stream"
                raise _Malformed(
                    _words(self._text, problem, event.start_mark, context, first.start_mark), exceptions.YAML_COMPOSER
                )
            if fault is None:
                try:
                    self._read_event(event)
                except (_Malformed, TooMuch):
                    raise
                except DigError as error:
                    fault = error
        if fault is not None:
            raise fault
        if self._null_key is not None:
            raise InvalidDefinition(self._null_key)
        return self._root

    def _read_event(self, event: Event) -> None:
        if isinstance(event, ScalarEvent):
            value = self._scalar(event)
            cost = _NODE_COST + len(event.value)
            if event.anchor:
                self._anchors[event.anchor] = value, cost, event.value
            self._put(value, cost, event.value if event.tag != "!include" else None)
        elif isinstance(event, AliasEvent):
            value, cost, written = self._aliased(event)
            self._expansion.add(cost)
            self._put(value, cost, written)
        elif isinstance(event, CollectionStartEvent):
            self._check_tag(event)
            if len(self._open) >= MAX_DEPTH:
                raise TooMuch("Nesting is too deep")
            self._open.append(_Open(event))
        elif isinstance(event, CollectionEndEvent):
            self._close()

    def _scalar(self, event: ScalarEvent) -> Json:
        tag = event.tag
        try:
            if tag is None or tag == "!":
                if not event.implicit[0]:
                    return _whole_characters(event.value)
                if event.value == "<<":
                    if self._expects_key():
                        return _MERGE
                    raise self._unknown_tag(event, _STANDARD_TAG + "merge")
                return plain_value(event.value)
            if tag.startswith(_STANDARD_TAG):
                return tagged_value(tag.removeprefix(_STANDARD_TAG), event.value)
        except ValueError as error:
            raise DigError(str(error)) from None
        except KeyError:
            pass
        if tag == "!include":
            return f"{INCLUDE}{uuid.uuid4()}"
        raise self._unknown_tag(event)

    def _check_tag(self, event: CollectionStartEvent) -> None:
        kinds = ("map", "set") if isinstance(event, MappingStartEvent) else ("seq", "omap", "pairs")
        if event.tag not in (None, "!", *(_STANDARD_TAG + kind for kind in kinds)):
            raise self._unknown_tag(event)

    def _unknown_tag(self, event: ScalarEvent | CollectionStartEvent, tag: str | None = None) -> DigError:
        problem = f"could not determine a constructor for the tag {tag or event.tag}"
        return DigError(_words(self._text, problem, event.start_mark), exceptions.YAML_CONSTRUCTOR)

    def _aliased(self, event: AliasEvent) -> tuple[Json, int, str | None]:
        if event.anchor in self._anchors:
            return self._anchors[event.anchor]
        if any(open_.anchor == event.anchor for open_ in self._open):
            raise DigError("Infinite recursion (StackOverflowError)")
        raise _Malformed(
            _words(self._text, f"found undefined alias {event.anchor}", event.start_mark), exceptions.YAML_COMPOSER
        )

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].values, dict) and self._open[-1].key is _NO_KEY

    def _put(self, value: Json, cost: int, written: str | None = None) -> None:
        """Puts a finished value where it belongs: into the innermost open mapping or sequence."""
        if not self._open:
            self._root = value
            return
        inner = self._open[-1]
        inner.cost += cost
        if isinstance(inner.values, list):
            inner.values.append(value)
        elif inner.key is _NO_KEY:
            inner.key = value if value is _MERGE else self._key_text(value)
            if written is not None:
                inner.keys.append(written)
        else:
            if inner.key is _MERGE:
                self._merge(inner, value)
            else:
                inner.values[inner.key] = value
            inner.key = _NO_KEY

    def _merge(self, inner: _Open, value: Json) -> None:
        assert isinstance(inner.values, dict)
        for mapping in value if isinstance(value, list) else [value]:
            if not isinstance(mapping, dict):
                kind = "sequence" if isinstance(mapping, list) else "scalar"
                raise DigError(
                    f"expected a mapping or list of mappings for merging, but found {kind}", exceptions.YAML_CONSTRUCTOR
                )
            self._expansion.add(_NODE_COST * len(mapping))
            for key, content in mapping.items():
                inner.values.setdefault(key, content)

    def _key_text(self, key: Json) -> str:
        if key is None and self._null_key is None:
            self._null_key = (
                "Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)"
                f" (through reference chain: {self._path()})"
            )
        return _java_text(key)

    def _path(self) -> str:
        steps = []
        for open_ in self._open[:-1]:
            if isinstance(open_.values, list):
                steps.append(f"java.util.ArrayList[{len(open_.values)}]")
            else:
                steps.append(f'java.util.LinkedHashMap["{open_.key}"]')
        return "->".join((*steps, 'java.util.LinkedHashMap["null"]'))

    def _close(self) -> None:
        ended = self._open.pop()
        if len(set(ended.keys)) != len(ended.keys):
            times = Counter(ended.keys)
            twice = ", ".join(key for key in hash_ordered(times) if times[key] > 1)
            raise DigError(f"Duplicated keys: [{twice}]", exceptions.DUPLICATE_KEY)
        value = self._of_kind(ended)
        if ended.anchor:
            self._anchors[ended.anchor] = value, ended.cost, None
        self._put(value, ended.cost)

    def _of_kind(self, ended: _Open) -> Json:
        """The value of a mapping or sequence, by its tag."""
        kind = (ended.event.tag or "").removeprefix(_STANDARD_TAG)
        if kind == "set":
            return list(ended.values)
        if kind not in ("omap", "pairs"):
            return ended.values
        pairs: list[tuple[str, Json]] = []
        for entry in ended.values:
            if not isinstance(entry, dict) or len(entry) != 1:
                raise DigError("expected a single mapping item")
            pairs.extend(entry.items())
        return dict(pairs) if kind == "omap" else [list(pair) for pair in pairs]


def _whole_characters(text: str) -> str:
    """A quoted text in which two escapes may make one character; half a character alone is a question mark."""
    if text.isascii():
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "surrogatepass").encode("utf-8", "replace").decode()


def _java_text(value: Json) -> str:
    """A value as Java shows it when it has to be a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_java_text, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java_text(content)}" for key, content in value.items()) + "}"
    return json_text(value)


def _words(
    text: str, problem: str | None, mark: _Mark | None, context: str | None = None, context_mark: _Mark | None = None
) -> str:
    """A fault as the service's parser states it: what was being read, what is wrong, and the places of both."""
    lines = [] if context is None else [context]
    if context_mark is not None and (
        mark is None or (mark.line, mark.column) != (context_mark.line, context_mark.column)
    ):
        lines.append(_place(text, context_mark))
    if problem is not None:
        lines.append(problem)
    if mark is not None:
        lines.append(_place(text, mark))
    return "".join(f"{line}\n" for line in lines)


def _place(text: str, mark: _Mark) -> str:
    shown = yaml.Mark("'string'", mark.index, mark.line, mark.column, text + "\0", mark.index)
    return f" in 'string', line {mark.line + 1}, column {mark.column + 1}:\n{shown.get_snippet()}"
