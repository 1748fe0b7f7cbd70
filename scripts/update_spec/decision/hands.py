"""What hands must do after a newer document was adopted, and which of it holds an adoption up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from openapi_python_client.strings import PythonIdentifier, snake_case

from scripts.codegen.contract.document import Document, Json
from scripts.update_spec.decision.repairs import Correction
from scripts.update_spec.decision.tree import Tree
from scripts.update_spec.judge.changes import Change
from scripts.update_spec.judge.operations import Operation, operations
from scripts.update_spec.judge.shapes import MISSING, Place, Shape, resolve, shape

CONTRACT = "openapi.yaml"
OVERLAY = "overlay/openapi.overlay.yaml"
_HANDLERS = "overlay/treasure_workflow_mock/api/__init__.py"
_CLIENT = "overlay/treasure_workflow/_async/client.py"
_SAME_RECORD = 0.6  # of the keys of what the mock responds are those of a schema: it is that schema


@dataclass(frozen=True, slots=True)
class Hand:
    """Something to do by hand.

    `holds`: whether it makes the verdict `needs-hands`. `anchor`: a JSON pointer of the contract or the target of a
    correction, from which the line is looked up once the file is written.
    """

    file: str
    what: str
    line: int = 1
    holds: bool = True
    anchor: str | None = None

    def as_json(self) -> dict[str, Json]:
        """The entry as changes.json has it."""
        return {"file": self.file, "line": self.line, "what": self.what}


def of_corrections(corrections: Iterable[Correction]) -> Iterator[Hand]:
    """Corrections that contradict the document, or that apply only to part of what they applied to."""
    for correction in corrections:
        if correction.state == "conflicts" or correction.in_part:
            yield Hand(OVERLAY, f"correction {correction.name}: {correction.action}", anchor=correction.name)


def of_servers(changes: Iterable[Change]) -> Iterator[Hand]:
    """Servers under another name or address: keys go there, and regions are called so."""
    for change in changes:
        if change.kind in ("server-renamed", "server-address-changed"):
            told = f"{change.before!r} became {change.after!r}"
            what = f"a server's {'name' if change.kind == 'server-renamed' else 'address'} changed: {told}"
            yield Hand(CONTRACT, f"{what}; see regions.py and the published regions", anchor="#/servers")


def of_version(before: str, after: str, lost: Iterable[str]) -> Iterator[Hand]:
    """Another version of OpenAPI than the corrections are written in."""
    if before[:3] != after[:3]:
        yield Hand(
            OVERLAY,
            f"the document is OpenAPI {after} now, it was {before}; contract and corrections are kept in the words of "
            "3.0: see whether they still say the same",
        )
    for where in lost:
        yield Hand(CONTRACT, f"OpenAPI 3.0 has no word for {where}: it was left out")


def of_operations(effective: Document, tree: Tree, known: set[str]) -> Iterator[Hand]:
    """Operations that lack what every operation has; `known` are those that were there before."""
    handled = {handler.operation for handler in tree.handlers}
    tags = {operation.id: operation.tag for operation in operations(effective)}
    modules = {snake_case(name): tag for name, tag in tags.items()}
    # Beside the first that is alike: the last one of these wins, so they are gone through from behind.
    handlers = {tags.get(one.operation): (one.file, one.line) for one in reversed(tree.handlers)}
    callers = {modules.get(one.module): (one.file, one.line) for one in reversed(tree.calls)}
    for operation in operations(effective):
        if not operation.raw.get("operationId"):
            yield Hand(
                CONTRACT,
                f"{_call(operation)} has no operationId; {_named(operation)} was made up",
                anchor=operation.where,
            )
        if operation.tag is None:
            yield Hand(
                CONTRACT,
                f"{operation.id} has no tag; {tag_for(operation, effective)} was made up",
                anchor=operation.where,
            )
        if "x-retry" not in operation.raw:
            what = f"{operation.id} has no x-retry; never was written, its shape suggests {retry_for(operation)}"
            yield Hand(OVERLAY, what, anchor=target_of(operation))
        if rows_of(effective, operation) and "x-pagination" not in operation.raw:
            proposal = pagination_for(effective, operation)
            what = f"{operation.id} has no x-pagination; none was written, its shape suggests {proposal}"
            yield Hand(OVERLAY, what, anchor=target_of(operation))
        if operation.id not in handled:
            file, line = handlers.get(operation.tag, (_HANDLERS, 1))
            yield Hand(file, f"the mock has no handler for {operation.id} ({_call(operation)})", line)
        if operation.id not in known:
            what = f"the client has no method that calls {operation.id} ({_call(operation)})"
            file, line = callers.get(operation.tag, (_CLIENT, 1))
            yield Hand(file, what, line, holds=False)
    there = {operation.id for operation in operations(effective)}
    for handler in tree.handlers:
        if handler.operation not in there:
            yield Hand(
                handler.file, f"the mock's handler for {handler.operation} has no operation any more", handler.line
            )


def of_listings(effective: Document) -> Iterator[Hand]:
    """Lists whose shape is not what their x-pagination says."""
    for operation in operations(effective):
        rule = operation.raw.get("x-pagination")
        if rule is None:
            continue
        wrong = []
        rows = _array(effective, operation, rule.get("items"))
        if rows is None:
            wrong.append(f"its response has no array {rule.get('items')!r}")
        elif rule.get("id") is not None and rule["id"] not in shape(effective, rows).fields:
            wrong.append(f"its rows have no field {rule['id']!r}")
        names = {name for kind, name in operation.parameters if kind == "query"}
        wrong += [
            f"it has no parameter {rule[key]!r}"
            for key in ("cursor", "size", "orderParameter")
            if rule.get(key) is not None and rule[key] not in names
        ]
        if wrong:
            what = f"x-pagination of {operation.id} is not true any more: {' and '.join(wrong)}"
            yield Hand(OVERLAY, what, holds=False, anchor=target_of(operation))


def of_links(effective: Document) -> Iterator[Hand]:
    """Operations that the contract tests do not come to, and links to operations that are gone."""
    there = {operation.id: operation for operation in operations(effective)}
    targets: dict[str, set[str]] = {}
    for operation in there.values():
        targets[operation.id] = set()
        for response in operation.raw.get("responses", {}).values():
            for link in resolve(effective, response, "").schema.get("links", {}).values():
                targets[operation.id].add(link.get("operationId"))
    for source, linked in targets.items():
        for gone in sorted(name for name in linked if name not in there):
            what = f"a link of {source} leads to {gone}, which is gone"
            yield Hand(CONTRACT, what, holds=False, anchor=there[source].where)
    reached = {operation.id for operation in there.values() if "{" not in operation.path}
    ahead = list(reached)
    while ahead:
        new = (targets[ahead.pop()] & there.keys()) - reached
        reached |= new
        ahead += new
    for name in sorted(there.keys() - reached):
        what = f"the contract tests cannot reach {name}: no link leads to it"
        yield Hand(CONTRACT, what, holds=False, anchor=there[name].where)


def of_calls(effective: Document, tree: Tree) -> Iterator[Hand]:
    """Calls of the overlay that leave out what an operation needs, or pass what it does not take."""
    by_module = {snake_case(operation.id): operation for operation in operations(effective)}
    for call in tree.calls:
        operation = by_module.get(call.module)
        if operation is None:
            yield Hand(call.file, f"{call.module} is called, and there is no such operation any more", call.line)
            continue
        package = snake_case(operation.tag or "default")
        if call.package != package:
            what = f"{operation.id} is imported from api.{call.package}, and is in api.{package} now"
            yield Hand(call.file, what, call.line)
        path, others, needed = _arguments(effective, operation)
        given = set(path[: call.positional]) | call.keywords
        for name in [name for name in needed if name not in given]:
            yield Hand(call.file, f"{operation.id} needs {name}, which is not passed here", call.line)
        for name in sorted(call.keywords - {*path, *others}):
            yield Hand(call.file, f"{operation.id} takes no {name}, which is passed here", call.line)
        if call.positional > len(path):
            yield Hand(call.file, f"{operation.id} takes {len(path)} arguments by position", call.line)


def of_models(changes: Iterable[Change], tree: Tree) -> Iterator[Hand]:
    """Models that are imported, and that are gone or are called otherwise."""
    gone = {
        str(change.before): f"{change.before} is {change.after} now" if change.after else f"{change.before} is gone"
        for change in changes
        if change.kind in ("schema-removed", "schema-renamed", "schema-titled")
    }
    for file, line, name in tree.models:
        if name in gone:
            yield Hand(file, f"{name} is imported: {gone[name]}", line, holds=not file.startswith("tests/"))


def of_fields(changes: Iterable[Change], before: Document, tree: Tree) -> Iterator[Hand]:
    """Fields that are gone from responses, and that the mock still sends."""
    for change in changes:
        found = re.fullmatch(r"#/components/schemas/([^/]+)/properties/(.+)", change.where)
        if change.kind != "field-removed" or not found:
            continue
        schema, field = found.groups()
        keys = set(shape(before, Place({"$ref": f"#/components/schemas/{schema}"}, "")).fields)
        for file, line, written in tree.written:
            if field in written and len(written & keys) >= _SAME_RECORD * len(written):
                yield Hand(file, f"the mock still sends {field} of {schema}, which is gone", line, holds=False)


def _arguments(document: Document, operation: Operation) -> tuple[list[str], set[str], list[str]]:
    """The names of an operation's arguments: those by position, all others, and which of all are needed."""
    path = re.findall(r"\{([^}]*)\}", operation.path)
    others, needed = set(), [_argument(name) for name in path]
    for (kind, _), parameter in operation.parameters.items():
        if kind == "path":
            continue
        others.add(_argument(parameter.name))
        if parameter.required and shape(document, parameter.schema).default is MISSING:
            needed.append(_argument(parameter.name))
    body = resolve(document, operation.raw.get("requestBody"), "").schema
    if body:
        others.add("body")
        if body.get("required"):
            needed.append("body")
    return [_argument(name) for name in path], others, needed


