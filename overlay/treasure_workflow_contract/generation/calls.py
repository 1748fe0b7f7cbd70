"""A call of one operation: its arguments by the contract's names, and the generated function that carries it out."""

from __future__ import annotations

import importlib
import inspect
import io
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_api.types import File, Response
from treasure_workflow_contract.openapi.contract import Contract, Operation, name_of
from treasure_workflow_contract.openapi.models import squeezed, to_model
from treasure_workflow_contract.sandbox.contents import Sandbox

Way = Literal["sync", "async"]
_FUNCTIONS: dict[Way, str] = {"sync": "sync_detailed", "async": "asyncio_detailed"}
NO_BODY: Any = type("NoBody", (), {"__repr__": lambda _self: "NO_BODY"})()


class Known(NamedTuple):
    """Stands for something that exists at the target, such as the id of its first attempt."""

    kind: str
    which: int
    as_text: bool = False

    def __repr__(self) -> str:
        return f"<{self.kind} {self.which}>"


class NewProject(NamedTuple):
    """Stands for the name of a project that a call may make: one of the run's own, which ends with `text`."""

    text: str


@dataclass(frozen=True)
class Call:
    """One call. An argument is a JSON value, or bytes for an archive, and may be (or hold) something `Known`."""

    operation: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = NO_BODY

    def resolved(self, sandbox: Sandbox) -> Call:
        """The call with the real ids and names in place of what is known."""

        def real(value: Any) -> Any:
            match value:
                case Known(kind, which, as_text):
                    known = sandbox.some(kind)[which % len(sandbox.some(kind))]
                    return str(known) if as_text else known
                case NewProject(text):
                    return sandbox.new_project_name(text)
                case dict():
                    return {key: real(item) for key, item in value.items()}
                case list():
                    return [real(item) for item in value]
                case _:
                    return value

        return Call(
            self.operation, real(dict(self.path)), real(dict(self.query)), real(dict(self.headers)), real(self.body)
        )

    def python(self, contract: Contract, way: Way) -> str:
        """The call on one line of Python, for whoever has imported the operation's module and has a `client`."""
        module = OPERATIONS[self.operation].module.rpartition(".")[2]
        names = _argument_names(_module(self.operation))
        given = {**self.path, **self.query, **self.headers}
        arguments = [f"{names[squeezed(name)]}={value!r}" for name, value in given.items()]
        if isinstance(self.body, bytes):
            arguments.append(f"body=File(payload=BytesIO({self.body!r}))")
        elif self.body is not NO_BODY:
            (schema,) = contract.operations[self.operation].body.values()
            model = name_of(schema)
            arguments.append(f"body={model}.from_dict({self.body!r})" if model else f"body={self.body!r}")
        awaited = "await " if way == "async" else ""
        return f"{awaited}{module}.{_FUNCTIONS[way]}({', '.join([*arguments, 'client=client'])})"


def perform(contract: Contract, call: Call, client: AuthenticatedClient) -> Response[Any]:
    """Carries out a resolved call through the generated `sync_detailed`."""
    endpoint = _module(call.operation)
    response: Response[Any] = endpoint.sync_detailed(**_arguments(contract, call, endpoint), client=client)
    return response


def perform_async(contract: Contract, call: Call, client: AuthenticatedClient) -> Awaitable[Response[Any]]:
    """Carries out a resolved call through the generated `asyncio_detailed`."""
    endpoint = _module(call.operation)
    response: Awaitable[Response[Any]] = endpoint.asyncio_detailed(
        **_arguments(contract, call, endpoint), client=client
    )
    return response


def _module(operation: str) -> Any:
    return importlib.import_module(f"treasure_workflow_api.api.{OPERATIONS[operation].module}")


def _argument_names(endpoint: Any) -> dict[str, str]:
    """What an operation's functions call their arguments, by what that has in common with the contract's names."""
    return {squeezed(name): name for name in inspect.signature(endpoint.sync_detailed).parameters}


def _arguments(contract: Contract, call: Call, endpoint: Any) -> dict[str, Any]:
    """The arguments by the functions' own names, with models and times made from JSON."""
    operation = contract.operations[call.operation]
    names = _argument_names(endpoint)
    given = {names[squeezed(name)]: value for name, value in {**call.path, **call.query, **call.headers}.items()}
    if call.body is not NO_BODY:
        given["body"] = _body(contract, operation, call.body)
    return given


def _body(contract: Contract, operation: Operation, body: Any) -> Any:
    (schema,) = operation.body.values()
    return File(payload=io.BytesIO(body)) if isinstance(body, bytes) else to_model(contract, schema, body)
