"""The command as a user gives it: what it may do at a target, what it leaves behind, and how it ends."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.mock.api import Api
from treasure_workflow_contract import jobs
from treasure_workflow_contract.__main__ import main
from treasure_workflow_contract.jobs import PROFILES, jobs_for
from treasure_workflow_contract.target import Target
from treasure_workflow_mock.server import MockService

PREFIX = "ours "
TREE = {"daily.dig": "schedule:\n  daily>: 03:00:00\n+load:\n  echo>: loaded\n"}
QUICK = ["--profile", "quick", "--processes", "2"]


@pytest.fixture
def api(services: dict[str, MockService], monkeypatch: pytest.MonkeyPatch) -> Api:
    """An account that is no place for tests: it has a project with an attempt, and its key is the user's."""
    api = Api(services["hosted"].base_url)
    monkeypatch.setenv("TD_API_KEY", api.key)
    project = api.upload(TREE, "theirs").json
    (workflow,) = api.get(f"/api/projects/{project['id']}/workflows").json["workflows"]
    assert api.start(workflow["id"]).status == 200
    return api


def everything(api: Api) -> list[Any]:
    """What an account holds that a run could have changed."""
    project = api.get("/api/projects?name=theirs").json["projects"]
    id = project[0]["id"]
    paths = (f"projects/{id}/revisions", "schedules", f"projects/{id}/sessions", "pools", "pool_rules")
    return [project, *(api.get(f"/api/{path}").json for path in paths)]


def test_a_clean_service_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A mock that the command starts itself; the report is there."""
    options = ["--operation", "getAttempts", "--operation", "putProject", "--report", str(tmp_path / "report")]
    assert main(["mock", *QUICK, *options]) == 0
    said = capsys.readouterr().out
    assert "PASSED" in said
    assert "getAttempts" in said
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "baseline.toml",
        "failures.jsonl",
        "junit.xml",
        "report.html",
    ]


def test_somebodys_service_is_only_read(api: Api) -> None:
    """Without leave to write, no call is anything but a GET, and what is there stays as it is."""
    before = everything(api)
    own = len(api.get("/mock/requests").json["requests"])
    operations = ("getProjects", "getProject", "putProject", "killAttempt", "getPools", "createPool")
    assert main([api.base_url, *QUICK, *(word for id in operations for word in ("--operation", id))]) == 0
    arrived = api.get("/mock/requests").json["requests"][own:]
    assert len(arrived) > 100
    assert {call["method"] for call in arrived} <= {"GET", "HEAD"}
    assert everything(api) == before


def test_with_leave_to_write_only_projects_of_the_prefix_are_touched_and_removed(api: Api) -> None:
    """Nothing of somebody else's changes, pools do not, and nothing of the run's own is left."""
    before = everything(api)
    operations = ("putProject", "deleteProject", "startAttempt", "killAttempt", "disableSchedule", "createPool")
    chosen = [word for id in operations for word in ("--operation", id)]
    assert main([api.base_url, *QUICK, *chosen, "--allow-writes", PREFIX]) == 0
    arrived = api.get("/mock/requests").json["requests"]
    # The log holds the last thousand calls.
    pushed = [call["query"] for call in arrived if call["operation"] == "putProject"]
    assert len(pushed) > 10
    assert not [query for query in pushed if "project=ours" not in query and "project=theirs" not in query]
    assert sum("project=theirs" in query for query in pushed) <= 1  # that of the test itself
    assert everything(api) == before
    assert [project["name"] for project in api.get("/api/projects").json["projects"]] == ["theirs"]


def test_an_open_source_server_needs_no_key(
    services: dict[str, MockService], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor does it get one; what belongs to pools is left out."""
    monkeypatch.setenv("TD_API_KEY", "1/" + "0" * 40)
    digdag = ["--flavour", "digdag", "--allow-writes", PREFIX]
    chosen = ["--operation", "startAttempt", "--operation", "getPools", "--operation", "putProjectSecret"]
    assert main([services["digdag"].base_url, *QUICK, *digdag, *chosen]) == 0
    assert "an open-source server has no pools: getPools" in capsys.readouterr().out
    default_account = Api(services["digdag"].base_url)
    seen = default_account.call("GET", "/api/projects", headers={"Authorization": None})
    assert seen.json["projects"] == []


def started(api: Api, *options: str) -> subprocess.Popen[str]:
    """The command in a process of its own, when it has made its first project."""
    command = [sys.executable, "-m", "treasure_workflow_contract", api.base_url, *QUICK, *options]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(root / name) for name in ("generated", "overlay"))}
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests in the background of a shell inherit that interruptions are ignored.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while len(api.get("/api/projects").json["projects"]) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
    return process


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_removes_what_it_made(sent: signal.Signals, api: Api) -> None:
    """From the keyboard, to all its processes, or by a supervisor, to the first alone."""
    before = everything(api)
    process = started(api, "--allow-writes", PREFIX)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert "Traceback" not in complaints
    assert everything(api) == before
    assert [project["name"] for project in api.get("/api/projects").json["projects"]] == ["theirs"]


