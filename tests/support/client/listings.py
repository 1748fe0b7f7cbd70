"""Listings for tests: which call gives which rows, with a page size, and walked page by page."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.client.support import SCHEDULE, SESSION, Guise, attempt, project, workflow
from treasure_workflow import AsyncPages, Pages, TreasureWorkflow
from treasure_workflow_api._operations import OPERATIONS

HALVES = ("sync", "asyncio")

ROWS: dict[str, tuple[Callable[[Any], Any], Callable[[int], dict[str, Any]]]] = {
    "getProjects": (lambda client: client.projects.list(), project),
    "getWorkflowDefinitions": (lambda client: client.workflows.list(), workflow),
    "getSchedules": (lambda client: client.schedules.list(), lambda id: {**SCHEDULE, "id": str(id)}),
    "getProjectSchedules": (lambda client: client.schedules.list(project=12), lambda id: {**SCHEDULE, "id": str(id)}),
    "getSessions": (lambda client: client.sessions.list(), lambda id: {**SESSION, "id": str(id)}),
    "getProjectSessions": (lambda client: client.sessions.list(project=12), lambda id: {**SESSION, "id": str(id)}),
    "getAttempts": (lambda client: client.attempts.list(), attempt),
    "getSessionAttempts": (lambda client: client.sessions.attempts(340), attempt),
}
"""The client's call and a row with a given id, of each listing with an id cursor."""


def pages_of(guise: Guise, operation: str, *ids: int, order: str | None = None, **arguments: Any) -> Any:
    """A listing with a page size, which the nouns do not offer, walked by the client's own rule."""
    endpoint = importlib.import_module(f"treasure_workflow_api.api.{OPERATIONS[operation].module}")
    arguments |= {"order": order} if order else {}

    def fetch(**position: Any) -> Any:
        return guise.client.call(endpoint, *ids, **{**arguments, **position})

    cls: Any = Pages if isinstance(guise.client, TreasureWorkflow) else AsyncPages
    return cls(fetch, operation, order=order)


def iter_pages(guise: Guise, pages: Any) -> Iterator[list[Any]]:
    """A listing's pages, one after the other."""
    iterator = pages.pages()
    step = (lambda: next(iterator, None)) if isinstance(pages, Pages) else (lambda: anext(iterator, None))
    while (page := guise.run(step)) is not None:
        yield page


def walk(guise: Guise, pages: Any, between: Callable[[], object]) -> list[Any]:
    """All rows of a listing; `between` is called after each page."""
    rows: list[Any] = []
    for page in iter_pages(guise, pages):
        rows += page
        between()
        assert len(rows) < 1000
    return rows
