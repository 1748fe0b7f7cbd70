"""The recorded responses of a real server: which there are, and which operation of the contract gave each."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from treasure_workflow_api._operations import OPERATIONS, Operation

FOLDER = Path(__file__).parents[1] / "recorded" / "answers"

# Fixed segments are tried before parameters: /api/pool_rules is no id.
_PATHS = [
    (operation, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", operation.path)))
    for operation in sorted(OPERATIONS.values(), key=lambda operation: operation.path.count("{"))
]


class Response(NamedTuple):
    """One recorded response. `place` is its scenario and step, for messages."""

    place: str
    operation: Operation
    status: int
    content_type: str
    step: dict[str, Any]

    @property
    def body(self) -> Any:
        """The decoded JSON body; None where it is not JSON."""
        return self.step["answer"].get("json")

    @property
    def from_the_web_server(self) -> bool:
        """Whether HTTP itself answered, or the server fell over: nothing that an operation promises."""
        return self.status in (405, 406) or self.status >= 500 or "html" in self.step["answer"]


def scenarios() -> list[Path]:
    """The recorded scenarios' files."""
    return sorted(FOLDER.glob("*.json"))


def responses() -> Iterator[Response]:
    """Every recorded response to a call of one of the contract's operations."""
    for path in scenarios():
        yield from responses_in(path)


def responses_in(path: Path) -> Iterator[Response]:
    """The responses in one file."""
    for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
        method, target = step["send"].split(" ", 1)
        operation = operation_of(method, target)
        if operation:
            response = step["answer"]
            content_type = response["headers"].get("content-type", "").split(";")[0]
            yield Response(f"{path.stem}: {step['name']}", operation, response["status"], content_type, step)


def operation_of(method: str, target: str) -> Operation | None:
    """The operation that a request line calls."""
    path = target.split("?", maxsplit=1)[0]
    return next((op for op, pattern in _PATHS if op.method == method and pattern.fullmatch(path)), None)


def query(step: dict[str, Any]) -> list[tuple[str, str]]:
    """The query parameters that a step sends, in order."""
    given = step.get("query") or []
    pairs = list(given.items()) if isinstance(given, dict) else [tuple(pair) for pair in given]
    target = step["send"].split(" ", 1)[1]
    return pairs + urllib.parse.parse_qsl(target.partition("?")[2], keep_blank_values=True)
