"""The client `tdworkflow` against the mock, in both flavours: one test for each of its methods.

Some of its methods send a parameter that the service does not have, or leave out what it wants; then the test says
what the service makes of it.
"""

from __future__ import annotations

import inspect
import itertools
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tdworkflow.attempt import Attempt
from tdworkflow.client import AttemptAPI, Client, LogAPI, ProjectAPI, ScheduleAPI, SessionAPI, WorkflowAPI
from tdworkflow.exceptions import HttpError
from tdworkflow.project import Project
from tdworkflow.schedule import Schedule
from tdworkflow.workflow import Workflow

from treasure_workflow_mock import MockService
from treasure_workflow_mock.model.account import Account

_numbers = itertools.count(1)
NOON = datetime(2024, 5, 9, 12, tzinfo=UTC).timestamp()
TIME = "2024-05-09T00:00:00+00:00"
FILES = {
    "load.dig": "+first:\n  echo>: one\n+second:\n  echo>: two\n",
    "slow.dig": "+sleep:\n  wait>: 1h\n",
    "nightly.dig": "timezone: UTC\nschedule:\n  daily>: 03:00:00\n+t:\n  echo>: night\n",
}


@pytest.fixture(params=["hosted", "digdag"])
def service(request: pytest.FixtureRequest) -> MockService:
    """A service of each flavour."""
    found: MockService = request.getfixturevalue(f"{request.param}_service")
    return found


@pytest.fixture
def key() -> str:
    """An API key that no other test has."""
    number = next(_numbers)
    return f"1{number:05}/{number:040x}"


@pytest.fixture
def account(service: MockService, key: str) -> Account:
    """Its account, at noon of a day."""
    found = service.account(key)
    found.clock.freeze(NOON)
    return found


