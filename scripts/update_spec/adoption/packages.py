"""Compares the generated packages, old and new: a net under the comparison of the documents.

What the documents explain is told there, by rules that know what callers bear. Here is what they do not explain: names
that went, arguments that became required (griffe's part), and types that changed (ours, since griffe compares no
annotations). And the project's own code is the best sample of callers there is: the client's overlay, as it was
released last or stands since, and `tests/typing` are type-checked against the new package.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import griffe
from openapi_python_client.strings import pascal_case, snake_case

from scripts import ROOT
from scripts.update_spec.adoption.shadow import PACKAGE
from scripts.update_spec.decision.hands import Hand
from scripts.update_spec.judge import Change
from scripts.update_spec.judge.changes import Effect

_CHECKED = ("overlay/treasure_workflow", "tests/typing")
_SYNC_HALF = "overlay/treasure_workflow/_sync/"  # generated from the other half, where the same is found
_REQUIRED = {griffe.BreakageKind.PARAMETER_ADDED_REQUIRED, griffe.BreakageKind.PARAMETER_CHANGED_REQUIRED}
_CACHE = ROOT / ".mypy_cache"  # of the project itself: most of a copy is as it is there
_ERROR = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: (?P<what>.*)$")


def changes(root: Path, adopted: Path, known: list[Change]) -> list[Change]:
    """The differences between the packages of two trees that none of the known changes explains."""
    old, new = (_load(tree / PACKAGE) for tree in (root, adopted))
    explained = _Explained(known)
    found: list[Change] = []
    for breakage in griffe.find_breaking_changes(old, new):
        path = breakage.obj.path.removeprefix(f"{PACKAGE.name}.")
        if _private(path) or not path.startswith(("api.", "models.")):
            continue
        if breakage.kind is griffe.BreakageKind.OBJECT_REMOVED and not explained.loss(path):
            found.append(_change("package-name-removed", path, path, None))
        elif breakage.kind in _REQUIRED and not explained.loss(path):
            found.append(_change("package-argument-required", path, None, str(breakage.new_value)))
    for path, before, after, sent in _types(old, new):
        if before != after and not explained.change(path):
            narrow = _union(after) >= _union(before) if sent else _union(after) <= _union(before)
            found.append(_change("package-type-changed", path, before, after, breaking=not narrow))
    return found


def hands(root: Path, adopted: Path) -> list[Hand]:
    """The lines of the client's overlay and of `tests/typing` that no longer type-check, and did before."""
    now = list(_errors(adopted))
    before = {(file, what) for file, _, what in _errors(root)} if now else set()
    return [
        Hand(file, f"no longer type-checks: {what}", line, holds=file.startswith(_CHECKED[0]))
        for file, line, what in now
        if (file, what) not in before
    ]


def _change(kind: str, path: str, before: str | None, after: str | None, *, breaking: bool = True) -> Change:
    effect: Effect = "breaking" if breaking else "compatible"
    return Change(kind, f"{PACKAGE.name}.{path}", None, effect, before, after, "package")


class _Explained:
    """Which parts of a package the known changes speak of: operations by their modules, classes by their names."""

    def __init__(self, known: list[Change]) -> None:
        self._changed = _subjects(known)
        self._lost = _subjects(change for change in known if change.effect == "breaking")
        kinds = {change.kind for change in known}
        self._moved = bool(kinds & {"operation-removed", "operation-renamed", "tag-changed"})

    def change(self, path: str) -> bool:
        """Whether a change of a type belongs to a known change."""
        return _spoken_of(path, self._changed)

    def loss(self, path: str) -> bool:
        """Whether something that callers lose belongs to a change that is known to break them."""
        return _spoken_of(path, self._lost) or (path.count(".") == 1 and path.startswith("api.") and self._moved)


def _subjects(known: Iterable[Change]) -> set[str]:
    """The modules of operations, and the classes, that changes concern."""
    found: set[str] = set()
    for change in known:
        operations = (change.operation or "").split(", ") if change.operation else []
        if change.kind in ("operation-renamed", "tag-changed"):
            operations += [str(change.before), str(change.after)]
        found |= {snake_case(name) for name in operations} | {pascal_case(name) for name in operations}
        found |= set(re.findall(r"#/components/schemas/([^/]+)", change.where))
        found |= {str(value) for value in (change.before, change.after) if isinstance(value, str)}
    return {name for name in found if name}


def _spoken_of(path: str, subjects: set[str]) -> bool:
    parts = path.split(".")
    if parts[0] == "api":
        return any(part in subjects for part in map(snake_case, subjects) if part in parts) or parts[-1] in subjects
    names = {part for part in parts[1:] if part[:1].isupper()} | {pascal_case(part) for part in parts[1:2]}
    return any(name.startswith(subject) for name in names for subject in subjects if subject[:1].isupper())


def _load(package: Path) -> griffe.Object:
    loader = griffe.GriffeLoader(search_paths=[str(package.parent)])
    loaded = loader.load(package.name, try_relative_path=False)
    assert isinstance(loaded, griffe.Object)
    return loaded


def _types(old: griffe.Object, new: griffe.Object) -> Iterator[tuple[str, str, str, bool]]:
    """(path, type before, type after, whether callers hand it over) of what both packages have in public."""
    before, after = dict(_annotations(old)), dict(_annotations(new))
    for path, annotation in before.items():
        if path in after:
            yield path, annotation, after[path], "(" in path


def _annotations(package: griffe.Object) -> Iterator[tuple[str, str]]:
    """Fields of models, and parameters (`f(x`) and results of functions, with their types as they are written."""
    ahead: list[griffe.Object] = [package]
    while ahead:
        for name, member in ahead.pop().members.items():
            if name.startswith("_") or not isinstance(member, griffe.Object):
                continue
            path = member.path.removeprefix(f"{PACKAGE.name}.")
            if isinstance(member, griffe.Function):
                yield path, _text(member.returns)
                for parameter in member.parameters:
                    yield f"{path}({parameter.name}", _text(parameter.annotation)
            elif isinstance(member, griffe.Attribute):
                yield path, _text(member.annotation)
            else:
                ahead.append(member)


def _text(annotation: object) -> str:
    return "" if annotation is None else str(annotation)


def _union(annotation: str) -> set[str]:
    return {part.strip() for part in annotation.split(" | ")}


def _private(path: str) -> bool:
    return any(part.startswith("_") for part in path.split("."))


def _errors(tree: Path) -> Iterator[tuple[str, int, str]]:
    """What the type checker finds in a tree: file, line, message."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--no-error-summary",
        "--hide-error-context",
        "--no-color-output",
        f"--cache-dir={_CACHE}",
        *_CHECKED,
    ]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    for row in done.stdout.splitlines():
        match = _ERROR.match(row)
        if match and match["file"].startswith(_CHECKED) and not match["file"].startswith(_SYNC_HALF):
            yield match["file"], int(match["line"]), match["what"]
