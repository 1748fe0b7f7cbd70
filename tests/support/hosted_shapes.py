"""Responses that the hosted service is known to give, in shape; the values are our own. Kept as the recordings are.

A step with `beyond` has a value that the contract does not list: validators refuse it, and the clients read it all the
same unless it is `unreadable`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import recordings

FOLDER = Path(__file__).parents[1] / "recorded" / "hosted"


def responses() -> Iterator[recordings.Response]:
    """Every shape, as a response to a call of one of the contract's operations."""
    for path in sorted(FOLDER.glob("*.json")):
        yield from recordings.responses_in(path)


def within_the_contract() -> Iterator[recordings.Response]:
    """The shapes that a validator has to accept."""
    return (response for response in responses() if "beyond" not in response.step)


def content(response: recordings.Response) -> bytes:
    """The body as bytes."""
    if "base64" in response.step["answer"]:
        return base64.b64decode(response.step["answer"]["base64"])
    return b"" if "empty" in response.step["answer"] else json.dumps(response.body).encode()


def headers(response: recordings.Response) -> dict[str, str]:
    """The headers of the response."""
    found: dict[str, str] = response.step["answer"]["headers"]
    return found


def whole(operation: str) -> Any:
    """The first success with a JSON body of an operation, with rows where it is a listing; None where it has none."""
    return next(
        (
            response.body
            for response in within_the_contract()
            if response.operation.id == operation and response.status < 300 and response.body is not None
        ),
        None,
    )
