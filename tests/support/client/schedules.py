"""Accounts with a schedule, whose time passes as a test lets it, and rules to draw from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.client.support import FrozenClock
from tests.support.mock.api import Api
from treasure_workflow import TreasureWorkflow
from treasure_workflow_mock import MockService

NAMES = {"project": "shop", "workflow": "a"}
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)

RULES = (
    "daily>: 03:00:00",
    "daily>: '30:00:00'",
    "daily>: '-3:00:00'",
    "hourly>: '15:00'",
    "hourly>: '90:00'",
    "weekly>: Mon,09:00:00",
    "monthly>: 15,09:00:00",
    "minutes_interval>: 30",
    "cron>: 0 9,17 * * 1-5",
    "cron>: 30 2 * * *",
)
ZONES = ("UTC", "Asia/Tokyo", "America/New_York")


class ClientClock(FrozenClock):
    """A clock that shows an account's time."""

    def __init__(self, account: Any) -> None:
        super().__init__()
        self._account = account

    def utcnow(self) -> datetime:
        return datetime.fromtimestamp(self._account.clock.now(), UTC)


class World:
    """An account of its own with a project whose workflow `a` has a schedule, at a time of one's choice."""

    def __init__(self, service: MockService, start: datetime, definition: str, folder: Path) -> None:
        key = Api(service.base_url).key
        self.account = service.account(key)
        self.account.clock.freeze(start)
        self.account.settings["executor.attempt_max_run"] = 1000
        self.client = TreasureWorkflow(key, base_url=service.base_url, clock=ClientClock(self.account))
        folder.joinpath("a.dig").write_text(definition)
        self.client.projects.push(folder, "shop")

    @property
    def schedules(self) -> Any:
        """The client's schedules."""
        return self.client.schedules

    def run_until(self, time: datetime) -> None:
        """Lets the account's time pass."""
        self.account.clock.freeze(max(time, datetime.fromtimestamp(self.account.clock.now(), UTC)))
        self.ran()

    def ran(self) -> list[datetime]:
        """The session times that have run."""
        return sorted(session.session_time for session in self.client.sessions.list())
