"""What a push would change: files, workflows and schedules of a folder against the project's current revision."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from treasure_workflow._logic.yaml_files import yaml_package

if TYPE_CHECKING:
    from treasure_workflow._logic.schedule_rules import ScheduleRule, ScheduleRules
    from treasure_workflow._results import PushedProject
    from treasure_workflow_api.models import RestProject

ChangeKind = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class Changes:
    """Names that are new, that stay with other contents, and that go."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def lines(self) -> list[str]:
        """One line for each name, sorted by name."""
        marks = [("+", self.added), ("~", self.changed), ("-", self.removed)]
        return [f"{mark} {name}" for name, mark in sorted((name, mark) for mark, names in marks for name in names)]


@dataclass(frozen=True)
class SchedulePlan:
    """What becomes of one workflow's schedule."""

    workflow: str
    before: Mapping[str, Any] | None
    """Definition and time zone in the current revision, None where there is no schedule."""
    after: Mapping[str, Any] | None
    """Definition and time zone in the folder, None where there is no schedule."""
    change: Literal["added", "changed", "removed", "same"]
    disabled: bool = False
    """Whether the schedule is switched off; it stays so."""
    cleared: bool = False
    """Whether the schedule forgets what it has run and begins anew, as `clear_schedules` asks."""
    next_session_before: datetime | None = None
    next_run_before: datetime | None = None
    next_session_after: datetime | None = None
    """The next session time after the push; None where there is none, or where nobody tells it before the push."""
    next_run_after: datetime | None = None
    """When that session runs; None where there is none, or where nobody tells it before the push."""
    after_told_by: Literal["service", "rules"] | None = None
    """Who told the times after the push: the service, `schedule_rules`, or None for nobody. The service computes those
    of a schedule that is new or changed when it gets it."""

    def __str__(self) -> str:
        mark = {"added": "+", "changed": "~", "removed": "-", "same": " "}[self.change]
        times = f"next run {_shown(self.next_run_before)} -> {self._after()}"
        states = {
            "cleared": self.cleared,
            "disabled": self.disabled,
            "computed here": self.after_told_by == "rules",
        }
        notes = [word for word, holds in states.items() if holds]
        return f"{mark} {self.workflow}: {times}" + (f" ({', '.join(notes)})" if notes else "")

    def _after(self) -> str:
        if self.change != "removed" and self.after_told_by is None:
            return "told by the service when it is pushed"
        if self.next_run_after is None and self.next_session_after is not None:
            return f"session {_shown(self.next_session_after)}"
        return _shown(self.next_run_after)


@dataclass(frozen=True)
class ProjectPlan:
    """What a push would do. `str()` of it shows all of it, a line for each change."""

    project: str
    revision: str | None
    """The project's current revision, None where the project does not exist yet."""
    archive_md5: str
    """MD5 of the archive that would be sent, in base64."""
    archive_bytes: int
    unchanged: bool
    """Whether the current revision has these very contents: a push would send nothing unless forced."""
    files: Changes = field(default_factory=Changes)
    workflows: Changes = field(default_factory=Changes)
    schedules: tuple[SchedulePlan, ...] = ()
    """Schedules of the current revision and of the folder, by workflow."""
    warnings: tuple[str, ...] = ()

    def is_of(self, archive_md5: str, name: str, project: RestProject | None) -> bool:
        """Whether it tells of these contents, pushed to the project of this name as it is now."""
        now = None if project is None else project.revision
        return (self.archive_md5, self.project, self.revision) == (archive_md5, name, now)

    def __str__(self) -> str:
        state = "a new project" if self.revision is None else f"now at revision {self.revision}"
        lines = [f"project {self.project}: {state}, archive of {self.archive_bytes:,} bytes"]
        if self.unchanged:
            lines.append("unchanged: nothing would be sent")
        for title, changes in (("files", self.files), ("workflows", self.workflows)):
            if changes:
                lines += [f"{title}:", *(f"  {line}" for line in changes.lines())]
        if self.schedules:
            lines += ["schedules:", *(f"  {schedule}" for schedule in self.schedules)]
        return "\n".join([*lines, *(f"warning: {warning}" for warning in self.warnings)])


@dataclass(frozen=True)
class Promotion:
    """A revision brought to another project, or what bringing it there would do."""

    plan: ProjectPlan
    """What changes in the other project."""
    missing_secrets: tuple[str, ...]
    """Keys of secrets that the one project has and the other lacks, sorted."""
    project: PushedProject | None
    """The other project after the push; None for a dry run."""

    def __str__(self) -> str:
        missing = f"\nsecrets missing there: {', '.join(self.missing_secrets)}" if self.missing_secrets else ""
        return f"{self.plan}{missing}"


