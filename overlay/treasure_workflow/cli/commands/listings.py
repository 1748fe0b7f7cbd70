"""`projects`, `workflows`, `revisions`, `schedules`, `sessions`, `attempts`: what there is."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from treasure_workflow.cli import words
from treasure_workflow.cli.commands.projects import OptionalProject, Project
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command
from treasure_workflow.cli.output import Column, plain

if TYPE_CHECKING:
    from treasure_workflow_api.models import (
        RestProject,
        RestRevision,
        RestSchedule,
        RestScheduleSummary,
        RestSession,
        RestSessionAttempt,
        RestWorkflowDefinition,
    )

Limit = Annotated[int | None, typer.Option("--limit", "-l", "-n", "-s", min=1, metavar="N", help="At most so many.")]
OptionalWorkflow = Annotated[str | None, typer.Argument(metavar="[WORKFLOW]", help="Name of the workflow.")]
_DEFAULT_LIMIT = 100


def status_of(attempt: Any) -> str | None:
    """The status of an attempt in one word, the one that `--status` looks for; None without an attempt."""
    from treasure_workflow._logic import filters

    return filters.status_of(attempt) if attempt else None


def _user(revision: Any) -> object:
    """Who pushed a revision, where the service tells."""
    known: dict[str, Any] = plain(revision).get("userInfo") or {}
    while not known.keys() & {"name", "email", "id"} and len(known) == 1:  # the service has {"td": {"user": {…}}}
        (inner,) = known.values()
        known = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    return known.get("name") or known.get("email") or known.get("id")


PROJECTS: tuple[Column[RestProject], ...] = (
    Column("id", lambda one: one.id),
    Column("project", lambda one: one.name),
    Column("revision", lambda one: one.revision),
    Column("updated", lambda one: one.updated_at, expendable=True),
)
WORKFLOWS: tuple[Column[RestWorkflowDefinition], ...] = (
    Column("id", lambda one: one.id),
    Column("project", lambda one: one.project.name),
    Column("workflow", lambda one: one.name),
    Column("zone", lambda one: one.timezone),
)
REVISIONS: tuple[Column[RestRevision], ...] = (
    Column("revision", lambda one: one.revision),
    Column("created", lambda one: one.created_at),
    Column("by", _user),
)
SCHEDULES: tuple[Column[RestSchedule | RestScheduleSummary], ...] = (
    Column("id", lambda one: one.id),
    Column("project", lambda one: one.project.name),
    Column("workflow", lambda one: one.workflow.name),
    Column("next session", lambda one: one.next_schedule_time),
    Column("next run", lambda one: one.next_run_time, expendable=True),
    Column("disabled", lambda one: one.disabled_at),
)
SESSIONS: tuple[Column[RestSession], ...] = (
    Column("id", lambda one: one.id),
    Column("project", lambda one: one.project.name),
    Column("workflow", lambda one: one.workflow.name),
    Column("session time", lambda one: one.session_time),
    Column("attempt", lambda one: one.last_attempt.id if one.last_attempt else None),
    Column("status", lambda one: status_of(one.last_attempt)),
)
ATTEMPTS: tuple[Column[RestSessionAttempt], ...] = (
    Column("id", lambda one: one.id),
    Column("session", lambda one: one.session_id, expendable=True),
    Column("project", lambda one: one.project.name),
    Column("workflow", lambda one: one.workflow.name),
    Column("session time", lambda one: one.session_time),
    Column("retry name", lambda one: one.retry_attempt_name, expendable=True),
    Column("status", status_of),
    Column("created", lambda one: one.created_at, expendable=True),
    Column("finished", lambda one: one.finished_at, expendable=True),
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "projects")(projects)
    command(app, "workflows", "workflow")(workflows)
    command(app, "revisions")(revisions)
    command(app, "schedules")(schedules)
    command(app, "sessions")(sessions)
    command(app, "session")(session)
    command(app, "attempts")(attempts)


def projects(
    invocation: Invocation,
    pattern: Annotated[
        str | None, typer.Argument(metavar="[PATTERN]", help="A name, or a pattern with * and ?.")
    ] = None,
    *,
    limit: Limit = None,
) -> None:
    """Lists projects, all of them or those whose name fits a pattern.

    Example: `twf projects 'sh*'`
    """
    found = iter(invocation.client.projects.list(limit=limit if pattern is None else None))
    if pattern is not None:
        fitting = (one for one in found if fnmatch.fnmatchcase(one.name, pattern))
        found = (one for _, one in zip(range(limit), fitting, strict=False)) if limit is not None else fitting
    invocation.output.rows(found, PROJECTS, empty="no projects")


def workflows(
    invocation: Invocation, project: OptionalProject = None, workflow: OptionalWorkflow = None, *, limit: Limit = None
) -> None:
    """Lists the workflows of the latest revisions, of all projects or of one.

    Example: `twf workflows shop`
    """
    client = invocation.client
    if project is None:
        found: Any = client.workflows.list(limit=limit)
    elif workflow is None:
        found = client.workflows.of_project(project)
    else:
        found = [client.workflows.find(project, workflow)]
    invocation.output.rows(found, WORKFLOWS, empty="no workflows")


def revisions(invocation: Invocation, project: Project, *, limit: Limit = None) -> None:
    """Lists a project's revisions, newest first.

    Example: `twf revisions shop`
    """
    invocation.output.rows(invocation.client.projects.revisions(project, limit=limit), REVISIONS, empty="no revisions")


def schedules(
    invocation: Invocation, project: OptionalProject = None, workflow: OptionalWorkflow = None, *, limit: Limit = None
) -> None:
    """Lists schedules with their next session and run, disabled ones among them.

    Example: `twf schedules shop`
    """
    found = invocation.client.schedules.list(project=project, workflow=workflow, limit=limit)
    invocation.output.rows(found, SCHEDULES, empty="no schedules")


def sessions(
    invocation: Invocation,
    project: OptionalProject = None,
    workflow: OptionalWorkflow = None,
    *,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", metavar="STATUS", help="Of the last attempt: running, success, error, blocked, killed."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", "--since", metavar="TIME", help="Session times from this one on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", "--until", metavar="TIME", help="Session times before this one.")
    ] = None,
    limit: Limit = None,
) -> None:
    """Lists sessions, newest first. The service has no filter by status or time: it is done here.

    Example: `twf sessions shop --status error`
    """
    filters: dict[str, Any] = {
        "status": None if status == "all" else status,
        "since": None if since is None else words.instant(since, "--from", invocation.output.zone),
        "until": None if until is None else words.instant(until, "--to", invocation.output.zone),
    }
    found = invocation.client.sessions.list(
        project=project,
        workflow=workflow,
        limit=limit or _DEFAULT_LIMIT,
        **{name: value for name, value in filters.items() if value is not None},
    )
    rows = list(found)
    invocation.output.rows(rows, SESSIONS, empty="no sessions")
    _tell_cut(invocation, len(rows), limit)


def session(
    invocation: Invocation, id: Annotated[str, typer.Argument(metavar="ID", help="Id of the session.")]
) -> None:
    """Shows one session.

    Example: `twf session 1`
    """
    found = invocation.client.sessions.get(id.removeprefix("session:"))
    invocation.output.record(found, {column.header: column.value(found) for column in SESSIONS})


def attempts(
    invocation: Invocation,
    project: OptionalProject = None,
    workflow: OptionalWorkflow = None,
    *,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="All attempts of this session.")
    ] = None,
    include_retried: Annotated[
        bool, typer.Option("--include-retried", help="Every attempt, not only the newest of each session.")
    ] = False,
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="running, success, error, blocked, killed.")
    ] = None,
    limit: Limit = None,
) -> None:
    """Lists attempts, newest first.

    Example: `twf attempts shop --include-retried`
    """
    client = invocation.client
    if session is not None:
        rows = list(client.sessions.attempts(session.removeprefix("session:"), limit=limit))
    else:
        filters = {} if status in (None, "all") else {"status": status}
        found: Any = client.attempts.list(
            project=project,
            workflow=workflow,
            include_retried=include_retried,
            limit=limit or _DEFAULT_LIMIT,
            **filters,  # type: ignore[arg-type]
        )
        rows = list(found)
    invocation.output.rows(rows, ATTEMPTS, empty="no attempts")
    if session is None:
        _tell_cut(invocation, len(rows), limit)


def _tell_cut(invocation: Invocation, count: int, limit: int | None) -> None:
    if limit is None and count >= _DEFAULT_LIMIT:
        invocation.output.tell(f"the newest {_DEFAULT_LIMIT}; --limit N shows more")
