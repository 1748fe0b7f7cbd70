"""`retry`, `diagnose`, `kill-all`, `retry-all`: what comes after a failure."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treasure_workflow.cli import words
from treasure_workflow.cli.commands.attempts import (
    A_DAY,
    AttemptWord,
    Params,
    ParamsFile,
    ParamsJson,
    Queue,
    Timeout,
    Wait,
    WaitForSlot,
    show_started,
)
from treasure_workflow.cli.commands.projects import DryRun, Yes
from treasure_workflow.cli.exit_codes import ExitCode, UsageError
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command
from treasure_workflow.cli.output import Column, plain

if TYPE_CHECKING:
    from treasure_workflow._logic.reports import Outcome, Report
    from treasure_workflow_api.models import RestSessionAttempt

ProjectOption = Annotated[str | None, typer.Option("--project", metavar="PROJECT", help="Only of this project.")]
WorkflowOption = Annotated[str | None, typer.Option("--workflow", metavar="NAME", help="Only of this workflow.")]
Status = Annotated[list[str], typer.Option("--status", metavar="STATUS", help="Only in this status; may be repeated.")]
Newer = Annotated[
    float | None, typer.Option("--newer-than", metavar="HOURS", min=0, help="Only those created in the last hours.")
]
Older = Annotated[float | None, typer.Option("--older-than", metavar="HOURS", min=0, help="Only those created before.")]
AtOnce = Annotated[int, typer.Option("--at-once", metavar="N", min=1, max=32, help="How many at the same time.")]

_OUTCOMES: tuple[Column[Outcome[RestSessionAttempt]], ...] = (
    Column("attempt", lambda one: one.subject.id),
    Column("project", lambda one: one.subject.project.name),
    Column("workflow", lambda one: one.subject.workflow.name),
    Column("session time", lambda one: one.subject.session_time),
    Column("state", lambda one: one.state),
    Column("new attempt", lambda one: getattr(one.result, "id", None), expendable=True),
    Column("error", lambda one: one.error),
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "retry")(retry)
    command(app, "diagnose")(diagnose)
    command(app, "kill-all")(kill_all)
    command(app, "retry-all")(retry_all)


def retry(
    invocation: Invocation,
    id: AttemptWord,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Run what did not succeed, take over the rest.")] = False,
    resume_from: Annotated[
        str | None,
        typer.Option("--resume-from", "--from-task", metavar="TASK", help="Run this task and what comes after it."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Run everything again.")] = False,
    latest_revision: Annotated[
        bool, typer.Option("--latest-revision", help="Run the project's latest revision.")
    ] = False,
    keep_revision: Annotated[
        bool, typer.Option("--keep-revision", help="Run the revision that the attempt ran. So it is anyway.")
    ] = False,
    revision: Annotated[str | None, typer.Option("--revision", metavar="NAME", help="Run this revision.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the new attempt; made up when left out.")
    ] = None,
    param: Params = [],  # noqa: B006  typer copies it
    params_file: ParamsFile = None,
    params: ParamsJson = None,
    queue: Queue = False,
    wait_for_slot: WaitForSlot = 0.0,
    wait: Wait = False,
    timeout: Timeout = A_DAY,
    force: Annotated[bool, typer.Option("--force", hidden=True)] = False,
) -> None:
    """Runs an attempt's session again, as a new attempt: one of --resume, --resume-from TASK and --all.

    Example: `twf retry 1 --resume`
    """
    del force  # tdx asks without it; here the mode says all
    if sum((resume, resume_from is not None, everything)) != 1:
        raise UsageError("say what to run: one of --resume, --resume-from TASK and --all")
    if sum((latest_revision, keep_revision, revision is not None)) > 1:
        raise UsageError("give one of --latest-revision, --keep-revision and --revision")
    given = words.params(param, params_file, params)
    client = invocation.client
    again = client.attempts.retry(
        words.attempt_id(client, id),
        rerun="all" if everything else "failed",
        from_task=resume_from,
        revision=revision,
        latest_revision=latest_revision,
        params=given or None,
        name=name,
        allow_queueing=True if queue else None,
        wait_for_slot=wait_for_slot,
    )
    show_started(invocation, again, timeout if wait else None)


def diagnose(
    invocation: Invocation,
    attempt: Annotated[
        str, typer.Argument(metavar="ID|URL", help="An attempt, session:ID, or the address of its page in the console.")
    ],
) -> None:
    """Tells what became of an attempt: first cause, end of its log, what ran long, what never ran, what to do next.

    Example: `twf diagnose 1`
    """
    client = invocation.client
    named = attempt if "/" in attempt else words.attempt_id(client, attempt)
    found = client.attempts.diagnose(named)
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(words.as_typed(str(found))))
        return
    invocation.output.record(
        {
            "attempt": plain(found.attempt),
            "cause": plain(found.cause) if found.cause else None,
            "failed": [plain(task) for task in found.failed],
            "logTail": found.log_tail,
            "longest": [
                {"task": one.task.full_name, "seconds": one.duration.total_seconds(), "state": str(one.task.state)}
                for one in found.longest
            ],
            "skipped": [task.full_name for task in found.skipped],
            "unfinished": [task.full_name for task in found.unfinished],
            "nextStep": words.as_typed(found.next_step),
        }
    )


def kill_all(
    invocation: Invocation,
    *,
    project: ProjectOption = None,
    workflow: WorkflowOption = None,
    status: Status = ["running", "queued", "blocked"],  # noqa: B006  typer copies it
    newer_than: Newer = None,
    older_than: Older = None,
    at_once: AtOnce = 4,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Asks for the end of many attempts, after showing which.

    Example: `twf kill-all --project shop --older-than 3 --dry-run`
    """
    filters = _filters(project, workflow, status, newer_than, older_than)
    kill = functools.partial(invocation.client.attempts.kill_all, **filters)
    _after_a_look(invocation, kill, "Kill", at_once=at_once, dry_run=dry_run, yes=yes)


