"""The report on a newer document: as data, as the text of a pull request, and in a few lines for the terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.codegen.contract.document import Json
from scripts.update_spec.adoption import changelog
from scripts.update_spec.decision.hands import Hand
from scripts.update_spec.decision.repairs import Correction
from scripts.update_spec.judge import Change
from scripts.update_spec.judge.changes import Bump

STATUS = {"none": 0, "prose": 3, "compatible": 4, "breaking": 5, "needs-hands": 6, "refused": 2}
_HEADLINES = {
    "none": "nothing changed",
    "prose": "prose only",
    "compatible": "compatible",
    "breaking": "breaking",
    "needs-hands": "needs hands",
    "refused": "refused",
}
_MOST_SHOWN = 30
_CLASSES = (("breaking", "Breaking for callers"), ("compatible", "New or looser for callers"), ("prose", "Wording"))


@dataclass(frozen=True, slots=True)
class Wording:
    """A place whose published wording changed: what the service says now, and what we say."""

    where: str
    published: str
    ours: str


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say. `refusal` is why a document was refused; nothing else is said then."""

    verdict: str
    callers: str | None
    version: tuple[str, str, Bump]
    changes: list[Change] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    hands: list[Hand] = field(default_factory=list)
    wordings: list[Wording] = field(default_factory=list)
    refusal: str = ""

    def as_json(self) -> dict[str, Json]:
        """The content of changes.json."""
        before, after, bump = self.version
        return {
            "verdict": self.verdict,
            "callers": self.callers,
            "version": {"from": before, "to": after, "bump": bump},
            "changes": [change.as_json() for change in self.changes],
            "corrections": [{"name": one.name, "state": one.state, "action": one.action} for one in self.corrections],
            "hands": [hand.as_json() for hand in self.hands],
        } | ({"refusal": self.refusal} if self.refusal else {})

    def write(self, folder: Path) -> None:
        """Writes changes.json and changes.md."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"
        (folder / "changes.json").write_text(text, encoding="utf-8")
        (folder / "changes.md").write_text("\n".join(self.as_markdown()) + "\n", encoding="utf-8")

    def terminal(self) -> Iterator[str]:
        """The lines for the terminal; the first is the verdict."""
        behind = f" (for callers: {_HEADLINES[self.callers or 'none']})" if self.verdict == "needs-hands" else ""
        yield _HEADLINES[self.verdict] + behind + (f": {_safe(self.refusal)}" if self.refusal else "")
        for change in self.changes:
            if change.effect != "prose":
                yield f"  {change.effect}: {_safe(changelog.told(change))}"
        prose = sum(change.effect == "prose" for change in self.changes)
        if prose:
            yield f"  prose: {prose} places"
        for correction in self.corrections:
            if correction.state != "unaffected":
                yield f"  correction {correction.name} {correction.state}: {_safe(correction.action)}"
        for hand in self.hands[:_MOST_SHOWN]:
            yield f"  {hand.file}:{hand.line}: {_safe(hand.what)}"
        if len(self.hands) > _MOST_SHOWN:
            yield f"  and {len(self.hands) - _MOST_SHOWN} more things to do by hand: see the report"
        before, after, bump = self.version
        if bump != "none":
            yield f"  next version: {after} ({bump}, after {before})"

    def as_markdown(self) -> Iterator[str]:
        """The content of changes.md."""
        behind = f", for callers: {_HEADLINES[self.callers or 'none']}" if self.verdict == "needs-hands" else ""
        yield f"# The published document: {_HEADLINES[self.verdict]}{behind}"
        if self.refusal:
            yield from ("", _cell(self.refusal))
            return
        before, after, bump = self.version
        yield ""
        yield f"Version {before} → {after} ({bump})." if bump != "none" else f"Version {before} stays."
        for effect, title in _CLASSES:
            yield from _table(title, [change for change in self.changes if change.effect == effect])
        affected = [one for one in self.corrections if one.state != "unaffected"]
        if affected:
            yield from ("", "## Corrections", "", "| correction | state | what to do |", "|---|---|---|")
            yield from (f"| {_cell(one.name)} | {one.state} | {_cell(one.action)} |" for one in affected)
        if self.hands:
            yield from ("", "## By hand", "")
            yield from (f"- [ ] `{hand.file}:{hand.line}` {_cell(hand.what)}" for hand in self.hands)
        if self.wordings:
            yield from ("", "## Wordings to look at (ours were kept)")
            for one in self.wordings:
                yield from (
                    "",
                    f"`{_cell(one.where)}`",
                    "",
                    f"- published: {_cell(one.published)}",
                    f"- ours: {_cell(one.ours)}",
                )


def refused(reason: str, version: str) -> Report:
    """The report on a document that was not looked at."""
    return Report("refused", None, (version, version, "none"), refusal=reason)


def _table(title: str, changes: Iterable[Change]) -> Iterator[str]:
    rows = [f"| {_cell(changelog.told(change))} | {_cell(change.operation or 'the whole')} |" for change in changes]
    if rows:
        yield from ("", f"## {title}", "", "| change | operations |", "|---|---|", *rows)


def _safe(text: str) -> str:
    """Text of a document for a terminal or a page: nothing that steers either."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _cell(text: str) -> str:
    """Text that stays in its cell and is no markup but code."""
    parts = _safe(" ".join(text.split())).split("`")
    if len(parts) % 2 == 0:  # a mark that nothing closes
        parts = ["'".join(parts)]
    escaped = (re.sub(r"\|" if number % 2 else r"[\\|<>\[\]*_]", r"\\\g<0>", part) for number, part in enumerate(parts))
    return "`".join(escaped)
