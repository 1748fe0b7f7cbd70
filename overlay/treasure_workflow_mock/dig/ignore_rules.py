"""Which files at the top of an archive its `.digdagignore` leaves out: the rules of `.gitignore`.

Only files at the top matter, for only they are workflows, so rules about folders come down to few cases.
The patterns are a stranger's: each is matched in time that grows with pattern and name, never with their combinations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from treasure_workflow_mock.errors import LimitExceeded

_LONGEST_NAME = 255  # what a file's name may have on the service's disks
_MAX_MATCHES = 10_000_000
_TOKEN = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<not>[!^]?)(?P<set>\]?[^\]]{0,255})\]|\\(?P<escaped>.)|(?P<letter>.)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Rule:
    ignores: bool
    pattern: re.Pattern[str]


def not_ignored(names: Iterable[str], rules: str) -> list[str]:
    """Those of the files at the top of an archive that `rules`, the text of its ignore file, keeps.

    InvalidDefinition for so many rules that looking at them would take long.
    """
    files = list(names)
    lines = rules.splitlines()
    if len(lines) * max(len(files), 1_000) > _MAX_MATCHES:
        raise LimitExceeded("The ignore file has too many rules")
    parsed = [rule for rule in map(_rule, reversed(lines)) if rule is not None]
    return [name for name in files if not _ignored(name, parsed)]


def _ignored(name: str, last_first: list[_Rule]) -> bool:
    """What the last rule that fits a name says."""
    return next((rule.ignores for rule in last_first if rule.pattern.fullmatch(name)), False)


def _rule(line: str) -> _Rule | None:
    """A line's rule; None if it is none, or none that could fit a file at the top."""
    if line.startswith("#"):
        return None
    kept = line.rstrip(" ")
    line = f"{kept} " if kept.endswith("\\") and kept != line else kept
    ignores = not line.startswith("!")
    *folders, name = line.removeprefix("!").removeprefix("/").split("/")
    if not name or any(step != "**" for step in folders):
        return None
    pattern = _pattern(name)
    return None if pattern is None else _Rule(ignores, pattern)


def _pattern(glob: str) -> re.Pattern[str] | None:
    """A regular expression for a glob; None if it fits no name.

    Whatever stands between two stars is looked for once, from the left: a later place would leave less for the rest.
    """
    parts = [""]
    letters = 0
    for token in _TOKEN.finditer(glob):
        if token["stars"]:
            parts.append("")
            continue
        letters += 1
        if letters > _LONGEST_NAME:
            return None
        if token["any"]:
            parts[-1] += "."
        elif token["set"] is not None:
            parts[-1] += _set(token["set"], negated=bool(token["not"]))
        elif token["letter"] in ("\\", "["):
            return None  # nothing to escape, no end of the bracket
        else:
            parts[-1] += re.escape(token["escaped"] or token["letter"])
    first, *middle = parts
    if not middle:
        return re.compile(first, re.DOTALL)
    last = middle.pop()
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle if part) + f".*{last}", re.DOTALL)


def _set(content: str, *, negated: bool) -> str:
    """The characters and ranges of a bracket, as a regular expression."""
    members = ""
    for low, high in re.findall(r"\\?(.)(?:-\\?(.))?", content, re.DOTALL):
        if not high:
            members += re.escape(low)
        elif low <= high:
            members += f"{re.escape(low)}-{re.escape(high)}"
    if not members:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{members}]"
