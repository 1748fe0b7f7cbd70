"""A package takes its place whole and proven, or not at all; a run that was killed leaves nothing in the way."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.codegen import generate
from scripts.codegen.contract.effective import CONTRACT, effective
from scripts.codegen.package.generator import PackageError
from scripts.codegen.placing import swap, verification

EFFECTIVE = effective()


def test_two_folders_change_places_at_once(tmp_path: Path) -> None:
    """What was there ends up where the new one was; at no moment is either gone."""
    for name in ("made", "place"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    swap.put_in_place(tmp_path / "made", tmp_path / "place")
    assert [path.name for path in (tmp_path / "place").iterdir()] == ["made"]
    if sys.platform in ("linux", "darwin"):
        assert [path.name for path in (tmp_path / "made").iterdir()] == ["place"]


def test_a_place_that_is_empty_is_filled(tmp_path: Path) -> None:
    """The first generation has nothing to replace."""
    (tmp_path / "made").mkdir()
    swap.put_in_place(tmp_path / "made", tmp_path / "place")
    assert (tmp_path / "place").is_dir()
    assert not (tmp_path / "made").exists()


def test_a_run_that_was_killed_is_cleaned_up_after(tmp_path: Path) -> None:
    """Its folder is left, and neither that nor its lock stops the next run."""
    program = f"""
import os, signal
from pathlib import Path
from scripts.codegen.placing import swap
with swap.workplace(Path({str(tmp_path)!r})) as folder:
    (folder / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=generate.ROOT)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    with swap.workplace(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that is not what the contract gives, in the place that is generated to."""
    place = tmp_path / "treasure_workflow_api"
    place.mkdir()
    (place / "old.py").write_text("OLD = True\n")
    monkeypatch.setattr(generate, "PACKAGE", place)
    return place


def test_a_package_that_does_not_hold_never_takes_its_place(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there stays, whole, and no folder is left; the reason is one line."""

    def refuse(package: Path, contract: object) -> None:
        raise PackageError(f"\x1b[31mno: {package.name}")

    monkeypatch.setattr(verification, "verify", refuse)
    assert generate.main([]) == 1
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert [path.name for path in place.iterdir()] == ["old.py"]
    assert capsys.readouterr().err == "generate: <U+001B>[31mno: treasure_workflow_api\n"


def test_a_package_that_holds_takes_its_place(place: Path) -> None:
    """Verified, whole, and nothing of the old one is left."""
    assert generate.main([]) == 0
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert not (place / "old.py").exists()
    assert (place / "generation.json").is_file()


def test_every_failure_is_one_sentence(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a document, a correction or the file system: exit status 1, a line, no traceback."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("- 1\n")
    monkeypatch.setattr(generate, "CONTRACT", broken)
    assert generate.main([]) == 1
    monkeypatch.setattr(generate, "CONTRACT", CONTRACT)
    monkeypatch.setattr(generate, "OVERLAY", broken)
    assert generate.main(["--check"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(line.startswith(f"generate: {broken}: the file is a list; ") for line in told)
    assert [path.name for path in place.iterdir()] == ["old.py"]
