"""All that one API key owns."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.model.clock import Clock
from treasure_workflow_mock.model.records import (
    Attempt,
    Pool,
    PoolRule,
    Project,
    Schedule,
    Session,
    Workflow,
)
from treasure_workflow_mock.model.settings import default_settings


class Account:
    """All that one API key owns. No account sees another one."""

    __module__ = "treasure_workflow_mock"

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
        self.contents = object()  # another one whenever all that the account has is replaced
        self.projects: dict[int, Project] = {}
        self.workflows: dict[int, Workflow] = {}
        self.schedules: dict[int, Schedule] = {}
        self.sessions: dict[int, Session] = {}
        self.attempts: dict[int, Attempt] = {}
        self.session_ids: dict[tuple[int, str, int], int] = {}  # by project id, workflow name and session time
        self.unfinished: dict[int, Attempt] = {}  # attempts that are not done, by id
        self.settled_at = self.clock.now()  # up to when all that was due has happened
        self.events: Any = None  # the engine's own queue of what is due when, opaque to everyone else
        self.slots: Any = None  # the engine's own list of tasks that run and wait, opaque to everyone else
        self.scripts: dict[str, Json] = {}  # outcomes of outside operators, by the full name of the task
        self.session_texts: dict[int, tuple[object, str]] = {}  # how responses show finished sessions, by session id
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
