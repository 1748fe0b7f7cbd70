"""Differences of a target from the contract that are known and accepted, each with its reason, and which are gone."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.findings import Finding, Phase
from treasure_workflow_contract.results.run_results import Results
from treasure_workflow_contract.transport.target import Flavour

PACKAGED = "known_differences.toml"
"""The file of the package; its head explains the format."""

_REQUIRED = ("operation", "complaint", "reason")
_CHOICES = {"phase": get_args(Phase), "flavour": get_args(Flavour)}
_KEYS = (*_REQUIRED, *_CHOICES, "call", "evidence")


class DifferencesError(Exception):
    """A file of known differences that cannot be used. The message names the file, the entry and the key."""


@dataclass(frozen=True)
class Difference:
    """One known difference. None stands for any operation, phase, flavour or call."""

    operations: tuple[str, ...] | None
    complaint: re.Pattern[str]
    reason: str
    phase: str | None = None
    flavour: str | None = None
    call: re.Pattern[str] | None = None
    evidence: str | None = None

    @property
    def title(self) -> str:
        """One line that tells it from others."""
        operations = "any operation" if self.operations is None else ", ".join(self.operations)
        phase = f" ({self.phase})" if self.phase else ""
        call = f" in calls with {self.call.pattern}" if self.call else ""
        return f"{operations}{phase}: {self.complaint.pattern}{call}: {self.reason}"

    def would_show(self, operation: str, phase: str, call: str) -> bool:
        """Whether such a call is one that the difference is about."""
        return (
            (self.operations is None or operation in self.operations)
            # What a recording says of a server is no matter of the contract.
            and self.phase in ((phase,) if phase == "replay" else (None, phase))
            and (self.call is None or self.call.search(call) is not None)
        )

    def explains(self, finding: Finding) -> bool:
        """Whether a finding is this difference."""
        return self.would_show(finding.operation, finding.phase, finding.call) and any(
            self.complaint.search(text) for text in (finding.complaint, finding.shape)
        )


class Differences:
    """The known differences of one flavour, and how often the calls that would show each were made, and differed.

    It passes between processes; what each has counted adds up in its `Results`.
    """

    def __init__(self, differences: Iterable[Difference], flavour: str) -> None:
        self.all = tuple(each for each in differences if each.flavour in (None, flavour))
        self._would_differ: Counter[str] = Counter()
        self._did_differ: Counter[str] = Counter()

    def note(self, operation: str, phase: Phase, call: str) -> None:
        """Notes a call: its operation, and itself on one line of Python."""
        for each in self.all:
            if each.would_show(operation, phase, call):
                self._would_differ[each.title] += 1

    def mark(self, finding: Finding) -> Finding:
        """The finding, with the reason of the first difference that explains it, if there is one."""
        explaining = [each for each in self.all if each.explains(finding)]
        if not explaining:
            return finding
        self._did_differ.update(each.title for each in explaining)
        return replace(finding, known=explaining[0].reason)

    def hand_over(self, results: Results) -> None:
        """Adds what was counted since the last time to `results`."""
        results.would_differ += self._would_differ
        results.did_differ += self._did_differ
        self._would_differ.clear()
        self._did_differ.clear()

    def gone(self, results: Results) -> list[str]:
        """The differences that a whole run did not meet in all the calls that would have shown them, one line each."""
        return [
            f"{each.title} ({results.would_differ[each.title]} calls, none differed)"
            for each in self.all
            if results.would_differ[each.title] and not results.did_differ[each.title]
        ]


def packaged() -> list[Difference]:
    """The differences that the package knows."""
    return read(
        (resources.files("treasure_workflow_contract.results") / PACKAGED).read_text(encoding="utf-8"), PACKAGED
    )


def load(path: Path) -> list[Difference]:
    """The differences of a file such as a user's baseline. Raises DifferencesError, also for a missing file."""
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise DifferencesError(f"{path} cannot be read: {error}") from error


def read(text: str, source: str) -> list[Difference]:
    """The differences of a TOML text that comes from `source`. Raises DifferencesError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DifferencesError(f"{source} is no TOML: {error}") from error
    entries = document.pop("difference", [])
    for other in ("exception", "left_out", "survivor"):  # which are of the project's own tests
        document.pop(other, None)
    if document:
        raise DifferencesError(f"{source}: unknown key {next(iter(document))!r}; entries begin with [[difference]]")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DifferencesError(f"{source}: entries begin with [[difference]], in double brackets")
    return [_difference(entry, f"{source}: difference {number}") for number, entry in enumerate(entries, 1)]


def _difference(entry: Mapping[str, Any], where: str) -> Difference:
    if isinstance(entry.get("operation"), str):
        where += f" ({entry['operation']})"
    for key in entry:
        if key not in _KEYS:
            raise DifferencesError(f"{where}: unknown key {key!r}, not one of {', '.join(_KEYS)}")
    for key in _REQUIRED:
        if key not in entry:
            raise DifferencesError(f"{where}: key {key!r} is missing")
    for key in _KEYS[1:]:
        if key in entry and not (isinstance(entry[key], str) and entry[key].strip()):
            raise DifferencesError(f"{where}: key {key!r} has to be a text that is not empty")
    for key, choices in _CHOICES.items():
        if key in entry and entry[key] not in choices:
            raise DifferencesError(f"{where}: key {key!r} is {entry[key]!r}, not one of {', '.join(choices)}")
    return Difference(
        operations=_operations(entry["operation"], where),
        complaint=_pattern(entry, "complaint", where),
        reason=entry["reason"],
        phase=entry.get("phase"),
        flavour=entry.get("flavour"),
        call=_pattern(entry, "call", where) if "call" in entry else None,
        evidence=entry.get("evidence"),
    )


def _operations(value: Any, where: str) -> tuple[str, ...] | None:
    if value == "*":
        return None
    ids = [value] if isinstance(value, str) else value
    if not (isinstance(ids, list) and ids and all(isinstance(id, str) for id in ids)):
        raise DifferencesError(f"{where}: key 'operation' has to be an operation's id, a list of them, or \"*\"")
    for id in ids:
        if id not in effective().operations:
            raise DifferencesError(f"{where}: key 'operation': the contract has no operation {id!r}")
    return tuple(ids)


def _pattern(entry: Mapping[str, Any], key: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(entry[key], re.DOTALL)
    except re.error as error:
        raise DifferencesError(f"{where}: key {key!r} is no regular expression: {error}") from error
