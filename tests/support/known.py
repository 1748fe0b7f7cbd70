"""What `tests/known.toml` says: the one list of what is known of the mock and of the tests."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

KNOWN_FILE = Path(__file__).parent.parent / "known.toml"


def known(kind: str) -> list[dict[str, Any]]:
    """The entries of a kind: `difference`, `left_out` or `survivor`."""
    entries: list[dict[str, Any]] = tomllib.loads(KNOWN_FILE.read_text("utf-8")).get(kind, [])
    return entries
