"""The text of the overlay without what is needless now, and with what was added; the rest stays letter by letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from scripts.codegen.contract.document import Json
from scripts.update_spec.decision.repairs import Outcome

_DOMAINS = re.compile(r"^x-domains: \[(?P<hosts>[^\]]*)\]", re.MULTILINE)


@dataclass(slots=True)
class _Block:
    """The lines of one action, from its first to its last, without the comments in front of the next."""

    first: int
    last: int
    name: str
    target: str


def rewritten(text: str, outcomes: list[Outcome], added: Iterable[Json]) -> str:
    """The overlay's new text."""
    rows = text.splitlines(keepends=True)
    blocks = _blocks(text, rows)
    inserts: dict[int, list[str]] = {}
    gone: set[int] = set()
    for block, outcome in zip(blocks, outcomes, strict=True):
        if outcome.needless and len(outcome.moved) == 1 and _aim(rows, block, outcome.moved[0], outcome.action):
            continue
        if outcome.needless:
            gone |= set(range(block.first, block.last + 1))
        for action in outcome.moved:
            inserts.setdefault(block.last + 1, []).append(_written(action))
    kept = [block for block in blocks if block.first not in gone]
    for action in added:
        alike = [block for block in kept if block.name == action["x-correction"]] or kept
        inserts.setdefault(alike[-1].last + 1 if alike else len(rows), []).append(_written(action))
    result = []
    for number, row in enumerate([*rows, ""]):
        result += inserts.get(number, [])
        if number not in gone:
            result.append(row)
    return "".join(result)


def with_domains(text: str, hosts: Iterable[str]) -> str:
    """The overlay with further hosts that keys may go to."""
    match = _DOMAINS.search(text)
    if match is None:
        return text
    known = [one.strip() for one in match["hosts"].split(",")]
    more = [host for host in hosts if host not in known]
    return text[: match.start()] + f"x-domains: [{', '.join([*known, *more])}]" + text[match.end() :] if more else text


def line_of(text: str, wanted: str) -> int:
    """The line, from 1, of the first action with that name or target; 1 where there is none."""
    blocks = _blocks(text, text.splitlines(keepends=True))
    found = next((block for block in blocks if wanted in (block.name, block.target)), None)
    found = found or next((block for block in blocks if wanted in block.target), None)
    return 1 if found is None else found.first + 1


def _blocks(text: str, rows: list[str]) -> list[_Block]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    actions = next(value for key, value in root.value if key.value == "actions").value
    starts = [node.start_mark.line for node in actions]
    blocks = []
    for node, first, following in zip(actions, starts, [*starts[1:], len(rows)], strict=True):
        last = following - 1
        while last > first and (not rows[last].strip() or rows[last].lstrip().startswith("#")):
            last -= 1
        facts = {key.value: value.value for key, value in node.value}
        blocks.append(_Block(first, last, str(facts.get("x-correction")), str(facts.get("target"))))
    return blocks


def _aim(rows: list[str], block: _Block, moved: Json, action: Json) -> bool:
    """Gives an action its new target where nothing else of it changes; whether that could be done."""
    if {**moved, "target": action["target"]} != action:
        return False
    line = next((n for n in range(block.first, block.last + 1) if rows[n].lstrip().startswith("target:")), None)
    if line is None or rows[line].partition(":")[2].strip() != action["target"]:
        return False
    rows[line] = f"{rows[line].partition(':')[0]}: {moved['target']}\n"
    return True


def _written(action: Json) -> str:
    text = yaml.safe_dump([action], sort_keys=False, allow_unicode=True, width=116)
    return "".join(f"  {row}" for row in text.splitlines(keepends=True))
