"""The law of listings: every row that is there throughout comes exactly once, and the listing ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.client.support import (
    GUISES,
    Guise,
    Received,
    Scripted,
    ScriptedServer,
    attempt,
    guise_of,
    json_response,
    project,
)
from treasure_workflow import ContractError
from treasure_workflow._http.page_rule import Paging
from treasure_workflow_api._operations import OPERATIONS

CURSOR_LISTINGS = sorted(
    id for id, operation in OPERATIONS.items() if operation.pagination and operation.pagination.rule == "id-cursor"
)


class Shelf:
    """Rows by id, as a server with a cursor gives them out; they come and go between two requests."""

    def __init__(self, ids: set[int], falling: bool, size: int) -> None:
        self.ids = ids
        self.falling = falling
        self.size = size

    def page(self, cursor: int | None) -> list[int]:
        """The ids of the page after the cursor."""
        beyond = (id for id in self.ids if cursor is None or (id < cursor if self.falling else id > cursor))
        return sorted(beyond, reverse=self.falling)[: self.size]


@given(
    operation=st.sampled_from(CURSOR_LISTINGS),
    start=st.sets(st.integers(1, 60)),
    changes=st.lists(st.tuples(st.sets(st.integers(1, 80)), st.sets(st.integers(1, 80))), max_size=20),
    size=st.integers(1, 7),
)
def test_rows_that_come_and_go_lose_and_repeat_nothing(
    operation: str, start: set[int], changes: list[tuple[set[int], set[int]]], size: int
) -> None:
    """What is there from the first request to the last comes once; nothing comes twice; order is kept."""
    facts = OPERATIONS[operation].pagination
    assert facts is not None
    assert facts.cursor is not None
    shelf = Shelf(set(start), facts.order == "desc", size)
    stayed = set(start)
    paging = Paging(operation)
    got: list[int] = []
    requests = 0
    while not paging.done:
        cursor = paging.arguments().get(facts.cursor)
        rows = [SimpleNamespace(id=str(id)) for id in shelf.page(int(cursor) if cursor is not None else None)]
        got += [int(row.id) for row in paging.take(SimpleNamespace(**{facts.items: rows}))]
        if requests < len(changes):
            added, removed = changes[requests]
            shelf.ids |= added
            shelf.ids -= removed
            stayed -= removed
        requests += 1
        assert requests <= 200
    assert stayed <= set(got)
    assert got == sorted(set(got), reverse=facts.order == "desc")


@given(operation=st.sampled_from(CURSOR_LISTINGS), ids=st.sets(st.integers(1, 300), max_size=120))
def test_a_server_that_ignores_the_cursor_ends_the_listing(operation: str, ids: set[int]) -> None:
    """Some filters make the service give the same rows again: they are seen once, with one request more."""
    facts = OPERATIONS[operation].pagination
    assert facts is not None
    rows = [SimpleNamespace(id=str(id)) for id in sorted(ids, reverse=facts.order == "desc")]
    paging = Paging(operation)
    got = []
    requests = 0
    while not paging.done:
        paging.arguments()
        got += paging.take(SimpleNamespace(**{facts.items: rows}))
        requests += 1
    assert got == rows
    assert requests <= 2


@given(lengths=st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_a_page_thinned_out_does_not_end_a_listing(lengths: list[int]) -> None:
    """Access control may leave a page short although more follow."""
    paging = Paging("getProjects")
    next_id = 0
    for length in lengths:
        rows = [SimpleNamespace(id=str(next_id + offset)) for offset in range(1, length + 1)]
        next_id += length
        assert paging.take(SimpleNamespace(projects=rows)) == rows
        assert not paging.done
    assert paging.take(SimpleNamespace(projects=[])) == []
    assert paging.done


def serve_attempts(count: int) -> Any:
    """A server's responses to attempts listings: ids from `count` down to 1, a hundred a page."""

    def response(request: Received) -> Scripted:
        last = int(request.query.get("last_id", count + 1))
        return json_response({"attempts": [attempt(id) for id in range(last - 1, max(0, last - 101), -1)]})

    return response


def test_a_listing_goes_on_to_its_end(server: ScriptedServer, guise: Guise) -> None:
    """All rows come in order, a hundred at a time."""
    server.response = serve_attempts(250)
    rows = guise.rows(guise.client.attempts.list())
    assert [row.id for row in rows] == [str(id) for id in range(250, 0, -1)]
    assert [request.query.get("last_id") for request in server.requests] == [None, "151", "51", "1"]


def test_a_listing_asks_for_nothing_before_it_is_read(server: ScriptedServer, guise: Guise) -> None:
    """Making a listing is free, the first row costs one request, and `limit` ends it."""
    server.response = serve_attempts(250)
    listing = guise.client.attempts.list(limit=120)
    assert server.requests == []
    assert guise.run(listing.first).id == "250"
    assert len(server.requests) == 1
    assert len(guise.rows(listing)) == 120
    assert len(server.requests) == 3
    assert len(guise.rows(listing)) == 120