@pytest.fixture
def client(service: MockService, account: Account, key: str) -> Iterator[Client]:
    """A client of the account."""
    made = Client(endpoint=urlsplit(service.base_url).netloc, scheme="http", apikey=key)
    with made.http:
        yield made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of three workflows."""
    # The client leaves out each file in whose path, as it is given, it finds words such as `.digdag` (any character,
    # then digdag): a relative path keeps the names of temporary folders out of that.
    monkeypatch.chdir(tmp_path)
    made = Path("shop")
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def project(client: Client, folder: Path) -> Project:
    """The project, pushed."""
    return client.create_project("shop", str(folder), revision="r1")


@pytest.fixture
def workflows(client: Client, project: Project) -> dict[str, Workflow]:
    """Its workflows by name."""
    return {workflow.name: workflow for workflow in client.project_workflows(project)}


@pytest.fixture
def attempt(client: Client, workflows: dict[str, Workflow]) -> Attempt:
    """An attempt of `load`, which is finished when it is next looked at."""
    return client.start_attempt(workflows["load"], TIME)


@pytest.fixture
def schedule(client: Client, project: Project) -> Schedule:
    """The schedule of `nightly`."""
    (found,) = client.project_schedules(project)
    return found


def test_every_method_has_a_test() -> None:
    """A new version of the client that has another method is noticed."""
    methods = {
        name
        for api in (AttemptAPI, LogAPI, ProjectAPI, ScheduleAPI, SessionAPI, WorkflowAPI)
        for name in vars(api)
        if inspect.isfunction(inspect.getattr_static(api, name)) and not name.startswith("_")
    }
    assert {name for name in methods if f"test_{name}" not in globals()} == set()
    assert len(methods) > 30


def test_workflows(client: Client, workflows: dict[str, Workflow]) -> None:
    """Name pattern, order, count and cursor do as they say; `True` counts as true."""
    ids = [workflow.id for workflow in client.workflows()]
    assert ids == sorted(workflow.id for workflow in workflows.values())
    assert [workflow.name for workflow in client.workflows(name_pattern="nigh")] == ["nightly"]
    assert len(client.workflows(name_pattern="sho", search_project_name=True)) == 3
    assert [workflow.id for workflow in client.workflows(order="desc", count=2)] == ids[:0:-1]
    assert [workflow.id for workflow in client.workflows(last_id=ids[0])] == ids[1:]
    with pytest.raises(HttpError, match="'order' must be either 'asc' or 'desc'"):
        client.workflows(order="dsc")  # the word that the client's documentation gives


def test_workflow(client: Client, workflows: dict[str, Workflow], project: Project) -> None:
    """A definition by id, with its configuration."""
    found = client.workflow(workflows["load"].id)
    assert (found.name, found.project.id, found.revision) == ("load", project.id, "r1")
    assert found.config == {"+first": {"echo>": "one"}, "+second": {"echo>": "two"}}


def test_project(client: Client, project: Project) -> None:
    """A project by id."""
    assert client.project(project.id) == project
    with pytest.raises(HttpError, match="Resource does not exist: project id=999"):
        client.project(999)


def test_projects(client: Client, project: Project, folder: Path) -> None:
    """All, by name, by pattern, and page by page."""
    second = client.create_project("store", str(folder))
    assert [one.id for one in client.projects()] == [project.id, second.id]
    assert [one.id for one in client.projects(name="store")] == [second.id]
    assert [one.id for one in client.projects(name_pattern="sh")] == [project.id]
    assert [one.id for one in client.projects(count=1, last_id=project.id)] == [second.id]


def test_project_workflows(client: Client, project: Project, folder: Path) -> None:
    """By revision. The filter by workflow is sent under a name that the service does not have, and does nothing."""
    (folder / "load.dig").unlink()
    client.create_project("shop", str(folder), revision="r2")
    assert {one.name for one in client.project_workflows(project)} == {"slow", "nightly"}
    assert {one.name for one in client.project_workflows(project, revision="r1")} == {"load", "slow", "nightly"}
    assert {one.name for one in client.project_workflows(project, workflow="slow")} == {"slow", "nightly"}


def test_create_project(client: Client, project: Project, folder: Path) -> None:
    """An upload makes the project or a revision of it; the same revision twice is refused."""
    assert (project.name, project.revision, project.archiveType) == ("shop", "r1", "db")
    with pytest.raises(HttpError, match="409"):
        client.create_project("shop", str(folder), revision="r1")
    start = datetime(2024, 6, 1, tzinfo=UTC)
    again = client.create_project("shop", str(folder), schedule_from=start, clear_schedules=["nightly"])
    assert again.id == project.id
    (schedule,) = client.project_schedules(project)
    assert schedule.next_run_time == datetime(2024, 6, 1, 3, tzinfo=UTC)
    client.create_project("shop", str(folder), clear_schedule_all=True)
    (schedule,) = client.project_schedules(project)
    assert schedule.next_run_time == datetime(2024, 5, 10, 3, tzinfo=UTC)
    with pytest.raises(HttpError, match="no-such does not exist"):
        client.create_project("shop", str(folder), clear_schedules=["no-such"])


def test_delete_project(client: Client, project: Project) -> None:
    """The project is gone from lists, and a second deletion finds nothing."""
    assert client.delete_project(project) is True
    assert client.projects() == []
    with pytest.raises(HttpError, match="404"):
        client.delete_project(project)


def test_download_project_archive(client: Client, project: Project, tmp_path: Path) -> None:
    """The archive comes back as it was uploaded, with and without a revision."""
    for revision in (None, "r1"):
        target = tmp_path / "back.tar.gz"
        assert client.download_project_archive(project, str(target), revision=revision)
        with tarfile.open(target) as archive:
            assert set(archive.getnames()) == set(FILES)
    with pytest.raises(HttpError, match="404"):
        client.download_project_archive(project, str(target), revision="r9")


def test_project_workflows_by_name(client: Client, project: Project) -> None:
    """A project's workflows by its name."""
    assert {one.name for one in client.project_workflows_by_name("shop")} == {"load", "slow", "nightly"}


def test_project_revisions(client: Client, project: Project, folder: Path) -> None:
    """Newest first."""
    client.create_project("shop", str(folder), revision="r2")
    assert [one.revision for one in client.project_revisions(project)] == ["r2", "r1"]


def test_project_schedules(client: Client, project: Project, schedule: Schedule) -> None:
    """By workflow and by cursor."""
    assert schedule.workflow.name == "nightly"
    assert [one.id for one in client.project_schedules(project, workflow="nightly")] == [schedule.id]
    assert client.project_schedules(project, workflow="load") == []
    assert client.project_schedules(project, last_id=schedule.id) == []


def test_set_secrets(client: Client, project: Project, account: Account) -> None:
    """Values are kept and shown in no response; a key that may not be is refused, told by False."""
    assert client.set_secrets(project, {"td.apikey": "hunter2", "other": "x"}) is True
    assert account.projects[project.id].secrets == {"td.apikey": "hunter2", "other": "x"}
    assert client.set_secrets(project, {"ok": "1", "not..ok": "2"}) is False


def test_secrets(client: Client, project: Project) -> None:
    """The keys; the client asks with a slash at the end."""
    assert client.secrets(project) == []
    client.set_secrets(project, {"b": "1", "a": "2"})
    assert sorted(client.secrets(project)) == ["a", "b"]


def test_delete_secret(client: Client, project: Project) -> None:
    """A key that is there is deleted, another is not."""
    client.set_secrets(project, {"a": "1"})
    assert client.delete_secret(project, "b") is False
    assert client.delete_secret(project, "a") is True
    assert client.secrets(project) == []


