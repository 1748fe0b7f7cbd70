"""What a run found out: exchanges, findings, and a tally for each operation, which add up over processes."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, get_args

Part = Literal["client", "answers", "plain", "links", "laws"]
"""Through the generated client; what that makes of answers of the contract's own; without the client; along the
contract's links; what holds between several calls."""
PARTS: tuple[Part, ...] = get_args(Part)

# What differs from case to case. The status and the name of a field that is missing are what a complaint is about.
_VARYING = re.compile(r"(?<!\d)(?<!status )\d+|'[^']*'|\"[^\"]*\"(?! is a required property)|b'.*")
SHAPE_LENGTH = 160
"""So many characters tell one complaint from another."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer as they went over the wire, the key and secret values already masked.

    `target` is the raw path and query, without the host. Header names are in lower case. `seconds` is the time between
    the first byte sent and the last byte received.
    """

    operation: str
    method: str
    target: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    answer_headers: tuple[tuple[str, str], ...]
    answer_body: bytes
    seconds: float


@dataclass(frozen=True)
class Finding:
    """Something that the contract does not allow, with the smallest call that shows it.

    `call` is the call on one line of Python. `complaint` says what is wrong; `known` is the reason why it is accepted,
    None for what nobody knew. `exchange` is the last one of the case; None when nothing reached the wire.
    """

    operation: str
    part: Part
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
        """What tells findings from one another: the operation and the complaint's shape."""
        return f"{self.operation}: {self.shape}"


@dataclass
class Tally:
    """What one operation went through. `distinct` holds hashes of calls, of states where a call takes no argument, and
    `distinct_by_class` those of a status class, such as 2 for 2xx.

    `slowest` are the longest answers, in seconds, longest first; `undocumented` counts statuses the contract does not
    have, `violations` answers that break their schema.
    """

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    undocumented: Counter[int] = field(default_factory=Counter)
    violations: int = 0
    distinct: set[int] = field(default_factory=set)
    distinct_by_class: dict[int, set[int]] = field(default_factory=dict)
    slowest: list[float] = field(default_factory=list)

    KEPT = 5

    def tell_apart(self, inputs: bytes, status: int) -> None:
        """Takes in what tells a call from others, and the status that it ended in."""
        hashed = zlib.crc32(inputs)
        self.distinct.add(hashed)
        self.distinct_by_class.setdefault(status // 100, set()).add(hashed)

    def add(self, other: Tally) -> None:
        """Takes in what another process counted."""
        self.cases += other.cases
        self.statuses += other.statuses
        self.undocumented += other.undocumented
        self.violations += other.violations
        self.distinct |= other.distinct
        for status_class, hashes in other.distinct_by_class.items():
            self.distinct_by_class.setdefault(status_class, set()).update(hashes)
        self.slowest = sorted([*self.slowest, *other.slowest], reverse=True)[: self.KEPT]


@dataclass
class Results:
    """A run, or a part of one.

    `target` is its address, `flavour` what kind of service it is. `chains` are the walks along links that ended in a
    2xx, as operations in their order. `skipped` says of each operation (or part) left out why. `gone` are known
    differences that the run did not meet, though it made the calls that would show them. `seconds` is the whole time.
    `would_differ` counts the calls that would show a known difference, `did_differ` those that did, by its title.
    """

    target: str = ""
    flavour: str = "hosted"
    seed: int = 0
    seconds: float = 0.0
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    chains: Counter[tuple[str, ...]] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    would_differ: Counter[str] = field(default_factory=Counter)
    did_differ: Counter[str] = field(default_factory=Counter)

    def tally(self, operation: str) -> Tally:
        """The tally of an operation."""
        return self.tallies.setdefault(operation, Tally())

    def add(self, other: Results) -> None:
        """Takes in what another process found."""
        for operation, tally in other.tallies.items():
            self.tally(operation).add(tally)
        for finding in other.findings:
            self.add_finding(finding)
        self.chains += other.chains
        self.skipped.update(other.skipped)
        self.gone += [each for each in other.gone if each not in self.gone]
        self.would_differ += other.would_differ
        self.did_differ += other.did_differ

    def add_finding(self, finding: Finding) -> None:
        """Takes in a finding, unless one like it is there. What is known never stands for what is not."""
        if not any(
            (each.fingerprint, each.part, each.known) == (finding.fingerprint, finding.part, finding.known)
            for each in self.findings
        ):
            self.findings.append(finding)

    @property
    def reached(self) -> set[str]:
        """The operations that a walk reached with something out of an earlier answer, and that ended in a 2xx."""
        return {operation for chain in self.chains for operation in chain[1:]}

    @property
    def cases(self) -> int:
        """The cases of all operations."""
        return sum(tally.cases.total() for tally in self.tallies.values())

    @property
    def duration(self) -> str:
        """The whole time as a person says it."""
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{minutes} min {seconds} s" if minutes else f"{self.seconds:.1f} s"

    @property
    def unknown(self) -> list[Finding]:
        """The findings that nobody has accepted: any of them makes the run fail."""
        return [finding for finding in self.findings if finding.known is None]
