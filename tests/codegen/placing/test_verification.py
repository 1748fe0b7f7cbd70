"""A package that does not import, lacks an operation or has a wrong type is found before it takes its place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from scripts.codegen import generate
from scripts.codegen.contract.effective import effective
from scripts.codegen.package.generator import PackageError
from scripts.codegen.placing import verification

EFFECTIVE = effective()


MISTAKES = {
    "a module that does not import": (
        "api/pool/get_pool.py",
        "raise ImportError('x')\n",
        "the package cannot be imported",
    ),
    "a missing function": ("api/pool/get_pool.py", "del sync\n", "has no attribute 'sync'"),
    "a missing row": ("_operations.py", "OPERATIONS = dict(list(OPERATIONS.items())[1:])\n", "KeyError: 'getAttempts'"),
    "a wrong type": ("types.py", "number: int = 'text'\n", "the package's types do not hold"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_does_not_hold_is_found(mistake: str, tmp_path: Path) -> None:
    """Imports, functions, rows and types are looked at in the package itself."""
    file, line, problem = MISTAKES[mistake]
    package = tmp_path / "treasure_workflow_api"
    shutil.copytree(generate.PACKAGE, package)
    with (package / file).open("a") as module:
        module.write(line)
    with pytest.raises(PackageError, match=problem):
        verification.verify(package, EFFECTIVE)


def test_what_is_generated_holds_nothing_of_the_machine() -> None:
    """The same bytes everywhere: no path and no name of who made it."""
    for path in generate.PACKAGE.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".json"):
            text = path.read_text(encoding="utf-8")
            assert str(generate.ROOT) not in text
            assert os.path.expanduser("~") + os.sep not in text or os.path.expanduser("~") == "/"
