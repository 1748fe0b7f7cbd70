"""All mutants that there are, and a draw from them by a seed: every area has its share, every operator its turn."""

from __future__ import annotations

import ast
import hashlib
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

from scripts.mutants import operators
from scripts.mutants.operators import Edit, Operator, Source

Area = Literal["mock", "client", "corrections"]
MOCK, CLIENT = "overlay/treasure_workflow_mock", "generated/treasure_workflow_api"
CORRECTIONS = "overlay/openapi.overlay.yaml"
# The mock decides and responds; the client is larger, but all of it follows a few templates.
SHARES: dict[Area, float] = {"mock": 0.5, "client": 0.35, "corrections": 0.15}

# Where responses come from. What a `.dig` file means and how its tasks run the contract does not say, and recorded
# responses hold it; `/mock/…` and what only an open-source server has no other service has.
_RESPONSES = tuple(f"api/{name}.py" for name in ("attempts", "logs", "pools", "projects", "schedules", "secrets"))
_RESPONSES += tuple(f"api/{name}.py" for name in ("serializers", "sessions", "workflows"))
_RULES = (*_RESPONSES, "api/pagination.py", "engine/pools.py", "engine/backfill.py")
_OPERATIONS, _MODELS = ("api/*/*.py",), ("models/*.py",)
_PYTHON: tuple[tuple[Area, str, Operator, tuple[str, ...]], ...] = (
    ("mock", "lost-entry", operators.lost_entry, _RESPONSES),
    ("mock", "renamed-key", operators.renamed_key, _RESPONSES),
    ("mock", "swapped-values", operators.swapped_values, _RESPONSES),
    ("mock", "comparison", operators.wrong_comparison, _RULES),
    ("mock", "missing-check", operators.missing_check, _RULES),
    ("mock", "lost-change", operators.lost_change, ("api/*.py", "engine/pools.py")),
    ("mock", "ignored-parameter", operators.ignored_parameter, _RULES),
    ("mock", "order", operators.wrong_order, _RULES),
    ("mock", "status", operators.wrong_status, (*_RESPONSES, "service/statuses.py")),
    ("client", "lost-entry", operators.lost_entry, _OPERATIONS),
    ("client", "renamed-key", operators.renamed_key, (*_OPERATIONS, *_MODELS)),
    ("client", "swapped-values", operators.swapped_values, _OPERATIONS),
    ("client", "request-line", operators.wrong_request_line, _OPERATIONS),
    ("client", "reading", operators.wrong_reading, _OPERATIONS),
    ("client", "key", operators.wrong_key, ("client.py", "types.py")),
)
# Left out, each with its reason: what nothing but `/mock/` asks for or shows; wording, of which the contract says
# nothing; limits that it would take a thousand attempts to meet; texts that are only kept to be quick; what happens
# when hours have passed; operations that only an open-source server has.
_OUT_OF_REACH = re.compile(r"fault|wording|_refusal|waiting|account_limit|settle|run_due|_folder|permission")
_NOT_ASKED = re.compile(r"\bMAX_(SESSIONS|DEPTH|FOLDER)|flavour|permissions?\b|\bsite\b|_texts\[")
# Corrections that only make the contract say less, or that bind its readers and no service.
_SAYS_LESS = re.compile(
    r"-links$|example|retry|documentation|forbidden|log-file-timestamp|last-attempt-status|nulls?$|secret-value|tag"
)


class Mutant(NamedTuple):
    """One change of one file. `number` tells apart changes that read the same."""

    area: Area
    operator: str
    path: str
    edit: Edit
    number: int

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that stay the same when other parts of the file change."""
        named = (self.operator, self.path, self.edit.scope, self.edit.told, str(self.number))
        return hashlib.sha256("\n".join(named).encode()).hexdigest()[:8]

    @property
    def line(self) -> str:
        """All that tells it from others, on one line."""
        return f"{self.id} {self.area:<11} {self.operator:<17} {self.path} {self.edit.scope}: {self.edit.told}"

    def applied(self, original: bytes) -> bytes:
        """The file's bytes with the change."""
        return original[: self.edit.start] + self.edit.text.encode() + original[self.edit.end :]


def candidates(root: Path) -> list[Mutant]:
    """All mutants of a tree."""
    found: list[Mutant] = []
    for area, name, operator, patterns in _PYTHON:
        folder = root / (MOCK if area == "mock" else CLIENT)
        for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
            source = Source(str(path.relative_to(root)), path.read_bytes())
            edits = (edit for edit in operator(source) if is_in_reach(source, edit))
            found += _numbered(area, name, source.path, edits)
    text = (root / CORRECTIONS).read_text(encoding="utf-8")
    found += _numbered("corrections", "lost-correction", CORRECTIONS, lost_corrections(text))
    return found


def is_in_reach(source: Source, edit: Edit) -> bool:
    """Whether a change can be seen through the wire."""
    if _OUT_OF_REACH.search(edit.scope) or _NOT_ASKED.search(edit.told):
        return False
    inside = [node for node in ast.walk(source.tree) if isinstance(node, ast.expr | ast.stmt | ast.arg)]
    for node in inside:
        start, end = source.span(node)  # type: ignore[arg-type]
        if not (start <= edit.start and edit.end <= end):
            continue
        # The words of a message, types, and tables at the top of a module that are no responses.
        if isinstance(node, ast.Raise) and (edit.start, edit.end) != (start, end):
            return False
        if isinstance(node, ast.AnnAssign) and edit.end <= source.span(node.annotation)[1]:
            return False
    return True


def lost_corrections(text: str) -> Iterator[Edit]:
    """An action of the corrections that is not applied."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    actions = next(value for key, value in root.value if key.value == "actions")
    begins = [text.rindex("\n", 0, action.start_mark.index) + 1 for action in actions.value]
    for begin, end, action in zip(begins, [*begins[1:], len(text)], actions.value, strict=True):
        words = {key.value: value.value for key, value in action.value}
        if not _SAYS_LESS.search(words["x-correction"]) and ".example" not in words["target"]:
            start, size = len(text[:begin].encode()), len(text[begin:end].encode())
            yield Edit(start, start + size, "", words["x-correction"], f"without {words['target']}")


def _numbered(area: Area, operator: str, path: str, edits: Iterable[Edit]) -> Iterator[Mutant]:
    seen: Counter[tuple[str, str]] = Counter()
    for edit in edits:
        yield Mutant(area, operator, path, edit, seen[edit.scope, edit.told])
        seen[edit.scope, edit.told] += 1


def queues(mutants: Iterable[Mutant], seed: int) -> dict[tuple[Area, str], list[Mutant]]:
    """The mutants of each operator in the order in which a seed draws them."""
    ordered: dict[tuple[Area, str], list[Mutant]] = defaultdict(list)
    for mutant in sorted(mutants, key=lambda one: hashlib.sha256(f"{seed} {one.id}".encode()).digest()):
        ordered[mutant.area, mutant.operator].append(mutant)
    return dict(ordered)


def draw(mutants: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many mutants: each area its share, its operators in turn."""
    ordered = queues(mutants, seed)
    drawn: list[Mutant] = []
    for area, share in SHARES.items():
        turns = itertools.zip_longest(*(queue for key, queue in ordered.items() if key[0] == area))
        of_area = [mutant for turn in turns for mutant in turn if mutant is not None]
        drawn += of_area[: round(count * share)]
    return drawn
