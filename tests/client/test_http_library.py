"""A move to another HTTP library is two lines: one in the client, one in the raw client's template."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = {"overlay/treasure_workflow": "httpx_names.py", "generated/treasure_workflow_api": "client.py"}


@pytest.mark.parametrize("package", PLACES)
def test_one_module_imports_the_http_library(package: str) -> None:
    """At run time and for types alike."""
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if any(name.split(".")[0] == "httpx" for name in names):
                found.add(path.name)
    assert found == {PLACES[package]}
