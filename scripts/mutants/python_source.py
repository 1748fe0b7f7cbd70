"""A Python file and its syntax tree, with what operators need: text of a node, edits at a node, what it stands in."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import TypeVar

from scripts.mutants.mutant import Change, Edit

Node = TypeVar("Node", bound=ast.AST)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMMA = re.compile(rb"\s*,")
_SHOWN = 100  # characters of a text in the line that tells a change


class PythonSource:
    """One file. `path` is relative to the tree, `data` its bytes."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.tree = ast.parse(data)
        self.parents: dict[ast.AST, ast.AST] = {}
        self._nodes = list(self._walk(self.tree))
        self._lines = [0, *itertools.accumulate(len(line) for line in data.splitlines(keepends=True))]

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        yield node
        for child in ast.iter_child_nodes(node):
            self.parents[child] = node
            yield from self._walk(child)

    def nodes(self, kind: type[Node], root: ast.AST | None = None) -> Iterator[Node]:
        """All nodes of a kind, outer ones first, in the order of the text."""
        inside = None if root is None else {root, *ast.walk(root)}
        return (node for node in self._nodes if isinstance(node, kind) and (inside is None or node in inside))

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def scope(self, node: ast.AST) -> str:
        """The dotted name of the function or class around a node; at the top of a module the name assigned to."""
        around = [node, *self.ancestors(node)]
        names = [one.name for one in around if isinstance(one, _SCOPES)]
        if not names:
            names = [ast.unparse(one.targets[0]) for one in around if isinstance(one, ast.Assign)]
            names += [ast.unparse(one.target) for one in around if isinstance(one, ast.AnnAssign)]
        return ".".join(reversed(names))

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost function around a node."""
        around = (one for one in self.ancestors(node) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        return next(around, None)

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Where a node begins and ends, in bytes."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin = self._lines[node.lineno - 1] + node.col_offset
        return begin, self._lines[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The node as it is written."""
        begin, end = self.span(node)
        return self.data[begin:end].decode()

    def replaced(self, node: ast.expr | ast.stmt, text: str) -> Change:
        """A change that has `text` where the node was."""
        return self.changed(node, [self.edit(node, text)], f"{self.text(node)} -> {text}")

    def dropped(self, statement: ast.stmt) -> Change:
        """A change that leaves out a statement."""
        return self.changed(statement, [self.edit(statement, "pass")], f"without {self.text(statement)}")

    def swapped(self, one: ast.expr, other: ast.expr, told: str) -> Change:
        """A change that has two expressions in each other's place."""
        return self.changed(one, [self.edit(one, self.text(other)), self.edit(other, self.text(one))], told)

    def edit(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """The edit that puts `text` where the node is."""
        return Edit(*self.span(node), text.encode())

    def changed(self, node: ast.AST, edits: list[Edit], told: str) -> Change:
        """A change at a node, told in one line."""
        flat = " ".join(told.split())
        return Change(self.scope(node), tuple(edits), flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]}…")

    def entries(self, table: ast.Dict) -> list[tuple[ast.expr | None, ast.expr]]:
        """Keys and values of a dictionary as it is written; of `**more` there is only the value."""
        return list(zip(table.keys, table.values, strict=True))

    def without_entries(self, table: ast.Dict) -> Iterator[Change]:
        """For each entry of a dictionary with a key the change that leaves it out."""
        begins = [
            self.span(value)[0] - len("**") if key is None else self.span(key)[0] for key, value in self.entries(table)
        ]
        for index, (key, value) in enumerate(self.entries(table)):
            if key is None:
                continue
            end = self.span(value)[1]
            if index + 1 < len(begins):
                end = begins[index + 1]
            elif (comma := _COMMA.match(self.data, end)) is not None:
                end = comma.end()
            yield self.changed(key, [Edit(begins[index], end, b"")], f"without field {self.text(key)}")
