"""A copy of what an adoption changes and what it needs, in which everything is made before the tree is touched."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.codegen.contract.corrections import CorrectionError
from scripts.codegen.contract.document import DocumentError
from scripts.codegen.contract.effective import effective
from scripts.codegen.placing.folders import differences
from scripts.update_spec.published.reading import RefusedError

PACKAGE = Path("generated/treasure_workflow_api")
# What an adoption may change: files, and the generated package as a whole.
CHANGED = (
    Path("openapi.yaml"),
    Path("overlay/openapi.overlay.yaml"),
    Path("scripts/update_spec/published.json"),
    Path("CHANGELOG.md"),
    PACKAGE,
)
_NEEDED = (
    "scripts",
    "templates",
    "overlay",
    "generated",
    "tests/typing",
    "pyproject.toml",
    "openapi.yaml",
    "CHANGELOG.md",
)
# Places at which a document asks for what the client does not do: keys, addresses, statuses and bodies of other kinds.
_BEYOND = re.compile(
    r"/(?:security|ApiKeyAuth|ApiKeyAuth/x-prefix|ApiKeyAuth/x-key-variables(?:/\d+)?|servers|requestBody/content|parameters/\d+(?:/in)?)$"
    r"|/responses/[^/]+(?:/content)?$"
)
_CACHES = shutil.ignore_patterns("__pycache__", ".*_cache")


def copy_tree(root: Path, target: Path) -> None:
    """Copies what an adoption works on."""
    for name in _NEEDED:
        source, copied = root / name, target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied, ignore=_CACHES)
        elif source.exists():
            shutil.copy2(source, copied)


def beyond_the_generator(tree: Path) -> str | None:
    """Why no client can be made of a copied tree's contract, where a correction could help; None where one can.

    Raises:
        RefusedError: No client can be made, and nothing helps but another document.
    """
    try:
        effective(tree / "openapi.yaml", tree / "overlay" / "openapi.overlay.yaml")
    except DocumentError as error:
        if _BEYOND.search(error.pointer):
            return str(error).replace(f"{tree}/", "")
        raise RefusedError(str(error).replace(f"{tree}/", "")) from None
    except CorrectionError as error:
        return str(error)
    return None


def generate(tree: Path) -> None:
    """Makes the raw client of a copied tree, by that tree's own generator.

    Raises:
        RefusedError: No client can be made of the document.
    """
    command = [sys.executable, "-m", "scripts.codegen.generate"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        told = " ".join((done.stderr or done.stdout).split())[-600:]
        raise RefusedError(f"no client can be generated from the document: {told}")


def changed(root: Path, tree: Path) -> list[Path]:
    """What differs between the tree and its copy, of what an adoption may change."""
    return [path for path in CHANGED if _differs(root / path, tree / path)]


def _differs(ours: Path, theirs: Path) -> bool:
    if theirs.is_dir():
        return not ours.is_dir() or next(differences(ours, theirs), None) is not None
    return theirs.exists() and (not ours.exists() or ours.read_bytes() != theirs.read_bytes())