def test_a_limit_of_nothing_asks_nothing(server: ScriptedServer, guise: Guise) -> None:
    """`limit=0` is an empty listing; a negative one is a mistake."""
    assert guise.rows(guise.client.attempts.list(limit=0)) == []
    assert guise.run(guise.client.attempts.list(limit=0).first) is None
    assert server.requests == []
    with pytest.raises(ValueError, match="limit"):
        guise.client.attempts.list(limit=-1)


def test_an_empty_listing_has_no_first_row(server: ScriptedServer, guise: Guise) -> None:
    """`first` of nothing is None."""
    server.responses = [json_response({"projects": []})]
    assert guise.run(guise.client.projects.list().first) is None


def revision(name: str) -> dict[str, object]:
    """A revision as the service sends it."""
    return {
        "revision": name,
        "createdAt": "2024-05-09T10:11:12Z",
        "archiveType": "db",
        "archiveMd5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "userInfo": {},
    }


def test_revisions_follow_the_hosted_services_links(server: ScriptedServer, guise: Guise) -> None:
    """The cursor of each link is used, and nothing else of it: the key stays with the service."""
    link = "https://elsewhere.example.com/steal?page%5Bsize%5D=100&page%5Bafter%5D="
    server.responses = [
        json_response({"revisions": [revision("c"), revision("b")], "pagination": {"nextPage": f"{link}x%2B1"}}),
        json_response({"revisions": [revision("a")], "pagination": {}}),
    ]
    rows = guise.rows(guise.client.projects.revisions(12))
    assert [row.revision for row in rows] == ["c", "b", "a"]
    assert [request.query.get("page[after]") for request in server.requests] == [None, "x+1"]


def test_revisions_past_the_first_hundred_of_an_open_source_server_raise(server: ScriptedServer, guise: Guise) -> None:
    """A server without links that gives a full page may have more: that is an error, not a silent end."""
    server.response = lambda _: json_response({"revisions": [revision(f"r{number}") for number in range(100)]})
    assert len(guise.rows(guise.client.projects.revisions(12, limit=100))) == 100
    with pytest.raises(ContractError, match="first 100"):
        guise.rows(guise.client.projects.revisions(12))
    server.response = lambda _: json_response({"revisions": [revision(f"r{number}") for number in range(99)]})
    assert len(guise.rows(guise.client.projects.revisions(12))) == 99


@pytest.mark.parametrize("link", ["/api/projects/12/revisions", "/api/projects/12/revisions?page[after]=x", "?a=1"])
def test_a_link_that_leads_nowhere_raises(link: str, server: ScriptedServer, guise: Guise) -> None:
    """A link without a cursor, or to the page it stands on, is an error and no endless listing."""
    server.response = lambda _: json_response({"revisions": [revision("a")], "pagination": {"nextPage": link}})
    with pytest.raises(ContractError, match="link"):
        guise.rows(guise.client.projects.revisions(12))


@pytest.mark.parametrize("kind", GUISES)
def test_workflows_may_be_listed_backwards(kind: str, server: ScriptedServer) -> None:
    """The order asked for decides which way the cursor goes."""
    with guise_of(kind, server.base_url) as guise:
        server.response = lambda request: json_response({"workflows": []})
        guise.rows(guise.client.workflows.list(order="desc"))
        assert server.requests[0].query["order"] == "desc"
    paging = Paging("getWorkflowDefinitions", "desc")
    paging.take(SimpleNamespace(workflows=[SimpleNamespace(id="9"), SimpleNamespace(id="7")]))
    assert paging.arguments() == {"last_id": 7}


@pytest.mark.parametrize("id", ["x", None, float("inf")])
def test_a_row_whose_id_is_no_number_raises(id: object) -> None:
    """Without a number there is no cursor: an error, not an endless listing. JSON's 1e400 is infinite."""
    with pytest.raises(ContractError, match="id"):
        Paging("getProjects").take(SimpleNamespace(projects=[SimpleNamespace(id=id)]))


def test_every_listing_of_the_contract_can_be_walked() -> None:
    """Each rule that the contract names is one that the client knows, down to the attribute of the rows."""
    for id, operation in OPERATIONS.items():
        if operation.pagination is not None:
            attribute = {"poolRules": "pool_rules"}.get(operation.pagination.items, operation.pagination.items)
            assert Paging(id).take(SimpleNamespace(**{attribute: []})) == []


def test_what_is_no_listing_cannot_be_walked() -> None:
    """Asking for pages of another operation is a mistake."""
    with pytest.raises(ValueError, match="startAttempt"):
        Paging("startAttempt")


def test_pages_come_as_the_service_sends_them(server: ScriptedServer) -> None:
    """`pages()` gives a list for each page."""
    server.response = serve_attempts(250)
    with guise_of("sync", server.base_url) as guise:
        assert [len(page) for page in guise.client.attempts.list().pages()] == [100, 100, 50]


def test_a_project_list_by_name_is_over_after_its_one_row(server: ScriptedServer, guise: Guise) -> None:
    """With `name` the service ignores the cursor and gives the row again; it comes once."""
    server.response = lambda _: json_response({"projects": [project()]})
    assert len(guise.rows(guise.client.projects.list(name="shop"))) == 1
