"""Listings that are read while rows come and go, over a real socket: none is lost, none comes twice, and they end."""

from __future__ import annotations

import importlib
import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client.listings import HALVES, ROWS, pages_of, walk
from tests.support.client.projects import entry, tar_gz
from tests.support.client.support import (
    KEY,
    Guise,
    Received,
    Scripted,
    guise_of,
    json_response,
    scripted_server,
)
from treasure_workflow import TreasureWorkflow
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_mock import MockService
from treasure_workflow_mock.model.account import Account

MUCH_TO_DO = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


class World:
    """A mock account whose rows come and go by calls, as another user of the account would make them."""

    def __init__(self, service: MockService) -> None:
        self.account: Account = service.account(KEY)
        self.account.reset()
        self.client = TreasureWorkflow(api_key=KEY, base_url=service.base_url)
        self.made = 0
        self.main = self.push("main", "a")
        self.session_ids: list[str] = []

    def push(self, name: str, *workflows: str, schedule: bool = True) -> Any:
        """Uploads a project, or a new revision of it, with these workflows."""
        self.made += 1
        head = "schedule:\n  daily>: 03:00:00\n" if schedule else ""
        body = tar_gz(*(entry(f"{one}.dig", f"{head}+t:\n  echo>: x\n".encode()) for one in workflows))
        endpoint: Any = importlib.import_module("treasure_workflow_api.api.project.put_project")
        file = importlib.import_module("treasure_workflow_api.types").File(io.BytesIO(body))
        return self.client.call(endpoint, body=file, content_length=len(body), project=name, revision=f"r{self.made}")

    def start(self, **options: Any) -> None:
        """Starts an attempt, of a session of its own unless a session time is given."""
        self.made += 1
        time = f"2024-01-01T{self.made // 60:02}:{self.made % 60:02}:00Z"
        started = self.client.attempts.start(self.main, "a", **{"session_time": time, **options})
        self.session_ids.append(started.session_id)

    def live(self) -> list[int]:
        """Ids of the projects that are not deleted."""
        return [project.id for project in self.account.live_projects()]

    def add_project(self, _choice: int) -> None:
        self.push(f"p{self.made}", "a", "b")

    def delete_project(self, choice: int) -> None:
        others = [id for id in self.live() if str(id) != self.main.id]
        if others:
            self.client.projects.delete(others[choice % len(others)])

    def add_revision(self, choice: int) -> None:
        """Other workflow ids; the schedule of one workflow goes or comes back."""
        self.push("main", "a", *(["b"] if choice % 2 else []))

    def add_session(self, _choice: int) -> None:
        self.start()

    def retry(self, choice: int) -> None:
        """A new attempt of an old session; the one before is no longer the newest of its session."""
        sessions = list(self.account.sessions.values())
        if sessions:
            time = self.client.sessions.get(sessions[choice % len(sessions)].id).session_time
            self.made += 1
            self.start(session_time=time, retry_attempt_name=f"again{self.made}")

    def retry_first(self, _choice: int) -> None:
        if self.account.sessions:
            self.retry(0)
        else:
            self.start()


def _newest(account: Account) -> set[int]:
    return set({one.session.id: one.id for one in sorted(account.attempts.values(), key=lambda one: one.id)}.values())


def _latest_workflows(account: Account) -> set[int]:
    return {workflow.id for project in account.live_projects() for workflow in project.revisions[-1].workflows}


