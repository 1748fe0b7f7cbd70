"""The schedules of a folder's workflows, for those who want to know their times without a service."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from treasure_workflow_mock.dig.project import WorkflowSource, read_workflows
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.java.times import END_OF_TIME, zone
from treasure_workflow_mock.schedules.rules import ScheduleRule, ScheduleTime, check_options, parse_schedule


class FolderSchedule:
    """When a workflow's sessions are, and when they run, as the engine reckons it.

    Times are pairs of a session time, with the offset that the workflow's zone has then, and the time in UTC at which
    that session runs.
    """

    __module__ = "treasure_workflow_mock"

    def __init__(self, rule: ScheduleRule, timezone: str) -> None:
        self._rule = rule
        self._zone = zone(timezone)

    def first(self, at: datetime) -> tuple[datetime, datetime] | None:
        """The first session that runs at a time, which has a zone, or after it. None when the schedule is over."""
        return self._times(self._rule.first(at.timestamp()))

    def next(self, after: datetime) -> tuple[datetime, datetime] | None:
        """The first session after a session time, which has a zone. None when the schedule is over."""
        return self._times(self._rule.next(after.timestamp()))

    def _times(self, found: ScheduleTime) -> tuple[datetime, datetime] | None:
        if found.time >= END_OF_TIME:
            return None
        return datetime.fromtimestamp(found.time, self._zone), datetime.fromtimestamp(found.run_time, UTC)


def schedule_rules(folder: str | os.PathLike[str]) -> dict[str, FolderSchedule]:
    """The schedules of the workflows in a folder, by the workflows' names; empty when an upload would be refused.

    Args:
        folder: The folder that holds the `.dig` files.

    Returns:
        For each workflow with a schedule what tells its times. It suits `client.projects.plan(schedule_rules=…)`.

    Raises:
        NotADirectoryError: There is no such folder.

    Example:
        >>> schedule_rules("shop")["nightly"].first(datetime.now(UTC))
    """
    root = Path(folder)
    if not root.is_dir():
        raise NotADirectoryError(f"no directory: {folder}")
    try:
        workflows = read_workflows(_Files(root), flavour="hosted")
        return {one.name: _schedule_of(one) for one in workflows if "schedule" in one.config}
    except InvalidDefinition:
        return {}


def _schedule_of(workflow: WorkflowSource) -> FolderSchedule:
    config = workflow.config["schedule"]
    rule = parse_schedule(config, workflow.timezone)
    check_options(config)
    return FolderSchedule(rule, workflow.timezone)


class _Files(Mapping[str, bytes]):
    """The files of a folder by their paths, each read when it is asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}

    def __getitem__(self, path: str) -> bytes:
        return self._paths[path].read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
