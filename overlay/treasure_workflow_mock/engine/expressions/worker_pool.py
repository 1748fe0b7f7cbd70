"""The processes that run scripts: started when one is needed, used again, killed when a script does not end."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

OUT_OF_TIME = 75
"""The exit status of a worker whose script took too long."""
_BOOT = "import sys; sys.path[:] = {path!r}; from treasure_workflow_mock.engine.expressions.worker import main; main()"
_SILENCE = 30.0  # seconds after which a worker that says nothing counts as lost, on however loaded a machine
_IDLE = 2  # workers that are kept for what comes next


class _Worker:
    """One process. Requests and responses are JSON, one a line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._responses: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as responses:
            for line in responses:
                self._responses.put(line)
        self._responses.put(b"")

    def send(self, request: Sequence[object]) -> None:
        """Sends a request; nothing happens if the process has ended."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def receive(self, timeout: float) -> bytes | None:
        """The response, nothing if the process has ended, None if there is no response within `timeout` seconds."""
        with contextlib.suppress(queue.Empty):
            return self._responses.get(timeout=timeout) if timeout > 0 else self._responses.get_nowait()
        return None

    @property
    def has_responded(self) -> bool:
        """Whether there is anything to receive."""
        return not self._responses.empty()

    def end(self) -> int:
        """Ends the process, if it has not ended itself; its exit status."""
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # of what it did not read
            self._process.stdin.close()
        self._reader.join()
        return status

    @property
    def process_id(self) -> int:
        """The system's number of the process."""
        return self._process.pid


class Running:
    """A script that a worker runs."""

    def __init__(self, pool: WorkerPool, worker: _Worker, seconds: float) -> None:
        self._pool = pool
        self._worker: _Worker | None = worker
        self._seconds = seconds
        self._lost_at = time.monotonic() + _SILENCE

    @property
    def is_done(self) -> bool:
        """Whether the script has ended."""
        return self._worker is None or self._worker.has_responded

    def wait(self, timeout: float) -> dict[str, Any] | None:
        """What came of the script: its `text` or its `error`, and the processor time in `seconds` that it took.

        None if it has not ended within `timeout` seconds.
        """
        worker = self._worker
        assert worker is not None  # nobody waits for what is over
        line = worker.receive(min(timeout, self._lost_at - time.monotonic()))
        if line is None and time.monotonic() < self._lost_at:
            return None
        self._worker = None
        if line:
            self._pool.give_back(worker)
            outcome: dict[str, Any] = json.loads(line)
            return outcome
        status = worker.end()
        if status == OUT_OF_TIME:
            error = f"interrupted: a script may use {self._seconds:g} s on this mock"
        else:
            error = f"the script engine ended unexpectedly (status {status})"
        return {"error": error, "seconds": self._seconds}

    def abandon(self) -> None:
        """Ends the script, whatever it does."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


class WorkerPool:
    """Workers for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._parents: list[_Worker] = []  # are kept, since to let go of one would be to look for its end
        self._owner = os.getpid()
        atexit.register(self.close)

    def begin(self, seconds: float, request: Sequence[object]) -> Running:
        """Has a worker run a script.

        Args:
            seconds: The processor time that it may take.
            request: What the worker is asked, without that.
        """
        worker = self._take()
        worker.send([seconds, *request])
        return Running(self, worker, seconds)

    @property
    def size(self) -> int:
        """How many workers wait for what comes next."""
        return len(self._idle)

    def process_ids(self) -> list[int]:
        """The system's numbers of those workers."""
        return [worker.process_id for worker in self._idle]

    def _take(self) -> _Worker:
        with self._lock:
            if self._owner != os.getpid():  # after a fork they are the parent's
                self._parents = self._idle
                self._idle, self._owner = [], os.getpid()
            if self._idle:
                return self._idle.pop()
        return _Worker()

    def give_back(self, worker: _Worker) -> None:
        """Keeps a worker for what comes next, or ends it."""
        with self._lock:
            if len(self._idle) < _IDLE:
                self._idle.append(worker)
                return
        worker.end()

    def close(self) -> None:
        """Ends the workers; the next script starts one anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        if self._owner == os.getpid():
            for worker in idle:
                worker.end()


POOL = WorkerPool()
