"""What an account holds: projects, workflows, schedules, sessions, attempts, tasks, pools. Plain records.

Nothing here decides anything: handlers and engine change these records, and only they do.
Ids rise and are never reused. Times are seconds since the epoch, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from treasure_workflow_mock._types import JsonObject

TaskState = Literal[
    "blocked",
    "ready",
    "retry_waiting",
    "group_retry_waiting",
    "running",
    "planned",
    "group_error",
    "success",
    "error",
    "canceled",
]

# What attempts and tasks hold where there is nothing: one object for all of them, since they are many. The objects in
# their fields are replaced, never changed in place.
NOTHING: JsonObject = {}


def _nothing() -> JsonObject:
    return NOTHING


@dataclass(slots=True)
class Workflow:
    """One workflow definition: a root `.dig` file of one revision."""

    id: int
    name: str
    project: Project
    revision: Revision
    timezone: str
    config: JsonObject
    definitions: Any = None  # the compiler's tasks, made once for all attempts, opaque to everyone else


@dataclass(slots=True)
class Revision:
    """One upload of a project. `files` are the archive's regular files by path, for `call>` at run time."""

    id: int
    name: str
    project: Project
    created_at: float
    archive: bytes
    archive_md5: str
    files: dict[str, bytes]
    workflows: list[Workflow] = field(default_factory=list)


@dataclass(slots=True)
class Project:
    """A project with all its revisions, oldest first."""

    id: int
    name: str
    created_at: float
    deleted_at: float | None = None
    revisions: list[Revision] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Schedule:
    """When a workflow of a project runs next. `workflow` is the definition in the latest revision."""

    id: int
    project: Project
    workflow: Workflow
    next_run_time: float
    next_schedule_time: float
    created_at: float
    disabled_at: float | None = None
    last_session_time: float | None = None


@dataclass(slots=True)
class Session:
    """One workflow at one session time (whole seconds), with its attempts, oldest first."""

    id: int
    project: Project
    workflow_name: str
    time: int
    uuid: str
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(slots=True)
class Attempt:
    """One run of a session. It has no tasks while it waits (for an earlier session, or for a pool)."""

    id: int
    index: int
    session: Session
    workflow: Workflow
    retry_attempt_name: str | None
    params: JsonObject
    created_at: float
    finished_at: float | None = None
    cancel_requested: bool = False
    done: bool = False
    success: bool = False
    tasks: list[Task] = field(default_factory=list)
    logs: list[LogFile] = field(default_factory=list)
    waits_for: Session | None = None
    pool_id: int | None = None
    queued: bool = False  # waits for its pool to have room
    sla_at: float | None = None  # when its `sla:` takes hold, unless it has done so
    held_for: int = 0  # how many requests still find it not begun, by the setting `progress`
    carried: dict[str, Task] = field(default_factory=dict)  # successes of a resumed attempt, by full name
    engine: Any = None  # the engine's own bookkeeping for a running attempt, opaque to everyone else


@dataclass(slots=True)
class Poll:
    """How often a waiting task looks whether it can go on (in seconds), and before when looking is of no use."""

    interval: float
    ready_at: float


@dataclass(slots=True)
class Task:
    """One task of an attempt, as the service shows it."""

    id: int
    full_name: str
    parent: Task | None
    config: JsonObject
    is_group: bool
    upstreams: list[Task] = field(default_factory=list)
    state: TaskState = "blocked"
    cancel_requested: bool = False
    export_params: JsonObject = field(default_factory=_nothing)
    store_params: JsonObject = field(default_factory=_nothing)
    state_params: JsonObject = field(default_factory=_nothing)
    error: JsonObject = field(default_factory=_nothing)
    updated_at: float = 0.0
    retry_at: float | None = None
    started_at: float | None = None
    initial: bool = False  # made with the attempt or for a `^sub`, not for a retry, an error or a check
    failing: TaskState | None = None  # the final state, while its error tasks still run
    poll: Poll | None = None  # what it waits for in `retry_waiting`
    retries: int = 0  # how often it was put off or tried again


@dataclass(slots=True)
class LogFile:
    """One gzip log file of one task."""

    name: str
    task_name: str
    time: float
    agent_id: str
    data: bytes


@dataclass(slots=True)
class Pool:
    """A share of the account's running attempts, hosted only. The default pool has what the others leave."""

    id: int
    name: str
    concurrency_limit: int
    default: bool = False


@dataclass(slots=True)
class PoolRule:
    """Which attempts go to a pool: those that meet all conditions, kept as the service's JSON has them."""

    id: int
    pool_id: int
    priority: int
    conditions: list[JsonObject]
