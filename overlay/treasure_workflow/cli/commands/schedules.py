"""`enable`, `disable`, `preview`, `reschedule`, `backfill`, `pause-all`, `resume-all`: what is done to schedules."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from treasure_workflow.cli.commands.attempts_after_failure import AtOnce, ProjectOption, show_report
from treasure_workflow.cli.commands.listings import SCHEDULES, OptionalWorkflow
from treasure_workflow.cli.commands.projects import DryRun, Yes
from treasure_workflow.cli.exit_codes import UsageError
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command
from treasure_workflow.cli.output import Column, plain

if TYPE_CHECKING:
    from treasure_workflow._logic.reports import Outcome
    from treasure_workflow._logic.schedules import PausedSchedule, ScheduledSession
    from treasure_workflow_api.models import RestSchedule, RestSessionAttempt

ScheduleWord = Annotated[
    str, typer.Argument(metavar="PROJECT|ID", help="The workflow's project, or the id of the schedule.")
]
_SESSIONS: tuple[Column[ScheduledSession], ...] = (
    Column("session time", lambda one: one.session_time),
    Column("run time", lambda one: one.run_time),
)
_BACKFILLED: tuple[Column[RestSessionAttempt], ...] = (
    Column("attempt", lambda one: one.id if one.id != "0" else None),
    Column("session time", lambda one: one.session_time),
    Column("name", lambda one: one.retry_attempt_name),
)
_PAUSED: tuple[Column[Outcome[PausedSchedule]], ...] = (
    Column("schedule", lambda one: one.subject.id),
    Column("project", lambda one: one.subject.project),
    Column("workflow", lambda one: one.subject.workflow),
    Column("state", lambda one: one.state),
    Column("error", lambda one: one.error),
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "enable")(enable)
    command(app, "disable")(disable)
    command(app, "preview")(preview)
    command(app, "reschedule", "skip")(reschedule)
    command(app, "backfill")(backfill)
    command(app, "pause-all")(pause_all)
    command(app, "resume-all")(resume_all)


def enable(
    invocation: Invocation,
    schedule: ScheduleWord,
    workflow: OptionalWorkflow = None,
    *,
    run_missed: Annotated[bool, typer.Option("--run-missed", help="Run the sessions that were missed.")] = False,
    skip_missed: Annotated[
        bool, typer.Option("--skip-missed", help="Leave out the sessions that were missed.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Switches a schedule on, or all schedules of a project. --dry-run tells which missed sessions would run.

    Example: `twf enable shop nightly`
    """
    if run_missed and skip_missed:
        raise UsageError("give one of --run-missed and --skip-missed")
    skip = True if skip_missed else False if run_missed else None
    client = invocation.client
    found = _schedules(invocation, schedule, workflow)
    if dry_run:
        _show_changes(invocation, [client.schedules.enable(one, skip_schedule=skip, dry_run=True) for one in found])
    else:
        _show(invocation, [client.schedules.enable(one, skip_schedule=skip) for one in found], workflow)


def disable(
    invocation: Invocation, schedule: ScheduleWord, workflow: OptionalWorkflow = None, *, dry_run: DryRun = False
) -> None:
    """Switches a schedule off, or all schedules of a project; it stays so over pushes.

    Example: `twf disable shop nightly`
    """
    client = invocation.client
    found = _schedules(invocation, schedule, workflow)
    if dry_run:
        _show_changes(invocation, [client.schedules.disable(one, dry_run=True) for one in found])
    else:
        _show(invocation, [client.schedules.disable(one) for one in found], workflow)


def preview(
    invocation: Invocation,
    schedule: ScheduleWord,
    workflow: OptionalWorkflow = None,
    *,
    count: Annotated[int, typer.Option("--count", "-n", metavar="N", min=1, max=100, help="How many sessions.")] = 5,
) -> None:
    """Shows the next sessions of a schedule, as the service computes them.

    Example: `twf preview shop nightly -n 5`
    """
    times = invocation.client.schedules.preview(_schedule(invocation, schedule, workflow), count=count)
    if invocation.output.form in ("json", "jsonl"):
        named: Any = [{"sessionTime": plain(one.session_time), "runTime": plain(one.run_time)} for one in times]
        invocation.output.rows(named, ())
    else:
        invocation.output.rows(times, _SESSIONS, empty="the schedule has no further session")


