"""A run's findings as a file of known differences: with it as the baseline, the same run passes."""

from __future__ import annotations

import re

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.findings import SHAPE_LENGTH, Finding
from treasure_workflow_contract.results.printable import printable
from treasure_workflow_contract.results.run_results import Results

_HEAD = """\
# What this run found and nobody had accepted. Say in each entry why it is accepted, delete those that are not, and give
# the file to --baseline.
"""
_REASON = "accepted as found; say here why"
_EVIDENCE_LENGTH = 300
# What means something in a regular expression. re.escape spares less, and its blanks are hard to read.
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def baseline(results: Results) -> str:
    """A TOML text with an entry for each finding that nobody has accepted."""
    entries = {_entry(finding): None for finding in results.unknown}
    return "\n".join([_HEAD, *entries])


def _entry(finding: Finding) -> str:
    lines = {
        # Not every finding is about an operation, and an entry may only name those.
        "operation": finding.operation if finding.operation in effective().operations else "*",
        "phase": finding.phase,
        "complaint": _pattern(finding.shape),
        "reason": _REASON,
        "evidence": printable(finding.call)[:_EVIDENCE_LENGTH],
    }
    return "".join(["[[difference]]\n", *(f"{key} = {_toml(value)}\n" for key, value in lines.items() if value)])


def _pattern(shape: str) -> str:
    # Half of a pair of surrogates is no character, and no file can hold it.
    escaped = _SURROGATE.sub(".", _SPECIAL.sub(r"\\\g<0>", shape))
    return f"^{escaped}" if len(shape) == SHAPE_LENGTH else f"^{escaped}$"


def _toml(text: str) -> str:
    if text.isprintable() and "'" not in text:
        return f"'{text}'" if "\\" in text or '"' in text else f'"{text}"'
    escaped = "".join(
        f"\\{each}" if each in '\\"' else each if each.isprintable() else f"\\U{ord(each):08x}" for each in text
    )
    return f'"{escaped}"'
