"""Decoding 1,000 rows of each kind from their bytes, beside json.loads, msgspec and tdworkflow.

With the standard library alone, and with the quick decoder of the extra `speed`.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from tdworkflow.attempt import Attempt as TdworkflowAttempt
from tdworkflow.project import Project as TdworkflowProject
from tdworkflow.session import Session as TdworkflowSession
from tdworkflow.task import Task as TdworkflowTask

from scripts.bench import samples
from scripts.bench.measure import Row, medians, milliseconds
from treasure_workflow_api import models

STANDARD, QUICK = 1.8, 2.4
"""How many times as fast as tdworkflow: with the standard library, with the extra."""


class Reference(msgspec.Struct):
    """An id and a name."""

    id: str
    name: str


class Attempt(msgspec.Struct, rename="camel"):
    """An attempt, as one would write it for msgspec."""

    id: str
    index: int
    project: Reference
    workflow: Reference
    session_id: str
    session_uuid: uuid.UUID
    session_time: datetime.datetime
    retry_attempt_name: str | None
    done: bool
    success: bool
    cancel_requested: bool
    params: dict[str, Any]
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    status: str


class Collection(msgspec.Struct):
    """A page of attempts."""

    attempts: list[Attempt]


KINDS: dict[str, tuple[Callable[[Any], object], Any, Callable[[int], dict[str, Any]]]] = {
    "attempts": (models.RestSessionAttemptCollection.from_dict, TdworkflowAttempt, samples.attempt),
    "sessions": (models.RestSessionCollection.from_dict, TdworkflowSession, samples.session),
    "tasks": (models.RestTaskCollection.from_dict, TdworkflowTask, samples.task),
    "projects": (models.RestProjectCollection.from_dict, TdworkflowProject, samples.project),
}


def rows() -> Iterator[Row]:
    """Time in ms for 1,000 rows of each kind; `at most` is ours in terms of tdworkflow's."""
    for kind, (read, peer, sample) in KINDS.items():
        data = json.dumps({kind: [sample(number) for number in range(1_000, 0, -1)]}).encode()
        yield from _rows(kind, data, read, peer)


def _rows(kind: str, data: bytes, read: Callable[[Any], object], peer: Any) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(Collection)
    candidates = {
        "standard": milliseconds(lambda: read(json.loads(data))),
        "quick": milliseconds(lambda: read(msgspec.json.decode(data))),
        "json": milliseconds(lambda: json.loads(data)),
        "tdworkflow": milliseconds(lambda: [peer.from_api_repr(**row) for row in json.loads(data)[kind]]),
    }
    if kind == "attempts":
        candidates["msgspec"] = milliseconds(lambda: decoder.decode(data))
    found = medians(candidates, rounds=31)
    yield Row(f"decode 1,000 {kind}", found["standard"], "tdworkflow", found["tdworkflow"], "ms", 1 / STANDARD)
    yield Row("the same, with [speed]", found["quick"], "tdworkflow", found["tdworkflow"], "ms", 1 / QUICK)
    yield Row("the same", found["standard"], "json.loads", found["json"], "ms")
    if kind == "attempts":
        yield Row("the same", found["standard"], "msgspec", found["msgspec"], "ms")
