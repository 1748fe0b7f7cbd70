"""One exchange with the target, and one finding: something about it that the contract does not allow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Phase = Literal["client", "parsing", "fuzzing", "stateful", "invariants", "replay"]
"""Calls through the generated client; what it makes of responses of the contract's own; calls without it; walks along
the contract's links; what holds between several calls; recorded responses."""
PHASES: tuple[Phase, ...] = get_args(Phase)

# What differs from case to case. The status and the name of a field that is missing are what a complaint is about.
_VARYING = re.compile(r"(?<!\d)(?<!status )\d+|'[^']*'|\"[^\"]*\"(?! is a required property)|b'.*")
SHAPE_LENGTH = 160
"""So many characters tell one complaint from another."""


@dataclass(frozen=True)
class Exchange:
    """One request and its response as they went over the wire, the key and secret values already masked.

    `target` is the raw path and query, without the host. Header names are in lower case. `seconds` is the time between
    the first byte sent and the last byte received.
    """

    operation: str
    method: str
    target: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    seconds: float


@dataclass(frozen=True)
class Finding:
    """Something that the contract does not allow, with the smallest call that shows it.

    `call` is the call on one line of Python. `complaint` says what is wrong; `known` is the reason why it is accepted,
    None for what nobody knew. `exchange` is the last one of the case; None when nothing reached the wire.
    """

    operation: str
    phase: Phase
    call: str
    complaint: str
    exchange: Exchange | None = None
    known: str | None = None

    @property
    def shape(self) -> str:
        """The beginning of the complaint with a `*` for each value: what stays the same from run to run."""
        return _VARYING.sub("*", self.complaint)[:SHAPE_LENGTH]

    @property
    def fingerprint(self) -> str:
        """What tells findings from one another: the operation and the complaint's shape; of a replay, all of it."""
        return f"{self.operation}: {self.complaint if self.phase == 'replay' else self.shape}"
