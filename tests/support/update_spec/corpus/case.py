"""How a case of the corpus is written, and the ways into a document that cases share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = Any  # a decoded JSON document
Mutation = Callable[[Json], Json | None]

CASES: dict[str, Case] = {}
_BUMPS = {"none": "none", "prose": "patch", "breaking": "major"}


@dataclass(frozen=True)
class Case:
    """A mutation of the published document, and what is expected of the judge.

    `callers` is the class behind `needs-hands`. `kinds` are those of all changes, without repetition. `bump` is what a
    version from 1.0 on asks for. `corrections` are the states of those that are not unaffected.
    """

    name: str
    mutate: Mutation
    verdict: str
    callers: str
    kinds: frozenset[str]
    bump: str
    corrections: dict[str, str] = field(default_factory=dict)
    same: bool = False  # the same meaning on the wire: the contract's verdict may not change


def case(
    verdict: str,
    *kinds: str,
    callers: str | None = None,
    bump: str | None = None,
    corrections: dict[str, str] | None = None,
    same: bool = False,
) -> Callable[[Mutation], Mutation]:
    """Puts a mutation into the corpus. It changes the document that it is given, or returns another."""

    def register(mutate: Mutation) -> Mutation:
        name = mutate.__name__
        assert name not in CASES, name
        meant = callers or verdict
        asked = bump or _BUMPS[meant]
        CASES[name] = Case(name, mutate, verdict, meant, frozenset(kinds), asked, corrections or {}, same)
        return mutate

    return register


def operation(document: Json, id: str) -> Json:
    """The operation of that id."""
    return next(one for item in document["paths"].values() for one in item.values() if one.get("operationId") == id)


def parameter(document: Json, id: str, name: str) -> Json:
    """The parameter of that name of an operation."""
    return next(one for one in operation(document, id)["parameters"] if one["name"] == name)


def schema(document: Json, name: str) -> Json:
    """A component."""
    return document["components"]["schemas"][name]


def prop(document: Json, name: str, field: str) -> Json:
    """A field of a component."""
    return schema(document, name)["properties"][field]


def body(document: Json, id: str, status: str = "200", media: str = "application/json") -> Json:
    """The content of one of an operation's responses."""
    return operation(document, id)["responses"][status]["content"][media]


def renamed(document: Json, old: str, new: str) -> Json:
    """The document with every reference to a component, and the component, under another name."""
    prefix = "#/components/schemas/"

    def walk(node: Json) -> Json:
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        return prefix + new if node == prefix + old else node

    document = walk(document)
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {new if name == old else name: value for name, value in schemas.items()}
    return document
