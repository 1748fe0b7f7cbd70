"""Reads an OpenAPI document as data that may be anything: bounded, exact, and refused with the reason.

Only the file that is named is read. Nothing that it refers to is opened or fetched.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from scripts.codegen.python import text

Json = Any  # a decoded JSON value: free-form by nature
Document = dict[str, Json]
Place = tuple[int | str, ...]

LARGEST = 8 * 1024 * 1024
"""Bytes of a document at most; today's has 130,000."""
MOST_NODES = 400_000
DEEPEST = 200


class DocumentError(Exception):
    """Why a document cannot be used: one sentence that names the file, the place in it and what to do."""

    def __init__(self, file: Path | str, place: Place | str, problem: str, advice: str) -> None:
        where = place if isinstance(place, str) else pointer(place)
        shown = text.prose(f"{file}: {where}: {problem}; {advice}" if where else f"{file}: {problem}; {advice}")
        super().__init__(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…")
        self.file = str(file)
        self.pointer = where


_LONGEST = 600  # characters of a message: what it quotes of a document may be of any length


def pointer(place: Place) -> str:
    """The JSON pointer of a place, as a URI fragment: `#/paths/~1api~1pools/get`."""
    return below("#", *place)


def below(where: str, *parts: int | str) -> str:
    """The JSON pointer of what stands below a place that is told by its own."""
    return where + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def place_of(pointer: str) -> tuple[str, ...]:
    """The place that a JSON pointer names: `#/paths/~1api~1pools/get` is `paths`, `/api/pools`, `get`."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def value_at(document: Json, place: Place) -> Json:
    """What stands in a place. Raises LookupError or TypeError where nothing does."""
    for part in place:
        document = document[part]
    return document


def resolved(document: Mapping[str, Json], value: Json) -> Json:
    """What a reference refers to; anything else is itself. Raises LookupError as `followed` does."""
    return followed(document, value)[0]


def followed(document: Mapping[str, Json], value: Json, where: str = "") -> tuple[Json, str]:
    """What a reference refers to, and its JSON pointer; anything else is itself, and where it is.

    Raises:
        LookupError: It leads to nothing, or in a circle: told in words.
    """
    for _ in range(_LONGEST_WAY):
        reference = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(reference, str):
            return value, where
        try:
            value, where = value_at(document, place_of(reference)), reference
        except (LookupError, TypeError):
            raise LookupError(f"the reference {reference!r} leads to nothing") from None
    raise LookupError("the reference leads in a circle")


_LONGEST_WAY = 20  # references to references


def read_document(path: Path) -> Document:
    """The document in a file, JSON or YAML, as one tree without shared parts.

    Raises:
        DocumentError: It is no document that JSON could hold as well: told as what it is.
    """
    source = _text(path)
    found = _from_json(path, source) if source.lstrip().startswith(("{", "[")) else _from_yaml(path, source)
    if not isinstance(found, dict):
        kind = {list: "a list", str: "only text", type(None): "empty but for comments"}.get(type(found), "one value")
        raise DocumentError(path, "", f"the file is {kind}", "give an object with openapi, info and paths")
    tree: Document = _Copy(path).of(found)
    return tree


def nodes(value: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Every value within a document with its place, itself first."""
    waiting: list[tuple[Place, Json]] = [(place, value)]
    while waiting:
        at, node = waiting.pop()
        yield at, node
        if isinstance(node, dict):
            waiting += [((*at, key), child) for key, child in node.items()]
        elif isinstance(node, list):
            waiting += [((*at, index), child) for index, child in enumerate(node)]


def _text(path: Path) -> str:
    again = "download the document again"
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise DocumentError(path, "", f"the file cannot be read ({error.strerror})", "give a file's path") from None
    if len(content) > LARGEST:
        raise DocumentError(path, "", f"the file has more than {LARGEST:,} bytes", "give an API's document")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise DocumentError(path, "", f"line {line} has a NUL byte, so this is no text in UTF-8", again)
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError(path, "", f"line {line} is not UTF-8 (byte {error.start})", "save it as UTF-8") from None
    if not source.strip():
        raise DocumentError(path, "", "the file is empty", again)
    if source.lstrip().startswith("<"):
        raise DocumentError(path, "", "this is HTML or XML", "download the YAML or JSON itself, not a page about it")
    return source


def _from_json(path: Path, source: str) -> Json:
    def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in pairs:
            if key in found:
                raise DocumentError(path, "", f"the key {key!r} stands twice in one object", "keep one of the two")
            found[key] = value
        return found

    try:
        return json.loads(source, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        if error.pos >= len(source.rstrip()):
            raise DocumentError(path, "", f"the file ends in line {error.lineno}, cut short", "get all of it") from None
        problem = f"line {error.lineno} is no JSON ({error.msg})"
        raise DocumentError(path, "", problem, "mend that line") from None
    except (RecursionError, ValueError) as error:
        problem = f"this cannot be read as JSON ({type(error).__name__})"
        raise DocumentError(path, "", problem, "give an API's document") from None


# C where PyYAML has it: the whole contract takes 0.1 s in place of 1.5.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type] # a class that is chosen at run time
    """Plain YAML. Its dates, merge keys and sexagesimal numbers are not JSON's: they stay for `_Copy` to tell."""


def _from_yaml(path: Path, source: str) -> Json:
    try:
        _check_events(path, source)
        loader: Any = _Loader(source)
        try:
            root = loader.get_single_node()
            return None if root is None else _built(path, loader, root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        number = 0 if mark is None else mark.line
        lines = source.splitlines()
        line, words = f"line {number + 1}", lines[number] if number < len(lines) else ""
        if words.startswith(("\t", " ")) and words.lstrip(" ").startswith("\t"):
            raise DocumentError(path, "", f"{line} has a tab, which YAML does not indent by", "use blanks") from None
        if number + 1 >= len(lines) and not isinstance(error, yaml.constructor.ConstructorError):
            problem = f"{line} is the last and leaves something open ({error.problem}): the file was cut short"
            raise DocumentError(path, "", problem, "get all of it") from None
        raise DocumentError(path, "", f"{line} is no YAML ({error.problem})", "mend that line") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = f"this cannot be read as YAML ({text.prose(str(error)) or type(error).__name__})"
        raise DocumentError(path, "", problem, "mend it, or give JSON") from None


def _check_events(path: Path, source: str) -> None:
    """Refuses what is nested so deeply, or is so much, that composing it would take all memory or the whole stack."""
    depth = 0
    for count, event in enumerate(yaml.parse(source, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST or count > 3 * MOST_NODES:
            mark: Any = event.start_mark
            raise DocumentError(
                path, "", f"line {mark.line + 1} is nested too deeply or too much", "give an API's document"
            )


def _built(path: Path, loader: Any, node: yaml.Node, place: Place = (), seen: dict[int, Json] | None = None) -> Json:
    """The value of a YAML node. What aliases share is one object, which `_Copy` counts as often as it is used."""
    seen = {} if seen is None else seen
    if id(node) in seen:
        return seen[id(node)]
    if isinstance(node, yaml.SequenceNode):
        items: list[Json] = []
        seen[id(node)] = items
        items += [_built(path, loader, item, (*place, index), seen) for index, item in enumerate(node.value)]
        return items
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Json] = {}
        seen[id(node)] = found
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = _key(path, key, place)
            if name in found:
                problem = f"the key {name!r} stands twice, in the lines {lines[name]} and {key.start_mark.line + 1}"
                raise DocumentError(path, (*place, name), problem, "keep one of the two")
            lines[name] = key.start_mark.line + 1
            found[name] = _built(path, loader, value, (*place, name), seen)
        return found
    return loader.construct_object(node)


def _key(path: Path, key: yaml.Node, place: Place) -> str:
    line = key.start_mark.line + 1
    if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
        raise DocumentError(path, place, f"line {line} has a key that is no text", "write the keys out")
    if key.tag != "tag:yaml.org,2002:str":
        kind = key.tag.rpartition(":")[2]
        problem = f"the key {key.value} in line {line} is no text, but of the kind {kind}"
        raise DocumentError(path, (*place, key.value), problem, "put it in quotes")
    return str(key.value)


class _Copy:
    """Makes a tree of a value that may share parts, with a limit to how large that grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def of(self, value: Json, place: Place = ()) -> Json:
        """The value as JSON has it."""
        self._count += 1
        if self._count > MOST_NODES or len(place) > DEEPEST:
            problem = "this unfolds to more, or deeper, than an API's document needs"
            raise DocumentError(self._path, place[:8], problem, "leave out aliases that hold aliases")
        if isinstance(value, dict):
            return {key: self.of(item, (*place, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item, (*place, index)) for index, item in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            raise DocumentError(self._path, place, f"the value is {value}, which JSON cannot say", "give a number")
        if value is not None and not isinstance(value, str | bool | int | float):
            problem = f"the value {value} is read as a {type(value).__name__}"
            raise DocumentError(self._path, place, problem, "put it in quotes")
        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            raise DocumentError(self._path, place, "the text holds half a character", "write it out in UTF-8")
        return value
