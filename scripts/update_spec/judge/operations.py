"""Compares the operations of two documents: where they are, what they take, what they respond."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from openapi_python_client.strings import PythonIdentifier, snake_case

from scripts.codegen.contract.checks import METHODS
from scripts.codegen.contract.document import Document, Json, below, pointer
from scripts.update_spec.judge.changes import Effect, Layer
from scripts.update_spec.judge.findings import Findings
from scripts.update_spec.judge.schemas import SchemaComparison
from scripts.update_spec.judge.shapes import MISSING, Place, canonical, resolve, shape

_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


@dataclass(slots=True)
class Parameter:
    """A parameter, resolved. Those of a path are told apart by their place in it, all others by their names."""

    name: str
    kind: str
    required: bool
    deprecated: bool
    style: tuple[str, bool]
    schema: Place
    where: str


@dataclass(slots=True)
class Operation:
    """An operation, with what its path has in common."""

    id: str
    method: str
    path: str
    where: str
    raw: Json
    parameters: dict[tuple[str, str], Parameter] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The path with nameless parameters."""
        return re.sub(r"\{[^}]*\}", "{}", self.path)

    @property
    def tag(self) -> str | None:
        """The tag that becomes a package: the first."""
        tags = self.raw.get("tags") or [None]
        return None if tags[0] is None else str(tags[0])


def operations(document: Document) -> Iterator[Operation]:
    """The operations of a document, in its order. One without an operationId goes by its method and path."""
    for path, written in document.get("paths", {}).items():
        item = resolve(document, written, "").schema
        for method in METHODS:
            if method in item:
                raw, where = item[method], pointer(("paths", path, method))
                operation = Operation(raw.get("operationId") or f"{method} {path}", method, path, where, raw)
                for node in [*item.get("parameters", []), *raw.get("parameters", [])]:
                    parameter = _parameter(document, resolve(document, node, where).schema, where)
                    key = parameter.name.lower() if parameter.kind == "header" else parameter.name
                    operation.parameters[parameter.kind, key] = parameter
                yield operation


def _parameter(document: Document, raw: Json, where: str) -> Parameter:
    content = next(iter(raw.get("content", {}).values()), None)
    schema = content.get("schema", {}) if content is not None else raw.get("schema", {})
    style = raw.get("style", _STYLES.get(raw["in"], "form")) if content is None else "content"
    kinds = shape(document, Place(schema, where)).types
    explode = raw.get("explode", style == "form") if kinds & {"array", "object"} else False
    here = below(where, "parameters", raw["name"])
    return Parameter(
        raw["name"],
        raw["in"],
        bool(raw.get("required", False)),
        bool(raw.get("deprecated", False)),
        (style, explode),
        Place(schema, here),
        here,
    )


