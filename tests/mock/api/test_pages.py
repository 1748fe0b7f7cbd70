"""Lists of the mock service: pages lose and repeat nothing, whatever their size and order."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mock.api import Api
from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.api.pagination import matches_pattern, page, page_size
from treasure_workflow_mock.errors import ServiceError


@dataclass(frozen=True)
class Row:
    """A record of which only the id matters."""

    id: int


@given(ids=st.sets(st.integers(1, 200)), size=st.integers(1, 20), descending=st.booleans())
def test_pages_make_up_the_list(ids: set[int], size: int, descending: bool) -> None:
    """Walking with the last id of each page gives every record once, in order, and then an empty page."""
    rows = [Row(number) for number in sorted(ids, reverse=descending)]
    walked: list[Row] = []
    query: JsonObject = {}
    while shown := page(rows, query, size=size, descending=descending):
        assert len(shown) <= size
        walked += shown
        query = {"last_id": shown[-1].id}
    assert walked == rows


@given(ids=st.sets(st.integers(1, 50)), cursor=st.integers(-5, 60), descending=st.booleans())
def test_a_cursor_need_not_exist(ids: set[int], cursor: int, descending: bool) -> None:
    """A page begins strictly beyond the cursor, whether there is such a record or not; no limit is a negative size."""
    rows = [Row(number) for number in sorted(ids, reverse=descending)]
    shown = page(rows, {"last_id": cursor}, size=-1, descending=descending)
    assert shown == [row for row in rows if (row.id < cursor if descending else row.id > cursor)]


def test_a_page_that_is_too_large() -> None:
    """The maximum itself is fine; above it the message names what was asked for and the maximum."""
    assert page_size({"page_size": 100}, "page_size", 100) == 100
    assert page_size({}, "page_size", 150) == 100
    with pytest.raises(ServiceError, match=r"101.*100"):
        page_size({"page_size": 101}, "page_size", 100)


@given(name=st.text(), start=st.integers(0, 20), length=st.integers(0, 20))
def test_a_part_of_a_name_matches(name: str, start: int, length: int) -> None:
    """A name contains each of its parts, wildcards being literal."""
    part = name[start : start + length]
    if "\\" not in part:
        assert matches_pattern(name, part)
        assert matches_pattern("100%_", part) is (part in "100%_")


def test_a_backslash_in_a_pattern() -> None:
    """A backslash takes the meaning from what follows it: at the end of a pattern, from the wildcard behind."""
    assert matches_pattern("growth 100%", "\\")
    assert not matches_pattern("back\\slash", "\\")
    assert matches_pattern("xaby", "a\\b")


def test_sessions_and_attempts_page_down(digdag: Api) -> None:
    """Sessions and attempts come newest first, and a walk with the last id finds each once."""
    workflow_id = digdag.push_hello()
    for hour in range(7):
        assert digdag.start(workflow_id, f"2024-05-09T0{hour}:00:00Z").status == 200
    for path, name in (
        ("/api/sessions", "sessions"),
        ("/api/attempts", "attempts"),
        ("/api/projects/1/sessions", "sessions"),
    ):
        ids: list[int] = []
        cursor = ""
        while rows := digdag.get(f"{path}?page_size=3{cursor}").json[name]:
            ids += [int(row["id"]) for row in rows]
            cursor = f"&last_id={ids[-1]}"
        assert ids == [7, 6, 5, 4, 3, 2, 1]


def test_hosted_revisions_link_to_their_next_page(hosted: Api) -> None:
    """Revisions come in pages of `page[size]`, each with a link to the next until there is none."""
    for number in range(5):
        hosted.upload({"notes.txt": str(number)}, revision=f"r{number}")
    names: list[str] = []
    path = "/api/projects/1/revisions?page%5Bsize%5D=2"
    while path:
        response = hosted.get(path).json
        names += [revision["revision"] for revision in response["revisions"]]
        path = response.get("pagination", {}).get("nextPage")
    assert names == ["r4", "r3", "r2", "r1", "r0"]
    assert hosted.get("/api/projects/1/revisions?page%5Bsize%5D=101").status == 400
