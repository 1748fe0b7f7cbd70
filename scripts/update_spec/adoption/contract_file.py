"""The contract as the newer document has it, in our words: structure from there, prose from here.

What both have keeps its place and its wording in openapi.yaml. What is new gets a mark in place of prose and an example
that fits; what the service words otherwise now gets a comment that asks to look at ours.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from scripts.codegen.contract.checks import METHODS
from scripts.codegen.contract.document import Document, Json, below, pointer
from scripts.update_spec.adoption.placeholders import example, summary
from scripts.update_spec.judge.documents import renamed_schemas
from scripts.update_spec.judge.operations import operations
from scripts.update_spec.published.record import PROSE, TO_BE_WRITTEN, structure

Way = tuple[str, ...]

REVIEW = "# to be reviewed: the published wording changed"


def adopted(ours: str, document: Document, reworded: Iterable[str]) -> tuple[str, list[str]]:
    """The new text of openapi.yaml, and the JSON pointers of elements whose prose is to be written.

    Args:
        ours: The text of openapi.yaml.
        document: The newer document, in OpenAPI 3.0.
        reworded: JSON pointers of the prose that the service changed.
    """
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 110
    editor.indent(mapping=2, sequence=4, offset=2)
    tree = editor.load(ours)
    text, unwritten = ours, []
    if structure(tree) != structure(document):
        merge = _Merge(tree, document)
        merged = merge.node(structure(document), tree, ())
        merged.ca.comment = tree.ca.comment
        stream = io.StringIO()
        editor.dump(merged, stream)
        text, unwritten = stream.getvalue(), merge.unwritten
    return _marked(text, reworded), unwritten


class _Merge:
    """Puts our prose onto a newer structure."""

    def __init__(self, ours: Json, document: Document) -> None:
        self.unwritten: list[str] = []
        self._document = document
        there = {operation.id: operation for operation in operations(document)}
        moved = [(one, there[one.id]) for one in operations(ours) if one.id in there]
        self._paths = {
            one.path: other.path
            for one, other in moved
            if one.path not in document["paths"] and other.path not in ours["paths"]
        }
        self._methods = {
            (other.path, one.method): other.method
            for one, other in moved
            if one.method != other.method and one.method not in document["paths"][other.path]
        }
        self._schemas = renamed_schemas(ours, document)
        left = document.get("components", {}).get("schemas", {})
        self._went = {
            (name, repr(_unwrapped(structure(field)))): field
            for schema, definition in ours["components"]["schemas"].items()
            for name, field in definition.get("properties", {}).items()
            if name not in left.get(schema, {}).get("properties", {})
        }

    def node(self, new: Json, ours: Json, way: Way) -> Json:
        """A part of the document."""
        if isinstance(new, dict):
            return self._mapping(new, ours if isinstance(ours, dict) else None, way)
        if isinstance(new, list):
            items = self._items(new, ours if isinstance(ours, list) else [], way)
            result = CommentedSeq(items)
            if isinstance(ours, CommentedSeq) and ours.fa.flow_style():
                result.fa.set_flow_style()
            return result
        return ours if type(new) is type(_plain(ours)) and new == ours else new

    def _mapping(self, new: dict[str, Json], ours: dict[str, Json] | None, way: Way) -> Json:
        result = CommentedMap()
        if ours is None:
            for key, value in new.items():
                result[key] = self._new(key, value, (*way, key))
            self._mark(result, way)
            return result
        for key, value in ours.items():
            renamed = self._renamed(key, way, new)
            if key in new:
                result[key] = self.node(new[key], value, (*way, key))
            elif renamed is not None:
                result[renamed] = self.node(new[renamed], value, (*way, renamed))
            elif key in PROSE and not _names(way):
                result[key] = value
        before: str | None = None
        for key, value in new.items():
            if key not in result:
                position = 0 if before is None else list(result).index(before) + 1
                result.insert(position, key, self._new(key, value, (*way, key)))
            before = key
        return result

    def _new(self, key: str, value: Json, way: Way) -> Json:
        """A part that was not there, in the words of a field of that name and shape that went from elsewhere."""
        known = self._went.get((key, repr(value))) if way[-2:-1] == ("properties",) else None
        return self.node(value, known, way)

    def _renamed(self, key: str, way: Way, new: dict[str, Json]) -> str | None:
        """What the newer document calls a path of the same operations, a schema of the same meaning, a method."""
        if way == ("paths",):
            return self._paths.get(key)
        if way == ("components", "schemas"):
            return self._schemas.get(key)
        if len(way) == 2 and way[0] == "paths" and key in METHODS:
            return self._methods.get((way[1], key))
        return None

    def _items(self, new: list[Json], ours: list[Json], way: Way) -> Iterator[Json]:
        left = list(ours)
        for index, item in enumerate(new):
            same = next((one for one in left if _told_apart(one) == _told_apart(item)), None)
            if same is not None:
                left.remove(same)
            named = isinstance(item, dict) and {"in", "name"} <= item.keys()
            yield self.node(item, same, (*way, f"{item['in']}:{item['name']}" if named else str(index)))

    def _mark(self, made: CommentedMap, way: Way) -> None:
        """A mark in place of prose, where our document has prose."""
        kind = _kind(way)
        if kind is None or (kind == "schema" and "$ref" in made):
            return
        if kind == "operation":
            made.insert(0, "description", TO_BE_WRITTEN)
            made.insert(1, "summary", summary(str(made.get("operationId") or f"{way[-1]} {way[-2]}")))
        else:
            made.insert(0, "description", TO_BE_WRITTEN)
        if kind in ("schema", "parameter"):
            schema = made.get("schema", {}) if kind == "parameter" else made
            value = example(self._document, schema)
            if value is not None:
                made.insert(1, "example", value)
        self.unwritten.append(pointer(way))


def _unwrapped(node: Json) -> Json:
    """A node of the editor's tree as plain values."""
    if isinstance(node, dict):
        return {str(key): _unwrapped(value) for key, value in node.items()}
    return [_unwrapped(item) for item in node] if isinstance(node, list) else _plain(node)


