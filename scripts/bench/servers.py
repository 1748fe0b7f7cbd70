"""Two servers of the contract, each in processes of its own on a free loopback port: the mock service, and Prism.

Prism comes from npm into a folder of the tree that git ignores, at one exact version: the newest for Node.js 18 and 20.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.bench.measure import MissingTool

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "generated/treasure_workflow_api/openapi.json"
PRISM = "@stoplight/prism-cli@5.14.2"
KEY = f"1/{1:040x}"
HEADERS = {"Authorization": f"TD1 {KEY}", "Accept": "application/json"}
_CACHE = ROOT / ".cache/prism"
_START_WITHIN = 60.0  # seconds

Command = Callable[[int], list[str]]  # the command line of a server that listens on that port


def tool(name: str, package: str) -> str:
    """The path of an installed program, which comes with a package of Debian's. Raises MissingTool."""
    found = shutil.which(name)
    if found is None:
        raise MissingTool(f"{name} is missing: install it, on Debian by `apt-get install {package}`")
    return found


def mock(*options: str) -> Command:
    """The mock service, with options of its command."""
    return lambda port: [sys.executable, "-m", "treasure_workflow_mock", "--port", str(port), *options]


def prism() -> Command:
    """Prism with canned examples and without a log, which costs it least. Installs it when it is not there."""
    node, npm = tool("node", "nodejs"), tool("npm", "npm")
    name, _, version = PRISM.rpartition("@")
    folder = _CACHE / version
    program = folder / "node_modules" / name / "dist/index.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(folder), PRISM]
        if subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode:
            raise MissingTool(f"npm could not install {PRISM}")
    return lambda port: [node, str(program), "mock", str(CONTRACT), "--port", str(port), "--verboseLevel", "silent"]


class Server:
    """A running server. `started_in` is how long it took from its start to its first response, in ms."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        begun = time.perf_counter()
        self.process, self.port = process, port
        while not self._responds():
            if process.poll() is not None or time.perf_counter() - begun > _START_WITHIN:
                raise RuntimeError(f"{process.args!r} does not answer")
            time.sleep(0.002)
        self.started_in = (time.perf_counter() - begun) * 1000

    @property
    def address(self) -> str:
        """Such as `http://127.0.0.1:49152`."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self, field: str) -> float:
        """`VmRSS` (resident now) or `VmHWM` (at most so far) of the process and its children, in MB."""
        return sum(_memory(pid, field) for pid in _tree(self.process.pid)) / 1024

    def cpu(self) -> float:
        """The CPU time that the process has taken, in ms."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK") * 1000

    def _responds(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_START_WITHIN)
        try:
            connection.request("GET", "/api/projects", headers=HEADERS)
            response = connection.getresponse()
            if response.status != 200 or b'"projects"' not in response.read():
                raise RuntimeError(f"{self.process.args!r} answered {response.status}")
        except OSError:
            return False
        finally:
            connection.close()
        return True


@contextlib.contextmanager
def running(command: Command) -> Iterator[Server]:
    """A server of that command, which has answered and ends with the block."""
    port = _free_port()
    with subprocess.Popen(command(port), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            yield Server(process, port)
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _tree(int(child))


def _memory(pid: int, field: str) -> int:
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])
