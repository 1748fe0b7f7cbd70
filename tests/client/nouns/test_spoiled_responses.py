"""Longer work on responses with null, new fields and new values anywhere: a result or a documented error."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.support import KEY
from treasure_workflow import Fleet, TreasureWorkflow, TreasureWorkflowError
from treasure_workflow_mock import Fault, MockService

FILES = {"bad.dig": "schedule:\n  daily>: 03:00:00\n+a:\n  fail>: x\n", "slow.dig": "+a:\n  wait>: 1h\n"}
YEAR = timedelta(days=365)
CALLS: dict[str, Callable[[TreasureWorkflow, Path], Any]] = {
    "attempts.list": lambda client, _: list(client.attempts.list(status="error", since=YEAR, until=timedelta())),
    "sessions.list": lambda client, _: list(client.sessions.list(status="error", until=timedelta())),
    "sessions.list since": lambda client, _: list(client.sessions.list(status="error", since=YEAR)),
    "attempts.diagnose": lambda client, _: str(client.attempts.diagnose(1)),
    "attempts.wait": lambda client, _: client.attempts.wait(1, timeout=1),
    "attempts.retry": lambda client, _: client.attempts.retry(1),
    "attempts.kill_all": lambda client, _: str(client.attempts.kill_all(dry_run=False)),
    "attempts.retry_all": lambda client, _: str(client.attempts.retry_all()),
    "attempts.start": lambda client, _: client.attempts.start("shop", "bad", session_time="daily"),
    "projects.plan": lambda client, folder: str(client.projects.plan(folder, "shop", clear_schedules="all")),
    "projects.push": lambda client, folder: client.projects.push(folder, "shop"),
    "projects.rollback": lambda client, _: str(client.projects.rollback("shop", "r1", dry_run=True)),
    "projects.promote": lambda client, _: str(client.projects.promote("shop", "prod", dry_run=True)),
    "schedules.preview": lambda client, _: client.schedules.preview(project="shop", workflow="bad"),
    "schedules.skip": lambda client, _: str(
        client.schedules.skip(project="shop", workflow="bad", count=1, dry_run=True)
    ),
    "schedules.enable": lambda client, _: str(client.schedules.enable(project="shop", workflow="bad", dry_run=True)),
    "schedules.pause_all": lambda client, folder: str(client.schedules.pause_all(folder / "paused.json", dry_run=True)),
    "logs.lines": lambda client, _: list(client.logs.lines(1, level="INFO")),
    "logs.follow": lambda client, _: list(client.logs.follow(1)),
    "logs.tail": lambda client, _: client.logs.tail(1, "+bad+a"),
    "secrets.sync": lambda client, _: str(client.secrets.sync("shop", {"a": "x"}, prune=True, dry_run=True)),
    "pools.plan": lambda client, _: str(client.pools.plan({"pools": {"b": {"limit": 5}}})),
    "pools.get": lambda client, _: client.pools.get("a"),
    "pool_rules.explain": lambda client, _: str(client.pool_rules.explain("shop", "bad")),
    "fleet.sessions": lambda client, _: str(Fleet({"a": client}).sessions()),
    "fleet.schedules": lambda client, _: str(Fleet({"a": client}).schedules()),
}


def attempted(name: str, client: TreasureWorkflow, folder: Path) -> None:
    """Makes a call; an error of ours is as good as a result."""
    with contextlib.suppress(TreasureWorkflowError):
        CALLS[name](client, folder)


@pytest.fixture(scope="module")
def service() -> Iterator[MockService]:
    """One mock for all calls; each has an account of its own."""
    with MockService() as running:
        yield running


@pytest.mark.parametrize("kind", ["nulls", "unknown-fields", "unknown-values"])
@pytest.mark.parametrize("name", CALLS)
def test_a_spoiled_response_is_a_result_or_an_error_of_ours(
    service: MockService, tmp_path: Path, name: str, kind: str
) -> None:
    """Nothing else leaves a method, whichever response of the work was spoiled."""
    number = 1 + 3 * list(CALLS).index(name) + ("nulls", "unknown-fields", "unknown-values").index(kind)
    key = f"{number}/{KEY[2:]}"
    for file, text in FILES.items():
        (tmp_path / file).write_text(text)
    with TreasureWorkflow(key, base_url=service.base_url, max_retries=0) as client:
        client.projects.push(tmp_path, "shop", revision="r1")
        client.pools.create("a", 5)
        client.pool_rules.create("a", 10, project_name="x")
        client.secrets.set("shop", "b", "x")
        client.attempts.get(client.attempts.start("shop", "bad"))
        client.attempts.start("shop", "slow")
        before = len(service.requests(key))
        attempted(name, client, tmp_path)
        used = {request["operation"] for request in service.requests(key)[before:]} - {None}
        assert used
        for operation in sorted(used):
            service.faults(key).clear()
            service.faults(key).append(Fault(kind, operation=operation))
            attempted(name, client, tmp_path)