def _plain(value: Any) -> Any:
    """A scalar of the editor's tree as the plain value that it is a subclass of."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _names(way: Way) -> bool:
    return bool(way) and way[-1] in ("properties", "schemas", "responses", "headers") and way[-2:-1] != ("properties",)


def _kind(way: Way) -> str | None:
    """What a new part is that has prose of its own."""
    if len(way) == 3 and way[0] == "paths" and way[2] in METHODS:
        return "operation"
    if way[-2:-1] == ("parameters",):
        return "parameter"
    if way[-1:] == ("requestBody",) or (len(way) > 1 and way[-2] in ("responses", "headers", "requestBodies")):
        return "body"
    if way[-1:] == ("items",) or (len(way) > 1 and way[-2] in ("properties", "schemas")):
        return "schema"
    return None


def _told_apart(item: Json) -> Json:
    if isinstance(item, dict):
        for keys in (("in", "name"), ("$ref",), ("url",)):
            if all(key in item for key in keys):
                return tuple(str(item[key]) for key in keys)
        return structure(item)
    return item


# ---------------------------------------------------------------- lines


def lines_of(text: str) -> dict[str, int]:
    """The line, from 1, of each part of a YAML document by its JSON pointer, parameters by `in:name`."""
    found: dict[str, int] = {}

    def walk(node: yaml.Node, way: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = below(way, key.value)
                found[here] = key.start_mark.line + 1
                walk(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                facts = (
                    {key.value: value.value for key, value in item.value} if isinstance(item, yaml.MappingNode) else {}
                )
                here = f"{way}/{facts['in']}:{facts['name']}" if {"in", "name"} <= facts.keys() else f"{way}/{index}"
                found[here] = item.start_mark.line + 1
                walk(item, here)

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None
    walk(root, "#")
    return found


def line_of(lines: dict[str, int], pointer: str) -> int:
    """The line of a part, or of the nearest that holds it."""
    while pointer not in lines and "/" in pointer:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def _marked(text: str, reworded: Iterable[str]) -> str:
    """The text with a comment above each element whose published wording changed."""
    places = lines_of(text)
    rows = text.splitlines(keepends=True)
    for number in sorted({places[where] for where in reworded if where in places}, reverse=True):
        row = rows[number - 1]
        if number < 2 or REVIEW not in rows[number - 2]:
            rows.insert(number - 1, " " * (len(row) - len(row.lstrip(" -"))) + REVIEW + "\n")
    return "".join(rows)
