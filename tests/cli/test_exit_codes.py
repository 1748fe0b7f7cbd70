"""Each exit code: what leads to it, and what a program reads of it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Twf
from treasure_workflow import errors
from treasure_workflow.cli import app
from treasure_workflow.cli.exit_codes import ExitCode, failure_of
from treasure_workflow_mock import Fault, MockService


def test_done(shop: Twf) -> None:
    """What was asked for is there: 0. An empty listing is an empty array, and 0."""
    assert shop("projects", "--json").code == ExitCode.DONE
    empty = shop("sessions", "shop", "--json")
    assert (empty.code, empty.json, empty.err) == (0, [], "")


def test_what_was_asked_about_failed(shop: Twf) -> None:
    """An attempt that ends in error is 1; the attempt stands on stdout all the same."""
    done = shop("start", "shop", "broken", "--wait", "--timeout", "30", "--json")
    assert (done.code, done.json["status"]) == (ExitCode.FAILED, "error")
    assert json.loads(done.err)["code"] == "attempt-failed"


def test_a_plan_with_changes(shop: Twf, folder: Path) -> None:
    """`--check` is 1 when something would change, and 0 when nothing would."""
    assert shop("plan", "shop", "--project", folder, "--check").code == ExitCode.DONE
    (folder / "more.dig").write_text("+a: {echo>: b}\n")
    assert shop("plan", "shop", "--project", folder, "--check", "--json").code == ExitCode.FAILED


@pytest.mark.parametrize(
    "line",
    [
        "nothing",
        "start shop",
        "retry 1",
        "retry 1 --all --resume",
        "projects --jsonl --tsv",
        "projects --tz Atlantis/Capital",
        "start shop nightly -p country",
        "attempt session",
        "secrets set shop key=value",
        "secrets",
        "timeline",
        "delete shop",
        "sessions shop --from yesterday",
        "promote shop",
    ],
)
def test_usage(shop: Twf, line: str) -> None:
    """A line that cannot be carried out is 2, says why, and changes nothing."""
    done = shop(*line.split())
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert "Traceback" not in done.err
    assert done.err.startswith("{" if "--json" in line else "twf: ")
    assert shop("projects", "--json").json[0]["name"] == "shop"


def test_a_secret_on_the_command_line_is_not_repeated(shop: Twf) -> None:
    """The refusal names the ways that work, and not the value."""
    done = shop("secrets", "set", "shop", "warehouse.password=tell-nobody")
    assert done.code == ExitCode.USAGE
    assert "tell-nobody" not in done.err
    assert "warehouse.password=-" in done.err or "KEY=-" in done.err


def test_configuration(twf: Twf, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key is 3."""
    monkeypatch.delenv("TD_API_KEY")
    done = twf("projects", "--json")
    assert (done.code, json.loads(done.err)["code"]) == (ExitCode.CONFIGURATION, "configuration")


def test_not_found(shop: Twf) -> None:
    """What is not there is 4."""
    for line in ("attempt 99", "tasks session:99", "pull nothing", "workflows shop nothing", "revisions nothing"):
        assert shop(*line.split()).code == ExitCode.NOT_FOUND, line


def test_an_error_for_programs_names_no_call_of_python(shop: Twf) -> None:
    """What to do next is told as one types it, as it is for people."""
    message = json.loads(shop("start", "no", "nightly", "--json").err)["message"]
    assert message.endswith("no project is named 'no'; twf projects shows what there is")
    assert "use --site aws" in shop("projects", "--url", "https://api.treasuredata.com").err
    assert "--profile: no profile is named 'eu'" in shop("projects", "--profile", "eu").err


def test_conflict(shop: Twf) -> None:
    """A session that has its attempt already is 5, and so is a kill of what has ended."""
    line = ("start", "shop", "nightly", "--session", "2025-01-01T00:00:00+09:00", "-p", "country=DE")
    assert shop(*line, "--wait", "--timeout", "30").code == 0
    assert shop(*line).code == ExitCode.CONFLICT
    assert shop("kill", "1").code == ExitCode.CONFLICT


