"""Answers that the hosted service is known to give, in shape; the values are our own. Kept as the recordings are.

A step with `beyond` has a value that the contract does not list: validators refuse it, and the clients read it all the
same unless it is `unreadable`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import recordings

FOLDER = Path(__file__).parent / "recorded" / "hosted"


def answers() -> Iterator[recordings.Answer]:
    """Every shape, as an answer to a call of one of the contract's operations."""
    for path in sorted(FOLDER.glob("*.json")):
        yield from recordings.answers_in(path)


def within_the_contract() -> Iterator[recordings.Answer]:
    """The shapes that a validator has to accept."""
    return (answer for answer in answers() if "beyond" not in answer.step)


def content(answer: recordings.Answer) -> bytes:
    """The body as bytes."""
    if "base64" in answer.step["answer"]:
        return base64.b64decode(answer.step["answer"]["base64"])
    return b"" if "empty" in answer.step["answer"] else json.dumps(answer.body).encode()


def headers(answer: recordings.Answer) -> dict[str, str]:
    """The headers of the answer."""
    found: dict[str, str] = answer.step["answer"]["headers"]
    return found


def whole(operation: str) -> Any:
    """The first success with a JSON body of an operation, with rows where it is a listing; None where it has none."""
    return next(
        (
            answer.body
            for answer in within_the_contract()
            if answer.operation.id == operation and answer.status < 300 and answer.body is not None
        ),
        None,
    )
