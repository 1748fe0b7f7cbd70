"""One client in several processes, event loops and threads: each gets what it asked for."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.client.support import KEY, Received, ScriptedServer, json_response, project
from treasure_workflow import AsyncTreasureWorkflow, ClientClosed, TreasureWorkflow

ROOT = Path(__file__).resolve().parents[2]
FORKING = """
import os, sys
from treasure_workflow import TreasureWorkflow
client = TreasureWorkflow({key!r}, base_url={url!r})
client.projects.get(1), client.projects.get(2)
child = os.fork()
mine = 1 if child else 2
wrong = sum(client.projects.get(mine).id != str(mine) for _ in range(100))
if child:
    wrong += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    client.close()
os._exit(min(wrong, 100))
"""
FORKING_ASYNC = """
import asyncio, os
from treasure_workflow import AsyncTreasureWorkflow
client = AsyncTreasureWorkflow({key!r}, base_url={url!r})
async def wrong(id):
    return sum([(await client.projects.get(id)).id != str(id) for _ in range(100)])
asyncio.run(wrong(1))
child = os.fork()
count = asyncio.run(wrong(1 if child else 2))
if child:
    count += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
os._exit(min(count, 100))
"""


def by_id(request: Received) -> object:
    """The project that was asked for."""
    return json_response(project(int(request.path.rpartition("/")[2])))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("program", [FORKING, FORKING_ASYNC], ids=["sync", "async"])
def test_after_a_fork_each_process_gets_its_own_responses(program: str, server: ScriptedServer) -> None:
    """Parent and child share no connection, so neither reads what the other asked for."""
    server.response = by_id  # type: ignore[assignment]
    path = {"PYTHONPATH": f"{ROOT / 'generated'}:{ROOT / 'overlay'}", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", program.format(key=KEY, url=server.base_url)]
    done = subprocess.run(command, env=path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_serves_one_event_loop_after_another(server: ScriptedServer) -> None:
    """A client of a module works in each `asyncio.run`, and in loops that run beside each other."""
    server.response = by_id  # type: ignore[assignment]
    client = AsyncTreasureWorkflow(KEY, base_url=server.base_url)

    async def ask(id: int) -> str:
        first, second = await asyncio.gather(client.projects.get(id), client.projects.get(id + 1))
        return first.id + second.id

    assert [asyncio.run(ask(id)) for id in (1, 3)] == ["12", "34"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda id: asyncio.run(ask(id)), (1, 3, 5, 7))) == ["12", "34", "56", "78"]
    asyncio.run(client.aclose())


def test_closing_a_client_closes_its_copies(server: ScriptedServer) -> None:
    """And closing a copy closes the client; both say so instead of opening connections again."""
    server.response = by_id  # type: ignore[assignment]
    for close_copy in (False, True):
        client = TreasureWorkflow(KEY, base_url=server.base_url)
        copy = client.with_options(max_retries=0)
        assert copy.projects.get(1).id == client.projects.get(1).id == "1"
        (copy if close_copy else client).close()
        for each in (client, copy):
            with pytest.raises(ClientClosed, match="make a new one"):
                each.projects.get(1)


def test_sixty_four_threads_share_a_client(tmp_path: Path) -> None:
    """Each thread gets its own responses, over connections that are kept; the server is another process."""
    program = (
        "import sys, threading\n"
        "from tests.support.client.support import ScriptedServer, json_response, project\n"
        "server = ScriptedServer()\n"
        "server.response = lambda request: json_response(project(int(request.path.rpartition('/')[2])))\n"
        "print(server.base_url, flush=True)\n"
        "sys.stdin.read()\n"
        "print(len(server.requests), flush=True)\n"
    )
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}:{ROOT / 'overlay'}"}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = process.stdout.readline().strip()
        ready = threading.Barrier(64)
        with TreasureWorkflow(KEY, base_url=url) as client, ThreadPoolExecutor(64) as pool:

            def ask(number: int) -> bool:
                ready.wait(60)
                return all(client.projects.get(number * 10 + each).id == str(number * 10 + each) for each in range(10))

            assert all(pool.map(ask, range(64)))
        process.stdin.close()
        assert process.stdout.readline().strip() == "640"
