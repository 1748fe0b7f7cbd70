"""A day at work, in the words of the three commands that people come from, on both flavours.

`TWF=PROGRAM` plays it with a program that was installed: `tests/packaging` does so with the wheel's.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Twf


@pytest.fixture(params=["hosted", "digdag"])
def flavour(request: pytest.FixtureRequest) -> str:
    """Both flavours of the service."""
    return str(request.param)


def test_pushing_and_planning(twf: Twf, folder: Path) -> None:
    """A push tells its revision; the same contents are no new revision; a plan names files, workflows and schedules."""
    plan = twf("plan", "shop", "--project", folder, "--json").json
    assert plan["files"] == {"added": ["broken.dig", "nightly.dig"], "changed": [], "removed": []}
    assert plan["workflows"] == {"added": ["broken", "nightly"], "removed": [], "changed": []}
    assert [one["workflow"] for one in plan["schedules"]] == ["nightly"]
    assert plan["schedules"][0]["before"] is None
    first = twf("push", "shop", "--project", folder, "--json").json
    assert {"id", "name", "revision", "archiveMd5", "unchanged"} <= first.keys()
    assert (first["name"], first["unchanged"]) == ("shop", False)
    again = twf("push", "--json", "--project", folder, "shop").json
    assert (again["revision"], again["unchanged"]) == (first["revision"], True)
    assert len(twf("revisions", "shop", "--json").json) == 1
    (folder / "broken.dig").write_text("+a: {echo>: mended}\n")
    (folder / "nightly.dig").unlink()
    changed = twf("plan", "shop", "--project", folder, "--json").json
    assert changed["files"] == {"added": [], "changed": ["broken.dig"], "removed": ["nightly.dig"]}
    assert changed["workflows"] == {"added": [], "changed": ["broken"], "removed": ["nightly"]}
    assert changed["schedules"][0]["after"] is None


def test_starting_and_watching(shop: Twf) -> None:
    """Both spellings start; a wait tells how it ended; tasks and logs are there."""
    started = shop(
        *(
            "start",
            "shop",
            "nightly",
            "--session",
            "2025-01-01",
            "-p",
            "country=DE",
            "--wait",
            "--timeout",
            "60",
            "--json",
        )
    )
    assert (started.code, started.json["status"], started.json["params"]["country"]) == (0, "success", "DE")
    assert started.json["sessionTime"] == "2025-01-01T00:00:00+09:00"
    run = shop("run", "shop.nightly", "--session-time", "2025-01-02T00:00:00Z", "--param", "country=FR", "--json")
    assert run.json["workflow"]["name"] == "nightly"
    number = run.json["id"]
    assert shop("wait", number, "--timeout", "60").code == 0
    assert [one["fullName"] for one in shop("tasks", number, "--json").json] == ["+nightly", "+nightly+load"]
    assert shop("attempt", number, "tasks", "--json").json == shop("tasks", number, "--json").json
    assert "loaded FR" in shop("logs", number).out
    assert shop("log", number, "+nightly+load").out == shop("attempt", number, "logs").out
    assert "loaded FR" in shop("logs", "-f", number).out
    assert shop("logs", number, "+load").out == shop("logs", number, "load").out == shop("logs", number).out
    assert "no task +lod: give one of +nightly, +nightly+load" in shop("logs", number, "+lod").err
    session = run.json["sessionId"]
    assert shop("attempt", f"session:{session}", "--json").json["id"] == number
    assert shop("session", session, "--json").json["lastAttempt"]["id"] == number
    assert "+load" in shop("timeline", "--attempt-id", number).out
    assert "+load" in shop("timeline", "shop.nightly").out


def test_after_a_failure(shop: Twf) -> None:
    """What failed is found by its status, explained, and run again from where it failed."""
    failed = shop("start", "shop", "broken", "--wait", "--timeout", "60", "--json")
    assert failed.code == 1
    number = failed.json["id"]
    assert [one["lastAttempt"]["id"] for one in shop("sessions", "shop", "--status", "error", "--json").json] == [
        number
    ]
    assert shop("sessions", "shop", "--status", "success", "--json").json == []
    day = ("sessions", "shop", "--from", "2020-01-01", "--json")
    assert len(shop(*day, "--tz", "Asia/Tokyo").json) == 1
    assert shop(*day, "--to", "2020-01-02", "--tz", "Asia/Tokyo").json == []
    assert "or a date and --tz ZONE" in shop(*day).err
    found = shop("diagnose", number, "--json").json
    assert found["cause"]["fullName"] == "+broken+check"
    assert found["skipped"] == ["+broken+after"]
    assert "no rows" in shop("diagnose", number).out
    again = shop("retry", number, "--resume", "--json")
    assert (again.code, again.json["sessionId"]) == (0, failed.json["sessionId"])
    assert shop("wait", again.json["id"], "--timeout", "60").code == 1
    from_task = shop("attempt", number, "retry", "--resume-from", "+check", "--wait", "--timeout", "60", "--json")
    assert from_task.code == 1
    assert shop("retry", number, "--all", "--latest-revision", "--json").code == 0
    assert len(shop("attempts", "shop", "--include-retried", "--json").json) == 4
    assert len(shop("attempts", "shop", "--json").json) == 1


def test_killing(twf: Twf, tmp_path: Path) -> None:
    """A kill ends what runs, and `--wait` comes back when it has ended."""
    (tmp_path / "long.dig").write_text("+a: {wait>: 10m}\n")
    assert twf("push", "long", "--project", tmp_path).code == 0
    number = twf("start", "long", "long", "--json").json["id"]
    assert twf("kill-all", "--project", "long", "--dry-run", "--json").json[0]["state"] == "planned"
    killed = twf("kill", number, "--json")
    assert (killed.code, killed.json["cancelRequested"]) == (0, True)


def test_killing_several(shop: Twf, tmp_path: Path) -> None:
    """One that has ended already does not keep the others at work; it is told at the end."""
    (tmp_path / "long").mkdir()
    (tmp_path / "long" / "long.dig").write_text("+a: {wait>: 10m}\n")
    assert shop("push", "long", "--project", tmp_path / "long").code == 0
    ended = shop("start", "shop", "broken", "--wait", "--json").json["id"]
    one, two = (shop("start", "long", "long", "--name", name, "--json").json["id"] for name in "ab")
    done = shop("kill", ended, one, two, "--json")
    assert (done.code, [each["id"] for each in done.json]) == (5, [one, two])
    assert "already" in done.err


def test_schedules(shop: Twf) -> None:
    """Shown, previewed, switched off and on, filled in for the past: by project and workflow."""
    (schedule,) = shop("schedules", "shop", "--json").json
    assert shop("disable", "shop", "nightly", "--json").code == 0
    assert shop("schedules", "shop", "--json").json[0].get("disabledAt")
    assert shop("enable", "shop", "nightly", "--json").code == 0
    assert not shop("schedules", "shop", "--json").json[0].get("disabledAt")
    times = shop("preview", "shop", "nightly", "-n", "5", "--json").json
    assert len(times) == 5
    assert times[0]["sessionTime"] == schedule["nextScheduleTime"]
    line = ("backfill", "shop", "nightly", "-f", "2025-01-01", "--count", "3", "--name", "again", "--json")
    planned = shop(*line, "--dry-run").json
    assert len(planned["attempts"]) == 3
    assert shop("attempts", "shop", "--json").json == []
    assert shop(*line[:-1], "--dry-run", "--tsv").out.splitlines()[1].startswith("\t2025-01-01")
    assert len(shop(*line).json["attempts"]) == 3
    assert shop("reschedule", "shop", "nightly", "--skip", "1", "--dry-run", "--json").code == 0


def test_secrets(shop: Twf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set from stdin and from a file, listed by their keys, deleted; values never shown."""
    monkeypatch.setattr("sys.stdin", io.StringIO("hush"))
    assert shop("secrets", "set", "shop", "warehouse.password=-").code == 0
    (tmp_path / "key").write_text("hush again\n")
    done = shop("secrets", "set", "shop", f"key=@{tmp_path / 'key'}", "--json")
    assert done.json == {"project": "shop", "set": ["key"]}
    assert sorted(one["key"] for one in shop("secrets", "list", "shop", "--json").json) == ["key", "warehouse.password"]
    assert shop("secrets", "delete", "shop", "key", "--yes").code == 0
    assert [one["key"] for one in shop("secrets", "list", "shop", "--json").json] == ["warehouse.password"]


