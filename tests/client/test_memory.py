"""Uploads and downloads go through memory in pieces."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.client.support import KEY, Received, Scripted, ScriptedServer, json_response, project
from treasure_workflow.archive import pack

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024
LIMIT = 30 * MEGABYTE
"""How much more than the bare interpreter a push and a pull of 20 MB may take, imports included."""

PROGRAM = """
import sys
for module in ("click", "rich", "pygments"):  # httpx takes these for its command line when they are there
    sys.modules[module] = None
def peak():  # not getrusage: what it tells is at least the parent's size at the fork
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
bare = peak()
{body}
print(peak() - bare)
"""
SYNC = """
from treasure_workflow import TreasureWorkflow
with TreasureWorkflow(api_key={key!r}, base_url={url!r}) as client:
    client.projects.push({folder!r}, "shop", max_archive_bytes=40_000_000)
    client.projects.pull(12, {out!r})
"""
ASYNC = """
import asyncio
from treasure_workflow import AsyncTreasureWorkflow
async def main():
    async with AsyncTreasureWorkflow(api_key={key!r}, base_url={url!r}) as client:
        await client.projects.push({folder!r}, "shop", max_archive_bytes=40_000_000)
        await client.projects.pull(12, {out!r})
asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process's memory is read from /proc")
@pytest.mark.parametrize("body", [SYNC, ASYNC], ids=["sync", "async"])
def test_twenty_megabytes_are_pushed_and_pulled_in_little_memory(
    body: str, server: ScriptedServer, tmp_path: Path
) -> None:
    """A large project costs time, not memory."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "nightly.dig").write_text("+a:\n  echo>: hello\n")
    (folder / "model.bin").write_bytes(os.urandom(20 * MEGABYTE))  # random, so that packing does not shrink it
    with pack(folder, max_archive_bytes=40_000_000) as archive:
        packed = b"".join(archive.chunks())

    def response(request: Received) -> Scripted:
        if request.method == "PUT":
            assert request.body == packed
            return json_response(project(archiveMd5=archive.md5))
        if request.path == "/api/projects":
            return json_response({"projects": []})
        if request.path == "/api/projects/12":
            return json_response(project(archiveMd5=archive.md5))
        return Scripted(200, packed, {"Content-Type": "application/gzip"})

    server.response = response
    program = PROGRAM.format(
        body=body.format(key=KEY, url=server.base_url, folder=str(folder), out=str(tmp_path / "out"))
    )
    path = {"PYTHONPATH": f"{ROOT / 'generated'}:{ROOT / 'overlay'}", "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.bin").stat().st_size == 20 * MEGABYTE
    taken = int(done.stdout)
    assert MEGABYTE < taken < LIMIT