def test_refused(twf: Twf, tmp_path: Path) -> None:
    """What the service refuses is 6, with the service's own words."""
    (tmp_path / "bad.dig").write_text("+a: {echo>: b, sh>: c}\n")
    done = twf("push", "shop", "--project", tmp_path, "--json")
    assert done.code == ExitCode.REFUSED
    assert json.loads(done.err) == {
        "code": "refused",
        "message": json.loads(done.err)["message"],
        "retryable": False,
        "exit": 6,
    }


def test_a_wrong_key(twf: Twf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the service does not take is 6."""
    monkeypatch.setenv("TD_API_KEY", "no-key")
    assert twf("projects").code == ExitCode.REFUSED


def test_not_reachable(twf: Twf) -> None:
    """An address where nobody listens is 7, and worth another try."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else gets it meanwhile
        done = twf("projects", "--json", "--url", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert done.code == ExitCode.UNAVAILABLE
    assert json.loads(done.err)["retryable"] is True


def test_not_able_now(shop: Twf, services: dict[str, MockService], monkeypatch: pytest.MonkeyPatch) -> None:
    """A 503 that does not go away is 7."""
    import os

    service = services["hosted"]
    service.faults(os.environ["TD_API_KEY"]).append(Fault("status", operation="startAttempt", status=503))
    assert shop("start", "shop", "nightly").code == ExitCode.UNAVAILABLE


def test_time_is_up(twf: Twf, tmp_path: Path) -> None:
    """An attempt that is still at work is 8 when the time is up, and is shown as it was last seen."""
    root = tmp_path / "long"
    root.mkdir()
    (root / "long.dig").write_text("+a: {wait>: 10m}\n")
    assert twf("push", "long", "--project", root).code == 0
    done = twf("start", "long", "long", "--wait", "--timeout", "0", "--json")
    assert (done.code, done.json["done"]) == (ExitCode.TIME_IS_UP, False)
    assert twf("wait", "1", "--timeout", "0").code == ExitCode.TIME_IS_UP


def test_outside_the_contract(shop: Twf, services: dict[str, MockService]) -> None:
    """A web page where JSON was due is 9."""
    import os

    service = services["hosted"]
    service.faults(os.environ["TD_API_KEY"]).append(Fault("html", operation="getProjects"))
    assert shop("projects").code == ExitCode.OUTSIDE_CONTRACT


def test_interrupted(twf: Twf, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption is 130, without a traceback."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("treasure_workflow.cli.output.Output.rows", interrupted)
    done = twf("projects")
    assert (done.code, done.err) == (ExitCode.INTERRUPTED, "")


def test_every_error_of_the_client_has_its_code() -> None:
    """No error that the client raises ends in a traceback."""
    family = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.TreasureWorkflowError)
    ]
    assert len(family) > 10
    for kind in family:
        # Each as if it were told, without what each of them carries; a stopped plan is as what stopped it.
        told = type(kind.__name__, (kind,), {"__str__": lambda _: "told", "error": errors.ConfigError("why")})
        failure = failure_of(kind.__new__(told))
        assert failure is not None
        assert failure.exit != ExitCode.DONE
    assert failure_of(RuntimeError("a defect")) is None


def test_a_defect_is_not_hidden(twf: Twf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no failure of the service, the settings or the line is raised as it is."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("treasure_workflow.cli.output.Output.rows", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        twf("projects")


def test_a_near_miss_names_the_right_word(twf: Twf) -> None:
    """What other tools call a command, and what is nearly right, is answered with its name here."""
    assert "use push" in twf("deploy").err
    assert "use kill" in twf("cancel", "1").err
    assert "'sessions'" in twf("sesions").err
    bare = twf()
    assert ("Commands" in bare.out, bare.err, bare.code) == (True, "", ExitCode.USAGE)
    assert "Leave 'wf' out: twf push shop" in twf("wf", "push", "shop").err
    assert "twf pools. There are list, rules, plan, apply, explain." in twf("pools", "show").err
    assert "twf secrets list|set|sync|delete PROJECT" in twf("secrets", "--project", "shop", "--set", "k=@f").err
    assert set(app._CALLED_HERE).isdisjoint(one.name for one in app.app.registered_commands)
