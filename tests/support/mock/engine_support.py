"""Accounts with projects of `.dig` text, and short views of what their attempts did."""

from __future__ import annotations

import gzip
import textwrap

from treasure_workflow_mock._types import Flavour, JsonObject
from treasure_workflow_mock.dig import project as dig
from treasure_workflow_mock.engine import attempts
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Project, Revision, Workflow

NOW = 1_900_000_000.0  # where the clock of these accounts stands
DAY = 86400
SESSION_TIME = 1_709_596_800  # 2024-03-05T00:00:00Z


def new_account(flavour: Flavour = "digdag") -> Account:
    """An account without projects whose clock stands still."""
    account = Account("test", flavour)
    account.clock.freeze(NOW)
    return account


def push(account: Account, files: dict[str, str], project_name: str = "shop") -> Project:
    """Adds a revision with these `.dig` files, as an upload does, schedules left out."""
    content = {path: textwrap.dedent(text).encode() for path, text in files.items()}
    project = next((project for project in account.live_projects() if project.name == project_name), None)
    if project is None:
        project = Project(account.next_id("project"), project_name, NOW)
        account.projects[project.id] = project
    number = account.next_id("revision")
    revision = Revision(number, f"r{number}", project, NOW, b"", "", content)
    project.revisions.append(revision)
    for source in dig.read_workflows(content):
        workflow = Workflow(account.next_id("workflow"), source.name, project, revision, source.timezone, source.config)
        account.workflows[workflow.id] = workflow
        revision.workflows.append(workflow)
    return project


def workflow_named(account: Account, name: str) -> Workflow:
    """The latest workflow definition of that name."""
    return next(workflow for workflow in reversed(account.workflows.values()) if workflow.name == name)


def run(
    text: str, params: JsonObject | None = None, *, account: Account | None = None, others: dict[str, str] | None = None
) -> Attempt:
    """Pushes `text` as the workflow `main`, starts it and lets everything happen that needs no time."""
    account = account or new_account()
    push(account, {"main.dig": text, **(others or {})})
    attempt = start(account, "main", params=params)
    attempts.advance(account, account.clock.now())
    return attempt


def start(
    account: Account, name: str, *, time: int = SESSION_TIME, params: JsonObject | None = None, retry: str | None = None
) -> Attempt:
    """Starts an attempt of the latest workflow of that name."""
    return attempts.start_attempt(
        account,
        workflow_named(account, name),
        session_time=time,
        params=params or {},
        now=account.clock.now(),
        retry_attempt_name=retry,
    )


def move(account: Account, seconds: float) -> None:
    """Moves the clock and lets happen what falls due."""
    account.clock.advance(seconds)
    attempts.advance(account, account.clock.now())


def states(attempt: Attempt) -> dict[str, str]:
    """The states by full name; of tasks of the same name the last."""
    return {task.full_name: task.state for task in attempt.tasks}


def names(attempt: Attempt) -> list[str]:
    """The full names in the order of the ids."""
    return [task.full_name for task in attempt.tasks]


def error_of(attempt: Attempt, name: str = "+main+a") -> str:
    """The message of a failed task."""
    message: str = next(task for task in attempt.tasks if task.full_name == name).error["message"]
    return message


def log_of(attempt: Attempt, name: str) -> str:
    """All that the task of that name logged."""
    files = sorted((file.name, file.data) for file in attempt.logs if file.task_name == name)
    return "".join(gzip.decompress(data).decode() for _, data in files)


def printed(attempt: Attempt, name: str = "+main+a") -> str:
    """What the one run of a task wrote after its first record."""
    return log_of(attempt, name).split("\n", 1)[1]
