"""Several accounts at once: rows with their labels, and the others' rows when one is down; on mocks."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from tests.support.client.support import KEY
from treasure_workflow import (
    AsyncFleet,
    AsyncTreasureWorkflow,
    ConfigError,
    Fleet,
    TransportError,
    TreasureWorkflow,
    Unauthorized,
)
from treasure_workflow_mock import MockService

DOWN = "http://127.0.0.1:9"
WORKFLOWS = {"good": "+a:\n  echo>: x\n", "bad": "schedule:\n  daily>: 03:00:00\n+a:\n  fail>: x\n"}


@pytest.fixture
def regions(tmp_path: Path) -> Any:
    """Two mocks, each with a session that failed and one that did not."""
    with MockService() as us, MockService() as jp:
        for name, text in WORKFLOWS.items():
            (tmp_path / f"{name}.dig").write_text(text)
        for service in (us, jp):
            with TreasureWorkflow(KEY, base_url=service.base_url) as client:
                client.projects.push(tmp_path, "shop")
                for workflow in WORKFLOWS:
                    client.attempts.get(client.attempts.start("shop", workflow))
                list(client.attempts.list())
        yield us, jp


def test_rows_come_from_everywhere_with_their_labels(regions: Any) -> None:
    """The failed sessions of both, newest first, and the schedules of both."""
    us, jp = regions
    with (
        TreasureWorkflow(KEY, base_url=us.base_url) as one,
        TreasureWorkflow(KEY, base_url=jp.base_url) as two,
        Fleet({"us": one, "jp": two}) as fleet,
    ):
        found = fleet.sessions(since=timedelta(hours=1))
        assert sorted((row.label, row.item.workflow.name) for row in found) == [("jp", "bad"), ("us", "bad")]
        assert (found.complete, len(found)) == (True, 2)
        assert len(fleet.sessions(status=["success", "error"])) == 4
        assert [row.item.workflow.name for row in fleet.schedules()] == ["bad", "bad"]
        assert [row.item.name for row in fleet.ask(lambda client: client.projects.list())] == ["shop", "shop"]
        fleet.close()
        assert one.projects.find("shop").name == "shop"


def test_one_that_is_down_leaves_the_others_alone(regions: Any) -> None:
    """Its error stands beside the rows of the others: no connection, an expired key."""
    us, jp = regions
    with ExitStack() as stack:
        clients = {
            "us": TreasureWorkflow(KEY, base_url=us.base_url),
            "down": TreasureWorkflow(KEY, base_url=DOWN, max_retries=0),
            "expired": TreasureWorkflow("none", base_url=jp.base_url),
        }
        for client in clients.values():
            stack.enter_context(client)
        found = Fleet(clients).sessions(status="error")
        assert [row.label for row in found] == ["us"]
        assert not found.complete
        assert {label: type(error) for label, error in found.failures.items()} == {
            "down": TransportError,
            "expired": Unauthorized,
        }
        assert "down: failed: " in str(found)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_async_half_does_the_same(regions: Any, backend: str) -> None:
    """On either event loop, with one region down."""
    us, jp = regions

    async def ask() -> list[tuple[str, str]]:
        clients = {
            "us": AsyncTreasureWorkflow(KEY, base_url=us.base_url),
            "jp": AsyncTreasureWorkflow(KEY, base_url=jp.base_url),
            "down": AsyncTreasureWorkflow(KEY, base_url=DOWN, max_retries=0),
        }
        async with AsyncFleet(clients) as fleet:
            found = await fleet.sessions(status="error")
            assert list(found.failures) == ["down"]
            listed = await fleet.ask(lambda client: client.projects.list())
        for client in clients.values():
            await client.aclose()
        return [(row.label, "") for row in found] + [(row.label, row.item.name) for row in listed]

    with start_blocking_portal(backend=backend) as portal:
        assert sorted(portal.call(ask)) == [("jp", ""), ("jp", "shop"), ("us", ""), ("us", "shop")]


def test_profiles_make_their_own_clients(monkeypatch: pytest.MonkeyPatch, regions: Any) -> None:
    """One for each, closed with the fleet; a profile without a key is told at once."""
    us, _ = regions
    monkeypatch.setenv("TREASURE_WORKFLOW_URL", us.base_url)
    monkeypatch.setenv("TDX_API_KEY_ONE", KEY)
    with Fleet(["one"], max_retries=0) as fleet:
        assert [row.label for row in fleet.sessions(status="error")] == ["one"]
        assert list(fleet.clients) == ["one"]
        assert repr(fleet) == "Fleet(one)"
    with pytest.raises(ConfigError):
        Fleet(["nobody"])
    for wrong in ([], ["one", "one"], {}):
        with pytest.raises(ValueError, match=r"at least one|named twice"):
            Fleet(wrong)  # type: ignore[arg-type]


def test_both_fleets_offer_the_same() -> None:
    """Every method of one half is in the other, with the same arguments."""
    for name, method in inspect.getmembers(Fleet, inspect.isfunction):
        if not name.startswith("_"):
            twin = getattr(AsyncFleet, {"close": "aclose"}.get(name, name))
            assert list(inspect.signature(method).parameters) == list(inspect.signature(twin).parameters)
