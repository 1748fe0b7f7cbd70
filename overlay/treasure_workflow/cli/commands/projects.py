"""`push`, `plan`, `pull`, `rollback`, `promote`, `delete`: what is done to a project as a whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from treasure_workflow.cli import words
from treasure_workflow.cli.exit_codes import ExitCode, UsageError
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command
from treasure_workflow.cli.output import plain

if TYPE_CHECKING:
    from treasure_workflow import ProjectPlan, Promotion, PushedProject
    from treasure_workflow._logic.schedule_rules import ScheduleRules

Project = Annotated[str, typer.Argument(metavar="PROJECT", help="Name or id of the project.")]
OptionalProject = Annotated[str | None, typer.Argument(metavar="[PROJECT]", help="Name or id of the project.")]
Folder = Annotated[Path, typer.Option("--project", metavar="DIR", help="Folder with the .dig files.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-d", help="Only tell what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", "--force", help="Do not ask.")]
Check = Annotated[bool, typer.Option("--check", help="Exit with 1 when something would change.")]
Revision = Annotated[str | None, typer.Option("--revision", "-r", metavar="NAME", help="Name of the revision.")]
ScheduleFrom = Annotated[
    str | None, typer.Option("--schedule-from", metavar="TIME", help="Schedules begin after this time.")
]
ClearSchedule = Annotated[
    list[str], typer.Option("--clear-schedule", metavar="WORKFLOW", help="Its schedule forgets what it has run; `all`.")
]
AllowNoWorkflows = Annotated[
    bool, typer.Option("--allow-no-workflows", help="Take a folder without workflows, which ends all schedules.")
]
Include = Annotated[
    list[str],
    typer.Option("--include", metavar="PATH", help="A dot file or folder to push, too; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "push")(push)
    command(app, "plan")(plan)
    command(app, "pull", "download")(pull)
    command(app, "rollback")(rollback)
    command(app, "promote", "clone")(promote)
    command(app, "delete")(delete)


def push(
    invocation: Invocation,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    *,
    folder: Folder = Path(),
    revision: Revision = None,
    include: Include = [],  # noqa: B006  typer copies it
    schedule_from: ScheduleFrom = None,
    clear_schedule: ClearSchedule = [],  # noqa: B006  typer copies it
    allow_no_workflows: AllowNoWorkflows = False,
    run_missed: Annotated[
        bool, typer.Option("--run-missed", help="Changed schedules run the sessions that they missed.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Push contents that are there already, too.")] = False,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accepted for users of tdx; a push never asks.")] = False,
) -> None:
    """Uploads a folder as a project's new revision. Contents that are there already are not sent again.

    Example: `twf push shop --project examples/nightly`
    """
    del yes
    client = invocation.client
    options = _push_options(invocation, include, schedule_from, clear_schedule)
    options["allow_no_workflows"] = allow_no_workflows
    options["skip_schedule"] = not run_missed
    if dry_run:
        planned = client.projects.plan(folder, project, schedule_rules=_schedule_rules(), **options)
        _show_plan(invocation, planned, check=False)
        return
    with _progress(invocation, f"pushing {project}") as on_progress:
        pushed = client.projects.push(
            folder,
            project,
            revision=revision,
            force=force,
            on_progress=on_progress,
            **options,
        )
    _show_pushed(invocation, pushed)


def plan(
    invocation: Invocation,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    *,
    folder: Folder = Path(),
    include: Include = [],  # noqa: B006  typer copies it
    schedule_from: ScheduleFrom = None,
    clear_schedule: ClearSchedule = [],  # noqa: B006  typer copies it
    allow_no_workflows: AllowNoWorkflows = False,
    check: Check = False,
) -> None:
    """Shows what a push would change: files, workflows, schedules and their next runs.

    Example: `twf plan shop --project examples/nightly --check`
    """
    options = _push_options(invocation, include, schedule_from, clear_schedule)
    options["allow_no_workflows"] = allow_no_workflows
    planned = invocation.client.projects.plan(folder, project, schedule_rules=_schedule_rules(), **options)
    _show_plan(invocation, planned, check=check)


def pull(
    invocation: Invocation,
    project: Project,
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder to write to, empty or new; the project's name.")
    ] = None,
    *,
    target: Annotated[Path | None, typer.Option("-o", metavar="DIR", help="The same, as `digdag download`.")] = None,
    revision: Revision = None,
    dry_run: DryRun = False,
) -> None:
    """Unpacks a project into a folder that is empty or not there yet.

    Example: `twf pull shop pulled --revision v1`
    """
    client = invocation.client
    if directory is not None and target is not None:
        raise UsageError(f"give the folder once, got {directory} and {target}")
    folder = directory or target or Path(client.projects.get(_key(project)).name)
    if dry_run:
        found = client.projects.get(_key(project))
        invocation.output.record({"project": found.name, "revision": revision or found.revision, "folder": str(folder)})
        return
    with _progress(invocation, f"pulling {project}"):
        files = client.projects.pull(_key(project), folder, revision=revision)
    invocation.output.record(
        {"folder": str(folder), "files": list(files)}, {"folder": folder, "files": f"{len(files)} files"}
    )


def rollback(
    invocation: Invocation,
    project: Project,
    *,
    to: Annotated[str, typer.Option("--to", metavar="REVISION", help="The revision whose contents come back.")],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Makes the contents of an older revision the latest again, as a new revision.

    Example: `twf rollback shop --to v1 --yes`
    """
    client = invocation.client
    if dry_run:
        planned = client.projects.rollback(_key(project), to, dry_run=True, schedule_rules=_schedule_rules())
        _show_plan(invocation, planned, check=False)
        return
    invocation.confirm(f"Make {to} the current contents of {project}?", yes=yes)
    _show_pushed(invocation, client.projects.rollback(_key(project), to))


