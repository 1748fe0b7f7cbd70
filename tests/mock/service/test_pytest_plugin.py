"""The pytest plugin as its users have it: in test runs of their own, in another process."""

from __future__ import annotations

import datetime
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

import treasure_workflow_mock
from treasure_workflow import ServerError, TreasureWorkflow
from treasure_workflow_mock import Fault, MockService
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.pytest_plugin import MockAccount

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = dict(
    re.findall(r"(?ms)^```python\n# (\w+\.py)\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"))
)
PLUGINS = ("-p", "treasure_workflow_mock.pytest_plugin", "-p", "treasure_workflow.pytest_plugin")
HEAVY = ("uvicorn", "httptools", "quickjs", "yaml", "httpx", "attrs", "treasure_workflow_mock.service.server")


def run_pytest(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A user's test run in that folder, with the plugin and without anything of ours that pytest is told here."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TD_", "TDX_"))}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the plugins installed here are not the user's
    plugins = [*PLUGINS, "-p", "xdist", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-W", "error", "--rootdir", str(folder), *arguments],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_the_example_runs(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The README's deploy script passes its tests there."""
    assert set(EXAMPLE) == {"deploy.py", "test_deploy.py"}
    for name, text in EXAMPLE.items():
        (tmp_path / name).write_text(text)
    done = run_pytest(tmp_path, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_the_example_is_a_program(tmp_path: Path) -> None:
    """The script does its work from the command line too."""
    (tmp_path / "deploy.py").write_text(EXAMPLE["deploy.py"])
    config = tmp_path / ".config" / "digdag" / "config"
    config.parent.mkdir(parents=True)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "good.dig").write_text("+t:\n  echo>: hello\n")
    (tmp_path / "shop" / "bad.dig").write_text("+t:\n  fail>: out of stock\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TD_", "TDX_", "XDG_"))}
    with MockService() as service:
        config.write_text(f"client.http.endpoint = {service.base_url}\n")
        for workflow, code in (("good", 0), ("bad", 1)):
            done = subprocess.run(
                [sys.executable, "deploy.py", "shop", "shop", workflow],
                cwd=tmp_path,
                env=kept | {"HOME": str(tmp_path), "TD_API_KEY": "1/" + "0" * 40},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == code, done.stderr


def test_a_run_that_does_not_use_it_does_not_pay_for_it(tmp_path: Path) -> None:
    """Without one of the fixtures nothing but the plugin's own module is imported."""
    (tmp_path / "test_own.py").write_text(
        "import sys\n\n\ndef test_nothing_heavy_is_loaded():\n"
        f"    assert [name for name in {HEAVY} if name in sys.modules] == []\n"
    )
    done = run_pytest(tmp_path, "--strict-config", "--strict-markers")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["uvicorn", "quickjs", "yaml"])
