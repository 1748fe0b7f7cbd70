"""`start`, `run`, `attempt`, `wait`, `kill`, `tasks`, `timeline`: attempts on their way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treasure_workflow.cli import words
from treasure_workflow.cli.commands.listings import ATTEMPTS, status_of
from treasure_workflow.cli.exit_codes import UsageError
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command
from treasure_workflow.cli.output import Column, plain

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestSessionAttempt, RestTask

AttemptWord = Annotated[str, typer.Argument(metavar="ID", help="Id of the attempt, or session:ID for its last.")]
Params = Annotated[list[str], typer.Option("--param", "-p", metavar="KEY=VALUE", help="A parameter, as text.")]
ParamsFile = Annotated[
    Path | None, typer.Option("--params-file", "-P", metavar="FILE", help="Parameters as JSON or YAML.")
]
ParamsJson = Annotated[str | None, typer.Option("--params", metavar="JSON", help="Parameters as a JSON object.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for its end; 1 when it fails.")]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0, metavar="SECONDS", help="Wait so long at most; 8 when time is up.")
]
Queue = Annotated[bool, typer.Option("--queue", help="Let it wait for a free slot of its pool, where there are pools.")]
WaitForSlot = Annotated[
    float,
    typer.Option("--wait-for-slot", min=0, metavar="SECONDS", help="Try again so long while too many attempts run."),
]
A_DAY = 86400.0

TASKS: tuple[Column[RestTask], ...] = (
    Column("id", lambda one: one.id),
    Column("task", lambda one: one.full_name),
    Column("state", lambda one: one.state),
    Column("started", lambda one: one.started_at, expendable=True),
    Column("updated", lambda one: one.updated_at, expendable=True),
    Column("error", lambda one: _message(one.error)),
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "start")(start)
    command(app, "run")(run)
    command(app, "attempt")(attempt)
    command(app, "wait")(wait)
    command(app, "kill")(kill)
    command(app, "tasks")(tasks)
    command(app, "timeline")(timeline)


def start(
    invocation: Invocation,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Project, or PROJECT.WORKFLOW.")],
    workflow: Annotated[str | None, typer.Argument(metavar="WORKFLOW", help="Name of the workflow.")] = None,
    *,
    session: Annotated[
        str,
        typer.Option(
            "--session",
            "--session-time",
            metavar="TIME",
            help="now, hourly, daily, schedule, next_schedule, a date, a local time, or a time with its zone.",
        ),
    ] = "now",
    name: Annotated[
        str | None,
        typer.Option("--retry", "--name", metavar="NAME", help="Tells this attempt from others of the session."),
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", "-r", metavar="NAME", help="Revision of the project; the latest.")
    ] = None,
    param: Params = [],  # noqa: B006  typer copies it
    params_file: ParamsFile = None,
    params: ParamsJson = None,
    queue: Queue = False,
    wait_for_slot: WaitForSlot = 0.0,
    wait: Wait = False,
    timeout: Timeout = A_DAY,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-d", help="Only tell what would be started.")] = False,
) -> None:
    """Starts a workflow for a session time.

    Example: `twf start shop nightly --session 2025-01-01 -p country=DE --wait`
    """
    named = words.project_and_workflow(project, workflow)
    given = words.params(param, params_file, params)
    client = invocation.client
    if dry_run:
        found = client.workflows.find(*named, revision=revision)
        invocation.output.record(
            {"project": found.project.name, "workflow": found.name, "revision": found.revision, "params": given}
        )
        return
    started = client.attempts.start(
        *named,
        session_time=words.session_time(session),
        params=given,
        retry_attempt_name=name,
        revision=revision,
        allow_queueing=True if queue else None,
        wait_for_slot=wait_for_slot,
    )
    show_started(invocation, started, timeout if wait else None)


def run(
    invocation: Invocation,
    workflow: Annotated[str, typer.Argument(metavar="PROJECT.WORKFLOW", help="Split at the last dot.")],
    second: Annotated[str | None, typer.Argument(metavar="[WORKFLOW]", hidden=True)] = None,
    *,
    session: Annotated[
        str, typer.Option("--session-time", "--session", metavar="TIME", help="As for `twf start`.")
    ] = "now",
    param: Params = [],  # noqa: B006  typer copies it
    params_file: ParamsFile = None,
    params: ParamsJson = None,
    wait: Wait = False,
    timeout: Timeout = A_DAY,
) -> None:
    """Starts a workflow, as `tdx wf run` does: `start` with project and workflow in one word.

    Example: `twf run shop.nightly --session-time 2025-01-03T00:00:00Z`
    """
    start(
        invocation,
        workflow,
        second,
        session=session,
        param=param,
        params_file=params_file,
        params=params,
        wait=wait,
        timeout=timeout,
    )


def attempt(invocation: Invocation, id: AttemptWord) -> None:
    """Shows one attempt. `twf attempt ID tasks`, `logs`, `retry` and `kill` are `twf tasks ID` and so on.

    Example: `twf attempt session:1`
    """
    show(invocation, invocation.client.attempts.get(words.attempt_id(invocation.client, id)))


def wait(invocation: Invocation, id: AttemptWord, *, timeout: Timeout = A_DAY) -> None:
    """Waits for an attempt's end: 0 when it succeeds, 1 when it fails, 8 when time is up.

    Example: `twf wait 1 --timeout 3600`
    """
    wait_for(invocation, words.attempt_id(invocation.client, id), timeout)


def kill(
    invocation: Invocation,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of attempts, or session:ID.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until they have ended.")] = False,
    timeout: Timeout = A_DAY,
    reason: Annotated[str | None, typer.Option("--reason", hidden=True)] = None,
) -> None:
    """Asks attempts to end. Tasks at work are told to stop; an attempt ends when they have.

    Example: `twf kill 2`
    """
    from treasure_workflow import StatusError

    if reason is not None:
        invocation.output.tell("the service keeps no reason for a kill: --reason is left out")
    client = invocation.client
    asked: list[int] = []
    refused: list[StatusError] = []
    for number in [words.attempt_id(client, word) for word in ids]:
        try:
            client.attempts.kill(number)
            asked.append(number)
        except StatusError as error:  # one that has ended already keeps none of the others at work
            refused.append(error)
    killed = [_ended(invocation, one, timeout) if wait else client.attempts.get(one) for one in asked]
    if len(killed) == 1:
        show(invocation, killed[0])
    elif killed:
        invocation.output.rows(killed, ATTEMPTS)
    for further in refused[1:]:
        invocation.output.tell(words.as_typed(str(further)))
    if refused:
        raise refused[0]


def tasks(
    invocation: Invocation,
    id: AttemptWord,
    *,
    include_subtasks: Annotated[bool, typer.Option("--include-subtasks", hidden=True)] = False,
) -> None:
    """Lists an attempt's tasks, parents before their children.

    Example: `twf tasks 1`
    """
    del include_subtasks  # they are always listed
    client = invocation.client
    invocation.output.rows(client.attempts.tasks(words.attempt_id(client, id)), TASKS, empty="no tasks yet")


def timeline(
    invocation: Invocation,
    workflow: Annotated[
        str | None, typer.Argument(metavar="[PROJECT.WORKFLOW]", help="Its newest attempt is shown.")
    ] = None,
    *,
    attempt_id: Annotated[str | None, typer.Option("--attempt-id", metavar="ID", help="This attempt.")] = None,
    session_id: Annotated[str | None, typer.Option("--session-id", metavar="ID", help="A session's last.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Draw it anew until the attempt ends.")] = False,
) -> None:
    """Draws an attempt's tasks over time: what waited, what ran, and for how long.

    Example: `twf timeline --attempt-id 1`
    """
    from treasure_workflow.cli.commands import gantt

    named = [one for one in (workflow, attempt_id, session_id and f"session:{session_id}") if one]
    if len(named) != 1:
        raise UsageError("give one of PROJECT.WORKFLOW, --attempt-id and --session-id")
    client = invocation.client
    if workflow is not None and not workflow.isdigit():
        project, name = words.project_and_workflow(workflow, None)
        newest = client.attempts.list(project=project, workflow=name, limit=1).first()
        if newest is None:
            raise UsageError(f"{workflow} has no attempt yet")
        number = int(newest.id)
    else:
        number = words.attempt_id(client, named[0])
    if not invocation.output.is_for_people:
        found = client.attempts.get(number)
        invocation.output.record(plain(found) | {"tasks": [plain(task) for task in client.attempts.tasks(number)]})
        return
    gantt.show(invocation, number, follow=follow)


def wait_for(invocation: Invocation, attempt: RestSessionAttempt | int, timeout: float) -> None:
    """Waits for an attempt, shows it as it was last seen, and raises what `attempts.wait` raises."""
    from treasure_workflow import AttemptFailed, WaitTimeout

    try:
        ended = invocation.client.attempts.wait(attempt, timeout=timeout, on_progress=_progress(invocation))
    except (AttemptFailed, WaitTimeout) as error:
        # Nothing was seen of it when the time was up before the first response.
        show(invocation, error.attempt or (invocation.client.attempts.get(attempt)))
        raise
    show(invocation, ended)


def show_started(invocation: Invocation, started: RestSessionAttempt, timeout: float | None) -> None:
    """Shows a new attempt; with seconds to wait at most, as it has ended."""
    if timeout is None:
        show(invocation, started)
    else:
        wait_for(invocation, started, timeout)


def show(invocation: Invocation, attempt: RestSessionAttempt) -> None:
    """Prints an attempt."""
    invocation.output.record(attempt, {column.header: column.value(attempt) for column in ATTEMPTS})


def _ended(invocation: Invocation, number: int, timeout: float) -> RestSessionAttempt:
    """The attempt once it has ended, however it ended."""
    from treasure_workflow import AttemptFailed

    try:
        return invocation.client.attempts.wait(number, timeout=timeout, on_progress=_progress(invocation))
    except AttemptFailed as error:
        return error.attempt


def _progress(invocation: Invocation) -> Callable[[RestSessionAttempt], object] | None:
    """A line on stderr whenever the status changes, for people."""
    if not (invocation.output.is_for_people and sys.stderr.isatty()):
        return None
    seen: list[str | None] = []

    def tell(attempt: RestSessionAttempt) -> None:
        status = status_of(attempt)
        if [status] != seen[-1:]:
            seen.append(status)
            invocation.output.tell(f"attempt {attempt.id}: {status}")

    return tell


def _message(error: Any) -> str | None:
    found: object = plain(error).get("message") if error else None
    return found if isinstance(found, str) else None