@dataclass(frozen=True)
class Contents:
    """The files of a project."""

    files: Mapping[str, str]
    """A digest of each file by its path."""
    schedules: Mapping[str, Mapping[str, Any] | None]
    """For each workflow its schedule with its time zone, None for a workflow without one."""
    rules: Mapping[str, ScheduleRule] = field(default_factory=dict[str, "ScheduleRule"])
    """For each schedule what tells its times, where somebody does."""
    problems: tuple[str, ...] = ()
    """Workflows that no service would take, each with its file and line."""


def contents_of(folder: Path, schedule_rules: ScheduleRules | None = None) -> Contents:
    """What an unpacked archive holds.

    Args:
        folder: Where it was unpacked.
        schedule_rules: What tells the rules of its schedules.

    Raises:
        ConfigError: PyYAML is not installed, which reads the workflows' schedules.
    """
    files: dict[str, str] = {}
    for place, folders, names in os.walk(folder):
        for name in (*names, *(one for one in folders if Path(place, one).is_symlink())):
            path = Path(place, name)
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            mode = b"link" if path.is_symlink() else b"run" if os.access(path, os.X_OK) else b"file"
            files[path.relative_to(folder).as_posix()] = hashlib.sha256(mode + b" " + content).hexdigest()
    workflows = [name for name in files if "/" not in name and name.endswith(".dig")]
    schedules: dict[str, Mapping[str, Any] | None] = {}
    problems: list[str] = []
    for name in sorted(workflows):
        definition, problem = _definition_in(folder / name)
        schedules[name.removesuffix(".dig")] = _schedule_of(definition)
        problems += [f"{name}{problem}"] if problem else []
    return Contents(files, schedules, {} if schedule_rules is None else schedule_rules(folder), tuple(problems))


def _definition_in(workflow: Path) -> tuple[Mapping[str, Any], str]:
    """What a workflow's file holds, as text; and, where it is nothing that a service takes, why and in which line."""
    yaml = yaml_package("a plan, which compares schedules,")
    text = ""
    try:
        text = workflow.read_bytes().decode("utf-8-sig", errors="replace")
        definition: Any = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        if "\t" in "".join(text.splitlines()[line : line + 1]).lstrip():
            return {}, ""  # the service takes a tab behind a text for a blank
        return {}, f", line {line + 1}: no YAML: {error.problem}"
    except yaml.YAMLError as error:
        return {}, f": no YAML: {str(error).splitlines()[0]}"
    except (OSError, RecursionError):
        return {}, ""  # whatever is wrong, the service tells it
    if not isinstance(definition, dict):
        got = "nothing" if definition is None else "a list" if isinstance(definition, list) else "a text"
        return {}, f", line 1: expected keys such as `+task:`, got {got}"
    return cast("dict[str, Any]", definition), ""


def _schedule_of(definition: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schedule in a definition, with its time zone; None where there is none."""
    schedule = definition.get("schedule")
    if not isinstance(schedule, dict):
        return None
    return {"timezone": definition.get("timezone", "UTC"), **cast("dict[str, Any]", schedule)}


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Which names come, change and go."""
    return Changes(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
        tuple(sorted(before.keys() - after.keys())),
    )


def workflow_changes(files: Changes, before: Contents, after: Contents) -> Changes:
    """Which workflows appear, change and vanish. One has changed with its own file."""
    changed = tuple(name.removesuffix(".dig") for name in files.changed if name.removesuffix(".dig") in after.schedules)
    return Changes(
        tuple(sorted(after.schedules.keys() - before.schedules.keys())),
        tuple(name for name in changed if name in before.schedules),
        tuple(sorted(before.schedules.keys() - after.schedules.keys())),
    )


def schedule_changes(before: Contents, after: Contents, cleared: Iterable[str] | Literal["all"]) -> list[SchedulePlan]:
    """What becomes of each schedule, as far as the files tell."""
    plans: list[SchedulePlan] = []
    names = {name for side in (before, after) for name, schedule in side.schedules.items() if schedule is not None}
    for name in sorted(names):
        old, new = before.schedules.get(name), after.schedules.get(name)
        change: Literal["added", "changed", "removed", "same"] = (
            "added" if old is None else "removed" if new is None else "same" if old == new else "changed"
        )
        clears = old is not None and new is not None and (cleared == "all" or name in cleared)
        plans.append(SchedulePlan(name, old, new, change, cleared=clears))
    return plans


def warnings_of(workflows: Iterable[str], plans: Iterable[SchedulePlan], cleared: Iterable[str]) -> tuple[str, ...]:
    """What somebody should know before the push."""
    workflows = set(workflows)
    warnings: list[str] = []
    if not workflows:
        warnings.append("there is no workflow: every schedule of the project ends")
    ending = [plan.workflow for plan in plans if plan.change == "removed"]
    if ending and workflows:
        warnings.append(f"schedules end: {', '.join(ending)}")
    warnings += [
        f"clear_schedules names {name}, which is no workflow there: the service will refuse the push"
        for name in cleared
        if name not in workflows
    ]
    return tuple(warnings)


def _shown(time: datetime | None) -> str:
    return "none" if time is None else time.isoformat()
