"""One mutant and the suite: a copy of the tree with the change, the command on it, and what came of that."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from scripts.mutants.draw import CLIENT, MOCK, Mutant

Verdict = Literal["caught", "survived", "stillborn"]
# What a run needs of the tree: the packages, and what generates the client anew.
_NEEDED = ("generated", "overlay", "scripts", "templates", "openapi.yaml", "pyproject.toml")
_OF_KEYS = ("TD_", "TDX_", "TREASURE_")  # variables: nobody's key goes to a broken client
_SECONDS_TO_MAKE = 120.0


class Trial(NamedTuple):
    """What came of one mutant: the end of what the suite said, and its first finding."""

    verdict: Verdict
    seconds: float
    output: str
    finding: str = ""


def copy_tree(source: Path, target: Path) -> None:
    """Copies what a run needs."""
    for name in _NEEDED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)


@contextlib.contextmanager
def changed_tree(tree: Path, mutant: Mutant | None) -> Iterator[Path]:
    """A copy of the tree for a while, with the mutant's change if there is one."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        copy_tree(tree, copy)
        if mutant is not None:
            file = copy / mutant.path
            file.write_bytes(mutant.applied(file.read_bytes()))
            if mutant.area == "corrections":
                _keep_contract_of_mock(copy)
        yield copy


def _keep_contract_of_mock(copy: Path) -> None:
    """The mock reads `openapi.json` where the client has it; its own is to stay as it is."""
    kept = copy / "openapi.json"
    shutil.copy2(copy / CLIENT / "openapi.json", kept)
    with (copy / MOCK / "http/openapi.py").open("a", encoding="utf-8") as module:
        module.write(f"\n\ndef find_contract() -> Path:\n    return Path({str(kept)!r})\n")


def attempt(tree: Path, mutant: Mutant | None, *, seed: int, seconds: float) -> Trial:
    """Runs the suite on a mutant of `tree`, or on the tree as it is: each flavour, for so many seconds at most."""
    begun = time.monotonic()
    with changed_tree(tree, mutant) as copy:
        why = None if mutant is None else _problem(copy, mutant)
        trial = Trial("stillborn", 0, why) if why is not None else _tested(copy, "hosted", seed, seconds)
        if trial.verdict == "survived":  # what an open-source server does differently shows only there
            trial = _tested(copy, "digdag", seed, seconds)
    return trial._replace(seconds=time.monotonic() - begun)


def _problem(copy: Path, mutant: Mutant) -> str | None:
    """Why a mutant cannot even be started; None when it can. Generates the client of a changed correction."""
    if mutant.area == "corrections":
        status, output = run_python(copy, ["-m", "scripts.codegen.generate"], _SECONDS_TO_MAKE)
    else:
        package = ".".join(Path(mutant.path).with_suffix("").parts[1:])
        status, output = run_python(copy, ["-c", f"import {package}"], _SECONDS_TO_MAKE)
    return None if status == 0 else output


def _tested(copy: Path, flavour: str, seed: int, seconds: float) -> Trial:
    report = copy / f"report-{flavour}"
    command = ["-m", "treasure_workflow_contract", "mock", "--profile", "quick", "--fail-fast"]
    options = ["--flavour", flavour, "--seed", str(seed), "--report", str(report)]
    status, output = run_python(copy, [*command, *options], seconds)
    finding = first_finding(report / "failures.jsonl")
    if status == 0:
        return Trial("survived", 0, output)
    # A suite that crashes ends with 1 as well, but it has found nothing. What is no service any more is told before.
    told = status == 2 and "treasure-workflow-contract: " in output
    return Trial("caught" if (status == 1 and finding) or told else "stillborn", 0, output, finding)


def first_finding(failures: Path) -> str:
    """The first finding of a report that nobody accepted, in a line; empty when there is none."""
    rows = map(json.loads, failures.read_text(encoding="utf-8").splitlines()) if failures.exists() else ()
    return next(
        (f"{row['phase']}, {row['operation']}: {row['complaint']}"[:300] for row in rows if not row["known"]), ""
    )


def run_python(copy: Path, arguments: list[str], seconds: float) -> tuple[int | None, str]:
    """Runs Python on a copy; its status, None when its time ran out, and the end of what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OF_KEYS)}
    # These folders come before those of the environment's own path file.
    environment["PYTHONPATH"] = os.pathsep.join(str(copy / name) for name in ("generated", "overlay", "."))
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    status: int | None = None
    try:
        output, _ = process.communicate(timeout=seconds)
        status = process.returncode
    except subprocess.TimeoutExpired:
        _interrupt(process, signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            output = f"no end after {seconds:.0f} s"
    finally:
        _interrupt(process, signal.SIGKILL)
        process.communicate()
    return status, "\n".join(output.splitlines()[-40:])


def _interrupt(process: subprocess.Popen[str], sent: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sent)
