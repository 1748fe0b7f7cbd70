"""Decoding 1,000 attempts from their bytes, beside json.loads, msgspec and tdworkflow."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
from tdworkflow.attempt import Attempt as TdworkflowAttempt

from scripts.bench import samples
from scripts.bench.measure import Row, medians, milliseconds
from treasure_workflow._answers import without_unset
from treasure_workflow_api.models.rest_session_attempt_collection import RestSessionAttemptCollection

DATA = samples.page(range(1_000, 0, -1))


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


def raw() -> RestSessionAttemptCollection:
    """What the raw client makes of an answer."""
    return RestSessionAttemptCollection.from_dict(json.loads(DATA))


def overlay() -> None:
    """What the client hands out."""
    without_unset(raw())


def rows() -> Iterator[Row]:
    """Time in ms for 1,000 attempts."""
    decoder = msgspec.json.Decoder(Collection)
    found = medians(
        {
            "raw": milliseconds(raw),
            "overlay": milliseconds(overlay),
            "json": milliseconds(lambda: json.loads(DATA)),
            "msgspec": milliseconds(lambda: decoder.decode(DATA)),
            "tdworkflow": milliseconds(
                lambda: [TdworkflowAttempt.from_api_repr(**row) for row in json.loads(DATA)["attempts"]]
            ),
        },
        rounds=31,
    )
    for name in ("tdworkflow", "json", "msgspec"):
        peer = "json.loads" if name == "json" else name
        yield Row("decode 1,000 attempts, client", found["overlay"], peer, found[name], "ms")
    yield Row("decode 1,000 attempts, raw client", found["raw"], "tdworkflow", found["tdworkflow"], "ms")
