"""Mistakes of a service in what it decides: comparisons, limits, checks, statuses, parameters, changes, bodies."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from scripts.mutants.mutant import Change, Edit
from scripts.mutants.python_source import PythonSource

_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_OPPOSITE = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "!=", "!=": "=="}
_SIGN = re.compile(rb"[<>=!]=|[<>]")
_STATUS = {400: 404, 404: 400, 409: 400, 201: 200, 204: 200, 405: 404, 406: 400}
_REFUSALS = {"ServiceError", "BareAnswer", "missing", "_Refused", "_out_of", "AttemptConflict"}
_LIMIT = re.compile(r"_[A-Z_]+")
_CHANGES = {"append", "pop", "remove", "clear", "update", "add"}


def wrong_comparison(source: PythonSource) -> Iterator[Change]:
    """A cursor, a size or a time compared the other way round."""
    for begin, end, sign, comparison in _signs(source):
        if sign in _OPPOSITE:
            yield _with_sign(source, comparison, begin, end, _OPPOSITE[sign])


def off_by_one(source: PythonSource, stated: frozenset[int]) -> Iterator[Change]:
    """A bound that is one off. A number counts only if the contract states it (`stated`)."""
    limits = {
        ast.unparse(statement.targets[0]): statement.value
        for statement in source.tree.body
        if isinstance(statement, ast.Assign) and _LIMIT.fullmatch(ast.unparse(statement.targets[0]))
    }
    for name, value in limits.items():
        if _number(value) in stated:
            yield source.changed(value, [source.edit(value, f"{source.text(value)} - 1")], f"{name} - 1")
    for begin, end, sign, comparison in _signs(source):
        unknown = any(name.id in limits and _number(limits[name.id]) not in stated for name in _names(comparison))
        if sign in _BOUNDARY and not unknown:
            yield _with_sign(source, comparison, begin, end, _BOUNDARY[sign])
    for call in source.nodes(ast.Call):
        if ast.unparse(call.func) == "islice":
            yield source.replaced(call.args[1], f"{source.text(call.args[1])} + 1")
        elif ast.unparse(call.func).endswith("query.get") and _is_number(call.args[-1]):
            yield source.replaced(call.args[-1], f"{source.text(call.args[-1])} - 1")
    for cut in source.nodes(ast.Slice):
        if isinstance(cut.upper, ast.Name):
            yield source.replaced(cut.upper, f"{source.text(cut.upper)} + 1")
    for item in source.nodes(ast.Subscript):
        if ast.unparse(item.slice) == "-1":
            yield source.replaced(item.slice, "0")
    for sum_ in source.nodes(ast.BinOp):
        if isinstance(sum_.op, ast.Add | ast.Sub) and isinstance(sum_.right, ast.Constant) and sum_.right.value == 1:
            yield source.replaced(sum_, source.text(sum_.left))


def wrong_status(source: PythonSource) -> Iterator[Change]:
    """Another status, one that the contract has somewhere."""
    for call in source.nodes(ast.Call):
        if ast.unparse(call.func) in {"ServiceError", "BareAnswer", "Reply"} and call.args:
            status = _number(call.args[0])
            if status in _STATUS:
                yield source.replaced(call.args[0], str(_STATUS[status]))


def missing_check(source: PythonSource) -> Iterator[Change]:
    """Something wrong that is not refused."""
    for refusal in _refusals(source):
        yield source.dropped(refusal)
    for statement in source.nodes(ast.Expr):
        if isinstance(statement.value, ast.Call):
            name = ast.unparse(statement.value.func).rpartition(".")[2].lstrip("_")
            if name.startswith("check"):
                yield source.dropped(statement)


def inverted_check(source: PythonSource) -> Iterator[Change]:
    """Something right that is refused, and the other way round."""
    for refusal in _refusals(source):
        around = source.parents[refusal]
        if isinstance(around, ast.If) and refusal in around.body:
            yield source.replaced(around.test, f"not ({source.text(around.test)})")


def lost_change(source: PythonSource) -> Iterator[Change]:
    """A write that has no effect."""
    for statement in source.nodes(ast.stmt):
        match statement:
            case ast.Assign(targets=[target]) if source.function(statement) and _is_kept(target):
                yield source.dropped(statement)
            case ast.Delete():
                yield source.dropped(statement)
            case ast.Expr(value=ast.Call(func=called)) if source.function(statement):
                name = ast.unparse(called)
                method = name.rpartition(".")[2]
                if not method.lstrip("_").startswith("check") and not _is_of_a_list_in_the_making(called, method):
                    yield source.dropped(statement)


def ignored_parameter(source: PythonSource) -> Iterator[Change]:
    """A parameter or a field of the body that does nothing; a dry run among them that writes."""
    for call in source.nodes(ast.Call):
        if re.fullmatch(r"(request\.)?(query|body)\.get", ast.unparse(call.func)):
            yield source.replaced(call, source.text(call.args[1]) if len(call.args) > 1 else "None")
    for comparison in source.nodes(ast.Compare):
        holder = ast.unparse(comparison.comparators[0])
        if isinstance(comparison.ops[0], ast.In) and re.fullmatch(r"(request\.)?(query|body)", holder):
            yield source.replaced(comparison, "False")
    for item in source.nodes(ast.Subscript):
        if re.fullmatch(r"(request\.)?body\['dryRun'\]", ast.unparse(item)):
            yield source.replaced(item, "False")


def ignored_filter(source: PythonSource) -> Iterator[Change]:
    """A filter that lets everything pass."""
    for loop in source.nodes(ast.comprehension):
        for condition in loop.ifs:
            yield source.replaced(condition, "True")


def lost_body_field(source: PythonSource) -> Iterator[Change]:
    """A field of a request body that is not read, or not asked for."""
    for table in _models(source):
        yield from source.without_entries(table)
    for pair in source.nodes(ast.Tuple):
        around = source.parents[pair]
        if isinstance(around, ast.Tuple) and all(isinstance(one, ast.Constant) for one in pair.elts):
            left = "".join(f"{source.text(one)}, " for one in around.elts if one is not pair)
            yield source.changed(
                around, [source.edit(around, f"({left.rstrip()})")], f"not required: {ast.unparse(pair)}"
            )


def mistyped_body_field(source: PythonSource) -> Iterator[Change]:
    """A field of a request body that is read as something else."""
    for table in _models(source):
        for _, value in source.entries(table):
            if isinstance(value, ast.Name):
                yield source.replaced(value, "_integer" if value.id != "_integer" else "_string")


def wrong_null(source: PythonSource) -> Iterator[Change]:
    """A null in a request that is not what absence is."""
    for answer in source.nodes(ast.Return):
        if isinstance(answer.value, ast.Name) and answer.value.id == "_ABSENT":
            yield source.replaced(answer.value, "None")


def _refusals(source: PythonSource) -> Iterator[ast.Raise]:
    for statement in source.nodes(ast.Raise):
        raised = statement.exc
        if isinstance(raised, ast.Call) and ast.unparse(raised.func) in _REFUSALS:
            yield statement


def _signs(source: PythonSource) -> Iterator[tuple[int, int, str, ast.Compare]]:
    """The place of each sign of a comparison."""
    for comparison in source.nodes(ast.Compare):
        sides = [comparison.left, *comparison.comparators]
        for left, right in itertools.pairwise(sides):
            after = source.span(left)[1]
            found = _SIGN.search(source.data, after, source.span(right)[0])
            if found:
                yield found.start(), found.end(), found[0].decode(), comparison


def _with_sign(source: PythonSource, comparison: ast.Compare, begin: int, end: int, sign: str) -> Change:
    told = f"{source.data[begin:end].decode()} -> {sign} in {source.text(comparison)}"
    return source.changed(comparison, [Edit(begin, end, sign.encode())], told)


def _names(node: ast.AST) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name)]


def _number(node: ast.expr) -> int | None:
    """The value of a number, or of `2**31 - 1` and the like; None for anything else."""
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.BinOp(left, operator, right):
            one, other = _number(left), _number(right)
            if one is None or other is None:
                return None
            match operator:
                case ast.Mult():
                    return one * other
                case ast.Pow():
                    return int(one**other)
                case ast.Sub():
                    return one - other
    return None


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > 1


def _is_kept(target: ast.expr) -> bool:
    """Whether an assignment changes a record of the account, and not a local object in the making."""
    match target:
        case ast.Attribute(value=ast.Name(id=name)):
            return name != "self"
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name))):
            return name != "self"
        case ast.Tuple(elts=elements):
            return all(_is_kept(one) for one in elements)
        case _:
            return False


def _is_of_a_list_in_the_making(called: ast.expr, method: str) -> bool:
    return method in _CHANGES and isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)


def _models(source: PythonSource) -> Iterator[ast.Dict]:
    """The tables of fields of request bodies: by name, how each is read."""
    for table in source.nodes(ast.Dict):
        values = [value for key, value in source.entries(table) if key is not None]
        readers = [value for value in values if isinstance(value, ast.Name) and value.id.startswith("_")]
        if readers and len(readers) == len(values) and not ast.unparse(readers[0]).isupper():
            yield table
