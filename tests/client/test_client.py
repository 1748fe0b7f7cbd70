"""The client as an object: blocks, clocks, copies, and calls of any operation."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.support.client.support import (
    KEY,
    Guise,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    project,
    refusal,
)
from treasure_workflow import (
    AsyncClock,
    AsyncTreasureWorkflow,
    ClientClosed,
    Clock,
    Forbidden,
    ServerError,
    TreasureWorkflow,
)
from treasure_workflow._http.gunzip import Gunzip
from treasure_workflow._http.transport import Authorization
from treasure_workflow._secret import Secret
from treasure_workflow_api.api.pool import get_pools
from treasure_workflow_api.api.project import delete_project_secret, get_project


def test_any_operation_can_be_called(server: ScriptedServer, guise: Guise) -> None:
    """Operations without a noun have typed errors, retries and None for what is left out as well."""
    pool = {"id": "1", "name": "p", "concurrencyLimit": 5, "default": True}
    server.responses = [
        refusal(503),
        json_response({"pools": [pool]}),
        json_response(project()),
        Scripted(204),
        refusal(403),
    ]
    assert guise.run(lambda: guise.client.call(get_pools)).pools[0].concurrency_limit == 5
    assert guise.run(lambda: guise.client.call(get_project, 12)).metadata is None
    assert guise.run(lambda: guise.client.call(delete_project_secret, 12, "a.b")) is None
    with pytest.raises(Forbidden):
        guise.run(lambda: guise.client.call(delete_project_secret, 12, "a.b"))


def test_a_service_may_live_below_a_path(server: ScriptedServer) -> None:
    """With an address like a gateway's the paths are right, and what may be repeated is still known."""
    server.responses = [refusal(503), json_response(project()), refusal(503), Scripted(204), refusal(503)]
    with guise_of("sync", f"{server.base_url}/gate/way/") as guise:
        assert guise.client.projects.get(12).name == "shop"
        assert {request.path for request in server.requests} == {"/gate/way/api/projects/12"}
        guise.client.secrets.set(12, "a.b", "x")
        with pytest.raises(ServerError) as caught:
            guise.client.attempts.start(None, 77)
        assert caught.value.request == f"PUT {server.base_url}/gate/way/api/attempts"
        assert (caught.value.retries, caught.value.lost) == (4, 4)


def test_an_async_client_is_a_block(server: ScriptedServer) -> None:
    """Leaving the block closes the connections; the client cannot be used any more."""
    server.responses = [json_response(project())]

    async def main() -> None:
        async with AsyncTreasureWorkflow(KEY, base_url=server.base_url) as client:
            assert (await client.projects.get(12)).name == "shop"
        with pytest.raises(ClientClosed, match="closed"):
            await client.projects.get(12)

    asyncio.run(main())


def test_leaving_a_listing_half_way_leaves_nothing_behind(server: ScriptedServer, guise: Guise) -> None:
    """A loop that is broken off has no request open and no generator waiting to be finished."""
    server.response = lambda _: json_response({"projects": [project(1), project(2)]})
    listing = guise.client.projects.list()
    assert guise.run(listing.first).id == "1"
    assert repr(listing).endswith("Pages of getProjects>")
    assert len(server.requests) == 1


@pytest.mark.parametrize("cls", [Clock, AsyncClock])
def test_the_clocks_of_everyday_use_sleep(cls: type[Clock | AsyncClock]) -> None:
    """Without a clock of the caller's own, waiting takes real time."""
    clock = cls()
    before, seen = time.monotonic(), clock.monotonic()
    sleeping = clock.sleep(0.01)
    if sleeping is not None:
        asyncio.run(sleeping)
    assert time.monotonic() - before >= 0.01
    assert clock.monotonic() > seen


def limits(client: TreasureWorkflow) -> tuple[object, ...]:
    """What bounds a client's calls."""
    options = client._options
    return options.timeout, options.deadline, options.max_retries


def test_a_copy_keeps_what_is_not_changed() -> None:
    """Only the options that are named differ."""
    with TreasureWorkflow(KEY, "aws", timeout=7, max_retries=2) as client:
        copy = client.with_options(max_retries=0)
        assert (copy.config, *limits(copy)) == (client.config, 7, 120, 0)
        assert limits(client) == (7, 120, 2)
        assert limits(client.with_options(timeout=1, deadline=None)) == (1, None, 2)


def test_the_authentication_does_not_show_its_key() -> None:
    """What a traceback shows of it is its name."""
    assert repr(Authorization("TD1", Secret(KEY), "https://example.com")) == "Authorization()"


def test_a_log_that_begins_with_a_single_byte_is_still_recognised() -> None:
    """Whether a log is packed is decided by its first two bytes, however they come."""
    assert Gunzip().feed(b"\x1f") == b""
    gunzip = Gunzip()
    assert gunzip.feed(b"h") + gunzip.feed(b"ello") == b"hello"


def test_help_is_right_in_both_halves() -> None:
    """The sync half does not speak of event loops, nor of `an with` block; both say how a client is closed."""
    from treasure_workflow import Fleet, Pages

    client = TreasureWorkflow(KEY, "aws")
    parts = [value for name in dir(type(client)) if hasattr(value := getattr(client, name), "_calls")]
    for each in (TreasureWorkflow, Fleet, Pages, *map(type, parts)):
        texts = [each.__doc__ or "", *(getattr(each, name, None).__doc__ or "" for name in vars(each))]
        for text in texts:
            assert not any(word in text for word in ("asyncio", "trio", "async ", "await", "an `with"))
    assert "(`with`)" in (TreasureWorkflow.__doc__ or "")
    assert "(`async with`)" in (AsyncTreasureWorkflow.__doc__ or "")
    client.close()