def test_a_missing_extra_is_named(tmp_path: Path, module: str) -> None:
    """Whoever installed the client alone is told in one line what to install; tests without the fixtures pass."""
    (tmp_path / "conftest.py").write_text(f"import sys\n\nsys.modules[{module!r}] = None\n")
    (tmp_path / "test_own.py").write_text(
        "def test_with(treasure_workflow_account):\n    pass\n\n\ndef test_without():\n    pass\n"
    )
    done = run_pytest(tmp_path)
    assert "1 passed, 1 error" in done.stdout
    assert f"cannot import {module}: pip install 'treasure-workflow[mock]'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_workers_share_nothing(tmp_path: Path) -> None:
    """Each worker has a service of its own, and each test an account that is new to it."""
    (tmp_path / "test_own.py").write_text(
        """
import pytest
from pathlib import Path


@pytest.mark.parametrize("number", range(6))
def test_an_account_is_fresh(number, worker_id, treasure_workflow_account):
    assert treasure_workflow_account.state.projects == {}
    treasure_workflow_account.state.projects[1] = "left behind"
    text = f"{worker_id} {treasure_workflow_account.base_url} {treasure_workflow_account.key}"
    Path(f"{number}.txt").write_text(text)
"""
    )
    done = run_pytest(tmp_path, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    seen = [file.read_text().split() for file in tmp_path.glob("*.txt")]
    assert len(seen) == 6
    services = {(worker, address) for worker, address, _ in seen}
    assert len({address for _, address in services}) == len({worker for worker, _ in services}) == len(services)
    assert len({(address, key) for _, address, key in seen}) == 6


@pytest.fixture
def account(hosted_service: MockService) -> MockAccount:
    """What the plugin's fixture hands out."""
    return MockAccount(f"1/{secrets.token_hex(20)}", hosted_service)


def test_settings_are_the_account_s(account: MockAccount) -> None:
    """They are shown and changed by the service's own names, and a wrong one is named."""
    account.change_settings({"executor.attempt_max_run": 1, "flavour": "digdag"})
    assert (account.settings["executor.attempt_max_run"], account.settings["flavour"]) == (1, "digdag")
    with pytest.raises(ServiceError, match="unknown setting"):
        account.change_settings({"no_such_thing": 1})
    account.change_settings({"executor.attempt_max_run": None, "flavour": None})
    assert account.settings["flavour"] == "hosted"


def test_faults_hit_the_account_s_calls(account: MockAccount) -> None:
    """A fault is met by the next call of its operation, and then gone; the calls that arrived can be read."""
    account.faults.append(Fault("status", operation="getProjects", status=500, times=1))
    with TreasureWorkflow(api_key=account.key, base_url=account.base_url, max_retries=0) as client:
        with pytest.raises(ServerError):
            list(client.projects.list())
        assert list(client.projects.list()) == []
    calls = [(call["operation"], call["status"]) for call in account.requests()]
    assert calls[-2:] == [("getProjects", 500), ("getProjects", 200)]


def test_a_script_that_cannot_be_is_refused(account: MockAccount) -> None:
    """A slip in a test's own script is told at once, not by a workflow that succeeds unexpectedly."""
    with pytest.raises(ServiceError, match="outcome must be success or error"):
        account.script("+a+b", outcome="failure")
    assert account.state.scripts == {}


def test_names_come_from_the_package_itself() -> None:
    """Every public name is there, and a class says that it comes from where users import it."""
    for name in treasure_workflow_mock.__all__:
        value = getattr(treasure_workflow_mock, name)
        assert not isinstance(value, type) or value.__module__ == "treasure_workflow_mock"
    assert {*treasure_workflow_mock.__all__} <= {*dir(treasure_workflow_mock)}
    with pytest.raises(AttributeError):
        treasure_workflow_mock.no_such_thing  # noqa: B018 # looking is what is tested


def test_a_script_for_a_task_that_does_not_exist_is_told(tmp_path: Path) -> None:
    """The warning names the task, and the one that was perhaps meant; a script that fits is none."""
    (tmp_path / "test_own.py").write_text(
        """
import pytest

@pytest.mark.parametrize("name", ["+main+load", "+main+laod"])
def test_own(name, treasure_workflow_client, treasure_workflow_account, tmp_path):
    treasure_workflow_account.script(name, outcome="error")
    (tmp_path / "main.dig").write_text("+load:\\n  td>: x.sql\\n")
    treasure_workflow_client.projects.push(tmp_path, "shop")
"""
    )
    done = run_pytest(tmp_path)
    assert "2 passed, 1 error" in done.stdout
    assert "a script was set for +main+laod, but there is no such task; did you mean +main+load?" in done.stdout


def test_a_program_finds_the_account_by_its_environment(tmp_path: Path) -> None:
    """The address and the key of the test's account lead there, and no other variable leads elsewhere."""
    (tmp_path / "test_own.py").write_text(
        """
import subprocess
import sys

PROGRAM = \"\"\"
import os, urllib.request
headers = {"Authorization": "TD1 " + os.environ["TD_API_KEY"]}
request = urllib.request.Request(os.environ["TREASURE_WORKFLOW_URL"] + "/api/projects", headers=headers)
print(urllib.request.urlopen(request).status, *(name for name in os.environ if name.startswith(("TDX_", "TD_SITE"))))
\"\"\"

def test_own(treasure_workflow_environment):
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("200\\n", 0), done.stderr
    assert [one["operation"] for one in treasure_workflow_environment.requests()] == ["getProjects"]
"""
    )
    done = run_pytest(tmp_path, TDX_API_KEY="9/" + "9" * 40, TD_SITE="eu01")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_clock_takes_datetimes(account: MockAccount) -> None:
    """An aware datetime stands for its instant, a timedelta for its seconds; one without a zone is refused."""
    account.clock.freeze(datetime.datetime(2030, 1, 1, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=9))))
    account.clock.advance(datetime.timedelta(minutes=1))
    assert account.clock.now() == 1893456060
    with pytest.raises(ValueError, match="time zone"):
        account.clock.freeze(datetime.datetime(2030, 1, 1))