def reschedule(
    invocation: Invocation,
    schedule: ScheduleWord,
    workflow: OptionalWorkflow = None,
    *,
    skip: Annotated[int | None, typer.Option("--skip", "-s", metavar="N", min=1, help="Leave out so many.")] = None,
    skip_to: Annotated[
        str | None, typer.Option("--skip-to", "-t", metavar="TIME", help="Go on with the session at this time.")
    ] = None,
    run_at: Annotated[
        str | None, typer.Option("--run-at", "-a", metavar="TIME", help="Run the next session at this time.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Moves a schedule forward, over sessions that then do not run: --skip N, or --skip-to TIME.

    Example: `twf reschedule shop nightly --skip 1 --dry-run`
    """
    if (skip is None) == (skip_to is None):
        raise UsageError("say how far: one of --skip N and --skip-to TIME")
    found = _schedule(invocation, schedule, workflow)
    how: dict[str, Any] = {"count": skip} if skip is not None else {"next_time": skip_to}
    if run_at is not None:
        how["next_run_time"] = _moment(invocation, found, run_at, "--run-at")
    client = invocation.client
    if dry_run:
        _show_changes(invocation, [client.schedules.skip(found, **how, dry_run=True)])
    else:
        _show(invocation, [client.schedules.skip(found, **how)], "one")


def backfill(
    invocation: Invocation,
    schedule: ScheduleWord,
    workflow: OptionalWorkflow = None,
    *,
    begin: Annotated[
        str,
        typer.Option("--from", "-f", metavar="TIME", help="A date or local time in the workflow's zone, or a time."),
    ],
    count: Annotated[int | None, typer.Option("--count", metavar="N", min=1, help="So many; all until now.")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name of the new attempts.")] = None,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave out sessions that have attempts.")
    ] = False,
    advance: Annotated[bool, typer.Option("--advance", help="Move the schedule itself forward, too.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Starts the past sessions of a schedule anew, one after another.

    Example: `twf backfill shop nightly --from 2025-01-01 --count 3 --name again --dry-run`
    """
    found = _schedule(invocation, schedule, workflow)
    done = invocation.client.schedules.backfill(
        found,
        from_time=_moment(invocation, found, begin, "--from"),
        attempt_name=name,
        count=count,
        skip_existing=True if skip_existing else None,
        advance_schedule=True if advance else None,
        dry_run=dry_run,
    )
    if invocation.output.form in ("json", "jsonl"):
        invocation.output.record(done)
    else:
        invocation.output.rows(done.attempts, _BACKFILLED, empty="no sessions")


def pause_all(
    invocation: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Remembers which were enabled; must not be there yet.")],
    *,
    project: ProjectOption = None,
    at_once: AtOnce = 4,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Switches all schedules off and remembers which were on, in a file for `resume-all`.

    Example: `twf pause-all paused.json --project shop --dry-run`
    """
    pause = invocation.client.schedules.pause_all
    report = pause(file, project=project, dry_run=True)
    if not dry_run and len(report):
        invocation.confirm(f"Switch off {len(report)} schedules?", yes=yes)
        report = pause(file, project=project, concurrency=at_once)
    show_report(invocation, report, _PAUSED, empty="no schedule is on")


def resume_all(
    invocation: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `pause-all` has written.")],
    *,
    at_once: AtOnce = 4,
    dry_run: DryRun = False,
) -> None:
    """Switches on again what `pause-all` switched off.

    Example: `twf pause-all off.json --yes && twf resume-all off.json`
    """
    report = invocation.client.schedules.resume_all(file, dry_run=dry_run, concurrency=at_once)
    show_report(invocation, report, _PAUSED, empty="nothing is left to switch on")


def _schedule(invocation: Invocation, word: str, workflow: str | None) -> RestSchedule:
    """The one schedule that the words name."""
    found = _schedules(invocation, word, workflow)
    if len(found) != 1:
        names = ", ".join(one.workflow.name for one in found)
        raise UsageError(f"{word} has several schedules: say which workflow, one of {names}")
    return found[0]


def _schedules(invocation: Invocation, word: str, workflow: str | None) -> list[RestSchedule]:
    """The schedules that `ID`, `PROJECT` or `PROJECT WORKFLOW` names."""
    from treasure_workflow import NotFound

    schedules = invocation.client.schedules
    if workflow is not None:
        return [schedules.find(word, workflow)]
    if word.isascii() and word.isdigit():
        return [schedules.get(int(word))]
    found = list(schedules.list(project=word))
    if not found:
        problem = f"project {word!r} has no schedule"
        raise NotFound(404, problem, b"", "GET /api/projects/{id}/schedules")
    return found


def _moment(invocation: Invocation, schedule: RestSchedule, word: str, option: str) -> datetime:
    """A time; a date or a time without a zone is local in the workflow's zone."""
    try:
        day = date.fromisoformat(word)
        local = datetime(day.year, day.month, day.day)  # noqa: DTZ001  its zone comes next
    except ValueError:
        try:
            local = datetime.fromisoformat(word)
        except ValueError:
            expected = "a date or a local time in the workflow's zone, or a time with its zone"
            raise UsageError(f"{option}: expected {expected}, got {word!r}") from None
    if local.tzinfo is not None:
        return local
    zone = invocation.client.workflows.get(schedule.workflow.id).timezone
    return local.replace(tzinfo=ZoneInfo(zone))


def _show(invocation: Invocation, summaries: list[Any], workflow: str | None) -> None:
    """One schedule as an object, those of a project as rows."""
    if len(summaries) == 1 and (workflow is not None or invocation.output.is_for_people):
        (summary,) = summaries
        invocation.output.record(summary, {column.header: column.value(summary) for column in SCHEDULES})
    else:
        invocation.output.rows(summaries, SCHEDULES)


def _show_changes(invocation: Invocation, changes: list[Any]) -> None:
    if invocation.output.is_for_people:
        for change in changes:
            invocation.output.line(invocation.output.readable(str(change)))
        return
    shown: Any = [
        {
            "schedule": plain(one.schedule),
            "after": plain(one.after) if one.after is not None else None,
            "effect": one.effect,
            "sessions": [
                {"sessionTime": plain(session.session_time), "runTime": plain(session.run_time)}
                for session in one.sessions
            ],
            "more": one.more,
        }
        for one in changes
    ]
    if len(shown) == 1:
        invocation.output.record(shown[0])
    else:
        invocation.output.rows(shown, ())
