"""What a release says of a newer contract: the version, and the entry in the changelog."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from scripts.codegen.contract.document import place_of
from scripts.update_spec.judge.changes import Change

CHANGELOG = Path("CHANGELOG.md")
_UNRELEASED = "## [Unreleased]"
_SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def current_version(root: Path) -> str:
    """The version that was released last, or is to be."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version: str = project["version"]
    return version


def entries(changes: Iterable[Change]) -> dict[str, list[str]]:
    """One line for each change that callers may notice, by the section of the changelog that it belongs to."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change.effect in ("compatible", "breaking"):
            mark = "**Breaking.** " if change.effect == "breaking" else ""
            line = f"- {mark}Contract: {told(change)}."
            found.setdefault(_section(change), []).append(line)
    return found


def told(change: Change) -> str:
    """A change in a few words."""
    what = change.kind.replace("-", " ")
    values = [_short(value) for value in (change.before, change.after) if value is not None]
    return f"{what} at `{_place(change)}`" + (f" ({' → '.join(values)})" if values else "")


def with_entries(text: str, added: dict[str, list[str]]) -> str:
    """The changelog with lines in its unreleased section; lines that it has already are not added again."""
    start = text.find(_UNRELEASED)
    if start < 0 or not added:
        return text
    start += len(_UNRELEASED)
    end = match.start() if (match := re.compile(r"^## ", re.MULTILINE).search(text, start)) else len(text)
    section = text[start:end]
    for name, lines in added.items():
        new = [line for line in lines if line not in section]
        if new:
            section = _with(section, name, new)
    return text[:start] + section + text[end:]


def _with(section: str, name: str, lines: list[str]) -> str:
    heading = f"### {name}\n"
    block = "\n".join(lines) + "\n"
    start = section.find(heading)
    if start < 0:
        later = [section.find(f"### {other}\n") for other in _SECTIONS[_SECTIONS.index(name) + 1 :]]
        position = min((place for place in later if place >= 0), default=len(section.rstrip("\n")) + 1)
        before, after = section[:position].rstrip("\n"), section[position:].lstrip("\n")
        return f"{before}\n\n{heading}\n{block}" + (f"\n{after}" if after else "\n")
    body = start + len(heading)
    match = re.compile(r"^### ", re.MULTILINE).search(section, body)
    end = match.start() if match else len(section)
    return section[:end].rstrip("\n") + "\n" + block + ("\n" + section[end:] if match else section[end:] or "\n")


def _section(change: Change) -> str:
    if change.kind.endswith("deprecated"):
        return "Deprecated"
    if change.kind.endswith("-added") and change.effect == "compatible":
        return "Added"
    return "Removed" if change.kind.endswith("-removed") else "Changed"


def _place(change: Change) -> str:
    """A place as people say it: `GET /api/pools parameters/limit`, `RestPool.name`."""
    parts = place_of(change.where) if change.where.startswith("#") else (change.where,)
    if parts[0] == "paths" and len(parts) > 2:
        told = f"{parts[2].upper()} {parts[1]} {'/'.join(parts[3:])}".strip()
    elif parts[:2] == ("components", "schemas"):
        told = ".".join(part for part in parts[2:] if part != "properties")
    else:
        told = "/".join(parts)
    return told.replace("`", "'")


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_short(item) for item in value)
    text = "".join(character if character.isprintable() else "?" for character in str(value))
    return f"`{text[:80].replace('`', chr(39))}`"
