"""Mistakes of a service in what an answer holds: lost, null, mistyped or swapped fields, order, media types, times."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from scripts.mutants.mutant import Change
from scripts.mutants.python_source import PythonSource

_FIELD = re.compile(r"[a-z][A-Za-z0-9]*")
# What the records of the mock hold, as far as two fields of a type can be swapped.
_FLAGS = {"done", "success", "cancel_requested", "is_group"}
_TEXTS = {"name", "full_name", "task_name", "timezone", "uuid", "agent_id"}


def lost_field(source: PythonSource) -> Iterator[Change]:
    """An object of an answer without one of its fields."""
    for table in _objects(source):
        yield from source.without_entries(table)
    for statement in _later_fields(source):
        yield source.dropped(statement)


def null_field(source: PythonSource) -> Iterator[Change]:
    """A field that is null."""
    for value in _values(source):
        if not (isinstance(value, ast.Constant) and value.value is None):
            yield source.replaced(value, "None")


def mistyped_field(source: PythonSource) -> Iterator[Change]:
    """A number for a text, a text for a number or a flag, one for many, many for one."""
    for value in _values(source):
        match value:
            case ast.Call(func=ast.Name(id="str"), args=[inner]):
                yield source.replaced(value, source.text(inner))
            case ast.ListComp():
                yield source.replaced(value, f"next(iter({source.text(value)}), None)")
            case ast.Attribute(attr=name) if name in _FLAGS:
                yield source.replaced(value, f"str({source.text(value)})")
            case ast.Call(func=ast.Name(id="len")):
                yield source.replaced(value, f"str({source.text(value)})")
            case ast.Constant(value=None):
                pass
            case _:
                yield source.replaced(value, f"[{source.text(value)}]")


def swapped_fields(source: PythonSource) -> Iterator[Change]:
    """Two fields of one type and one object in each other's place."""
    for table in _objects(source):
        for one, other in itertools.combinations(table.values, 2):
            kind = _kind(one)
            if kind is not None and kind == _kind(other) and source.text(one) != source.text(other):
                yield source.swapped(one, other, f"{source.text(one)} <-> {source.text(other)}")


def wrong_order(source: PythonSource) -> Iterator[Change]:
    """A list that is not sorted, or not turned round."""
    for call in source.nodes(ast.Call):
        name = ast.unparse(call.func)
        if name == "reversed":
            yield source.replaced(call, source.text(call.args[0]))
        elif name == "sorted":
            inner = call.args[0]
            text = source.text(inner)
            # A generator that is the only argument has the call's own brackets.
            yield source.replaced(call, f"list({text})" if not text.startswith("(") else f"list{text}")
        for keyword in call.keywords:
            if keyword.arg in {"reverse", "descending"}:
                yield source.replaced(keyword.value, f"not ({source.text(keyword.value)})")
    for statement in source.nodes(ast.Expr):
        if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func).endswith(".sort"):
            yield source.dropped(statement)


def wrong_media_type(source: PythonSource) -> Iterator[Change]:
    """An answer that says that it is something else."""
    for text in source.nodes(ast.Constant):
        if isinstance(text.value, str) and re.fullmatch(r"(application|text)/[a-z]+", text.value):
            yield source.replaced(text, '"text/plain"')
    for pair in source.nodes(ast.Tuple):
        if [getattr(one, "value", None) for one in pair.elts] == ["application", "json"]:
            yield source.replaced(pair.elts[1], '"xml"')


def wrong_time(source: PythonSource) -> Iterator[Change]:
    """A time without its offset, in another zone, or cut short."""
    for sum_ in source.nodes(ast.BinOp):
        if isinstance(sum_.right, ast.Constant) and sum_.right.value == "Z":
            yield source.replaced(sum_, source.text(sum_.left))
    for cut in source.nodes(ast.Slice):
        if isinstance(cut.upper, ast.Constant) and cut.upper.value in {19, 25}:
            yield source.replaced(cut.upper, "16")
    for call in source.nodes(ast.Call):
        name = ast.unparse(call.func).rpartition(".")[2].lstrip("_")
        if name == "zoned_text":
            yield source.replaced(call.args[1], '"+05:00"')
        elif name in {"instant_text", "time"} and len(call.args) == 1:
            yield source.replaced(call.args[0], f"({source.text(call.args[0])} or 0) + 3600")


def _objects(source: PythonSource) -> Iterator[ast.Dict]:
    """The JSON objects that functions build: what has only names of fields for keys."""
    for table in source.nodes(ast.Dict):
        keys = [key for key in table.keys if key is not None]
        named = all(isinstance(key, ast.Constant) and _FIELD.fullmatch(str(key.value)) for key in keys)
        if keys and named and source.function(table) is not None:
            yield table


def _later_fields(source: PythonSource) -> Iterator[ast.Assign]:
    """`shown["poolId"] = …`: fields that an object gets after it was begun."""
    for statement in source.nodes(ast.Assign):
        match statement.targets:
            case [ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str(name)))] if _FIELD.fullmatch(name):
                yield statement


def _values(source: PythonSource) -> Iterator[ast.expr]:
    for table in _objects(source):
        yield from (value for key, value in source.entries(table) if key is not None)
    for statement in _later_fields(source):
        yield statement.value


def _kind(value: ast.expr) -> str | None:
    match value:
        case ast.Call(func=ast.Name(id=name)) if name in {"str", "_time", "_zoned_text", "id_and_name"}:
            return name
        case ast.Attribute(attr=name) if name in _FLAGS:
            return "flag"
        case ast.Attribute(attr=name) if name in _TEXTS or name.endswith("_name"):
            return "text"
        case _:
            return None