def _argument(name: str) -> str:
    return str(PythonIdentifier(name, "field_"))


# ---------------------------------------------------------------- what an operation's shape suggests


def target_of(operation: Operation) -> str:
    """How a correction aims at an operation."""
    return f"$.paths['{operation.path}'].{operation.method}"


def rows_of(document: Document, operation: Operation) -> str | None:
    """The field that holds a list's rows, for an operation that responds with a list.

    That is a GET whose response is an array of objects beside nothing but what tells of pages.
    """
    if operation.method != "get":
        return None
    body = _success(document, operation)
    if body is None:
        return None
    arrays = [name for name in body.fields if _array(document, operation, name) is not None]
    others = [
        name
        for name in body.fields
        if name not in arrays and not re.search(r"(?i)pag|next|prev|total|count|cursor|more", name)
    ]
    return arrays[0] if len(arrays) == 1 and not others else None


def retry_for(operation: Operation) -> str:
    """What x-retry may be, from the method alone."""
    return {
        "get": "{policy: safe}",
        "head": "{policy: safe}",
        "put": "{policy: safe} where a second time ends as the first did",
        "patch": "{policy: safe} where values are set and not added to",
        "delete": "{policy: conflict-means-done, status: 404, tell: It was there before the first try.}",
    }.get(operation.method, "{policy: never}, or conflict-means-done where a conflict tells that the first try worked")


