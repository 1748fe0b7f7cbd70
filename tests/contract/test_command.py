"""The command as a user gives it: what it may do at a target, what it leaves behind, and how it ends."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.contract.replaying import RECORDED
from tests.support.mock.api import Api
from treasure_workflow_contract import scheduler
from treasure_workflow_contract.__main__ import main
from treasure_workflow_contract.scheduler import PROFILES, jobs_for
from treasure_workflow_contract.transport.target import Target
from treasure_workflow_mock import MockService

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
    """Makes the account's service spoil the responses of an operation."""
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


def test_a_run_with_an_access_token(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Every call bears it, by whichever client it goes; findings name its variable, and nothing shows the token."""
    token = "eyJhbGciOiJub25lIn0.e30.of-a-sign_in"
    assert api.send("PUT", "/mock/settings", {"auth.bearer_token": token}).status < 300
    faulty(api, "html")
    before = len(api.get("/mock/requests").json["requests"])
    monkeypatch.delenv("TD_API_KEY")
    monkeypatch.setenv("TDX_ACCESS_TOKEN", token)
    assert main([api.base_url, *QUICK, "--operation", "getPools", "--report", str(tmp_path)]) == 1
    arrived = api.get("/mock/requests").json["requests"][before:]
    assert len([call for call in arrived if call["operation"] == "getPools"]) > 20
    said = capsys.readouterr()
    shown = [said.out, said.err, *(file.read_text("utf-8") for file in tmp_path.iterdir())]
    assert not [text for text in shown if token in text]
    assert "Bearer $TDX_ACCESS_TOKEN" in shown[0]
    assert "$TD_API_KEY" not in "".join(shown)


def test_a_finding_ends_a_run_that_fails_fast(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Not all the other jobs are done first."""
    faulty(api, "html")
    assert main([api.base_url, *QUICK, "--operation", "getPools", "--fail-fast"]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_a_run_that_ends_in_time_says_what_it_did_not_try(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Past the limit nothing new begins; what was asked for and had no case makes the run incomplete."""
    assert main([api.base_url, "--processes", "2", "--time-limit", "8", "--allow-writes", PREFIX]) == 2
    assert [project["name"] for project in api.get("/api/projects").json["projects"]] == ["theirs"]
    said = capsys.readouterr().out
    assert "INCOMPLETE" in said
    assert "PASSED" not in said
    for phase in ("invariants", "stateful", "client", "fuzzing"):
        assert f"missing: {phase}: no case of " in said


def test_an_operation_that_gives_no_response_is_found_and_left(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a finding, not waited for in every case; the others are tried all the same."""
    fault = {"kind": "drop-before", "operation": "getPools", "times": 10_000}
    assert api.send("POST", "/mock/faults", fault).status < 300
    assert main([api.base_url, *QUICK, "--operation", "getPools", "--operation", "getPoolRules"]) == 1
    said = capsys.readouterr().out
    assert "getPools (client): " in said
    assert "getPools (fuzzing): no response: " in said
    assert "getPoolRules (" not in said


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
        (["localhost:65441"], "http://localhost:65441"),
        (["127.0.0.1:65441"], "http://127.0.0.1:65441"),
        (["http://127.0.0.1:1/prefix"], "without a path"),
        (["http://127.0.0.1:1/api"], "without a path"),
        (["http://127.0.0.1:port"], "malformed"),
        (["ftp://127.0.0.1"], "such as https://"),
        (["http://me:secret@127.0.0.1"], "got '127.0.0.1'"),
        (["http://example.com"], "plain http"),
        (["mock", "--report", "/dev/null/report"], "--report: expected a folder that can be written"),
        (["mock", "--report", __file__], "--report: expected a folder that can be written"),
        (["mock", "--ca", "missing.pem"], "--ca: expected a file of certificates"),
        (["mock", "--ca", __file__], "--ca: expected a file of certificates"),
        (["mock", "--ca", "missing.pem", "--insecure"], "not allowed with"),
        (["mock", "--allow-writes", "a/b"], "no slash"),
        (["mock", "--allow-writes", "x" * 101], "100 characters at most, got 101"),
        (["mock", "--allow-writes", ""], "not empty"),
        (["mock", "--time-limit", "inf"], "above 0"),
        (["mock", "--restart", "true"], "go with --replay"),
        (["mock", "--record", "/dev/null/new"], "--record: expected a folder that can be written"),
        (["mock", "--replay", "missing"], "no recorded scenarios"),
        (["eu01", "--replay", str(RECORDED)], "a server of your own"),
        (["mock", "--replay", str(RECORDED), "--operation", "getPools"], "does not go with it"),
        (["http://127.0.0.1:1"], "no response"),
        (["http://127.0.0.1:1", "--baseline", "missing.toml"], "missing.toml"),
        (["mock", "--allow-writes", "9 lives"], "does not begin with a digit"),
        (["mock", "--operation", "getEverything"], "getEverything"),
        (["mock", "--rate", "0"], "above 0"),
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


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As every command does."""
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("treasure-workflow-contract ")


@pytest.mark.parametrize(("flavour", "writes"), [("digdag", "projects"), ("digdag", "nothing"), ("hosted", "nothing")])
def test_the_jobs_of_a_target_are_those_that_it_allows(flavour: Any, writes: Any) -> None:
    """Of what is left out the report says why."""
    target = Target("http://nowhere", flavour=flavour, writes=writes)
    planned, skipped = jobs_for(target, PROFILES["quick"], list(scheduler.effective().operations))
    subjects = {job.subject for job in planned if job.phase in ("client", "fuzzing")}
    assert subjects | skipped.keys() == scheduler.effective().operations.keys()
    assert not subjects & skipped.keys()
    assert ("getPools" in skipped) == (flavour == "digdag")
    assert ("putProject" in skipped) == (writes == "nothing")
