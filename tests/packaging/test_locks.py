"""The pinned packages: what pip needs to take them, and no others."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_LOCK = Path(__file__).parents[2] / "requirements" / "dev.txt"


def test_extras_that_a_package_asks_for_are_pinned_with_it() -> None:
    """With hashes, pip refuses `coverage[toml]` beside a pinned `coverage` as soon as there is a newer release."""
    lines = re.findall(r"^[\w.\[\],-]+==\S+", _LOCK.read_text("utf-8"), re.MULTILINE)
    extras = {canonicalize_name(each.name): each.extras for each in map(Requirement, lines)}
    installed = {canonicalize_name(each.name): each.requires or [] for each in metadata.distributions()}
    asked = [
        (canonicalize_name(needed.name), needed.extras)
        for name in extras.keys() & installed.keys()
        for needed in map(Requirement, installed[name])
        if needed.extras
        and any(needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in {"", *extras[name]})
    ]
    assert asked
    assert [(name, wanted) for name, wanted in asked if not wanted <= extras[name]] == []