# operation and order: the name of the size parameter, what it takes besides, what can happen, which rows there are
Happening = Callable[[World, int], None]
CHANGING: dict[tuple[str, str | None], tuple[str, dict[str, Any], list[Happening], Callable[[Account], set[int]]]] = {
    ("getProjects", None): (
        "count",
        {},
        [World.add_project, World.delete_project],
        lambda account: {project.id for project in account.live_projects()},
    ),
    ("getWorkflowDefinitions", "asc"): (
        "count",
        {},
        [World.add_project, World.delete_project, World.add_revision],
        _latest_workflows,
    ),
    ("getWorkflowDefinitions", "desc"): (
        "count",
        {},
        [World.add_project, World.delete_project, World.add_revision],
        _latest_workflows,
    ),
    ("getSessions", None): (
        "page_size",
        {},
        [World.add_session, World.retry, World.delete_project],
        lambda account: set(account.sessions),
    ),
    ("getProjectSessions", None): (
        "page_size",
        {"of": "main"},
        [World.add_session, World.retry],
        lambda account: set(account.sessions),
    ),
    ("getAttempts", None): ("page_size", {}, [World.add_session, World.retry], _newest),
    ("getAttempts", "all"): (
        "page_size",
        {"include_retried": True},
        [World.add_session, World.retry],
        lambda account: set(account.attempts),
    ),
    ("getSessionAttempts", None): (
        "page_size",
        {"of": "session"},
        [World.retry_first],
        lambda account: {one.id for one in account.attempts.values() if one.session.id == min(account.sessions)},
    ),
}
CHANGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=3)


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[MockService, dict[str, Guise]]]:
    """A mock service, and the client's halves talking to it."""
    with (
        MockService() as service,
        guise_of("sync", service.base_url) as sync,
        guise_of("asyncio", service.base_url) as asynchronous,
    ):
        yield service, {"sync": sync, "asyncio": asynchronous}


@pytest.mark.parametrize(("operation", "variant"), CHANGING, ids=lambda value: value or "")
def test_the_mock_loses_and_repeats_nothing(
    operation: str, variant: str | None, halves: tuple[MockService, dict[str, Guise]]
) -> None:
    """Rows that stay throughout come once, in order; nothing comes twice; only rows that ever were there come."""
    service, guises = halves
    size_parameter, options, happenings, ids_in = CHANGING[operation, variant]
    order = variant if variant in ("asc", "desc") else None
    falling = (order or OPERATIONS[operation].pagination.order) == "desc"  # type: ignore[union-attr]

    @settings(MUCH_TO_DO, max_examples=30)
    @given(
        half=st.sampled_from(HALVES),
        start=CHANGES.map(lambda changes: changes * 3),
        size=st.integers(1, 4),
        schedule=st.lists(CHANGES, max_size=5),
    )
    def examine(half: str, start: list[tuple[int, int]], size: int, schedule: list[list[tuple[int, int]]]) -> None:
        world = World(service)
        with world.client:
            world.start()
            stayed, ever = set(ids_in(world.account)), set(ids_in(world.account))
            coming = iter(schedule)

            def happen(changes: list[tuple[int, int]]) -> None:
                nonlocal stayed, ever
                for kind, choice in changes:
                    happenings[kind % len(happenings)](world, choice)
                    stayed &= ids_in(world.account)
                    ever |= ids_in(world.account)

            happen(start)
            stayed = set(ids_in(world.account))
            ever = set(stayed)
            of = {"main": [int(world.main.id)], "session": [min(world.account.sessions)]}.get(options.get("of", ""), [])
            filters = {name: value for name, value in options.items() if name != "of"}
            pages = pages_of(guises[half], operation, *of, order=order, **{size_parameter: size}, **filters)
            got = [int(row.id) for row in walk(guises[half], pages, lambda: happen(next(coming, [])))]
        assert got == sorted(set(got), reverse=falling)
        assert stayed <= set(got) <= ever

    examine()


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("of_project", [False, True])
def test_schedules_come_and_go_past_a_page_border(
    half: str, of_project: bool, halves: tuple[MockService, dict[str, Guise]]
) -> None:
    """A page of schedules is always a hundred: rows go before and behind the border, and one comes at the end."""
    service, guises = halves
    world = World(service)
    with world.client:
        names = [f"w{number:03}" for number in range(230)]
        world.push("main", *names)
        before = {one.workflow.name: one.id for one in world.account.schedules.values()}
        by_id = sorted(names, key=before.__getitem__)
        gone = {by_id[3], by_id[150], by_id[229]}
        first_time = iter([True])

        def change() -> None:
            if next(first_time, False):
                world.push("main", *(set(names) - gone), "new")

        pages = guises[half].client.schedules.list(project=world.main if of_project else None)
        got = [int(row.id) for row in walk(guises[half], pages, change)]
        after = {one.workflow.name: one.id for one in world.account.schedules.values()}
    assert got == sorted(set(got))
    assert {id for name, id in before.items() if name not in gone} | {after["new"]} <= set(got)
    assert not {before[by_id[150]], before[by_id[229]]} & set(got)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("total", [99, 100, 198, 200])