def test_what_a_killed_run_left_is_removed_by_a_later_one(api: Api) -> None:
    """When it is older than a day; what looks alike and is not a run's, or a run's of today, stays."""
    old = f"{PREFIX}contract-{int(time.time()) - 2 * 86400:x}-00ff 1 orders"
    new = f"{PREFIX}contract-{int(time.time()):x}-00ff 1 orders"
    other = f"{PREFIX}contract-with-acme"
    for name in (old, new, other):
        assert api.upload(TREE, name.replace(" ", "%20")).status == 200
    assert main([api.base_url, *QUICK, "--operation", "getProject", "--allow-writes", PREFIX]) == 0
    names = [project["name"] for project in api.get("/api/projects").json["projects"]]
    assert names == ["theirs", new, other]


def faulty(api: Api, kind: str, **fault: Any) -> None:
    """Makes the account's service spoil the answers of an operation."""
    fault |= {"kind": kind, "operation": "getPools", "times": 10_000}
    assert api.send("POST", "/mock/faults", fault).status < 300


def test_findings_fail_the_run_and_a_baseline_accepts_them(
    api: Api, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The report names them without the key; with its baseline the same run passes; when they are gone, it says so."""
    faulty(api, "html")
    run = [api.base_url, *QUICK, "--operation", "getPools"]
    assert main([*run, "--report", str(tmp_path)]) == 1
    assert "FAILED" in capsys.readouterr().out
    lines = (tmp_path / "failures.jsonl").read_text("utf-8").splitlines()
    assert all(json.loads(line)["operation"] == "getPools" for line in lines)
    assert lines
    for file in tmp_path.iterdir():
        assert api.key not in file.read_text("utf-8")
    assert main([*run, "--baseline", str(tmp_path / "baseline.toml")]) == 0
    capsys.readouterr()
    assert api.call("DELETE", "/mock/faults").status < 300
    assert main([*run, "--baseline", str(tmp_path / "baseline.toml")]) == 0
    assert "gone" in capsys.readouterr().out


def test_a_finding_ends_a_run_that_fails_fast(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Not all the other jobs are done first."""
    faulty(api, "html")
    assert main([api.base_url, *QUICK, "--operation", "getPools", "--fail-fast"]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_a_run_ends_in_time(api: Api) -> None:
    """Past the limit nothing new begins, and what was found out so far counts."""
    begin = time.monotonic()
    assert main([api.base_url, "--processes", "2", "--time-limit", "2", "--allow-writes", PREFIX]) == 0
    assert time.monotonic() - begin < 60  # far less than everything takes, on a busy machine too
    assert [project["name"] for project in api.get("/api/projects").json["projects"]] == ["theirs"]


def test_calls_keep_to_the_rate(api: Api) -> None:
    """The requests of all processes together, as the target sees them."""
    begin = time.monotonic()
    few = ["--operation", "getPools", "--profile", "quick", "--processes", "1"]
    assert main([api.base_url, *few, "--rate", "60"]) == 0
    arrived = len(api.get("/mock/requests").json["requests"])
    assert arrived > 20
    assert arrived / (time.monotonic() - begin) < 60


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "unknown region 'nowhere'"),
        (["http://example.com"], "plain http"),
        (["http://127.0.0.1:1"], "no answer"),
        (["http://127.0.0.1:1", "--baseline", "missing.toml"], "missing.toml"),
        (["mock", "--allow-writes", "9 lives"], "does not begin with a digit"),
        (["mock", "--operation", "getEverything"], "getEverything"),
        (["mock", "--rate", "0"], "more than 0"),
    ],
)
def test_what_cannot_be_run_is_said(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sent, in words, and with an exit status of its own."""
    monkeypatch.setenv("TD_API_KEY", "1/" + "0" * 40)
    try:
        status = main([*arguments, *QUICK])
    except SystemExit as end:
        status = int(str(end.code))
    assert status == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(("flavour", "writes"), [("digdag", "projects"), ("digdag", "nothing"), ("hosted", "nothing")])
def test_the_jobs_of_a_target_are_those_that_it_allows(flavour: Any, writes: Any) -> None:
    """Of what is left out the report says why."""
    target = Target("http://nowhere", flavour=flavour, writes=writes)
    planned, skipped = jobs_for(target, PROFILES["quick"], list(jobs.effective().operations))
    subjects = {job.subject for job in planned if job.part in ("client", "plain")}
    assert subjects | skipped.keys() == jobs.effective().operations.keys()
    assert not subjects & skipped.keys()
    assert ("getPools" in skipped) == (flavour == "digdag")
    assert ("putProject" in skipped) == (writes == "nothing")
