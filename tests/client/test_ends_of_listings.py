"""Listings end: at full pages, at pages thinned out, and where a server leads round in circles."""

from __future__ import annotations

import pytest

from tests.support import hosted_shapes
from tests.support.client.listings import HALVES, ROWS, pages_of
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
from treasure_workflow_api._operations import OPERATIONS


def revision_page(names: list[str], cursor: str | None) -> Scripted:
    """A page of revisions, linked to the next one."""
    rows = [{"revision": name, "archiveType": "s3", "userInfo": {}} for name in names]
    link = {} if cursor is None else {"nextPage": f"/api/projects/12/revisions?page%5Bafter%5D={cursor}"}
    return json_response({"revisions": rows, "pagination": link})


def test_linked_pages_that_overlap_repeat_nothing(server: ScriptedServer, guise: Guise) -> None:
    """Where the cursor is a position, a push moves rows onto the next page: they are not given twice."""
    names = ["r5", "r4", "r3", "r2", "r1"]

    def response(request: Received) -> Scripted:
        position = int(request.query.get("page[after]", 0))
        page = revision_page(names[position : position + 2], str(position + 2) if position + 2 < len(names) else None)
        if position == 0:
            names.insert(0, "r6")
        return page

    server.response = response
    got = [row.revision for row in guise.rows(guise.client.projects.revisions(12))]
    assert got == ["r5", "r4", "r3", "r2", "r1"]


@pytest.mark.parametrize("period", [1, 2, 3])
def test_links_in_a_circle_are_an_error(period: int, server: ScriptedServer, guise: Guise) -> None:
    """Links that lead back to a page read before are told, not followed for ever."""
    count = iter(range(100))

    def response(request: Received) -> Scripted:
        number = next(count)
        return revision_page([f"r{number}"], f"c{number % period}")

    server.response = response
    with pytest.raises(ContractError, match="was there before"):
        guise.rows(guise.client.projects.revisions(12))
    assert len(server.requests) == period + 1


def test_a_server_that_ignores_the_link_s_cursor_is_an_error(server: ScriptedServer, guise: Guise) -> None:
    """The same page under ever new links brings nothing new: that is told on its second time."""
    count = iter(range(100))
    server.response = lambda _: revision_page(["r2", "r1"], f"c{next(count)}")
    with pytest.raises(ContractError, match="was there before"):
        guise.rows(guise.client.projects.revisions(12))
    assert len(server.requests) == 2


def test_a_linked_page_without_rows_is_not_the_end(server: ScriptedServer, guise: Guise) -> None:
    """A filter may empty a page although more follow: the link decides."""
    server.responses = [revision_page(["r3"], "a"), revision_page([], "b"), revision_page(["r1"], None)]
    assert [row.revision for row in guise.rows(guise.client.projects.revisions(12))] == ["r3", "r1"]


@pytest.mark.parametrize("link", ["http://[x", 5, {"a": 1}, ["x"], True])
def test_a_link_that_is_none_is_an_error(link: object, server: ScriptedServer, guise: Guise) -> None:
    """What cannot be read as an address is a ContractError, not what the library's parser makes of it."""
    server.response = lambda _: json_response({"revisions": [], "pagination": {"nextPage": link}})
    with pytest.raises(ContractError, match=r"no cursor|where a text should be"):
        guise.rows(guise.client.projects.revisions(12))


@pytest.mark.parametrize("total", [0, 99, 100, 101, 198, 199, 200])
def test_hosted_revisions_end_at_full_pages_too(total: int, server: ScriptedServer, guise: Guise) -> None:
    """However many there are, a last page without any mark of its end is one: the count of its rows tells."""
    names = [f"r{number}" for number in range(total)]

    def response(request: Received) -> Scripted:
        size, start = int(request.query["page[size]"]), int(request.query.get("page[after]", 0))
        rows = [{"revision": name, "archiveType": "s3"} for name in names[start : start + size]]
        if start + size >= total:
            return json_response({"revisions": rows})
        return json_response({"revisions": rows, "pagination": {"nextPage": f"?page[after]={start + size}"}})

    server.response = response
    assert [row.revision for row in guise.rows(guise.client.projects.revisions(12))] == names


@pytest.mark.parametrize("operation", ROWS)
def test_a_null_row_is_an_error(operation: str, server: ScriptedServer) -> None:
    """A row that is nothing has no id to go on from."""
    facts = OPERATIONS[operation].pagination
    assert facts is not None
    server.response = lambda _: json_response({facts.items: [None]})
    for half in HALVES:
        with guise_of(half, server.base_url) as guise, pytest.raises(ContractError, match="is null"):
            guise.rows(ROWS[operation][0](guise.client))


@pytest.mark.parametrize("operation", ROWS)
@pytest.mark.parametrize("total", [100, 200])
def test_full_pages_end_with_one_request_more(operation: str, total: int, server: ScriptedServer) -> None:
    """A multiple of the page size is followed by one empty page, and that by nothing."""
    facts = OPERATIONS[operation].pagination
    assert facts is not None
    falling = facts.order == "desc"

    def response(request: Received) -> Scripted:
        last = int(request.query.get("last_id", total + 1 if falling else 0))
        ids = range(last - 1, max(0, last - 101), -1) if falling else range(last + 1, min(total, last + 100) + 1)
        return json_response({facts.items: [ROWS[operation][1](id) for id in ids]})

    server.response = response
    for half in HALVES:
        server.requests.clear()
        with guise_of(half, server.base_url) as guise:
            assert len(guise.rows(ROWS[operation][0](guise.client))) == total
        assert len(server.requests) == total // 100 + 1


@pytest.mark.parametrize("kind", GUISES)
def test_a_list_that_grows_with_every_request_ends(kind: str, server: ScriptedServer) -> None:
    """Newest first, what is added meanwhile is not read; oldest first, the reading goes on as long as rows come."""
    newest = iter(range(6, 1000))

    def falling(request: Received) -> Scripted:
        top = next(newest)
        last = int(request.query.get("last_id", top + 1))
        return json_response({"attempts": [attempt(id) for id in range(last - 1, max(0, last - 3), -1)]})

    def rising(request: Received) -> Scripted:
        last = int(request.query.get("last_id", 0))
        return json_response({"projects": [project(last + 1)] if last < 9 else []})

    with guise_of(kind, server.base_url) as guise:
        server.response = falling
        assert [row.id for row in guise.rows(guise.client.attempts.list())] == ["6", "5", "4", "3", "2", "1"]
        server.response = rising
        assert len(guise.rows(guise.client.projects.list())) == 9
        server.response = lambda request: json_response(
            {"projects": [project(int(request.query.get("last_id", 0)) + 1)]}
        )
        assert len(guise.rows(guise.client.projects.list(limit=20))) == 20


ALL_AT_ONCE = [
    id for id, operation in OPERATIONS.items() if operation.pagination and operation.pagination.rule == "none"
]


@pytest.mark.parametrize("operation", ALL_AT_ONCE)
def test_what_comes_at_once_is_asked_for_once(operation: str, server: ScriptedServer) -> None:
    """Listings without pages make one request, full page or not, and give what the response has, in its order."""
    facts = OPERATIONS[operation].pagination
    assert facts is not None
    row = hosted_shapes.whole(operation)[facts.items][0]
    server.response = lambda _: json_response({facts.items: [row] * 250})
    for half in HALVES:
        server.requests.clear()
        with guise_of(half, server.base_url) as guise:
            pages = pages_of(guise, operation, *([7] if "{" in OPERATIONS[operation].path else []))
            assert len(guise.rows(pages)) == 250
        assert len(server.requests) == 1
