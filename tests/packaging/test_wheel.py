"""The wheel as a user gets it: built from the sources, installed in an environment that cannot see them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("treasure_workflow", "treasure_workflow_api", "treasure_workflow_contract", "treasure_workflow_mock")


def run(*command: str | Path, cwd: Path) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "TD_", "TDX_"))
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without any network."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the wheel, its dependencies (borrowed from this environment) and no way to the sources."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, symlinks=True)
    interpreter = folder / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        interpreter,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
        cwd=folder,
    )
    (packages,) = folder.glob("lib/python*/site-packages")
    # A path named in a .pth file is searched, but .pth files found there are not: that of the sources stays unseen.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return interpreter


def test_the_wheel_holds_what_it_should(wheel: Path) -> None:
    """All packages with their type marker, the effective contract, the licence; no tests and no scripts."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert "treasure_workflow_api/openapi.json" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_is_reproducible(wheel: Path, tmp_path: Path) -> None:
    """The same sources give the same bytes."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_version_is_stated_once_and_the_same(wheel: Path, python: Path, tmp_path: Path) -> None:
    """The installed version is the one that requests tell the service."""
    told = run(
        python,
        "-c",
        "import importlib.metadata, treasure_workflow._version as v;"
        "print(importlib.metadata.version('treasure-workflow'), v.__version__)",
        cwd=tmp_path,
    ).split()
    assert told[0] == told[1]
    assert f"-{told[0]}-" in wheel.name


def test_the_wheel_runs_away_from_the_sources(python: Path, tmp_path: Path) -> None:
    """Installed, the client pushes a project to the installed mock and reads it back."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "hello.dig").write_text("+a:\n  echo>: hello\n")
    (tmp_path / "use.py").write_text(
        """
import subprocess, sys
import treasure_workflow, treasure_workflow_api, treasure_workflow_contract, treasure_workflow_mock
from treasure_workflow import TreasureWorkflow
for package in (treasure_workflow, treasure_workflow_api, treasure_workflow_contract, treasure_workflow_mock):
    print(package.__file__)
mock = subprocess.Popen(["treasure-workflow-mock", "--port", "0"], stdout=subprocess.PIPE, text=True)
try:
    address = mock.stdout.readline().split()[-1]
    with TreasureWorkflow(api_key="1/" + "0" * 40, base_url=address) as client:
        client.projects.push("project", "hello")
        print([project.name for project in client.projects.list()])
finally:
    mock.terminate()
    mock.wait()
    mock.stdout.close()
""".replace('"treasure-workflow-mock"', repr(str(python.parent / "treasure-workflow-mock")))
    )
    *files, projects = run(python, "-W", "error", "use.py", cwd=tmp_path).splitlines()
    assert len(files) == len(PACKAGES)
    assert not [file for file in files if not file.startswith(str(python.parent.parent))]
    assert projects == "['hello']"


def test_the_wheel_brings_its_pytest_plugin(python: Path, tmp_path: Path) -> None:
    """Installed, the fixtures are there without any configuration, and a user's test passes with them."""
    (tmp_path / "test_own.py").write_text(
        """
from treasure_workflow import TreasureWorkflow


def test_push(treasure_workflow_account, tmp_path):
    (tmp_path / "hello.dig").write_text("+a:\\n  echo>: hello\\n")
    account = treasure_workflow_account
    with TreasureWorkflow(api_key=account.key, base_url=account.base_url) as client:
        project = client.projects.push(tmp_path, "hello")
    assert list(account.state.projects) == [int(project.id)]
    assert [call["operation"] for call in account.requests()] == ["getProjects", "putProject"]
"""
    )
    command = (python, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path)
    assert "1 passed" in run(*command, "test_own.py", cwd=tmp_path)


def test_the_installed_contract_tests_run(python: Path, tmp_path: Path) -> None:
    """The command starts a mock of its own, tests an operation there and leaves a report."""
    command = python.parent / "treasure-workflow-contract"
    said = run(
        command, "mock", "--operation", "getPool", "--profile", "quick", "--report", "report", "--processes", "1",
        cwd=tmp_path,
    )  # fmt: skip
    assert "PASSED" in said
    assert (tmp_path / "report" / "report.html").is_file()


@pytest.mark.timeout(1200)  # some hundred processes, one after another
def test_a_day_of_the_installed_command(python: Path, tmp_path: Path) -> None:
    """The day that `tests/cli` plays goes the same with the wheel's own `twf`, in an empty home."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        ROOT / "tests" / "cli" / "test_day.py",
    ]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_", "COVERAGE"))
    }
    environment |= {"TWF": str(python.with_name("twf")), "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1100, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
