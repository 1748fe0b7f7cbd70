"""A call of one operation: its arguments by the contract's names, and the generated function that carries it out."""

from __future__ import annotations

import importlib
import inspect
import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from tests.contract.contract import Contract, Operation
from tests.contract.models import squeezed, to_model
from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_api.types import File, Response

Way = Literal["sync", "async"]
NO_BODY: Any = type("NoBody", (), {"__repr__": lambda _self: "NO_BODY"})()


class Known(NamedTuple):
    """Stands for something that exists at the target, such as the id of its first attempt."""

    kind: str
    which: int
    as_text: bool = False

    def __repr__(self) -> str:
        return f"<{self.kind} {self.which}>"


@dataclass(frozen=True)
class Call:
    """One call. An argument is a JSON value, or bytes for an archive, and may be (or hold) something `Known`."""

    operation: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = NO_BODY

    def __repr__(self) -> str:
        """The call on one line."""
        arguments = [f"{name}={value!r}" for name, value in {**self.path, **self.query, **self.headers}.items()]
        if self.body is not NO_BODY:
            arguments.append(f"body={self.body!r}")
        return f"{self.operation}({', '.join(arguments)})"

    def resolved(self, resources: Mapping[str, list[Any]]) -> Call:
        """The call with the real ids and names in place of what is known."""

        def real(value: Any) -> Any:
            match value:
                case Known(kind, which, as_text):
                    known = resources[kind][which % len(resources[kind])]
                    return str(known) if as_text else known
                case dict():
                    return {key: real(item) for key, item in value.items()}
                case list():
                    return [real(item) for item in value]
                case _:
                    return value

        return Call(
            self.operation, real(dict(self.path)), real(dict(self.query)), real(dict(self.headers)), real(self.body)
        )


def perform(contract: Contract, call: Call, client: AuthenticatedClient) -> Response[Any]:
    """Carries out a resolved call through the generated `sync_detailed`."""
    function = _module(call.operation).sync_detailed
    answer: Response[Any] = function(**_arguments(contract, call, function), client=client)
    return answer


def perform_async(contract: Contract, call: Call, client: AuthenticatedClient) -> Awaitable[Response[Any]]:
    """Carries out a resolved call through the generated `asyncio_detailed`."""
    function = _module(call.operation).asyncio_detailed
    answer: Awaitable[Response[Any]] = function(**_arguments(contract, call, function), client=client)
    return answer


def _module(operation: str) -> Any:
    return importlib.import_module(f"treasure_workflow_api.api.{OPERATIONS[operation].module}")


def _arguments(contract: Contract, call: Call, function: Callable[..., Any]) -> dict[str, Any]:
    """The arguments by the function's own names, with models and times made from JSON."""
    operation = contract.operations[call.operation]
    names = {squeezed(name): name for name in inspect.signature(function).parameters}
    given = {names[squeezed(name)]: value for name, value in {**call.path, **call.query, **call.headers}.items()}
    if call.body is not NO_BODY:
        given["body"] = _body(contract, operation, call.body)
    return given


def _body(contract: Contract, operation: Operation, body: Any) -> Any:
    (schema,) = operation.body.values()
    return File(payload=io.BytesIO(body)) if isinstance(body, bytes) else to_model(contract, schema, body)
