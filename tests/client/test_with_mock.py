"""The client and the mock service together: what a user does in a day."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.support import GUISES, KEY, Guise, guise_of
from treasure_workflow import AttemptExists, AttemptFailed, Conflict, NotFound, Unauthorized
from treasure_workflow_mock import MockService

WORKFLOW = """
_export:
  count: 7
schedule:
  daily>: 03:00:00
+first:
  echo>: loading ${count}
+second:
  OPERATOR
"""


@pytest.fixture(params=GUISES)
def daily(request: pytest.FixtureRequest) -> Iterator[Guise]:
    """Each client in turn, talking to a mock service."""
    with MockService() as service, guise_of(request.param, service.base_url) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a workflow that works and one that does not."""
    made = tmp_path / "shop"
    made.mkdir()
    (made / "good.dig").write_text(WORKFLOW.replace("OPERATOR", "echo>: done"))
    (made / "bad.dig").write_text(WORKFLOW.replace("OPERATOR", "fail>: on purpose"))
    return made


def test_a_project_is_pushed_run_read_and_deleted(daily: Guise, folder: Path, tmp_path: Path) -> None:
    """From the folder to the log and back to a folder, through every noun."""
    client: Any = daily.client
    project = daily.run(lambda: client.projects.push(folder, "shop", revision="r1"))
    assert daily.run(lambda: client.projects.find("shop")) == project
    assert {row.name for row in daily.rows(client.workflows.of_project(project))} == {"good", "bad"}

    attempt = daily.run(lambda: client.attempts.start(project, "good", params={"by": "hand"}))
    done = daily.run(lambda: client.attempts.wait(attempt, timeout=60, poll_interval=1))
    assert (done.success, done.params["by"]) == (True, "hand")
    assert [task.state for task in daily.rows(client.attempts.tasks(done))] == ["success"] * 3
    log = daily.run(lambda: client.logs.text(done))
    assert "loading 7" in log
    assert log.index("loading 7") < log.index("done")
    assert daily.run(lambda: client.logs.text(done, task="+good+second")).count("+first") == 0

    with pytest.raises(AttemptExists) as exists:
        daily.run(lambda: client.attempts.start(project, "good", session_time=attempt.session_time))
    assert exists.value.attempt.id == attempt.id
    with pytest.raises(Conflict):
        daily.run(lambda: client.attempts.kill(attempt))

    failing = daily.run(lambda: client.attempts.start("shop", "bad"))
    with pytest.raises(AttemptFailed) as failed:
        daily.run(lambda: client.attempts.wait(failing, timeout=60, poll_interval=1))
    assert failed.value.attempt.status == "error"
    tasks = daily.rows(client.attempts.tasks(failing))
    assert [task.error["message"] for task in tasks if task.state == "error"] == ["on purpose"]

    sessions = daily.rows(client.sessions.list(project="shop"))
    assert [session.workflow.name for session in sessions] == ["bad", "good"]
    assert [row.id for row in daily.rows(client.sessions.attempts(sessions[1]))] == [attempt.id]

    schedules = daily.rows(client.schedules.list(project=project))
    assert len(schedules) == 2
    assert daily.run(lambda: client.schedules.disable(schedules[0])).disabled_at is not None
    assert daily.run(lambda: client.schedules.enable(schedules[0])).disabled_at is None

    daily.run(lambda: client.secrets.set(project, "td.apikey", "x"))
    assert [secret.key for secret in daily.rows(client.secrets.list(project))] == ["td.apikey"]
    daily.run(lambda: client.secrets.delete(project, "td.apikey"))
    assert daily.rows(client.secrets.list(project)) == []

    assert daily.run(lambda: client.projects.pull(project, tmp_path / "out")) == ("bad.dig", "good.dig")
    with pytest.raises(Conflict):
        daily.run(lambda: client.projects.push(folder, "shop", revision="r1"))
    daily.run(lambda: client.projects.delete(project))
    with pytest.raises(NotFound):
        daily.run(lambda: client.projects.get(project))


def test_listings_pass_page_borders(daily: Guise, folder: Path) -> None:
    """More rows than a page holds come once each, in order."""
    client: Any = daily.client
    project = daily.run(lambda: client.projects.push(folder, "shop"))
    workflow = daily.run(lambda: client.workflows.find(project, "good"))
    for second in range(101):
        time = f"2024-01-01T00:{second // 60:02}:{second % 60:02}Z"
        daily.run(functools.partial(client.attempts.start, None, workflow, session_time=time))
    ids = [int(attempt.id) for attempt in daily.rows(client.attempts.list(project="shop"))]
    assert ids == list(range(101, 0, -1))
    assert len(daily.rows(client.sessions.list())) == 101


def test_an_unknown_key_is_unauthorized() -> None:
    """A key that is none is told apart from a project that is none."""
    with MockService() as service, guise_of("sync", service.base_url, api_key="none") as guise:
        with pytest.raises(Unauthorized):
            guise.client.projects.get(1)
        assert KEY not in repr(guise.client)
