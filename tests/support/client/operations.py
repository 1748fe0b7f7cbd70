"""A call of each operation of the raw client, with arguments of the right types that mean nothing."""

from __future__ import annotations

import importlib
import inspect
import io
from functools import cache
from typing import Any

from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_api.types import File

DOWNLOADS = ("getArchive", "getFile")
"""Operations whose body the client streams instead of parsing."""


@cache
def endpoint(operation: str) -> Any:
    """The raw client's module for an operation."""
    return importlib.import_module(f"treasure_workflow_api.api.{OPERATIONS[operation].module}")


class Body:
    """Stands for any request's JSON body."""

    def to_dict(self) -> dict[str, Any]:
        return {}


def arguments(operation: str) -> tuple[list[Any], dict[str, Any]]:
    """The required arguments of an operation's functions."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, parameter in inspect.signature(endpoint(operation).build_request).parameters.items():
        if parameter.default is not parameter.empty:
            continue
        value: Any = 7 if parameter.annotation in (int, "int") else "2025-11-03T00:00:00Z"
        if name == "body":
            value = File(io.BytesIO(b"x")) if parameter.annotation in (File, "File") else Body()
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[name] = value
        else:
            positional.append(value)
    return positional, named
