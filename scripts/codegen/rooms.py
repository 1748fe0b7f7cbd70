"""Draws the rooms of the packages into CONTRIBUTING.md, from the import rules that lint-imports holds them to.

`--check` only tells whether the picture is the one that the rules make.
"""

from __future__ import annotations

import argparse
import ast
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts import ROOT

PAGE = ROOT / "CONTRIBUTING.md"
_BEGIN, _END = "<!-- rooms: written by scripts/codegen/rooms.py -->\n", "<!-- end of rooms -->"
_WIDTH = 118


def picture() -> str:
    """The rooms of each package, one a line, what they import below them."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    drawn = [_drawn(rule) for rule in rules if rule["type"] == "layers"]
    return "```text\n" + "\n\n".join(drawn) + "\n```\n"


def _drawn(rule: dict[str, list[str]]) -> str:
    (package,) = rule.get("containers") or [rule["layers"][0].split(".", 1)[0]]
    layers = [_names(layer, package) for layer in rule["layers"]]
    width = max(len(name) for layer in layers for name in layer) + 2
    lines = [package]
    for layer in layers:
        for number, name in enumerate(layer):
            mark = "  ↓ " if number == 0 and layer is not layers[0] else "    "
            about = textwrap.shorten(_summary(package, name), _WIDTH - width - 4, placeholder=" …")
            lines.append(f"{mark}{name:{width}}{about}".rstrip())
    return "\n".join(lines)


def _names(layer: str, package: str) -> list[str]:
    return [name.strip().removeprefix(f"{package}.").strip("()") for name in layer.split("|")]


def _summary(package: str, name: str) -> str:
    """The first sentence of a module's docstring."""
    path = Path(*(name if name.startswith("treasure_") else f"{package}.{name}").split("."))
    for folder in ("overlay", "generated", "."):
        base = ROOT / folder / path
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
                return " ".join(text.split("\n\n")[0].split())
    return ""


def _sections(page: str) -> Iterator[str]:
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise SystemExit(
            f"{PAGE.name} has no place for the picture: it begins with {_BEGIN.strip()} and ends with {_END}"
        )
    yield from (before, begin, picture(), end, after)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the picture, or with `--check` fails when it is not the one that is there."""
    parser = argparse.ArgumentParser(prog="python -m scripts.codegen.rooms", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the picture is another one")
    check = parser.parse_args(arguments).check
    page = PAGE.read_text(encoding="utf-8")
    drawn = "".join(_sections(page))
    if check and drawn != page:
        print(f"{PAGE.name}: the picture of the rooms is not what the import rules make: run make generate")
        return 1
    if not check and drawn != page:
        PAGE.write_text(drawn, encoding="utf-8")
    print("the picture of the rooms is up to date" if drawn == page else f"{PAGE.name}: rooms drawn anew")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