def promote(
    invocation: Invocation,
    project: Project,
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The project's name there; the same when left out.")
    ] = None,
    to_profile: Annotated[
        str | None, typer.Option("--to-profile", metavar="NAME", help="Profile of the other account or region.")
    ] = None,
    revision: Revision = None,
    new_revision: Annotated[
        str | None, typer.Option("--new-revision", metavar="NAME", help="Its name there; the same when left out.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Brings a revision to another project, byte for byte: from test to production, to another region.

    Example: `twf promote shop --name shop_production --yes`
    """
    if name is None and to_profile is None:
        raise UsageError("give --to-profile, --name, or both: a project cannot be promoted to itself")
    client = invocation.client
    other = invocation.client_of(to_profile) if to_profile is not None else None
    planned = client.projects.promote(
        _key(project), name, to=other, revision=revision, dry_run=True, schedule_rules=_schedule_rules()
    )
    if dry_run:
        _show_promotion(invocation, planned)
        return
    output = invocation.output
    if output.is_for_people:
        (output.tell if not yes else output.line)(output.readable(str(planned)))
    where = " ".join(part for part in (name or project, f"of {to_profile}" if to_profile else "") if part)
    invocation.confirm(f"Push this to {where}?", yes=yes)
    done = client.projects.promote(
        _key(project), name, to=other, revision=revision, new_revision=new_revision, planned=planned
    )
    if output.is_for_people and done.project is not None:
        _show_pushed(invocation, done.project)
    else:
        _show_promotion(invocation, done)


def delete(invocation: Invocation, project: Project, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Deletes a project and its schedules; its sessions and logs stay readable.

    Example: `twf delete shop --yes`
    """
    client = invocation.client
    found = client.projects.get(_key(project))
    if not dry_run:
        invocation.confirm(f"Delete the project {found.name} (id {found.id}) and its schedules?", yes=yes)
        client.projects.delete(found)
    shown = {"id": found.id, "name": found.name, "deleted": not dry_run}
    invocation.output.record(shown)


def _push_options(
    invocation: Invocation, include: list[str], schedule_from: str | None, clear_schedule: list[str]
) -> dict[str, Any]:
    """What a push and its plan are told alike."""
    cleared = "all" if clear_schedule == ["all"] else clear_schedule
    options: dict[str, Any] = {"include": include, "clear_schedules": cleared}
    if schedule_from is not None:
        options["schedule_from"] = words.instant(schedule_from, "--schedule-from", invocation.output.zone)
    return options


def _schedule_rules() -> ScheduleRules | None:
    """What knows the rules of schedules in a folder: the mock, where the extra `mock` is installed."""
    try:
        from treasure_workflow_mock import schedule_rules
    except ImportError:
        return None
    return schedule_rules


def _key(word: str) -> int | str:
    return int(word) if word.isascii() and word.isdigit() else word


def _show_pushed(invocation: Invocation, pushed: PushedProject) -> None:
    shown = plain(pushed) | {"unchanged": pushed.unchanged}
    people = {"project": f"{pushed.name} (id {pushed.id})", "revision": pushed.revision}
    if pushed.unchanged:
        people["unchanged"] = "these contents are the current revision already"
    invocation.output.record(shown, people)


def _show_promotion(invocation: Invocation, promotion: Promotion) -> None:
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(str(promotion)))
        return
    project = promotion.project
    pushed = None if project is None else plain(project) | {"unchanged": project.unchanged}
    shown = {"plan": plan_as_json(promotion.plan), "missingSecrets": promotion.missing_secrets, "project": pushed}
    invocation.output.record(shown)


def _show_plan(invocation: Invocation, plan: ProjectPlan, *, check: bool) -> None:
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(str(plan)))
    else:
        invocation.output.record(plan_as_json(plan))
    if check and (plan.files or plan.workflows or any(one.change != "same" for one in plan.schedules)):
        raise typer.Exit(ExitCode.FAILED)


def plan_as_json(plan: ProjectPlan) -> dict[str, Any]:
    """A plan for programs: schedules that stay as they are do not stand in it."""

    def names(changes: Any) -> dict[str, Any]:
        return {"added": changes.added, "changed": changes.changed, "removed": changes.removed}

    return {
        "project": plan.project,
        "revision": plan.revision,
        "unchanged": plan.unchanged,
        "archiveMd5": plan.archive_md5,
        "files": names(plan.files),
        "workflows": names(plan.workflows),
        "schedules": [
            {
                "workflow": one.workflow,
                "change": one.change,
                "before": one.before,
                "after": one.after,
                "disabled": one.disabled,
                "cleared": one.cleared,
                "nextSessionBefore": one.next_session_before,
                "nextRunBefore": one.next_run_before,
                "nextSessionAfter": one.next_session_after,
                "nextRunAfter": one.next_run_after,
                "afterToldBy": one.after_told_by,
            }
            for one in plan.schedules
            if one.change != "same" or one.cleared
        ],
        "warnings": plan.warnings,
    }


@contextmanager
def _progress(invocation: Invocation, what: str) -> Generator[Callable[[int, int], object] | None]:
    """A bar on a terminal while bytes are on their way; nothing elsewhere."""
    if not (invocation.output.is_for_people and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda sent, total: progress.update(task, completed=sent, total=total)
