"""Accounts with schedules: uploads of configurations, calls of schedule operations, and what came of them."""

from __future__ import annotations

from collections.abc import Collection

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.api.schedules import HANDLERS
from treasure_workflow_mock.engine import scheduler
from treasure_workflow_mock.http.messages import Request
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Project, Revision, Schedule, Workflow

HOUR = 3600
START = times.parse_instant("2030-01-01T00:00:00Z")
ECHO: JsonObject = {"+step": {"echo>": "done"}}
WAIT: JsonObject = {"+step": {"wait>": "1d"}}


def new_account(flavour: Flavour) -> Account:
    """An account whose clock stands at the beginning of 2030."""
    account = Account("test", flavour)
    account.clock.freeze(START)
    scheduler.settle(account, account.clock.now())
    return account


def upload(
    account: Account,
    workflows: dict[str, JsonObject],
    schedule_from: float | None = None,
    *,
    clear: Collection[str] = (),
    skip_changed: bool = False,
) -> list[Schedule]:
    """A new revision of the one project with these workflows, configurations by name; then its schedules."""
    project = account.projects.get(1)
    if project is None:
        project = account.projects[1] = Project(account.next_id("project"), "shop", account.clock.now())
    revision = Revision(account.next_id("revision"), "r", project, account.clock.now(), b"", "", {})
    for name, config in workflows.items():
        workflow = Workflow(account.next_id("workflow"), name, project, revision, "UTC", config)
        account.workflows[workflow.id] = workflow
        revision.workflows.append(workflow)
    project.revisions.append(revision)
    scheduler.synchronise(
        account,
        project,
        revision,
        now=account.clock.now(),
        schedule_from=schedule_from,
        clear=clear,
        skip_changed=skip_changed,
    )
    return list(account.schedules.values())


def call(account: Account, operation: str, schedule_id: int, **body: Json) -> JsonObject:
    """The response of an operation on a schedule, after what is due."""
    scheduler.settle(account, account.clock.now())
    response: JsonObject = HANDLERS[operation](
        account, Request(account.clock.now(), path={"id": schedule_id}, body=body)
    )
    return response


def sessions(account: Account) -> list[str]:
    """Workflow names and session times, in the order in which the sessions were made."""
    return [f"{one.workflow_name} {times.instant_text(one.time)}" for one in account.sessions.values()]


def attempts(account: Account) -> list[Attempt]:
    """All attempts, oldest first."""
    return list(account.attempts.values())
