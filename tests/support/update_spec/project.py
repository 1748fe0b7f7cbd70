"""A copy of the project in which newer documents are adopted; its contract counts as what was published last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from scripts.update_spec import pipeline
from scripts.update_spec.adoption import shadow
from scripts.update_spec.published.reading import Allowed
from scripts.update_spec.published.record import record
from scripts.update_spec.report import Report
from tests.support.update_spec.judging import ROOT, contract


class Project:
    """The copy, and what is done to it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.file = folder / "newer.yaml"
        shadow.copy_tree(ROOT, self.root)
        document = contract()
        self.published.write_text(record(document, document["openapi"]).text(), encoding="utf-8")

    @property
    def published(self) -> Path:
        """The file of what was published last."""
        return self.root / "scripts" / "update_spec" / "published.json"

    def run(self, document: Any, *, check: bool = False, allowed: Allowed | None = None) -> Report:
        """What the command does with a document."""
        self.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return pipeline.run(self.file, check=check, allowed=allowed or Allowed(), root=self.root)

    def state(self) -> dict[str, bytes]:
        """Every file of the tree that an adoption may change."""
        found = {}
        for path in shadow.CHANGED:
            whole = self.root / path
            for file in sorted(whole.rglob("*")) if whole.is_dir() else [whole]:
                if file.is_file() and "__pycache__" not in file.parts:
                    found[file.relative_to(self.root).as_posix()] = file.read_bytes()
        return found
