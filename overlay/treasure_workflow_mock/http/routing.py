"""From method and path to an operation: the contract's paths as a tree of segments, matched as the service does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.http.messages import Handler
from treasure_workflow_mock.http.negotiation import MediaType, parse_media_type
from treasure_workflow_mock.http.openapi import Operation, ParameterKind
from treasure_workflow_mock.http.request_bodies import Model
from treasure_workflow_mock.java.integers import INT32, INT64, java_integer

# The order in which the service lists methods.
_METHODS = ("HEAD", "DELETE", "POST", "GET", "PATCH", "OPTIONS", "PUT")
# The contract has no request body here, yet the service looks at the content type (and never at the body).
_TYPE_WITHOUT_BODY = {"killAttempt": "application/json"}
# The service accepts any type in principle here and then finds that it can read only JSON.
_ANY_TYPE = {"enableSchedule"}


@dataclass(frozen=True, slots=True)
class Route:
    """An operation, ready to be called. `handler` is None for one that nobody wrote yet."""

    operation: Operation
    handler: Handler | None
    model: Model | None
    path_parameters: tuple[tuple[str, ParameterKind], ...]
    produces: MediaType
    consumes: MediaType | None
    type_required: bool
    reads_body: bool


@dataclass(slots=True)
class Node:
    """A place in the tree of paths: what may follow, and the operations that end here."""

    literals: dict[str, Node] = field(default_factory=dict)
    parameter: Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    allow: str = ""


class Router:
    """The operations of one flavour by path and method."""

    def __init__(
        self, operations: Iterable[Operation], handlers: Mapping[str, Handler], models: Mapping[str, Model]
    ) -> None:
        self.without_handler: list[str] = []
        self._root = Node()
        for operation in operations:
            handler = handlers.get(operation.id)
            if handler is None:
                self.without_handler.append(operation.id)
            self._add(_route(operation, handler, models.get(operation.id)))

    def find(self, segments: list[str]) -> tuple[Node, list[str]] | None:
        """The place of a path and the raw values of its parameters; None for a path that there is not.

        `segments` are as they arrived: fixed ones match only letter by letter, percent-encoding included.
        """
        node, values = self._root, []
        for segment in segments:
            following = node.literals.get(segment)
            if following is None:
                following = node.parameter
                if following is None or not segment:
                    return None
                values.append(segment)
            node = following
        return (node, values) if node.routes else None

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.operation.path.strip("/").split("/"):
            if segment.startswith("{"):
                node.parameter = node.parameter or Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, Node())
        node.routes[route.operation.method] = route
        if route.operation.method == "GET":
            node.routes["HEAD"] = route
        node.allow = ", ".join(method for method in _METHODS if method in node.routes or method == "OPTIONS")


def _route(operation: Operation, handler: Handler | None, model: Model | None) -> Route:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    consumes = operation.consumes or _TYPE_WITHOUT_BODY.get(operation.id)
    return Route(
        operation=operation,
        handler=handler,
        model=model,
        path_parameters=tuple((name, operation.path_parameters[name]) for name in names),
        produces=parse_media_type(operation.produces),
        consumes=None if consumes is None or operation.id in _ANY_TYPE else parse_media_type(consumes),
        type_required=operation.consumes is not None,
        reads_body=operation.consumes is not None,
    )


def split_path(path: str) -> list[str]:
    """The segments of a raw path: without a trailing slash, and each without its matrix parameters."""
    segments = path[1:].split("/")
    if len(segments) > 1 and not segments[-1]:
        segments.pop()
    return [segment.partition(";")[0] for segment in segments] if ";" in path else segments


def decode_segment(segment: str) -> str:
    """A path segment with its percent-encoding undone. Raises UnicodeDecodeError for what is no UTF-8."""
    return unquote_to_bytes(segment).decode() if "%" in segment else segment


def parse_query(query: str) -> dict[str, list[str]]:
    """The values of each query parameter in their order; invalid UTF-8 becomes U+FFFD, which matches nothing."""
    values: dict[str, list[str]] = {}
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if name:
            values.setdefault(_decode_query(name), []).append(_decode_query(value))
    return values


def _decode_query(text: str) -> str:
    text = text.replace("+", " ")
    return unquote_to_bytes(text).decode(errors="replace") if "%" in text else text


def convert(kind: ParameterKind, values: list[str]) -> Json:
    """A parameter's value by its kind; of a scalar given several times the first. Raises ValueError."""
    match kind:
        case "int32":
            return java_integer(values[0], INT32)
        case "int64":
            return java_integer(values[0], INT64)
        case "boolean":
            return values[0].lower() == "true"
        case "strings":
            return values
        case _:
            return values[0]