def test_secrets_of_a_file(shop: Twf, tmp_path: Path) -> None:
    """Planned, set, and with --prune the others deleted once somebody says yes; values never shown."""
    file = tmp_path / "secrets.yaml"
    file.write_text("td.apikey: hush\nmail.password: hush again\n")
    planned = shop("secrets", "sync", "shop", file, "--dry-run", "--json")
    assert planned.json == {"added": ["mail.password", "td.apikey"], "updated": [], "pruned": [], "kept": []}
    assert shop("secrets", "list", "shop", "--json").json == []
    done = shop("secrets", "sync", "shop", file, "--json")
    assert (done.code, done.json["added"], "hush" in done.out + done.err) == (0, ["mail.password", "td.apikey"], False)
    file.write_text("td.apikey: hush\n")
    assert shop("secrets", "sync", "shop", file).code == 0
    refused = shop("secrets", "sync", "shop", file, "--prune")
    assert (refused.code, "Delete mail.password of shop?" in refused.err) == (2, True)
    assert len(shop("secrets", "list", "shop", "--json").json) == 2
    assert shop("secrets", "sync", "shop", file, "--prune", "--yes").code == 0
    assert [one["key"] for one in shop("secrets", "list", "shop", "--json").json] == ["td.apikey"]


def test_a_folder_without_workflows(shop: Twf, tmp_path: Path) -> None:
    """It is refused with the option that takes it all the same."""
    (tmp_path / "empty").mkdir()
    line = ("--project", tmp_path / "empty", "--allow-no-workflows")
    for command in ("plan", "push"):
        assert "--allow-no-workflows" in shop(command, "shop", *line[:-1]).err
        assert shop(command, "shop", *line).code == 0
    assert shop("schedules", "shop", "--json").json == []


