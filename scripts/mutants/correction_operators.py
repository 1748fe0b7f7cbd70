"""Mistakes in what we know better than the published document: a correction is missing, or says another thing.

The client is generated anew from the changed corrections. The mock keeps the contract as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from scripts.mutants.mutant import Change, Edit
from scripts.mutants.reach import CORRECTIONS_OUT_OF_REACH, PARTS_OUT_OF_REACH, WORDING_KEYS

_OTHER_WORDS = {
    "true": "false",
    "false": "true",
    "asc": "desc",
    "desc": "asc",
    "id": "name",
    "revision": "createdAt",
    "string": "integer",
    "integer": "string",
    "boolean": "string",
    "object": "string",
    "date-time": "date",
    "binary": "byte",
    "id-cursor": "none",
    "next-link": "none",
    "none": "id-cursor",
    "TD1": "TD",
}


class CorrectionsSource:
    """The overlay's text and its tree, whose nodes know their places."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.text = data.decode()
        root = yaml.compose(self.text, Loader=yaml.SafeLoader)
        assert root is not None
        actions = _entry(root, "actions")
        assert isinstance(actions, yaml.SequenceNode)
        self.actions: list[yaml.MappingNode] = actions.value

    def bytes_at(self, begin: int, end: int, text: str) -> Edit:
        """An edit at positions of the text."""
        before = self.text[:begin].encode()
        return Edit(len(before), len(before) + len(self.text[begin:end].encode()), text.encode())


def lost_correction(source: CorrectionsSource) -> Iterator[Change]:
    """One action of a correction that is not applied."""
    begins = [source.text.rindex("\n", 0, action.start_mark.index) + 1 for action in source.actions]
    for begin, end, action in zip(begins, [*begins[1:], len(source.text)], source.actions, strict=True):
        name = _words(action, "x-correction")
        if name not in CORRECTIONS_OUT_OF_REACH and not _says_less(name, action):
            yield Change(name, (source.bytes_at(begin, end, ""),), f"without {_words(action, 'target')}")


def _says_less(name: str, action: yaml.MappingNode) -> bool:
    """Whether the contract stays true without an action: it lacks links, a mark, or a better example."""
    return name.endswith("-links") or name == "secret-value" or ".example" in _words(action, "target")


def altered_correction(source: CorrectionsSource) -> Iterator[Change]:
    """A correction with another type, format, status, name, reference, page rule or link."""
    for action in source.actions:
        name = _words(action, "x-correction")
        update = _entry(action, "update")
        if update is None or name in CORRECTIONS_OUT_OF_REACH or ".example" in _words(action, "target"):
            continue
        for path, node, is_key in _scalars(update, ()):
            other = _other(node.value, path, is_key)
            if other is not None and not PARTS_OUT_OF_REACH.intersection([*path, node.value]):
                quoted = f'"{other}"' if node.style == '"' else other
                edit = source.bytes_at(node.start_mark.index, node.end_mark.index, quoted)
                yield Change(name, (edit,), f"{'.'.join(path)}: {node.value} -> {other}")


def _other(text: str, path: Sequence[str], is_key: bool) -> str | None:
    """What a word of a correction gives way to; None where there is nothing to mistake."""
    parent = path[-2] if len(path) > 1 else ""
    if is_key:
        if parent in {"", "responses"} and text.isdecimal():
            return str(int(text) + 1)
        return f"{text}_" if parent == "properties" else None
    if text.startswith(("$response.", "$request.")):
        return text.rpartition("/")[0] + "/name" if text.endswith(("id", "Id")) else f"{text}_"
    if text.startswith("#/components/schemas/"):
        return "#/components/schemas/RestProject"
    if text.isdecimal():
        return str(int(text) - 1)
    if path[-1] in {"cursor", "size", "items", "nextLink"} or parent == "required":
        return f"{text}_"
    return _OTHER_WORDS.get(text)


def _scalars(node: yaml.Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.ScalarNode, bool]]:
    """All scalars but wording, with their path; and whether each is a key."""
    if isinstance(node, yaml.ScalarNode):
        yield path, node, False
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _scalars(item, (*path, str(number)))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value not in WORDING_KEYS:
                yield (*path, key.value), key, True
                yield from _scalars(value, (*path, key.value))


def _entry(node: yaml.Node, key: str) -> yaml.Node | None:
    assert isinstance(node, yaml.MappingNode)
    return next((value for name, value in node.value if name.value == key), None)


def _words(node: yaml.Node, key: str) -> str:
    entry = _entry(node, key)
    assert isinstance(entry, yaml.ScalarNode)
    return " ".join(entry.value.split())
