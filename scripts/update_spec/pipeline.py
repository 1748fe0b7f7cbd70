"""From a file to an adopted tree: read, judge, make everything in a copy, look at what came of it, put it in place."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from scripts import ROOT
from scripts.codegen.contract.document import Json
from scripts.update_spec.adoption import changelog, contract_file, overlay_file, packages, shadow, swapping
from scripts.update_spec.decision import hands, tree
from scripts.update_spec.decision.decide import Decision, decide
from scripts.update_spec.decision.hands import CONTRACT, OVERLAY, Hand
from scripts.update_spec.published.reading import Allowed, Reading, RefusedError, read
from scripts.update_spec.published.record import Published, load, prose_of, record
from scripts.update_spec.report import Report, Wording, refused

_PUBLISHED = Path("scripts/update_spec/published.json")


def run(file: Path, *, check: bool, allowed: Allowed, root: Path = ROOT) -> Report:
    """Judges a document and, unless `check`, adopts it."""
    version = changelog.current_version(root)
    try:
        if not check:
            swapping.finish(root)
        old = load(root / _PUBLISHED)
        reading = read(file, old, _domains(root), allowed)
        if check:
            with tempfile.TemporaryDirectory() as folder:
                return _adopt(root, Path(folder), old, reading, version, allowed)
        prepared = swapping.prepare(root)
        report = _adopt(root, prepared, old, reading, version, allowed)
        swapping.swap(root, prepared, shadow.changed(root, prepared))
    except RefusedError as error:
        return refused(str(error), version)
    return report


def _domains(root: Path) -> list[str]:
    """Where keys may go, as the overlay says."""
    domains: list[str] = yaml.safe_load((root / OVERLAY).read_text(encoding="utf-8"))["x-domains"]
    return domains


def _adopt(root: Path, copied: Path, old: Published, reading: Reading, version: str, allowed: Allowed) -> Report:
    """Makes the adopted tree in the folder `copied`."""
    new = record(reading.document, reading.version)
    overlay = (root / OVERLAY).read_text(encoding="utf-8")
    actions: list[Json] = yaml.safe_load(overlay)["actions"]
    decision = decide(old, new, actions, tree.survey(root), version, reading.lost)
    ours = (root / CONTRACT).read_text(encoding="utf-8")
    reworded = [change.where for change in decision.changes if change.effect == "prose"]
    contract, unwritten = contract_file.adopted(ours, reading.document, reworded)
    corrections = overlay_file.rewritten(overlay, decision.outcomes, decision.added)
    corrections = overlay_file.with_domains(corrections, allowed.hosts)
    shadow.copy_tree(root, copied)
    (copied / CONTRACT).write_text(contract, encoding="utf-8")
    (copied / OVERLAY).write_text(corrections, encoding="utf-8")
    (copied / _PUBLISHED).write_text(dataclasses.replace(new, structure=_in_our_words(new)).text(), encoding="utf-8")
    if (contract, corrections) != (ours, overlay):
        beyond = shadow.beyond_the_generator(copied)
        if beyond is None:
            shadow.generate(copied)
            decision.changes.extend(packages.changes(root, copied, decision.changes))
            decision.hands.extend(packages.hands(root, copied))
        else:
            decision.hands.append(Hand(OVERLAY, f"no client can be made before a correction says otherwise: {beyond}"))
    text = changelog.with_entries(
        (root / changelog.CHANGELOG).read_text(encoding="utf-8"), changelog.entries(decision.changes)
    )
    (copied / changelog.CHANGELOG).write_text(text, encoding="utf-8")
    found = [*decision.hands, *_unwritten(unwritten), *_reworded(reworded)]
    return Report(
        decision.verdict,
        decision.callers,
        (version, *decision.next_version),
        decision.changes,
        decision.corrections,
        list(_with_lines(found, contract, corrections)),
        list(_wordings(decision, reading, ours)),
    )


def _in_our_words(new: Published) -> Json:
    """The structure as openapi.yaml has it: in the version of OpenAPI that the corrections are written in."""
    return new.structure


def _unwritten(places: list[str]) -> Iterator[Hand]:
    for where in places:
        yield Hand(CONTRACT, f"{where} is to be written in our words", holds=False, anchor=where)


def _reworded(places: list[str]) -> Iterator[Hand]:
    for where in places:
        yield Hand(CONTRACT, f"the published wording of {where} changed: look at ours", holds=False, anchor=where)


def _with_lines(found: list[Hand], contract: str, corrections: str) -> Iterator[Hand]:
    """The entries with the lines that their anchors have in the files as they will be; what holds up comes first."""
    lines = contract_file.lines_of(contract)
    seen: dict[tuple[str, int, str], Hand] = {}
    for hand in found:
        line = hand.line
        if hand.anchor is not None:
            in_contract = hand.file == CONTRACT
            line = (
                contract_file.line_of(lines, hand.anchor)
                if in_contract
                else overlay_file.line_of(corrections, hand.anchor)
            )
        seen.setdefault((hand.file, line, hand.what), dataclasses.replace(hand, line=line))
    yield from sorted(seen.values(), key=lambda hand: (not hand.holds, hand.file, hand.line))


def _wordings(decision: Decision, reading: Reading, ours: str) -> Iterator[Wording]:
    theirs = dict(prose_of(reading.document))
    own = dict(prose_of(yaml.safe_load(ours)))
    for change in decision.changes:
        if change.effect == "prose" and change.where in theirs:
            yield Wording(change.where, theirs[change.where], own.get(change.where, "nothing"))


__all__ = ["Allowed", "hands", "run"]