def test_delete_secrets(client: Client, project: Project) -> None:
    """Several keys at once."""
    client.set_secrets(project, {"a": "1", "b": "2", "c": "3"})
    assert client.delete_secrets(project, ["a", "c"]) is True
    assert client.secrets(project) == ["b"]


def test_project_sessions(client: Client, project: Project, workflows: dict[str, Workflow]) -> None:
    """Newest first, by workflow, page by page."""
    for name in ("load", "slow", "load"):
        time = f"2024-05-0{len(client.project_sessions(project)) + 1}T00:00:00+00:00"
        client.start_attempt(workflows[name], time)
    sessions = client.project_sessions(project)
    assert [one.workflow.name for one in sessions] == ["load", "slow", "load"]
    assert [one.id for one in client.project_sessions(project, workflow="slow")] == [sessions[1].id]
    assert [one.id for one in client.project_sessions(project, last_id=sessions[1].id)] == [sessions[2].id]
    assert [one.id for one in client.project_sessions(project, page_size=1)] == [sessions[0].id]


def test_attempts(client: Client, project: Project, workflows: dict[str, Workflow]) -> None:
    """By names of project and workflow, with and without retried ones, page by page."""
    first = client.start_attempt(workflows["load"], TIME)
    assert client.attempt(first).done
    again = client.start_attempt(workflows["load"], TIME, retry_attempt_name="again")
    slow = client.start_attempt(workflows["slow"], TIME)
    assert [one.id for one in client.attempts()] == [slow.id, again.id]
    assert [one.id for one in client.attempts(project="shop", workflow="load")] == [again.id]
    assert [one.id for one in client.attempts(include_retried=True)] == [slow.id, again.id, first.id]
    assert [one.id for one in client.attempts(last_id=slow.id, page_size=1)] == [again.id]
    assert client.attempts(workflow="load", project=project)[0].retry_attempt_name == "again"


def test_attempt(client: Client, attempt: Attempt) -> None:
    """A later look shows the end, also in place."""
    assert (attempt.done, attempt.status) == (False, "running")
    assert client.attempt(attempt.id).status == "success"
    assert client.attempt(attempt, inplace=True) is None
    assert (attempt.done, attempt.success) == (True, True)


def test_attempt_tasks(client: Client, attempt: Attempt) -> None:
    """The tree of tasks, each with its parent and upstreams."""
    assert client.attempt(attempt).done
    root, first, second = client.attempt_tasks(attempt)
    assert [one.full_name for one in (root, first, second)] == ["+load", "+load+first", "+load+second"]
    assert {one.state for one in (root, first, second)} == {"success"}
    assert (root.group, first.parent_id, second.upstreams) == (True, root.id, [first.id])


def test_retried_attempts(client: Client, workflows: dict[str, Workflow], attempt: Attempt) -> None:
    """The attempts that a later one took the place of, and itself."""
    assert client.attempt(attempt).done
    again = client.start_attempt(workflows["load"], TIME, retry_attempt_name="again")
    assert {one.id for one in client.retried_attempts(again)} == {attempt.id, again.id}


def test_start_attempt(client: Client, workflows: dict[str, Workflow]) -> None:
    """Parameters arrive. A session time that is taken is a conflict; a pool's id, which the service does not take, is
    passed over.
    """
    started = client.start_attempt(workflows["load"], workflow_params={"day": 9}, pool_id=12345)
    assert client.attempt(started).params["day"] == 9
    assert client.attempt(started).success
    client.start_attempt(workflows["load"], TIME)
    with pytest.raises(HttpError, match="409"):
        client.start_attempt(workflows["load"], TIME)
    with pytest.raises(HttpError, match="404"):
        client.start_attempt(999, TIME)


def test_kill_attempt(client: Client, workflows: dict[str, Workflow], account: Account) -> None:
    """A running attempt takes the kill; a finished one is a conflict."""
    slow = client.start_attempt(workflows["slow"], TIME)
    killed = client.kill_attempt(slow)
    assert killed.cancel_requested
    account.clock.advance(3601)  # what runs already is not cut short
    assert client.attempt(killed).status == "killed"
    with pytest.raises(HttpError, match="409"):
        client.kill_attempt(slow)


def test_wait_attempt(client: Client, workflows: dict[str, Workflow], account: Account) -> None:
    """Waiting ends when the account's clock has passed the task's time."""
    slow = client.start_attempt(workflows["slow"], TIME)
    assert not client.attempt(slow).done
    account.clock.advance(3601)
    assert client.attempt(slow).done  # else the next line would wait for ever
    assert client.wait_attempt(slow, wait_interval=0).success


def test_schedules(client: Client, schedule: Schedule) -> None:
    """All of the account, and from a cursor on."""
    assert [one.id for one in client.schedules()] == [schedule.id]
    assert client.schedules(last_id=schedule.id) == []


