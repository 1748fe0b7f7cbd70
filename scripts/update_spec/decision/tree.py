"""What the project's own code says of the contract: handlers of the mock, calls of the overlay. Found by parsing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOCK = Path("overlay/treasure_workflow_mock")
CLIENT = Path("overlay/treasure_workflow")
CONTRACT_TESTS = Path("overlay/treasure_workflow_contract")
TYPING = Path("tests/typing")
# Operations of the open-source server that the contract does not have.
_NOT_THE_CONTRACTS = "open_source_only.py"
_OPERATIONS = "treasure_workflow_api.api."
_MODELS = "treasure_workflow_api.models"


@dataclass(frozen=True, slots=True)
class Handler:
    """Where the mock names an operation that it has a handler for."""

    operation: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """Where the overlay calls an operation's module, with what.

    `package`: where it imports the module from. `rest`: it passes on arguments of a listing's page.
    """

    package: str
    module: str
    file: str
    line: int
    positional: int
    keywords: frozenset[str]
    rest: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """What is known of the project's code."""

    handlers: list[Handler]
    calls: list[Call]
    written: list[tuple[str, int, frozenset[str]]]  # file, line and keys of what the mock responds
    models: list[tuple[str, int, str]]  # file, line and name of each model that is imported


def survey(root: Path) -> Tree:
    """Looks through the project's code, without importing it."""
    calls: list[Call] = []
    models: list[tuple[str, int, str]] = []
    for folder in (CLIENT, CONTRACT_TESTS, TYPING):
        for path, module in _modules(root, root / folder):
            if "_sync" in path.split("/"):
                continue  # made of the other half
            models += _models(path, module)
            if folder == CLIENT:
                calls += _calls(path, module)
    handlers, written = [], []
    for path, module in _modules(root, root / MOCK):
        if not path.endswith(_NOT_THE_CONTRACTS):
            handlers += list(_handlers(path, module))
        written += [
            (path, node.lineno, keys)
            for node in ast.walk(module)
            if isinstance(node, ast.Dict) and (keys := frozenset(_texts(node.keys)))
        ]
    return Tree(handlers, calls, written, models)


def _modules(root: Path, folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _models(path: str, module: ast.Module) -> Iterator[tuple[str, int, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_MODELS):
            yield from ((path, node.lineno, alias.name) for alias in node.names)


def _texts(nodes: list[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _handlers(path: str, module: ast.Module) -> Iterator[Handler]:
    for node in module.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "HANDLERS" for target in targets):
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            for key in value.keys if isinstance(value, ast.Dict) else ():
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield Handler(key.value, path, key.lineno)


def _calls(path: str, module: ast.Module) -> Iterator[Call]:
    yield from _calls_below(path, module, _imported(module))


def _calls_below(path: str, scope: ast.AST, names: dict[str, str]) -> Iterator[Call]:
    """The calls in a scope. What a function imports is known in it; a parameter of the same name is another thing."""
    for node in ast.iter_child_nodes(scope):
        known = names
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            own = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
            known = {name: module for name, module in names.items() if name not in own} | _imported(node)
        elif isinstance(node, ast.Call) and (call := _call(path, node, names)):
            yield call
        yield from _calls_below(path, node, known)


def _imported(scope: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, str]:
    """The operations' modules that a scope imports, by the names it gives them."""
    return {
        alias.asname or alias.name: f"{(node.module or '').removeprefix(_OPERATIONS)}.{alias.name}"
        for node in scope.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_OPERATIONS)
        for alias in node.names
    }


def _call(path: str, node: ast.Call, names: dict[str, str]) -> Call | None:
    """A call of an operation: `call(module, …)` or `module.function(…)`, but not what reads a response."""
    arguments = list(node.args)
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if not (isinstance(owner, ast.Name) and owner.id in names):
        owner, called = (arguments.pop(0) if arguments else None), method
    elif method.lstrip("_").startswith("parse"):
        return None
    else:
        called = ""
    if not (isinstance(owner, ast.Name) and owner.id in names):
        return None
    keywords = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
    rest = any(keyword.arg is None for keyword in node.keywords)
    rest = rest or any(isinstance(argument, ast.Starred) for argument in arguments)
    # An upload hands its content over in front of the operation's own arguments.
    positional = len(arguments) - (called == "upload")
    package, _, module = names[owner.id].rpartition(".")
    return Call(package, module, path, node.lineno, positional, keywords - {"client"}, rest)