def pagination_for(document: Document, operation: Operation) -> str:
    """What x-pagination may be, from parameters and rows."""
    names = {name: parameter for (kind, name), parameter in operation.parameters.items() if kind == "query"}
    rows = rows_of(document, operation)
    size = next((name for name in names if re.search(r"(?i)size|count|limit", name)), None)
    cursor = next((name for name in names if re.search(r"(?i)last_?id|after|cursor|token", name)), None)
    if cursor is None:
        return f"{{rule: none, items: {rows}, shortPageEnds: true}}"
    rule = "id-cursor" if re.search(r"(?i)last_?id", cursor) else "next-link"
    told = f"{{rule: {rule}, cursor: {cursor}, " + (
        "order: asc or desc, " if rule == "id-cursor" else "nextLink: FIELD, "
    )
    return told + (f"size: {size}, " if size else "") + f"items: {rows}, id: id, shortPageEnds: false}}"


def tag_for(operation: Operation, document: Document) -> str:
    """The tag of the operations with the most similar path."""
    others = [other for other in operations(document) if other.tag is not None]
    return max(others, key=lambda other: _shared(other.path, operation.path)).tag or "Default"


def _named(operation: Operation) -> str:
    """An operationId made of method and path."""
    words = [part.strip("{}") for part in operation.path.split("/") if part not in ("", "api")]
    return operation.method + "".join(word[:1].upper() + word[1:] for part in words for word in re.split(r"\W|_", part))


def id_for(operation: Operation) -> str:
    """The operationId of an operation that has none."""
    return _named(operation)


def _shared(one: str, other: str) -> int:
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _success(document: Document, operation: Operation) -> Shape | None:
    for status, response in operation.raw.get("responses", {}).items():
        content = resolve(document, response, "").schema.get("content", {})
        if str(status)[0] in "2d" and "application/json" in content:
            return shape(document, Place(content["application/json"].get("schema", {}), ""))
    return None


def _array(document: Document, operation: Operation, name: str | None) -> Place | None:
    """The items of a response's array of objects."""
    body = _success(document, operation)
    field = body.fields.get(name or "") if body else None
    items = shape(document, field).items if field else None
    return items if items is not None and "object" in shape(document, items).types else None


def _call(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"
