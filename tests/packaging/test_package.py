"""The package as a whole: its public names, what importing it costs, and its two halves."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import treasure_workflow
from scripts.codegen import unasync
from scripts.codegen.placing.folders import differences
from treasure_workflow import AsyncTreasureWorkflow, TreasureWorkflow

ROOT = Path(__file__).resolve().parents[2]
NOUNS = (
    "projects",
    "workflows",
    "schedules",
    "sessions",
    "attempts",
    "logs",
    "secrets",
    "pools",
    "pool_rules",
)


def test_the_public_names_are_these() -> None:
    """What users may rely on is written down; a name comes or goes only on purpose."""
    assert treasure_workflow.__all__ == sorted(treasure_workflow.__all__)
    assert treasure_workflow.__all__ == [
        "ArchiveError",
        "AsyncClock",
        "AsyncFleet",
        "AsyncPages",
        "AsyncTreasureWorkflow",
        "AttemptExists",
        "AttemptFailed",
        "BadRequest",
        "ClientClosed",
        "Clock",
        "Config",
        "ConfigError",
        "Conflict",
        "ContractError",
        "Diagnosis",
        "Fleet",
        "FleetResult",
        "FleetRow",
        "Forbidden",
        "LogLine",
        "NotFound",
        "Outcome",
        "Pages",
        "PausedSchedule",
        "PlanOutdated",
        "PlanStopped",
        "PoolExplanation",
        "PoolPlan",
        "PoolStep",
        "ProjectPlan",
        "Promotion",
        "PushedProject",
        "RateLimited",
        "Report",
        "Request",
        "Response",
        "RuleVerdict",
        "ScheduleChange",
        "SchedulePlan",
        "ScheduleRule",
        "ScheduleRules",
        "ScheduledSession",
        "SecretsPlan",
        "ServerError",
        "StartedAttempt",
        "StatusError",
        "TimeoutError",
        "Timeouts",
        "TooManyAttempts",
        "TransportError",
        "TreasureWorkflow",
        "TreasureWorkflowError",
        "Unauthorized",
        "WaitTimeout",
        "WithResponses",
        "__version__",
    ]


def test_public_names_come_when_they_are_asked_for() -> None:
    """Importing the package imports no HTTP library; every public name is there all the same, and no other."""
    code = (
        "import sys, treasure_workflow as package\n"
        "assert 'httpx' not in sys.modules\n"
        "assert set(package.__all__) <= set(dir(package))\n"
        "for name in package.__all__: getattr(package, name)\n"
        "print(hasattr(package, 'nothing'))"
    )
    path = {"PYTHONPATH": f"{ROOT / 'generated'}:{ROOT / 'overlay'}"}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_version_is_the_projects() -> None:
    """The service is told the version that is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert treasure_workflow.__version__ == project["version"]


def test_importing_the_package_imports_no_nouns_models_or_event_loops() -> None:
    """What a program does not use it does not pay for."""
    code = "import sys, treasure_workflow; print(*sys.modules)"
    path = {"PYTHONPATH": f"{ROOT / 'generated'}:{ROOT / 'overlay'}"}
    loaded = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True).stdout
    modules = loaded.split()
    forbidden = [f"treasure_workflow._{half}.{noun}" for half in ("sync", "async") for noun in NOUNS]
    forbidden += ["asyncio", "anyio", "trio", "tarfile", "pathspec", "treasure_workflow_mock"]
    assert not set(forbidden) & set(modules)
    assert not [module for module in modules if module.startswith("treasure_workflow_api.models.")]


def test_both_clients_offer_the_same() -> None:
    """Every method of one half is in the other, with the same arguments in the same order."""
    with TreasureWorkflow(anonymous=True, base_url="http://127.0.0.1:1") as client:
        other = AsyncTreasureWorkflow(anonymous=True, base_url="http://127.0.0.1:1")
        for noun in NOUNS:
            one, twin = getattr(client, noun), getattr(other, noun)
            names = [name for name in dir(one) if not name.startswith("_")]
            assert names == [name for name in dir(twin) if not name.startswith("_")]
            for name in names:
                assert list(inspect.signature(getattr(one, name)).parameters) == list(
                    inspect.signature(getattr(twin, name)).parameters
                )


def test_every_public_method_is_documented() -> None:
    """Whoever asks for help on a method gets it, with the operation behind it."""
    with TreasureWorkflow(anonymous=True, base_url="http://127.0.0.1:1") as client:
        for noun in NOUNS:
            methods = [getattr(getattr(client, noun), name) for name in dir(getattr(client, noun)) if name[0] != "_"]
            assert not [method for method in methods if "Operation" not in (inspect.getdoc(method) or "")]


def test_the_sync_half_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """What is in the tree is what the async half makes."""
    assert unasync.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("async def fetch() -> None: ...", "def fetch() -> None: ..."),
        ("async with a as b:\n    x = await c", "with a as b:\n    x = c"),
        ("[x async for x in y]", "[x for x in y]"),
        ("class AsyncPages(_AsyncThing): ...", "class Pages(_Thing): ..."),
        ("from p._async._http import AsyncHttp", "from p._sync._http import Http"),
        ('"""Use `async with` and await it."""', '"""Use `with` and it."""'),
        ("asynchronous = asyncio = await_all = 1", "asynchronous = asyncio = await_all = 1"),
        ("Asynchronous = Async = 1", "Asynchronous = Async = 1"),
    ],
)
def test_the_rules_change_whole_words_only(source: str, result: str) -> None:
    """The rewriting is word by word and touches nothing else."""
    assert unasync.to_sync(source) == result


def test_a_check_sees_every_kind_of_difference(tmp_path: Path) -> None:
    """A changed file, a missing one and one too many are all found, and the first is named."""
    expected, actual = tmp_path / "expected", tmp_path / "actual"
    for folder in (expected, actual):
        folder.mkdir()
        for name in ("b.py", "c.py"):
            (folder / name).write_text("1")
    assert next(differences(expected, actual), None) is None
    (actual / "d.py").write_text("1")
    assert next(differences(expected, actual), None) == "d.py"
    (actual / "c.py").write_text("2")
    assert next(differences(expected, actual), None) == "c.py"
    (actual / "b.py").unlink()
    assert next(differences(expected, actual), None) == "b.py"
