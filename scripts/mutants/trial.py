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
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from scripts.mutants.draw import CONTRACT, MOCK
from scripts.mutants.mutant import Mutant

Verdict = Literal["caught", "survived", "stillborn"]

# What a run needs of the tree: the packages, and what generates the client anew.
_NEEDED = ("generated", "overlay", "scripts", "templates", "openapi.yaml")
# Nobody's key goes to a broken client.
_KEYS = ("TDX_API_KEY", "TD_API_KEY")
_IMPORT_SECONDS = 60.0
_LINES = 40  # of the suite's output that are kept


_programs: set[subprocess.Popen[str]] = set()
_stopped = threading.Event()


class Stopped(Exception):
    """The run was interrupted: what a program did then says nothing of a mutant."""


class Trial(NamedTuple):
    """What came of one mutant: the suite's exit status (None: out of time), the end of its output, a finding."""

    verdict: Verdict
    exit: int | None
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
    shutil.copy2(copy / CONTRACT, kept)
    with (copy / MOCK / "contract.py").open("a", encoding="utf-8") as module:
        module.write(f"\n\ndef find_contract() -> Path:\n    return Path({str(kept)!r})\n")


def problem(copy: Path, mutant: Mutant) -> str | None:
    """Why a mutant cannot even be started; None when it can. Generates the client of a changed correction."""
    if mutant.area == "corrections":
        made = run_python(copy, ["-m", "scripts.generate"], _IMPORT_SECONDS)
        return None if made.exit == 0 else f"no client can be generated:\n{made.output}"
    package = Path(mutant.path).with_suffix("").parts[1:]
    imported = run_python(copy, ["-c", f"import {'.'.join(package)}"], _IMPORT_SECONDS)
    return None if imported.exit == 0 else f"the module cannot be imported:\n{imported.output}"


def attempt(tree: Path, mutant: Mutant | None, *, suite_seed: int, seconds: float) -> Trial:
    """Runs the suite on a mutant of `tree`, or on the tree as it is: each flavour, for so many seconds at most."""
    begun = time.monotonic()
    with changed_tree(tree, mutant) as copy:
        if mutant is not None and (reason := problem(copy, mutant)) is not None:
            trial = Trial("stillborn", None, 0, reason)
        else:
            trial = _tested(copy, "hosted", suite_seed, seconds)
            if trial.verdict == "survived":
                # What an open-source server does differently shows only there.
                trial = _tested(copy, "digdag", suite_seed, seconds)
    return trial._replace(seconds=time.monotonic() - begun)


def _tested(copy: Path, flavour: str, suite_seed: int, seconds: float) -> Trial:
    report = copy / f"report-{flavour}"
    command = ["-m", "treasure_workflow_contract", "mock", "--profile", "quick", "--fail-fast"]
    options = ["--flavour", flavour, "--seed", str(suite_seed), "--report", str(report)]
    ended = run_python(copy, [*command, *options], seconds)
    finding = _first_finding(report / "failures.jsonl")
    # A suite that crashes ends with 1 as well, but it has found nothing.
    verdict: Verdict = "stillborn"
    if ended.exit == 0:
        verdict = "survived"
    elif ended.exit == 1 and finding:
        verdict = "caught"
    return Trial(verdict, ended.exit, 0, ended.output, finding)


def _first_finding(failures: Path) -> str:
    """The first finding of a report that nobody accepted, in a line; empty when there is none."""
    if failures.exists():
        for line in failures.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["known"] is None:
                return f"{row['part']}, {row['operation']}: {row['complaint']}"[:300]
    return ""


class Ended(NamedTuple):
    """How a program ended: its status, None when its time ran out, and the end of what it printed."""

    exit: int | None
    output: str


def run_python(copy: Path, arguments: list[str], seconds: float) -> Ended:
    """Runs Python on a copy; all that it started ends with it. Raises Stopped after `stop`."""
    environment = {name: value for name, value in os.environ.items() if name not in _KEYS}
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
    _programs.add(process)
    try:
        output, _ = process.communicate(timeout=seconds)
        exit: int | None = process.returncode
    except subprocess.TimeoutExpired:
        _end(process)
        output, _ = process.communicate()
        exit = None
        output += f"\nno end after {seconds:.0f} s"
    finally:
        _end(process)
        _programs.discard(process)
    if _stopped.is_set():
        raise Stopped
    return Ended(exit, "\n".join(output.splitlines()[-_LINES:]))


def stop() -> None:
    """Ends what runs, and lets nothing more begin."""
    _stopped.set()
    for process in list(_programs):
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
