"""What a run found out: findings, and a tally for each operation, which add up over processes."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field

from treasure_workflow_contract.results.findings import Finding


@dataclass
class Tally:
    """What one operation went through. `distinct` holds hashes of calls, of states where a call takes no argument, and
    `distinct_by_class` those of a status class, such as 2 for 2xx.

    `slowest` are the longest responses, in seconds, longest first; `undocumented` counts statuses the contract does not
    have, `violations` responses that break their schema.
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
    2xx, as operations in their order. `skipped` says of each operation (or phase) left out why. `gone` are known
    differences that the run did not meet, though it made the calls that would show them. `seconds` is the whole time.
    `missing` says what was asked for and had no case: then the run is incomplete.
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
    missing: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    would_differ: Counter[str] = field(default_factory=Counter)
    did_differ: Counter[str] = field(default_factory=Counter)

    def tally(self, operation: str) -> Tally:
        """The tally of an operation, to count in."""
        return self.tallies.setdefault(operation, Tally())

    def tally_of(self, operation: str) -> Tally:
        """The tally of an operation; an empty one where nothing was counted."""
        return self.tallies.get(operation, Tally())

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
            (each.fingerprint, each.phase, each.known) == (finding.fingerprint, finding.phase, finding.known)
            for each in self.findings
        ):
            self.findings.append(finding)

    @property
    def verdict(self) -> str:
        """What the run says in one line."""
        if self.unknown:
            count = len(self.unknown)
            return f"FAILED: {count} finding{'s' if count > 1 else ''} that nobody has accepted"
        if self.missing:
            return "INCOMPLETE: nothing undocumented was seen, but not all that was asked for was tried"
        return "PASSED: nothing undocumented was seen"

    @property
    def reached(self) -> set[str]:
        """The operations that a walk reached with something out of an earlier response, and that ended in a 2xx."""
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