def test_revisions_come_once_while_new_ones_are_pushed(
    half: str, total: int, halves: tuple[MockService, dict[str, Guise]]
) -> None:
    """Revisions that are there when the reading begins come newest first, be they a hundred exactly or two hundred."""
    service, guises = halves
    world = World(service)
    with world.client:
        while world.made < total:
            world.push("main", "a")
        before = [revision.name for revision in reversed(world.account.projects[int(world.main.id)].revisions)]
        pages = guises[half].client.projects.revisions(world.main)
        assert [row.revision for row in walk(guises[half], pages, lambda: world.push("main", "a"))] == before


# ---------------------------------------------------------------- what the mock cannot give: a server of no manners

IDS = st.sets(st.integers(1, 40) | st.integers(2**63 - 20, 2**63 - 1), max_size=25)


STEPS = st.lists(
    st.tuples(st.integers(1, 6), st.booleans(), st.booleans(), st.randoms(use_true_random=False), IDS, IDS),
    max_size=12,
)


class Unmannered:
    """A listing whose pages are shuffled, thinned out and overlap, and whose rows come and go at any place.

    Each of `steps` is a page: its size, whether rows from before the cursor come once more, whether a row comes twice,
    the order, and which rows come and go after it.
    """

    def __init__(self, operation: str, ids: set[int], steps: list[Any]) -> None:
        facts = OPERATIONS[operation].pagination
        assert facts is not None
        self.items = facts.items
        self.falling = facts.order == "desc"
        self.row = ROWS[operation][1]
        self.ids, self.stayed, self.ever = set(ids), set(ids), set(ids)
        self.steps = iter([(size, again, twice, chance.random(), *rest) for size, again, twice, chance, *rest in steps])
        self.requests = 0

    def response(self, request: Received) -> Scripted:
        """One page, after which rows come and go."""
        self.requests += 1
        assert self.requests < 200
        size, again, twice, seed, come, go = next(self.steps, (3, True, True, 0, set(), set()))
        cursor = request.query.get("last_id")
        beyond = sorted(
            (id for id in self.ids if cursor is None or (id < int(cursor) if self.falling else id > int(cursor))),
            reverse=self.falling,
        )
        page = beyond[:size]
        if cursor is not None and again:
            page += [id for id in self.ids if id not in beyond][:2]
        page += page[:1] if twice else []
        random.Random(seed).shuffle(page)
        self.ids = (self.ids | come) - go
        self.stayed -= go
        self.ever |= come
        return json_response({self.items: [self.row(id) for id in page]})


@pytest.mark.parametrize("operation", ROWS)
def test_a_server_of_no_manners_makes_no_row_lost_or_doubled(operation: str) -> None:
    """Whatever order, overlap and size pages have, 64-bit ids included, each row that stays comes once."""
    with (
        scripted_server() as server,
        guise_of("sync", server.base_url) as sync,
        guise_of("asyncio", server.base_url) as asynchronous,
    ):
        guises = {"sync": sync, "asyncio": asynchronous}

        @settings(MUCH_TO_DO, max_examples=30)
        @given(half=st.sampled_from(HALVES), ids=IDS, steps=STEPS)
        def examine(half: str, ids: set[int], steps: list[Any]) -> None:
            listing = Unmannered(operation, ids, steps)
            server.response = listing.response
            got = [int(row.id) for row in guises[half].rows(ROWS[operation][0](guises[half].client))]
            assert len(got) == len(set(got))
            assert listing.stayed <= set(got) <= listing.ever

        examine()
