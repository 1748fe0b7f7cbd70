"""A response of the wrong shape is told as such: never an empty listing, never another exception."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client.operations import arguments, endpoint
from tests.support.client.support import (
    Guise,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    scripted_server,
)
from treasure_workflow import ContractError, TreasureWorkflowError
from treasure_workflow._http.page_rule import Paging
from treasure_workflow_api._operations import OPERATIONS

LISTINGS = {name: operation.pagination for name, operation in OPERATIONS.items() if operation.pagination is not None}
NO_LISTS: list[Any] = [{}, "", 0, False, None, {"a": 1}, "rows", 7]


@pytest.mark.parametrize("operation", LISTINGS)
@pytest.mark.parametrize("rows", NO_LISTS, ids=repr)
def test_what_is_no_list_is_no_empty_listing(operation: str, rows: Any, server: ScriptedServer) -> None:
    """Where rows should be, whatever is no list is refused."""
    positional, named = arguments(operation)
    server.response = lambda _: json_response({LISTINGS[operation].items: rows})

    def read(client: Any) -> object:
        return Paging(operation).take(client.call(endpoint(operation), *positional, **named))

    with guise_of("sync", server.base_url) as guise, pytest.raises(ContractError):
        read(guise.client)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"x"', b"7", b"", b"{", b"\xff", b"[" * 100_000, b"NaN"])
def test_no_body_of_another_kind_is_a_listing(body: bytes, server: ScriptedServer, guise: Guise) -> None:
    """Nor is it another exception, however deep it is nested."""
    server.response = lambda _: Scripted(200, body, {"Content-Type": "application/json"})
    for listing in (guise.client.projects.list(), guise.client.attempts.list(), guise.client.schedules.list()):
        with pytest.raises(ContractError):
            guise.rows(listing)


def test_a_log_that_unpacks_to_too_much_is_refused(server: ScriptedServer, guise: Guise) -> None:
    """In memory; a file takes it as it is."""
    row = {"fileName": "a.log.gz", "taskName": "+a", "fileSize": 1, "direct": None}
    row |= {"fileTime": "2024-05-09T02:58:30Z", "agentId": "h"}
    packed = gzip.compress(b"x" * 5_000_000)
    server.response = lambda request: (
        json_response({"files": [row]}) if request.path.endswith("/files") else Scripted(200, packed)
    )
    assert len(guise.run(lambda: guise.client.logs.text(7))) == 5_000_000
    with pytest.raises(ContractError, match="unpacks to more than 1,000,000 bytes"):
        guise.run(lambda: guise.client.with_options(max_memory_bytes=1_000_000).logs.text(7))


FIELDS = [*(each.items for each in LISTINGS.values()), "id", "name", "done", "status", "params"]
WAITS = ["", "0", "1", "9" * 30, "Sat, 01 Jan 100000000000000000000 00:00:00 GMT", "-1"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2024-05-09T00:00:00Z"),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "a"]), children),
    max_leaves=6,
)
CALLS = {
    "get": lambda client: client.projects.get("shop"),
    "find": lambda client: client.workflows.find("shop", "w"),
    "rows": lambda client: list(client.sessions.list(project="shop", limit=5)),
    "start": lambda client: client.attempts.start("shop", "w", session_time="daily"),
    "kill": lambda client: client.attempts.kill(7, wait=True, timeout=1),
    "wait": lambda client: client.attempts.wait(7, timeout=1),
    "diagnose": lambda client: client.attempts.diagnose(7),
    "preview": lambda client: client.schedules.preview(7),
    "disable": lambda client: client.schedules.disable(7),
    "text": lambda client: client.logs.text(7),
    "secrets": lambda client: client.secrets.sync(7, {"a": "b"}, prune=True),
    "pools": lambda client: list(client.pools.list()),
}


@pytest.mark.parametrize("call", CALLS)
def test_whatever_a_server_sends_ends_in_a_documented_error(call: str) -> None:
    """Statuses, headers and bodies at random: a result, or an error of this package's tree."""
    with scripted_server() as server, guise_of("sync", server.base_url, max_retries=1) as guise:

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            rows=st.dictionaries(
                st.sampled_from(
                    [each.items for each in LISTINGS.values()] + ["id", "name", "done", "status", "params"]
                ),
                values | st.lists(st.dictionaries(st.sampled_from(["id", "name", "sessionTime"]), values), max_size=2),
            ),
            status=st.sampled_from([200] * 6 + [204, 303, 400, 404, 409, 429, 503, 599]),
            retry_after=st.sampled_from(
                ["", "0", "1", "9" * 30, "Sat, 01 Jan 100000000000000000000 00:00:00 GMT", "-1"]
            ),
        )
        def examine(rows: dict[str, Any], status: int, retry_after: str) -> None:
            headers = {"Content-Type": "application/json", "Retry-After": retry_after}
            headers |= {"Location": "http://["} if status == 303 else {}
            server.response = lambda _: Scripted(status, b"" if status == 204 else json.dumps(rows).encode(), headers)
            try:
                CALLS[call](guise.client)
            except TreasureWorkflowError:
                return

        examine()
