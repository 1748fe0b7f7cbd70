"""The mock service beside Prism, a mock server for any contract, which answers with canned examples.

Prism's page of sessions holds what its example does; ours holds 100, of an account with the data set `large`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from scripts.bench import load, servers
from scripts.bench.caller import Caller
from scripts.bench.load import Load
from scripts.bench.measure import Row, medians
from scripts.bench.servers import Command, Server

PAGE = 100
TASKS = 50
STARTS, LOADS, ROUNDS = 7, 3, 40
PROJECT = Load("/api/projects/1", '"revision"', 1, '"revision":"([^"]*)"')
SESSION_PAGE = Load(f"/api/sessions?page_size={PAGE}", '"sessionUuid"', PAGE, '"id":"([^"]*)"')


def rows() -> Iterator[Row]:
    """Start-up in ms, requests per second, memory in MB, and the CPU time of a round in ms."""
    servers.tool("wrk", "wrk")  # looked for before anything takes time
    ours, theirs = servers.mock(), servers.prism()
    start = medians({"ours": partial(_start, ours), "Prism": partial(_start, theirs)}, STARTS)
    yield Row("start to first response", start["ours"], "Prism", start["Prism"], "ms", target=0.4)
    with servers.running(servers.mock("--seed", "large")) as mock, servers.running(theirs) as peer:
        caller, peer_caller = Caller(mock, tasks=1), Caller(peer, tasks=1)
        yield from _rates(mock, peer, "getProject", PROJECT, (caller.push, peer_caller.push), at_least=5)
        what = f"getSessions, {PAGE} on the page"
        yield from _rates(mock, peer, what, SESSION_PAGE, (caller.start, peer_caller.start), at_least=2)
        for what, field in (("memory, resident", "VmRSS"), ("memory, at most", "VmHWM")):
            yield Row(what, mock.memory(field), "Prism", peer.memory(field), "MB", target=0.4)
    with servers.running(ours) as mock:
        yield Row(f"CPU of a round of {TASKS} tasks", _round(mock), "the limit", 50.0, "ms", target=1.0)


def _start(command: Command) -> float:
    with servers.running(command) as server:
        return server.started_in


def _rates(
    mock: Server,
    peer: Server,
    what: str,
    one: Load,
    changes: tuple[Callable[[], str], Callable[[], str]],
    at_least: float,
) -> Iterator[Row]:
    """Requests per second. The mock's responses have to show the changes, so that none comes from a cache."""

    def ours() -> float:
        result = load.run(mock, one, changes[0])
        if result.seen < result.made:
            raise RuntimeError(f"{result.made} changes were made, but {result.seen} seen")
        return result.rate

    canned = one._replace(times=load.count(peer, one))
    found = medians({"ours": ours, "Prism": lambda: load.run(peer, canned, changes[1]).rate}, LOADS)
    yield Row(what, found["ours"], "Prism", found["Prism"], "/s", at_least=at_least)


def _round(mock: Server) -> float:
    """CPU time of the server for pushing a workflow, starting it, seeing it finish and reading its tasks, in ms."""
    caller = Caller(mock, TASKS)
    begun = 0.0
    for number in range(ROUNDS + 1):
        if number == 1:  # the first round warms up
            begun = mock.cpu()
        caller.push()
        workflow_id = caller.get("/api/projects/1/workflows")["workflows"][0]["id"]
        attempt_id = caller.start(workflow_id)
        if not caller.get(f"/api/attempts/{attempt_id}")["success"]:
            raise RuntimeError("the attempt did not succeed")
        tasks = caller.get(f"/api/attempts/{attempt_id}/tasks")["tasks"]
        if len(tasks) != TASKS + 1:
            raise RuntimeError(f"{len(tasks)} tasks")
    return (mock.cpu() - begun) / ROUNDS
