"""What the service published last: the document's structure, and of its prose no more than hashes.

openapi.yaml has the same structure in words of our own. This is what it is compared with, and what a newer document is
compared with: a difference is then what the service changed, not how we word it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.codegen.contract.document import Document, Json, Place, pointer

FILE = Path(__file__).parents[1] / "published.json"
TO_BE_WRITTEN = "To be written in our words."
"""What stands in place of prose until somebody writes it."""
PROSE = frozenset({"description", "summary", "example", "examples", "externalDocs"})

# Below these, keys are names that somebody chose: a field may be called `description`.
_NAMES = frozenset(
    {"properties", "patternProperties", "schemas", "responses", "parameters", "headers", "requestBodies"}
)
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
_SHORTEST = 6  # words; what is shorter cannot be said in many ways


@dataclass(frozen=True, slots=True)
class Published:
    """A published document without its prose.

    `version`: the version of OpenAPI it was written in; the structure is kept in the words of the one that the
    corrections are written in. `prose`: hashes of the sentences at each place, by JSON pointer.
    """

    version: str
    structure: Document
    prose: dict[str, list[str]]

    def text(self) -> str:
        """The file's content."""
        content = {"openapi": self.version, "structure": self.structure, "prose": self.prose}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def load(path: Path = FILE) -> Published:
    """What was published last."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Published(content["openapi"], content["structure"], content["prose"])


def record(document: Document, version: str) -> Published:
    """What is kept of a document. Examples count as prose: they are ours, too."""
    prose = {where: [hashed(part) for part in sentences(text)] for where, text in prose_of(document)}
    prose |= {where: [hashed(json.dumps(value, sort_keys=True))] for where, value in _examples(document)}
    return Published(version, structure(document), prose)


def structure(node: Json, at: Place = ()) -> Json:
    """A document without prose and examples. The descriptions of servers stay: they are the names of the regions."""
    if isinstance(node, list):
        return [structure(item, (*at, "[]")) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: structure(value, (*at, key)) for key, value in node.items() if _keys_are_names(at) or key not in PROSE}


def prose_of(document: Document) -> Iterator[tuple[str, str]]:
    """Every description and summary, with its JSON pointer; parameters go by their names, not by their positions."""
    for at, node in named_nodes(document):
        if at[-1:] in (("description",), ("summary",)) and isinstance(node, str) and not _keys_are_names(at[:-1]):
            yield pointer(at), node


def _examples(document: Document) -> Iterator[tuple[str, Json]]:
    for at, node in named_nodes(document):
        if at[-1:] in (("example",), ("examples",)) and not _keys_are_names(at[:-1]):
            yield pointer(at), node


def named_nodes(node: Json, at: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Every part of a document with its place, parameters by their names; what is within prose is no part."""
    yield at, node
    if at[-1:] and at[-1] in PROSE and not _keys_are_names(at[:-1]):
        return
    if isinstance(node, dict):
        for key, value in node.items():
            yield from named_nodes(value, (*at, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            named = isinstance(item, dict) and {"in", "name"} <= item.keys()
            yield from named_nodes(item, (*at, f"{item['in']}:{item['name']}" if named else index))


def _keys_are_names(at: Place) -> bool:
    if at[:1] == ("servers",):
        return True
    return bool(at) and at[-1] in _NAMES and not (len(at) > 1 and at[-2] in ("properties", "schemas"))


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in _SENTENCE.split(" ".join(text.split())) if part]


def hashed(sentence: str) -> str:
    """What is kept of a sentence; case, punctuation and spaces make no difference."""
    words = re.findall(r"\w+", sentence.lower())
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def copied(document: Document, published: Published) -> list[tuple[str, str]]:
    """The sentences of a document that the service published, with their places. Short ones belong to nobody."""
    known = {hash for hashes in published.prose.values() for hash in hashes}
    return [
        (where, sentence)
        for where, text in prose_of(document)
        for sentence in sentences(text)
        if len(re.findall(r"\w+", sentence)) >= _SHORTEST and hashed(sentence) in known
    ]
