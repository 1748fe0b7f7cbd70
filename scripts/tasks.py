"""What the Makefile does, for machines without make too: `python -m scripts.tasks check`.

Needs Python 3.11 or newer and nothing else: each task builds the environment it needs, from the package registry, with
the packages pinned by hash in requirements/.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
_SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
_PYTHON = _SCRIPTS / ("python.exe" if os.name == "nt" else "python")
# Our packages are found by a path file, so that the sources are what runs and nothing has to be built.
_PATH_FILE = "treasure_workflow.pth"
_PACKAGES = ("generated", "overlay")


def setup() -> None:
    """Builds the environment .venv with what the demo and the commands need, when it is missing or stale."""
    _install("demo")


def setup_dev() -> None:
    """The same with what tests and checks need."""
    _install("demo")
    _install("dev")


def test(*arguments: str) -> None:
    """Runs the whole test suite, or what further arguments of pytest pick."""
    setup_dev()
    # Coverage has a floor, which a part of the tests cannot meet.
    _module("pytest", "-n", "auto", "--dist", "worksteal", *(arguments or ("--cov", "--cov-report=term")))


def check() -> None:
    """Lint, types, import rules, and that generated code and contract are up to date and valid."""
    setup_dev()
    _finish()
    _module("ruff", "check", ".")
    _module("ruff", "format", "--check", ".")
    _module("mypy")
    _module("pyright")
    _run(str(_SCRIPTS / "lint-imports"))
    _module("openapi_spec_validator", "openapi.yaml", "generated/treasure_workflow_api/openapi.json")
    _module("scripts.codegen.generate", "--check")
    _module("scripts.codegen.unasync", "--check")
    _module("scripts.codegen.rooms", "--check")


def generate() -> None:
    """Writes the raw client, the client's sync half, and the picture of the rooms in CONTRIBUTING.md."""
    setup_dev()
    _finish()
    _module("scripts.codegen.generate")
    _module("scripts.codegen.unasync")
    _module("scripts.codegen.rooms")


def lock() -> None:
    """Resolves requirements/*.txt anew from pyproject.toml and requirements/dev.in."""
    setup_dev()
    _resolve("demo", "pyproject.toml")
    development = ("--extra", "cli", "--extra", "contract", "pyproject.toml", "requirements/dev.in")
    _resolve("dev", *development, "--constraint", "requirements/demo.txt")
    print("wrote requirements/demo.txt and requirements/dev.txt")


def clean() -> None:
    """Removes the environment, caches and build results."""
    caches = (".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache")
    for name in (".venv", "build", "dist", *caches):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for folder in list(ROOT.rglob("__pycache__")):
        shutil.rmtree(folder, ignore_errors=True)
    print("removed .venv, caches and build results")


TASKS: dict[str, Callable[..., None]] = {
    "setup": setup,
    "setup-dev": setup_dev,
    "test": test,
    "check": check,
    "generate": generate,
    "lock": lock,
    "clean": clean,
}


def _finish() -> None:
    """Finishes an adoption of a newer document that was interrupted while it was put in place."""
    _module("scripts.update_spec.adoption.swapping", str(ROOT))


def _install(name: str) -> None:
    """Installs requirements/NAME.txt, unless the environment was made from the same file."""
    wanted, installed = ROOT / "requirements" / f"{name}.txt", VENV / f"{name}.txt"
    if installed.exists() and installed.read_bytes() == wanted.read_bytes() and _works():
        return
    print(f"installing requirements/{name}.txt into .venv", flush=True)
    if not _works():
        venv.create(VENV, clear=True, with_pip=True)
    options = ("--quiet", "--disable-pip-version-check", "--require-hashes")
    _module("pip", "install", *options, "-r", str(wanted))
    site = Path(sysconfig.get_path("purelib", vars={"base": str(VENV), "platbase": str(VENV)}))
    # Relative to the environment: the whole folder may move.
    lines = (os.path.relpath(ROOT / package, site) for package in _PACKAGES)
    (site / _PATH_FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    installed.write_bytes(wanted.read_bytes())


def _works() -> bool:
    return _PYTHON.exists() and subprocess.run([_PYTHON, "-c", ""], check=False).returncode == 0


def _resolve(name: str, *sources: str) -> None:
    options = ("--quiet", "--upgrade", "--universal", "--python-version", "3.11", "--generate-hashes")
    told = ("--no-emit-index-url", "--no-strip-extras", "--custom-compile-command", "make lock", "--extra", "mock")
    _run(str(_SCRIPTS / "uv"), "pip", "compile", *options, *told, "--output-file", f"requirements/{name}.txt", *sources)


def _module(name: str, *arguments: str) -> None:
    _run(str(_PYTHON), "-m", name, *arguments)


def _run(*command: str) -> None:
    """Runs a command in the project's folder, and ends with its status when it fails."""
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def main(arguments: Sequence[str] | None = None) -> None:
    """Carries out the task that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.tasks", description="The tasks of the project.")
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    for name, task in TASKS.items():
        tasks.add_parser(name, help=(task.__doc__ or "").splitlines()[0])
    found, more = parser.parse_known_args(arguments)
    if more and found.task != "test":
        parser.error(f"{found.task} takes no arguments, got {' '.join(more)}")
    if sys.version_info < (3, 11):  # noqa: UP036  this file alone is run by whatever Python a machine has
        parser.error("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")
    try:
        TASKS[found.task](*more)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