def test_dot_files_that_are_named(shop: Twf, folder: Path) -> None:
    """They are planned and pushed, and no others."""
    for name in (".ruby-version", ".env"):
        (folder / name).write_text("x")
    line = ("shop", "--project", folder, "--include", ".ruby-version", "--json")
    assert shop("plan", *line).json["files"]["added"] == [".ruby-version"]
    assert not shop("push", *line).json["unchanged"]
    assert shop("plan", *line).json["unchanged"]


def test_waiting_for_a_slot(shop: Twf) -> None:
    """A start and a retry say whether they wait for a slot; without need they start at once."""
    started = shop("start", "shop", "nightly", "--queue", "--wait-for-slot", "5", "--json")
    assert (started.code, started.json["workflow"]["name"]) == (0, "nightly")
    again = shop("retry", started.json["id"], "--all", "--queue", "--wait-for-slot", "5", "--json")
    assert again.code == 0


def test_revisions_of_a_project(shop: Twf, folder: Path, tmp_path: Path, flavour: str) -> None:
    """Any revision is pulled, brought back, promoted; a project is deleted only when somebody said so."""
    first = shop("revisions", "shop", "--json").json[0]["revision"]
    (folder / "broken.dig").unlink()
    assert shop("push", "shop", "--project", folder).code == 0
    second = shop("revisions", "shop", "--json").json[0]["revision"]
    assert (
        shop("revisions", "shop", "--tsv").out.splitlines()[1].endswith("\tMock User" if flavour == "hosted" else "\t")
    )
    out = tmp_path / "out"
    assert shop("pull", "shop", out, "--revision", first, "--json").json["files"] == ["broken.dig", "nightly.dig"]
    assert sorted(one.name for one in out.iterdir()) == ["broken.dig", "nightly.dig"]
    assert shop("rollback", "shop", "--to", first).code == 2  # nobody is there to ask
    assert shop("rollback", "shop", "--to", first, "--yes").code == 0
    assert len(shop("workflows", "shop", "--json").json) == 2
    assert shop("promote", "shop", "--name", "shop_production", "--yes", "--json").code == 0
    other = ("promote", "shop", "--name", "shop_production", "--revision", second, "--new-revision", "named")
    assert shop(*other, "--yes", "--json").json["project"]["revision"] == "named"
    told = shop("promote", "shop", "--name", "third", "--yes").out
    assert (told.count("project third: a new project"), told.count("computed here"), "third (id" in told) == (
        1,
        1,
        True,
    )
    assert [one["name"] for one in shop("projects", "shop*", "--json").json] == ["shop", "shop_production"]
    assert shop("delete", "shop").code == 2
    assert shop("delete", "shop", "--yes").code == 0
    assert [one["name"] for one in shop("projects", "--json").json] == ["shop_production", "third"]


def test_pools(shop: Twf, tmp_path: Path, flavour: str) -> None:
    """Kept in a file: planned, applied, explained. A server without pools says so, with 4."""
    file = tmp_path / "pools.yaml"
    file.write_text("pools:\n  batch: {limit: 3}\nrules:\n  - {pool: batch, project_name: shop}\n")
    if flavour == "digdag":
        for line in (("pools",), ("pools", "plan", file), ("pools", "explain", "shop", "nightly")):
            done = shop(*line)
            assert (done.code, "pools" in done.err) == (4, True), line
        return
    planned = shop("pools", "plan", file, "--json", "--check")
    assert planned.code == 1
    assert shop("pools", "apply", file).code == 2
    assert shop("pools", "apply", file, "--yes").code == 0
    assert "batch" in [one["name"] for one in shop("pools", "--json").json]
    assert shop("pools", "plan", file, "--check").code == 0
    assert "batch" in shop("pools", "explain", "shop", "nightly").out


def test_who_and_where(twf: Twf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which source gave key and address is told, the key masked."""
    monkeypatch.setenv("TD_API_KEY", "7/" + "ab" * 20)
    done = twf("whoami", "--json")
    assert "TREASURE_WORKFLOW_URL" in done.out
    assert "TD_API_KEY" in done.out
    assert "ab" * 10 not in done.out + twf("whoami").out
    (tmp_path / "key").write_text("7/" + "cd" * 20)
    assert "from --api-key-file" in twf("whoami", "--api-key-file", tmp_path / "key").out
