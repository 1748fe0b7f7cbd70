"""Small changes of the client that once went unnoticed: each of these fails when its line is changed."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from tests.support.client.support import KEY, Guise, Scripted, ScriptedServer, json_response, project, refusal
from treasure_workflow import ContractError
from treasure_workflow._http import transport
from treasure_workflow._http.page_rule import Paging
from treasure_workflow._secret import Secret
from treasure_workflow.archive import MAX_UNPACKED_BYTES


@pytest.mark.parametrize("status", [408, 500, 520, 599])
def test_every_status_that_may_pass_is_repeated(status: int, server: ScriptedServer, guise: Guise) -> None:
    """Up to the last of the five hundreds."""
    server.responses = [refusal(status), json_response(project())]
    assert guise.run(lambda: guise.client.projects.get(12)).name == "shop"


def test_waits_are_drawn(server: ScriptedServer, guise: Guise) -> None:
    """Clients that failed together do not come back together."""
    for _ in range(4):
        server.responses = [refusal(503), json_response(project())]
        guise.run(lambda: guise.client.projects.get(12))
    assert len(set(guise.clock.slept)) == 4
    assert all(0 <= wait <= 0.5 for wait in guise.clock.slept)


@pytest.mark.parametrize("url", ["http://a.example/x", "https://a.example:8443/x", "https://b.example/x"])
def test_the_key_s_origin_is_scheme_host_and_port(url: str) -> None:
    """The same host over plain http is another place."""
    request = httpx.Request("GET", url)
    transport.Authorization("TD1", Secret(KEY), "https://a.example").apply(request)
    assert "Authorization" not in request.headers


def test_an_archive_unpacks_to_256_mebibytes_at_most() -> None:
    """Unless the caller allows more."""
    assert MAX_UNPACKED_BYTES == 256 * 1024 * 1024


@pytest.mark.parametrize("kind", ["text/html", "Text/HTML", " TEXT/html; charset=utf-8"])
def test_a_web_page_is_known_in_any_letters(kind: str, server: ScriptedServer, guise: Guise) -> None:
    """A login page is no response of the service."""
    server.responses = [Scripted(200, b"<html>", {"Content-Type": kind})]
    with pytest.raises(ContractError, match="web page"):
        guise.run(lambda: guise.client.projects.get(12))


LISTINGS = [("getProjects", "projects", 1), ("getAttempts", "attempts", -1)]


@pytest.mark.parametrize(("operation", "items", "order"), LISTINGS)
def test_a_cursor_that_includes_its_own_row_ends(operation: str, items: str, order: int) -> None:
    """A server that gives the cursor's row again and again is not asked for ever, and no row comes twice."""
    paging = Paging(operation)
    ids = [order * number for number in range(1, 101)]
    seen: list[int] = []
    for _ in range(3):
        if not paging.done:
            rows = [SimpleNamespace(id=str(1000 + id)) for id in (ids if not seen else [seen[-1] - 1000])]
            seen += [int(row.id) for row in paging.take(SimpleNamespace(**{items: rows}))]
    assert paging.done
    assert len(seen) == len(set(seen)) == 100