def retry_all(
    invocation: Invocation,
    *,
    project: ProjectOption = None,
    workflow: WorkflowOption = None,
    status: Status = ["error"],  # noqa: B006  typer copies it
    newer_than: Newer = None,
    older_than: Older = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Run everything again, not only what did not succeed.")
    ] = False,
    latest_revision: Annotated[
        bool, typer.Option("--latest-revision", help="Run the projects' latest revisions.")
    ] = False,
    at_once: AtOnce = 4,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Runs many sessions again whose newest attempt failed, after showing which.

    Example: `twf retry-all --project shop --newer-than 12 --dry-run`
    """
    filters = _filters(project, workflow, status, newer_than, older_than)
    filters |= {"rerun": "all" if everything else "failed", "latest_revision": latest_revision}
    again = functools.partial(invocation.client.attempts.retry_all, **filters)
    _after_a_look(invocation, again, "Run again", at_once=at_once, dry_run=dry_run, yes=yes)


def _filters(
    project: str | None, workflow: str | None, status: list[str], newer: float | None, older: float | None
) -> dict[str, Any]:
    return {
        "project": project,
        "workflow": workflow,
        "status": tuple(status),
        "since": None if newer is None else timedelta(hours=newer),
        "until": None if older is None else timedelta(hours=older),
    }


def _after_a_look(
    invocation: Invocation, do: Callable[..., Report[Any]], what: str, *, at_once: int, dry_run: bool, yes: bool
) -> None:
    """Does something to many attempts once it was shown to which, and shows what happened."""
    report = do(dry_run=True)
    if not dry_run and len(report):
        if not yes and invocation.output.is_for_people:
            invocation.output.rows(report, _OUTCOMES)
        invocation.confirm(f"{what} {len(report)} attempts?", yes=yes)
        report = do(dry_run=False, concurrency=at_once)
    show_report(invocation, report, empty="no such attempts")


def show_report(
    invocation: Invocation, report: Report[Any], columns: Sequence[Column[Any]] = _OUTCOMES, *, empty: str
) -> None:
    """Prints what happened to each of many things; the command fails when one of them did."""
    if invocation.output.form in ("json", "jsonl"):
        shown: Any = [
            {
                "subject": plain(one.subject),
                "state": one.state,
                "result": plain(one.result) if one.result else None,
                "error": str(one.error) if one.error else None,
            }
            for one in report
        ]
        invocation.output.rows(shown, ())
    else:
        invocation.output.rows(report, columns, empty=empty)
    if report.failed:
        raise typer.Exit(ExitCode.FAILED)
