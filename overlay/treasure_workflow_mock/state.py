"""What an account of the mock service holds: plain records, ids, limits and a clock.

Nothing here decides anything: handlers and engine change these records, and only they do.
Ids rise and are never reused. Times are seconds since the epoch, UTC.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from treasure_workflow_mock.faults import Fault

Json = Any  # a decoded JSON value: free-form by nature
JsonObject = dict[str, Json]
Flavour = Literal["hosted", "digdag"]
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


class ServiceError(Exception):
    """An answer other than success, as the service words it: `{"message": …, "status": …}`."""

    def __init__(self, status: int, message: str | None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


class AttemptConflict(Exception):
    """An attempt of this session and name exists already. `attempt` is the one that the service shows for it."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.id)
        self.attempt = attempt


class Clock:
    """The account's time: real until a test takes it over, then frozen until moved."""

    def __init__(self) -> None:
        self._frozen: float | None = None

    @property
    def frozen(self) -> bool:
        """Whether a test has taken the clock over."""
        return self._frozen is not None

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() if self._frozen is None else self._frozen

    def freeze(self, now: float) -> None:
        """Stops the clock at `now`, in seconds since the epoch."""
        self._frozen = now

    def advance(self, seconds: float) -> None:
        """Freezes the clock `seconds` after what it shows."""
        self._frozen = self.now() + seconds

    def run(self) -> None:
        """Lets the clock show real time again."""
        self._frozen = None

    @contextmanager
    def at(self, now: float) -> Iterator[None]:
        """Has the clock show `now`, in seconds since the epoch, for a while."""
        before, self._frozen = self._frozen, now
        try:
            yield
        finally:
            self._frozen = before


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


# The service's own property names; the values are its defaults, times in seconds. Two are ours: `progress`, how often
# the account is asked for something before a new attempt begins, and how many attempts may wait in a pool (hosted
# only), for which the service has a limit, but no published name or number.
DEFAULT_SETTINGS: JsonObject = {
    "progress": 0,
    "executor.attempt_max_run": 100,
    "executor.task_max_run": 1000,
    "pool.max_waiting_attempts": 1000,
    "executor.attempt_ttl": 7 * 86400,
    "executor.task_ttl": 86400,
    "api.max_attempts_page_size": 100,
    "api.max_sessions_page_size": 100,
    "api.max_archive_total_size_limit": 2 * 1024 * 1024,
}
HOSTED_SETTINGS: JsonObject = {
    **DEFAULT_SETTINGS,
    "executor.attempt_max_run": 200,
    "api.max_archive_total_size_limit": 10 * 1024 * 1024,
}


def default_settings(flavour: Flavour) -> JsonObject:
    """A new account's settings."""
    return dict(HOSTED_SETTINGS if flavour == "hosted" else DEFAULT_SETTINGS)


class Account:
    """All that one API key owns. Each account is a world of its own."""

    def __init__(self, name: str, flavour: Flavour) -> None:
        self.name = name
        self.flavour: Flavour = flavour
        self.first_flavour: Flavour = flavour
        self.clock = Clock()
        self.settings: JsonObject = default_settings(flavour)
        self.ids: dict[str, int] = {}  # the last id of each kind
        self.reset()

    def reset(self) -> None:
        """Empties the account. Its settings stay, ids go on rising, the clock shows real time."""
        self.clock.run()
        self.projects: dict[int, Project] = {}
        self.workflows: dict[int, Workflow] = {}
        self.schedules: dict[int, Schedule] = {}
        self.sessions: dict[int, Session] = {}
        self.attempts: dict[int, Attempt] = {}
        self.session_ids: dict[tuple[int, str, int], int] = {}  # by project id, workflow name and session time
        self.unfinished: dict[int, Attempt] = {}  # attempts that are not done, by id
        self.settled_at = self.clock.now()  # up to when all that was due has happened
        self.agenda: Any = None  # the engine's own list of what is due when, opaque to everyone else
        self.scripts: dict[str, JsonObject] = {}  # outcomes of outside operators, by task name
        self.faults: list[Fault] = []  # what goes wrong with which calls, see `faults`
        self.session_texts: dict[int, tuple[object, str]] = {}  # how answers show finished sessions, by session id
        self.pools: dict[int, Pool] = {}
        self.pool_rules: dict[int, PoolRule] = {}

    def next_id(self, kind: str) -> int:
        """A new id of its kind (`project`, `revision`, `workflow`, `schedule`, `session`, `attempt`, `task` …)."""
        self.ids[kind] = self.ids.get(kind, 0) + 1
        return self.ids[kind]

    def live_projects(self) -> Iterator[Project]:
        """Projects that are not deleted, by rising id."""
        return (project for project in self.projects.values() if project.deleted_at is None)

    def running_attempts(self) -> int:
        """How many attempts are not done, waiting ones included."""
        return len(self.unfinished)

    @staticmethod
    def new_uuid() -> str:
        """A random session uuid."""
        return str(uuid.uuid4())
