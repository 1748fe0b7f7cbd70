"""What is told of schedules before they change, and the file that remembers which ones were enabled."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from treasure_workflow._logic.yaml_files import read_mapping

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestSchedule, RestScheduleSummary

_FORMAT = "treasure-workflow paused schedules"
ENDED = datetime(9999, 1, 1, tzinfo=UTC)
"""The session time, in whatever zone, that the service gives when a schedule has ended."""


class ScheduledSession(NamedTuple):
    """A session that a schedule has ahead of it."""

    session_time: datetime
    """With the offset that the workflow's zone has then."""
    run_time: datetime
    """When it runs, in UTC."""

    def __str__(self) -> str:
        return f"{self.session_time.isoformat()} (runs {self.run_time.isoformat()})"


@dataclass(frozen=True)
class ScheduleChange:
    """What a change of a schedule would do. `str()` of it shows all of it."""

    schedule: RestSchedule
    """The schedule as it is."""
    after: RestScheduleSummary | None
    """The schedule as it would be; None where the service does not tell before."""
    effect: str
    """What would become of `sessions`, such as `would be left out`."""
    sessions: tuple[ScheduledSession, ...]
    """The sessions that the change is about, earliest first."""
    more: bool = False
    """Whether there are more of them than are listed."""

    def __str__(self) -> str:
        schedule = self.schedule
        lines = [f"schedule {schedule.id} of {schedule.project.name} {schedule.workflow.name}"]
        lines.append(f"{self.effect}:" if self.sessions else f"{self.effect}: none")
        lines += [f"  {session}" for session in self.sessions]
        lines += ["  and more"] if self.more else []
        if self.after is not None:
            lines.append(f"next then: {ScheduledSession(self.after.next_schedule_time, self.after.next_run_time)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class PausedSchedule:
    """A schedule that was enabled before it was paused."""

    id: str
    project: str
    workflow: str


def write_paused(path: str | os.PathLike[str], service: str, schedules: Sequence[PausedSchedule]) -> None:
    """Writes down which schedules were enabled, in a file that is not there yet.

    Raises:
        FileExistsError: The file is there: it may remember an earlier pause.
        OSError: It cannot be written.
    """
    with open(path, "x", encoding="utf-8") as file:
        file.write(_text(service, schedules))


def keep_paused(path: str | os.PathLike[str], service: str, left: Sequence[PausedSchedule]) -> None:
    """Leaves only these schedules in the file; without any the file goes.

    Raises:
        OSError: It cannot be written or removed.
    """
    if not left:
        os.unlink(path)
        return
    beside = Path(path).with_name(f".{Path(path).name}.{uuid4().hex}")
    try:
        beside.write_text(_text(service, left), "utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _text(service: str, schedules: Sequence[PausedSchedule]) -> str:
    content = {
        "format": _FORMAT,
        "version": 1,
        "service": service,
        "paused_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "schedules": [asdict(schedule) for schedule in schedules],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_paused(path: str | os.PathLike[str], service: str) -> list[PausedSchedule]:
    """The schedules that a file remembers.

    Raises:
        ValueError: It is no such file, or it is about another service.
    """
    content = read_mapping(path, "the file of paused schedules", as_json=True)
    name = os.fspath(path)
    if content.get("format") != _FORMAT or content.get("version") != 1:
        raise ValueError(f"{name} is not written by pause_all: give the file that it wrote")
    if content.get("service") != service:
        raise ValueError(
            f"{name} is about the schedules at {content.get('service')}, and this client's service is {service}: "
            "use a client of that region"
        )
    try:
        return [
            PausedSchedule(**{key: str(row[key]) for key in ("id", "project", "workflow")})
            for row in content["schedules"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name} is damaged: each schedule needs an id, a project and a workflow") from error
