"""Small mistakes of a program: each operator finds the places in a syntax tree where it can be made."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

Node = TypeVar("Node", bound=ast.AST)
_OPPOSITE: dict[type[ast.cmpop], str] = {
    ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
_STATUSES = {200: 201, 201: 200, 204: 200, 400: 404, 404: 400, 405: 404, 406: 400, 409: 400}


class Edit(NamedTuple):
    """Bytes from `start` to before `end` that give way to `text`, and where and what that is in words."""

    start: int
    end: int
    text: str
    scope: str
    told: str


class Source:
    """A Python file: its bytes, its tree, and for each node the one around it."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.tree = ast.parse(data)
        self.around = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        ends = [0]
        for line in data.splitlines(keepends=True):
            ends.append(ends[-1] + len(line))
        self._lines = ends

    def nodes(self, kind: type[Node]) -> Iterator[Node]:
        """All nodes of a kind."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    def outside(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside out."""
        while node in self.around:
            node = self.around[node]
            yield node

    def function(self, node: ast.AST) -> str:
        """The function around a node; empty at the top of the module."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return next((each.name for each in [node, *self.outside(node)] if isinstance(each, kinds)), "")

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt) -> str:
        """The node as it is written."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def replaced(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """The edit that puts a text where a node is."""
        told = " ".join(f"{self.text(node)} -> {text}".split())
        return Edit(*self.span(node), text, self.function(node), told[:160])

    def cut(self, start: int, end: int, node: ast.expr) -> Edit:
        """The edit that leaves a piece out."""
        return Edit(start, end, "", self.function(node), f"without {self.text(node)}"[:160])


Operator = Callable[[Source], Iterator[Edit]]


def lost_entry(source: Source) -> Iterator[Edit]:
    """A field or a parameter that is not there."""
    for table in source.nodes(ast.Dict):
        ends = [source.span(value)[1] for value in table.values]
        for number, key in enumerate(table.keys):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                if number > 0:  # with the comma before it
                    yield source.cut(ends[number - 1], ends[number], key)
                elif len(ends) == 1:
                    yield source.replaced(table, "{}")
                else:
                    after = table.keys[1]
                    begin = source.span(table.values[1])[0] - len("**") if after is None else source.span(after)[0]
                    yield source.cut(source.span(key)[0], begin, key)


def renamed_key(source: Source) -> Iterator[Edit]:
    """A field or a parameter under another name, where it is written or where it is read."""
    for table in source.nodes(ast.Dict):
        for key in table.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield source.replaced(key, repr(f"{key.value}_"))
    for item in source.nodes(ast.Subscript):
        if isinstance(item.slice, ast.Constant) and isinstance(item.slice.value, str):
            yield source.replaced(item.slice, repr(f"{item.slice.value}_"))


def swapped_values(source: Source) -> Iterator[Edit]:
    """Two neighbours of a list of fields in each other's place."""
    for table in source.nodes(ast.Dict):
        for (key, one), other in zip(zip(table.keys, table.values, strict=True), table.values[1:], strict=False):
            if key is not None and source.text(one) != source.text(other):
                start, end = source.span(one)
                last = source.span(other)
                between = source.data[end : last[0]].decode()
                text = source.text(other) + between + source.text(one)
                yield Edit(start, last[1], text, source.function(one), f"{source.text(one)} <-> {source.text(other)}")


def wrong_comparison(source: Source) -> Iterator[Edit]:
    """The opposite of a comparison."""
    for comparison in source.nodes(ast.Compare):
        if len(comparison.ops) == 1 and type(comparison.ops[0]) in _OPPOSITE:
            left, right = source.text(comparison.left), source.text(comparison.comparators[0])
            yield source.replaced(comparison, f"{left} {_OPPOSITE[type(comparison.ops[0])]} {right}")


def missing_check(source: Source) -> Iterator[Edit]:
    """Something wrong that is not refused: by a `raise` that does nothing, or a call of a check that is not made."""
    for refusal in source.nodes(ast.Raise):
        if refusal.exc is not None and isinstance(source.around[refusal], ast.If):
            yield source.replaced(refusal, "pass")
    for statement in source.nodes(ast.Expr):
        if isinstance(statement.value, ast.Call) and re.search(r"\b_?check\w*$", ast.unparse(statement.value.func)):
            yield source.replaced(statement, "pass")


def lost_change(source: Source) -> Iterator[Edit]:
    """A write that has no effect: of an attribute or an item of something that stays."""
    for statement in source.nodes(ast.Assign):
        if isinstance(statement.targets[0], ast.Attribute | ast.Subscript) and source.function(statement):
            yield source.replaced(statement, "pass")
    for deletion in source.nodes(ast.Delete):
        yield source.replaced(deletion, "pass")


def ignored_parameter(source: Source) -> Iterator[Edit]:
    """A parameter of the query, or a field of the body, that does nothing."""
    for call in source.nodes(ast.Call):
        if re.fullmatch(r"(request\.)?(query|body)\.get", ast.unparse(call.func)):
            yield source.replaced(call, source.text(call.args[1]) if len(call.args) > 1 else "None")


def wrong_order(source: Source) -> Iterator[Edit]:
    """Rows the other way round, or a page with one more."""
    for call in source.nodes(ast.Call):
        name = ast.unparse(call.func)
        if name in {"sorted", "reversed"} and call.args:
            yield source.replaced(call, f"list({source.text(call.args[0])})")
        elif name == "islice":
            yield source.replaced(call.args[1], f"{source.text(call.args[1])} + 1")


def wrong_status(source: Source) -> Iterator[Edit]:
    """Another status."""
    for number in source.nodes(ast.Constant):
        if type(number.value) is int and number.value in _STATUSES:
            yield source.replaced(number, str(_STATUSES[number.value]))


def wrong_request_line(source: Source) -> Iterator[Edit]:
    """Another path."""
    for call in source.nodes(ast.Call):
        if ast.unparse(call.func) == "path_of":
            for piece in call.args:
                if isinstance(piece, ast.Constant) and isinstance(piece.value, str):
                    yield source.replaced(piece, repr(piece.value[:-1]))


def wrong_reading(source: Source) -> Iterator[Edit]:
    """A response that is not read."""
    for call in source.nodes(ast.Call):
        if ast.unparse(call.func) in {"model_in", "error_in"}:
            yield source.replaced(call, "None")


def wrong_key(source: Source) -> Iterator[Edit]:
    """A key without its prefix, under another name, in the address, or for whoever a redirect leads to."""
    for text, other in (
        ('prefix: str = "TD1"', 'prefix: str = ""'),
        ('auth_header_name: str = "Authorization"', 'auth_header_name: str = "X-Api-Key"'),
        ('"follow_redirects": self._follow_redirects', '"follow_redirects": True'),
        ('safe=""', 'safe="/%"'),
    ):
        start = source.data.find(text.encode())
        if start >= 0:
            yield Edit(start, start + len(text), other, "", f"{text} -> {other}")
