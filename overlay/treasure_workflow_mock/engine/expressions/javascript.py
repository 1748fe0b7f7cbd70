"""Scripts behind a wall: they run in processes that can be killed, so that no script stops the service.

The processes start when the first script comes and end with this one. Nothing of the script engine is loaded here.
"""

from __future__ import annotations

import math
import re
import time
from typing import Any

from treasure_workflow_mock.engine.expressions.script_error import ScriptError, ScriptTakesTimeError
from treasure_workflow_mock.engine.expressions.worker_pool import POOL, Running

SCRIPT_SECONDS = 0.6
"""Processor time that one script may use."""
ATTEMPT_SECONDS = 30.0
"""Processor time that all scripts of one attempt may use."""
PATIENCE = 0.02
"""Seconds that a step of the engine waits for scripts before others are served."""
SCRIPTS_AT_ONCE = 2
"""Scripts of one account that run at a time."""
LENGTH_LIMIT = 16 * 1024 * 1024
"""Characters, for all that the scripts of one attempt give."""

_LONG = 3600.0  # longer than any script is waited for
_KEPT = 32


class RunningScripts:
    """The scripts of an account that run at a time: few, so that others find workers."""

    def __init__(self) -> None:
        self._scripts: list[Running] = []

    @property
    def are_many(self) -> bool:
        """Whether no other script may begin."""
        self._scripts = [script for script in self._scripts if not script.is_done]
        return len(self._scripts) >= SCRIPTS_AT_ONCE

    def add(self, script: Running) -> None:
        """Counts a script until it is done."""
        self._scripts.append(script)


class ScriptEngine:
    """What runs the scripts of one attempt, which share what they may use of time and length.

    Args:
        timezone: The zone of their local time.
        seconds: Processor time that one script may use.
        running: The scripts of the account. With them, a script that takes long is left to run while others are
            served, see `run`; without, it is waited for.
    """

    def __init__(
        self, timezone: str = "UTC", *, seconds: float = SCRIPT_SECONDS, running: RunningScripts | None = None
    ) -> None:
        self._timezone = timezone
        self._script_seconds = seconds
        self._seconds = ATTEMPT_SECONDS
        self._characters = LENGTH_LIMIT
        self._account_scripts = running
        self._running: dict[tuple[str, ...], Running] = {}
        self._outcomes: dict[tuple[str, ...], dict[str, Any]] = {}  # of scripts that took long
        self._until = math.inf
        self._used = False

    def begin_step(self) -> None:
        """From here on, scripts are waited for no longer than others should wait."""
        self._used = False
        if self._account_scripts is not None:
            self._until = time.monotonic() + PATIENCE

    @property
    def is_busy(self) -> bool:
        """Whether a script has not ended, or scripts have used up the step."""
        return bool(self._running) or (self._used and time.monotonic() > self._until)

    def close(self) -> None:
        """Ends the scripts that have not ended."""
        for script in self._running.values():
            script.abandon()
        self._running = {}
        self._outcomes = {}

    def __del__(self) -> None:
        """Leaves no script to run when the attempt is gone."""
        self.close()

    def run(self, template: str, params: str, nearer: str) -> str:
        """The text that `template` becomes.

        Args:
            template: A text with `${…}`.
            params: The variables, as a JSON object.
            nearer: More of them, which win.

        Raises:
            ScriptError: No text came of it.
            ScriptTakesTimeError: Nothing has come of it yet.
        """
        if self._seconds <= 0:
            raise ScriptError(f"the scripts of this attempt used more than {ATTEMPT_SECONDS:g} s")
        if self._characters <= 0:
            raise ScriptError("out of memory")
        outcome = self._outcome((template, params, nearer, self._timezone))
        if "error" in outcome:
            raise ScriptError(_well_formed(outcome["error"]))
        text: str = outcome["text"]
        self.count(text)
        return _well_formed(text)

    def _outcome(self, request: tuple[str, ...]) -> dict[str, Any]:
        if (known := self._outcomes.get(request)) is not None:
            return known
        self._used = True
        script = self._running.get(request)
        took_long = script is not None
        if script is None:
            if self._account_scripts is not None and self._account_scripts.are_many:
                raise ScriptTakesTimeError
            script = POOL.begin(self._script_seconds, request)
        outcome = script.wait(max(self._until - time.monotonic(), 0) if self._until < math.inf else _LONG)
        if outcome is None:
            if not took_long:
                self._running[request] = script
                assert self._account_scripts is not None  # or it was waited for
                self._account_scripts.add(script)
            raise ScriptTakesTimeError
        self._seconds -= outcome["seconds"]
        if took_long:
            del self._running[request]
            self._outcomes[request] = outcome
            if len(self._outcomes) > _KEPT:
                del self._outcomes[next(iter(self._outcomes))]
        return outcome

    def count(self, text: str) -> None:
        """Counts the length of a text, whether a script gave it or none was needed.

        Raises:
            ScriptError: It is too much.
        """
        self._characters -= len(text)
        if self._characters < 0:
            raise ScriptError("out of memory")


def _well_formed(text: str) -> str:
    if text.isascii():
        return text
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return re.sub("[\ud800-\udfff]", "?", paired)