def test_schedule(client: Client, schedule: Schedule) -> None:
    """One by id, with its next times."""
    found = client.schedule(schedule.id)
    assert found.next_run_time == datetime(2024, 5, 10, 3, tzinfo=UTC)
    assert found.next_schedule_time == "2024-05-10T00:00:00+00:00"


def test_backfill_schedule(client: Client, schedule: Schedule) -> None:
    """A dry run starts nothing; a real one starts an attempt for each past session time."""
    start = datetime(2024, 5, 1, tzinfo=UTC)
    planned = client.backfill_schedule(schedule, "fill", start, dry_run=True, count=2)
    assert [one.session_time.day for one in planned.attempts] == [1, 2]
    assert client.sessions() == []
    made = client.backfill_schedule(schedule, "fill", start, count=2)
    assert [one.retry_attempt_name for one in made.attempts] == ["fill", "fill"]
    assert len(client.sessions()) == 2


def test_disable_schedule(client: Client, schedule: Schedule) -> None:
    """From now on it starts nothing."""
    assert client.disable_schedule(schedule).disabled_at == datetime.fromtimestamp(NOON, UTC)
    assert client.schedule(schedule).disabled_at is not None


def test_enable_schedule(client: Client, schedule: Schedule, account: Account) -> None:
    """This client sends neither a body nor a content type: hosted takes that, an open-source server refuses it."""
    client.disable_schedule(schedule)
    if account.flavour == "hosted":
        client.enable_schedule(schedule)
        assert client.schedule(schedule).disabled_at is None
        client.disable_schedule(schedule)
    else:
        with pytest.raises(HttpError, match="Could not find message body reader"):
            client.enable_schedule(schedule)
    assert client.schedule(schedule).disabled_at is not None
    client.post(f"schedules/{schedule.id}/enable", body={"skipSchedule": False})
    assert client.schedule(schedule).disabled_at is None


def test_skip_schedule(client: Client, schedule: Schedule) -> None:
    """To a next time. From a time on takes a count beside it, which this client cannot send: that is refused."""
    with pytest.raises(HttpError, match="400"):
        client.skip_schedule(schedule, from_time=TIME)
    planned = client.skip_schedule(schedule, next_time="2024-05-20T00:00:00", dry_run=True)
    assert planned.next_run_time == datetime(2024, 5, 20, 3, tzinfo=UTC)
    assert client.schedule(schedule).next_run_time == datetime(2024, 5, 10, 3, tzinfo=UTC)
    later = datetime(2024, 5, 20, 5, tzinfo=UTC)
    client.skip_schedule(schedule, next_time="2024-05-20T00:00:00", next_run_time=later)
    assert client.schedule(schedule).next_run_time == later


def test_sessions(client: Client, workflows: dict[str, Workflow], attempt: Attempt) -> None:
    """Newest first, page by page."""
    client.start_attempt(workflows["slow"], TIME)
    newest, oldest = client.sessions()
    assert (newest.workflow.name, oldest.last_attempt.id) == ("slow", attempt.id)
    assert [one.id for one in client.sessions(page_size=1)] == [newest.id]
    assert [one.id for one in client.sessions(last_id=newest.id)] == [oldest.id]


def test_session(client: Client, attempt: Attempt) -> None:
    """One by id."""
    found = client.session(attempt.session_id)
    assert (found.session_uuid, found.last_attempt.success) == (attempt.session_uuid, True)


def test_session_attempts(client: Client, workflows: dict[str, Workflow], attempt: Attempt) -> None:
    """The attempts of a session, newest first, page by page."""
    assert client.attempt(attempt).done
    again = client.start_attempt(workflows["load"], TIME, retry_attempt_name="again")
    assert [one.id for one in client.session_attempts(attempt.session_id)] == [again.id, attempt.id]
    assert [one.id for one in client.session_attempts(attempt.session_id, page_size=1)] == [again.id]
    assert [one.id for one in client.session_attempts(attempt.session_id, last_id=again.id)] == [attempt.id]


def test_log_files(client: Client, attempt: Attempt) -> None:
    """One for each task that ran. The client keeps its filter by task to itself, so all files come."""
    assert client.attempt(attempt).done
    assert {one.taskName for one in client.log_files(attempt)} == {"+load+first", "+load+second"}
    assert len(client.log_files(attempt, task="+load+first", direct_download=True)) == 2


def test_log_file(client: Client, attempt: Attempt) -> None:
    """A file's text."""
    assert client.attempt(attempt).done
    file = client.log_files(attempt)[0]
    assert "one" in client.log_file(attempt, file)
    with pytest.raises(HttpError, match="404"):
        client.log_file(attempt, "no-such-file.log.gz")


def test_logs(client: Client, attempt: Attempt) -> None:
    """The texts of all files."""
    assert client.attempt(attempt).done
    assert [any(word in text for text in client.logs(attempt)) for word in ("one", "two")] == [True, True]
