"""Mistakes of the generated client: what a request loses, what is misread in an answer, who gets the key."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Container, Iterator

from scripts.mutants.mutant import Change, Edit
from scripts.mutants.python_source import Node, PythonSource
from scripts.mutants.reach import CLIENT_FUNCTIONS, STATUSES_NEVER_SEEN

_METHODS = {"get": "put", "put": "post", "post": "put", "delete": "get"}
_FALSY = {"bool", "int", "str", "list[str]"}  # types with a value that counts as false


# Requests: `_get_kwargs` of an operation's module


def lost_parameter(source: PythonSource) -> Iterator[Change]:
    """A parameter, a header or the body that is not sent, in both ways to call or in one of them."""
    for function, statement, place, _ in _sent(source):
        if not _is_sent_anyway(function, place):
            yield source.dropped(statement)
    for call in source.nodes(ast.Call):
        around = source.function(call)
        if ast.unparse(call.func) == "_get_kwargs" and around is not None and around.name in CLIENT_FUNCTIONS:
            for keyword in call.keywords:
                if keyword.arg not in _required(source) and keyword.arg != "content_length":
                    yield source.replaced(keyword.value, "UNSET")


def renamed_parameter(source: PythonSource) -> Iterator[Change]:
    """A query parameter or a header under another name."""
    for function, _, place, key in _sent(source):
        if place.startswith(("params[", "headers[")) and not _is_sent_anyway(function, place):
            yield source.replaced(key, f'"{key.value!s}_"')


def wrong_request_line(source: PythonSource) -> Iterator[Change]:
    """Another method, another path, or two values of the path in each other's place."""
    for table in source.nodes(ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if not isinstance(key, ast.Constant):
                continue
            if key.value == "method" and isinstance(value, ast.Constant):
                yield source.replaced(value, f'"{_METHODS.get(str(value.value), "put")}"')
            if key.value == "url":
                address = next(one for one in ast.walk(value) if isinstance(one, ast.Constant))
                text = str(address.value)
                yield source.replaced(address, f'"{text[:-1]}"' if not text.endswith("}") else f'"{text}/"')
                if isinstance(value, ast.Call):
                    for one, other in itertools.combinations(value.keywords, 2):
                        yield source.swapped(one.value, other.value, f"{one.arg} <-> {other.arg}")


def wrong_encoding(source: PythonSource) -> Iterator[Change]:
    """Characters of a path, booleans, lists, types or times in another form."""
    annotations = _annotations(source)
    for call in source.nodes(ast.Call):
        # A number needs no encoding.
        if ast.unparse(call.func) == "path_segment" and annotations.get(ast.unparse(call.args[0])) == "str":
            yield source.replaced(call, f"str({source.text(call.args[0])})")
        elif ast.unparse(call.func).endswith(".isoformat"):
            yield source.replaced(call, f"{source.text(call)}[:19]")
    for _, statement, place, _ in _sent(source):
        value = statement.value
        kind = annotations.get(ast.unparse(value), "").removesuffix(" | Unset")
        if place.startswith("params[") and kind == "bool":
            told = source.text(value)
            yield source.replaced(value, f"{told} if isinstance({told}, Unset) else str({told})")
        elif place == "headers['Content-Type']":
            yield source.replaced(value, '"text/plain"')
    for statement in source.nodes(ast.Assign):
        name = ast.unparse(statement.value)
        if annotations.get(name) == "list[str] | Unset" and ast.unparse(statement.targets[0]).startswith("json_"):
            yield source.replaced(statement.value, f'",".join({name})')
    if source.path.endswith("/types.py"):
        for keyword in source.nodes(ast.keyword):
            if keyword.arg == "safe":
                yield source.replaced(keyword.value, '"/%"')
        for call in source.nodes(ast.Call):
            if ast.unparse(call.func).endswith(".replace"):
                assert isinstance(call.func, ast.Attribute)
                yield source.replaced(call, source.text(call.func.value))


def lost_falsy(source: PythonSource) -> Iterator[Change]:
    """Zero, false and empty values that are taken for absent ones."""
    annotations = _annotations(source)
    for choice in source.nodes(ast.If):
        match choice.test:
            case ast.Compare(ops=[ast.IsNot()], comparators=[ast.Name(id="UNSET")], left=ast.Name(id=name)):
                if annotations.get(name, "").removesuffix(" | Unset") in _FALSY:
                    yield source.replaced(choice.test, name)
    for loop in source.nodes(ast.comprehension):
        for condition in loop.ifs:
            if "UNSET" in ast.unparse(condition):
                yield source.replaced(condition, "v")


# Models


def lost_model_field(source: PythonSource) -> Iterator[Change]:
    """A field of a model that is not written."""
    for function in _functions(source, "to_dict"):
        for table in source.nodes(ast.Dict, function):
            yield from source.without_entries(table)
        for statement in source.nodes(ast.Assign, function):
            if ast.unparse(statement.targets[0]).startswith("field_dict["):
                yield source.dropped(statement)


def wrong_model_key(source: PythonSource) -> Iterator[Change]:
    """A field of a model under another name: read from there, or written to there."""
    for function in _functions(source, "from_dict"):
        for call in source.nodes(ast.Call, function):
            if ast.unparse(call.func) == "d.pop" and isinstance(call.args[0], ast.Constant):
                yield source.replaced(call.args[0], f'"{call.args[0].value!s}_"')
    for function in _functions(source, "to_dict"):
        for table in source.nodes(ast.Dict, function):
            for key in table.keys:
                if isinstance(key, ast.Constant):
                    yield source.replaced(key, f'"{key.value!s}_"')


def swapped_model_fields(source: PythonSource) -> Iterator[Change]:
    """Two fields of one type in each other's place, on the way in or on the way out."""
    annotations = _annotations(source)
    for function in _functions(source, "from_dict"):
        for call in source.nodes(ast.Call, function):
            if ast.unparse(call.func) == "cls":
                for one, other in itertools.combinations(call.keywords, 2):
                    if annotations.get(str(one.arg)) == annotations.get(str(other.arg), ""):
                        yield source.swapped(one.value, other.value, f"read {one.arg} <-> {other.arg}")
    for function in _functions(source, "to_dict"):
        for table in source.nodes(ast.Dict, function):
            for value, another in itertools.combinations(table.values, 2):
                left, right = ast.unparse(value), ast.unparse(another)
                if annotations.get(left) == annotations.get(right, ""):
                    yield source.swapped(value, another, f"written {left} <-> {right}")


def wrong_model_null(source: PythonSource) -> Iterator[Change]:
    """A null that is taken for something else."""
    for choice in source.nodes(ast.If):
        if ast.unparse(choice.test) == "data is None" and isinstance(choice.body[0], ast.Return):
            assert choice.body[0].value is not None
            yield source.replaced(choice.body[0].value, "UNSET")


# Answers


def wrong_answer(source: PythonSource) -> Iterator[Change]:
    """A status that is not recognised, an answer that is not parsed."""
    for choice in source.nodes(ast.If):
        match choice.test:
            case ast.Compare(comparators=[ast.Constant(value=int(status)) as number]):
                # Where nothing is made of the body, another status gives the same None.
                if status not in STATUSES_NEVER_SEEN and re.search(r"from_dict|File\(", source.text(choice)):
                    yield source.replaced(number, str(status + 1))
    for answer in source.nodes(ast.Return):
        if isinstance(answer.value, ast.Name) and re.fullmatch(r"response_(?!403|204|303)\d+", answer.value.id):
            yield source.replaced(answer.value, "None")
    for function in _functions(source, "_build_response"):
        for keyword in source.nodes(ast.keyword, function):
            if keyword.arg == "content":
                yield source.replaced(keyword.value, 'b""')
            elif keyword.arg == "status_code":
                yield source.replaced(keyword.value, "200")


# The key: `AuthenticatedClient`


def lost_key(source: PythonSource) -> Iterator[Change]:
    """No key, a key without its prefix, or one under another name."""
    for statement in _of_authenticated_client(source, ast.Assign):
        if ast.unparse(statement.targets[0]).startswith("self._headers["):
            yield source.dropped(statement)
            yield source.replaced(statement.value, "self.token")
            yield source.replaced(statement.value, 'f"{self.prefix}{self.token}"')
    for declared in _of_authenticated_client(source, ast.AnnAssign):
        if ast.unparse(declared.target) in {"prefix", "auth_header_name"} and declared.value is not None:
            yield source.replaced(declared.value, '"X-Api-Key"')


def leaked_key(source: PythonSource) -> Iterator[Change]:
    """A key that goes along to the host of a redirect, or that is in an address."""
    for call in _of_authenticated_client(source, ast.Call):
        made = ast.unparse(call.func)
        if made not in {"httpx.Client", "httpx.AsyncClient"}:
            continue
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        follow = given["follow_redirects"]
        kept = "_kept_awaited" if made == "httpx.AsyncClient" else "_kept"
        hook = f'True, event_hooks={{"request": [{kept}(self._headers)]}}'
        helpers = Edit(len(source.data), len(source.data), _KEEPING)
        yield source.changed(follow, [source.edit(follow, hook), helpers], f"{made} keeps the key in redirects")
        headers = given["headers"]
        asked = f'{source.text(headers)}, params={{"key": self.token}}'
        yield source.changed(headers, [source.edit(headers, asked)], f"{made} has the key in the query")


# httpx takes the key out of a redirect to another host; this puts it back.
_KEEPING = b"""

def _kept(headers):
    def keep(request):
        request.headers.update(headers)

    return keep


def _kept_awaited(headers):
    async def keep(request):
        request.headers.update(headers)

    return keep
"""


def _is_sent_anyway(function: ast.AST, place: str) -> bool:
    """Whether httpx adds a header by itself: the type of a JSON body, the length of any."""
    is_json = "_kwargs['json']" in ast.unparse(function)
    return place == "headers['Content-Length']" or (is_json and place == "headers['Content-Type']")


def _sent(
    source: PythonSource,
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.Assign, str, ast.Constant]]:
    """What `_get_kwargs` puts into a request: the statement, the place that it fills and the name there."""
    for statement in source.nodes(ast.Assign):
        function = source.function(statement)
        target = statement.targets[0]
        if function is None or function.name != "_get_kwargs" or not isinstance(target, ast.Subscript):
            continue
        place = ast.unparse(target)
        if isinstance(target.slice, ast.Constant) and place != "_kwargs['headers']":
            yield function, statement, place, target.slice


def _functions(source: PythonSource, name: str) -> Iterator[ast.FunctionDef]:
    return (function for function in source.nodes(ast.FunctionDef) if function.name == name)


def _annotations(source: PythonSource) -> dict[str, str]:
    """The types of arguments and of a model's fields, by name."""
    found = {one.arg: one.annotation for one in source.nodes(ast.arg) if one.annotation is not None}
    for statement in source.nodes(ast.AnnAssign):
        if isinstance(source.parents[statement], ast.ClassDef) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = statement.annotation
    return {name: ast.unparse(annotation) for name, annotation in found.items()}


def _required(source: PythonSource) -> Container[str | None]:
    """The arguments of `_get_kwargs` without a default."""
    (function,) = _functions(source, "_get_kwargs")
    given = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {one.arg for one in function.args.args} | {one.arg for one, default in given if default is None}


def _of_authenticated_client(source: PythonSource, kind: type[Node]) -> Iterator[Node]:
    return (node for node in source.nodes(kind) if source.scope(node).startswith("AuthenticatedClient"))
