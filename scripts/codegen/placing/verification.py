"""Looks at a package before it takes its place: it imports, every operation is there, and its types hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from scripts import ROOT
from scripts.codegen.contract.document import Document
from scripts.codegen.package import operations_table
from scripts.codegen.package.generator import PackageError
from scripts.codegen.python import text

_SECONDS = 120
_LOOK = """
import importlib, json, pkgutil, sys
import treasure_workflow_api as package

for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(found.name)
for name in package.models.__all__:
    getattr(package.models, name)
rows = {id: row.module for id, row in package._operations.OPERATIONS.items()}
for module in rows.values():
    for function in ("build_request", "parse_response", "sync_detailed", "sync", "asyncio_detailed", "asyncio"):
        getattr(importlib.import_module(f"{package.__name__}.api.{module}"), function)
print(json.dumps(rows))
"""


def verify(package: Path, contract: Document) -> None:
    """Raises PackageError for a package that is not to be used.

    Args:
        package: Its folder.
        contract: What it was made of.
    """
    # Before the package that the environment has: that is the one to be replaced.
    path = {"PYTHONPATH": str(package.parent), "MYPYPATH": str(package.parent)}
    environment = {**os.environ, **path, "PYTHONDONTWRITEBYTECODE": "1"}
    look = [sys.executable, "-W", "error", "-c", _LOOK]
    options = ["--strict", "--python-version", "3.11", "--cache-dir", str(ROOT / ".mypy_cache" / "codegen")]
    check = [sys.executable, "-m", "mypy", *options, "-p", package.name]
    with (
        subprocess.Popen(look, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as looking,
        subprocess.Popen(
            check, env=environment, cwd=package.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as checking,
    ):
        found, problem = looking.communicate(timeout=_SECONDS)
        if looking.returncode:
            checking.kill()
            raise PackageError(f"the package cannot be imported: {_last_line(problem)}")
        wanted = {
            operation["operationId"]: operations_table.module_path(operation)[len("api/") : -len(".py")].replace(
                "/", "."
            )
            for _, _, operation in operations_table.operations(contract)
        }
        if json.loads(found) != wanted:
            checking.kill()
            lost = ", ".join(sorted(wanted.keys() ^ json.loads(found).keys())) or "a module"
            raise PackageError(f"the package and its table of operations disagree on {text.prose(lost)}")
        told, _ = checking.communicate(timeout=_SECONDS)
        if checking.returncode:
            raise PackageError(f"the package's types do not hold: {text.prose(told.splitlines()[0] if told else '')}")


def _last_line(told: str) -> str:
    return text.prose(told.strip().splitlines()[-1] if told.strip() else "it ended without a word")
