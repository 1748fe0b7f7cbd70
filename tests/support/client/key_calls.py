"""Calls of every sort, for tests of where the key goes and where it is shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from tests.support.client.support import KEY
from treasure_workflow import TreasureWorkflowError

SECRET, VALUE = KEY[2:], "hunter2"

CALLS: dict[str, Callable[[Any], Any]] = {
    "an archive": lambda client: client.projects.download(12, io.BytesIO()),
    "a log": lambda client: client.logs.download(7, "a.log.gz", io.BytesIO()),
    "a read": lambda client: client.projects.get(12),
    "a write": lambda client: client.secrets.set(12, "a.b", VALUE),
    "a kill": lambda client: client.attempts.kill(7),
}


def attempted(call: Callable[[], Any]) -> TreasureWorkflowError | None:
    """The documented error that a call ended in, if it did."""
    try:
        call()
    except TreasureWorkflowError as error:
        return error
    return None
