"""The process that runs scripts: reads requests, one a line, writes what came of each, and ends with its parent.

A script can spend time where nothing can interrupt it. So this process watches its own time, and ends itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

from treasure_workflow_mock.engine.expressions.sandbox import STACK_LIMIT, evaluate
from treasure_workflow_mock.engine.expressions.script_error import ScriptError
from treasure_workflow_mock.engine.expressions.worker_pool import OUT_OF_TIME

_LOOK_EVERY = 0.02  # seconds
_MAX_DEPTH = 20_000  # of Python's own calls, for deeply nested scripts


class _Watch:
    """Ends the process when a script has used its processor time."""

    def __init__(self) -> None:
        self._running = threading.Event()
        self._end = 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self, seconds: float) -> None:
        self._end = time.process_time() + seconds
        self._running.set()

    def end(self) -> None:
        self._running.clear()

    def _look(self) -> None:
        while self._running.wait():
            time.sleep(_LOOK_EVERY)
            if self._running.is_set() and time.process_time() > self._end:
                os._exit(OUT_OF_TIME)


def main() -> None:
    """Serves the requests on standard input until that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interruption from the keyboard is the parent's affair
    sys.setrecursionlimit(_MAX_DEPTH)
    threading.stack_size(8 * STACK_LIMIT)
    serving = threading.Thread(target=_serve)
    serving.start()
    serving.join()


def _serve() -> None:
    watch = _Watch()
    for line in sys.stdin:
        seconds, template, params, nearer, timezone = json.loads(line)
        started = time.process_time()
        watch.begin(seconds)
        try:
            outcome: dict[str, str | float] = {"text": evaluate(template, params, nearer, timezone)}
        except ScriptError as error:
            outcome = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 (a fault of ours must not cost a process for each script)
            outcome = {"error": f"the script engine failed: {error!r}"}
        watch.end()
        outcome["seconds"] = time.process_time() - started
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()
