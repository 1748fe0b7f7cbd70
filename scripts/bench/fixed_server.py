"""A server of fixed bytes on loopback, in a process of its own, that costs a client as little as a server can.

It lists ATTEMPTS attempts, newest first, ends a listing with an empty page, and takes and gives back one archive.
`python -m scripts.bench.fixed_server` prints its address and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.bench import samples

ATTEMPTS, PAGE = 10_000, 100
PROJECT = {
    "id": "1",
    "name": "big",
    "revision": "r1",
    "createdAt": "2026-11-01T18:00:00Z",
    "updatedAt": "2026-11-01T18:00:00Z",
    "deletedAt": None,
    "archiveType": "db",
    "archiveMd5": None,  # what is pushed is never there already
}


def response(body: bytes, content_type: str = "application/json") -> bytes:
    """A whole HTTP response."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


PAGES = {end: response(samples.page(range(end - 1, end - 1 - PAGE, -1))) for end in range(ATTEMPTS + 1, 1, -PAGE)}
EMPTY = response(b'{"attempts": []}')


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, archive: bytearray) -> None:
    """One connection."""
    while request := await _head(reader):
        length = re.search(rb"(?i)content-length: (\d+)", request)
        line = request.partition(b"\r\n")[0]
        if line.startswith(b"PUT /api/projects?"):
            archive[:] = await reader.readexactly(int(length[1]) if length else 0)
            writer.write(response(json.dumps(PROJECT).encode()))
        elif b"/archive" in line:
            writer.write(response(bytes(archive), "application/gzip"))
        elif line.startswith(b"GET /api/projects"):
            listing = b"?" in line
            writer.write(response(json.dumps({"projects": [PROJECT]} if listing else PROJECT).encode()))
        else:
            cursor = re.search(rb"last_id=(\d+)", line)
            writer.write(PAGES.get(int(cursor[1]) if cursor else ATTEMPTS + 1, EMPTY))
        await writer.drain()
    writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionResetError):
        return await reader.readuntil(b"\r\n\r\n")
    return b""


async def main() -> None:
    """Serves until standard input closes."""
    archive = bytearray()
    server = await asyncio.start_server(lambda reader, writer: serve(reader, writer, archive), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)  # open connections of the clients would keep the server waiting


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The address of a server of fixed bytes, which ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.bench.fixed_server"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(main())