@dataclass(slots=True)
class OperationComparison:
    """Compares the operations of two documents, noting what it finds."""

    old: Document
    new: Document
    findings: Findings
    schemas: SchemaComparison

    def compare(self) -> None:
        """Notes every difference. An operation is the same where its id is, or else its method and path."""
        left, right = list(operations(self.old)), list(operations(self.new))
        for same in (lambda a, b: a.id == b.id, lambda a, b: (a.method, a.template) == (b.method, b.template)):
            for one in list(left):
                other = next((candidate for candidate in right if same(one, candidate)), None)
                if other is not None:
                    left.remove(one)
                    right.remove(other)
                    self._operation(one, other)
        for one in left:
            self.findings.add("operation-removed", one.where, one.id, "breaking", _call(one))
        for other in right:
            self.findings.add("operation-added", other.where, other.id, "compatible", None, _call(other))

    def _operation(self, old: Operation, new: Operation) -> None:
        def note(kind: str, before: Json, after: Json, *, package: bool = False) -> None:
            layer: Layer = "package" if package else "contract"
            self.findings.add(kind, new.where, new.id, "breaking", before, after, layer=layer)

        if old.id != new.id and snake_case(old.id) != snake_case(new.id):
            note("operation-renamed", old.id, new.id, package=True)
        if old.template != new.template:
            note("path-changed", old.path, new.path)
        if old.method != new.method:
            note("method-changed", old.method.upper(), new.method.upper())
        if old.tag != new.tag and snake_case(old.tag or "default") != snake_case(new.tag or "default"):
            note("tag-changed", old.tag, new.tag, package=True)
        deprecated = [bool(one.raw.get("deprecated")) for one in (old, new)]
        if deprecated[0] != deprecated[1]:
            kind = "operation-deprecated" if deprecated[1] else "operation-no-longer-deprecated"
            self.findings.add(kind, new.where, new.id, "compatible")
        self._parameters(old, new)
        self._request_body(old, new)
        self._responses(old, new)

    # ---------------------------------------------------------------- parameters

    def _parameters(self, old: Operation, new: Operation) -> None:
        left, right = dict(old.parameters), dict(new.parameters)
        names = [re.findall(r"\{([^}]*)\}", operation.path) for operation in (old, new)]
        if len(names[0]) == len(names[1]):
            for before, after in zip(*names, strict=True):
                if before != after and ("path", before) in left and ("path", after) in right:
                    self._renamed_argument(left.pop(("path", before)), right.pop(("path", after)), new.id)
        for key, one in left.items():
            if key in right:
                self._parameter(one, right[key], new.id)
            else:
                self.findings.add("parameter-removed", one.where, new.id, "breaking", self._described(self.old, one))
        for key, other in right.items():
            if key not in left:
                needed = other.required and shape(self.new, other.schema).default is MISSING
                effect: Effect = "breaking" if needed else "compatible"
                described = self._described(self.new, other)
                self.findings.add("parameter-added", other.where, new.id, effect, None, described)

    def _renamed_argument(self, one: Parameter, other: Parameter, operation: str) -> None:
        if str(PythonIdentifier(one.name, "")) != str(PythonIdentifier(other.name, "")):
            self.findings.add(
                "argument-renamed", other.where, operation, "breaking", one.name, other.name, layer="package"
            )
        self._parameter(one, other, operation)

    def _described(self, document: Document, parameter: Parameter) -> dict[str, Json]:
        types = "/".join(sorted(shape(document, parameter.schema).types)) or "any"
        return {"in": parameter.kind, "name": parameter.name, "required": parameter.required, "type": types}

    def _parameter(self, old: Parameter, new: Parameter, operation: str) -> None:
        def note(kind: str, effect: Effect, before: Json = None, after: Json = None) -> None:
            self.findings.add(kind, new.where, operation, effect, before, after)

        defaults = [shape(self.old, old.schema).default, shape(self.new, new.schema).default]
        if old.required and not new.required:
            note("parameter-became-optional", "compatible")
        elif not old.required and new.required:
            note("parameter-became-required", "breaking" if defaults[1] is MISSING else "compatible")
        elif new.required and defaults[0] is not MISSING and defaults[1] is MISSING:
            note("default-removed", "breaking", defaults[0])
        if old.deprecated != new.deprecated:
            note("parameter-deprecated" if new.deprecated else "parameter-no-longer-deprecated", "compatible")
        if old.style != new.style:
            note("parameter-style-changed", "breaking", list(old.style), list(new.style))
        self.schemas.compare(old.schema, new.schema, "request", operation)

    # ---------------------------------------------------------------- bodies

    def _request_body(self, old: Operation, new: Operation) -> None:
        before = resolve(self.old, old.raw.get("requestBody"), f"{old.where}/requestBody")
        after = resolve(self.new, new.raw.get("requestBody"), f"{new.where}/requestBody")
        one, other = before.schema, after.schema
        if not one and not other:
            return
        if not one:
            effect: Effect = "breaking" if other.get("required") else "compatible"
            self.findings.add("request-body-added", after.where, new.id, effect, None, sorted(other.get("content", {})))
            return
        if not other:
            self.findings.add("request-body-removed", before.where, new.id, "breaking", sorted(one.get("content", {})))
            return
        if bool(one.get("required")) != bool(other.get("required")):
            if other.get("required"):
                self.findings.add("request-body-became-required", after.where, new.id, "breaking")
            else:
                self.findings.add("request-body-became-optional", after.where, new.id, "compatible")
        left, right = _media(one, before.where), _media(other, after.where)
        for media, place in left.items():
            if media in right:
                self.schemas.compare(place, right[media], "request", new.id)
            else:
                self.findings.add("media-type-removed", _content(before.where, media), new.id, "breaking", media)
        for media in right.keys() - left.keys():
            self.findings.add("media-type-added", _content(after.where, media), new.id, "compatible", None, media)

    # ---------------------------------------------------------------- responses

    def _responses(self, old: Operation, new: Operation) -> None:
        left = self._by_status(self.old, old)
        right = self._by_status(self.new, new)
        for status, one in left.items():
            if status in right:
                self._response(one, right[status], new.id, error=not _succeeds(status))
            elif status != "default" and "default" in right:
                self._note_status(right["default"].where, new.id, status, "default")
                self._response(one, right["default"], new.id)
            elif status == "default" and any(_succeeds(other) for other in right):
                for other in right.keys() - left.keys():
                    self._note_status(right[other].where, new.id, "default", other)
                    if _succeeds(other):
                        self._response(one, right[other], new.id)
            else:
                success = _succeeds(status)
                kind = "success-response-removed" if success else "error-response-removed"
                effect: Effect = "breaking" if success else "compatible"
                self.findings.add(kind, f"{old.where}/responses/{status}", new.id, effect, status)
        for status, response in right.items():
            if status in left or "default" in left or (status == "default" and left.keys() - right.keys()):
                continue
            place = f"{new.where}/responses/{status}"
            if _succeeds(status):
                known = {self._meaning(self.old, one) for state, one in left.items() if _succeeds(state)}
                effect = "compatible" if not known or self._meaning(self.new, response) in known else "breaking"
                self.findings.add("success-response-added", place, new.id, effect, None, status)
            else:
                self.findings.add("error-response-added", place, new.id, "compatible", None, status)

    def _note_status(self, where: str, operation: str, before: str, after: str) -> None:
        self.findings.add("response-status-changed", where, operation, "compatible", before, after)

    def _by_status(self, document: Document, operation: Operation) -> dict[str, Place]:
        return {
            str(status): resolve(document, response, f"{operation.where}/responses/{status}")
            for status, response in operation.raw.get("responses", {}).items()
        }

    def _meaning(self, document: Document, response: Place) -> str:
        media = _media(response.schema, response.where)
        return repr(sorted((name, canonical(document, place)) for name, place in media.items()))

    def _response(self, before: Place, after: Place, operation: str, *, error: bool = False) -> None:
        left, right = _media(before.schema, before.where), _media(after.schema, after.where)
        prefix = "error-" if error else ""
        if not left and right:
            self.findings.add(prefix + "response-body-added", after.where, operation, "compatible", None, sorted(right))
        elif left and not right:
            # An error without a body is still the error that its status says.
            effect: Effect = "compatible" if error else "breaking"
            self.findings.add(prefix + "response-body-removed", before.where, operation, effect, sorted(left))
        else:
            for media, place in left.items():
                if media in right:
                    self.schemas.compare(place, right[media], "response", operation)
                else:
                    where = _content(before.where, media)
                    self.findings.add("media-type-removed", where, operation, "breaking", media)
            for media in right.keys() - left.keys():
                self.findings.add(
                    "media-type-added", _content(after.where, media), operation, "compatible", None, media
                )
        self._headers(before, after, operation)

    def _headers(self, before: Place, after: Place, operation: str) -> None:
        left, right = self._headers_of(self.old, before), self._headers_of(self.new, after)
        for name, one in left.items():
            if name not in right:
                lost: Effect = "breaking" if one.schema.get("required") else "compatible"
                self.findings.add("response-header-removed", one.where, operation, lost, name)
                continue
            other = right[name]
            if bool(one.schema.get("required")) != bool(other.schema.get("required")):
                unsure = bool(one.schema.get("required"))
                kind = "response-header-became-optional" if unsure else "response-header-became-required"
                self.findings.add(kind, other.where, operation, "breaking" if unsure else "compatible")
            self.schemas.compare(
                Place(one.schema.get("schema", {}), f"{one.where}/schema"),
                Place(other.schema.get("schema", {}), f"{other.where}/schema"),
                "response",
                operation,
            )
        for name in right.keys() - left.keys():
            self.findings.add("response-header-added", right[name].where, operation, "compatible", None, name)

    def _headers_of(self, document: Document, response: Place) -> dict[str, Place]:
        headers = response.schema.get("headers", {})
        return {
            name.lower(): resolve(document, node, f"{response.where}/headers/{name}") for name, node in headers.items()
        }


def _call(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def _succeeds(status: str) -> bool:
    return status[0] in "123" or status == "default"


def _media(body: Json, where: str) -> dict[str, Place]:
    """The schemas of a body by media type, without parameters such as a charset."""
    return {
        media.partition(";")[0].strip().lower(): Place(node.get("schema", {}), f"{_content(where, media)}/schema")
        for media, node in (body.get("content") or {}).items()
    }


def _content(where: str, media: str) -> str:
    return below(where, "content", media)
