"""The JavaScript engine behind expressions: an embedded one, with bounded time and memory.

It has no files, no network and no timers. `Date` keeps the workflow's time zone. `moment` is there if a package brings
it (XStatic-moment does).
"""

from __future__ import annotations

import importlib.resources
import importlib.util
import json
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import quickjs

from treasure_workflow_mock import times

MEMORY_LIMIT = 16 * 1024 * 1024  # bytes, for one engine
TIME_LIMIT = 2.0  # seconds, for all expressions of one attempt
LENGTH_LIMIT = 16 * 1024 * 1024  # characters, for all that they give

# The engine's own functions are taken aside, out of the reach of expressions.
_RUN = """(function (parse, stringify, assign, Function) {
    return function (body, params, nearer) {
        var scope = assign(parse(params), parse(nearer));
        return stringify(new Function('with (this) {\\n' + body + '}\\n').call(scope));
    };
})(JSON.parse, JSON.stringify, Object.assign, Function)"""
# Clock changes are looked for in the years 1970 to 2099; beyond, a zone keeps its last offset.
_LAST_CHANGE = 4102444800
_STEP = 14 * times.DAY  # no zone changes its clocks twice in so short a time


class ScriptError(Exception):
    """A script failed; the message is the engine's, in the service's words where it has any."""


class ScriptEngine:
    """An engine for the scripts of one attempt, which share what they may use of time and length.

    It is made when it is first needed and made anew after `close`.
    """

    def __init__(self, timezone: str = "UTC", *, seconds: float = TIME_LIMIT, characters: int = LENGTH_LIMIT) -> None:
        self._timezone = timezone
        self._seconds = seconds
        self._characters = characters
        self._context: Any = None  # the engine's package ships no types
        self._function: Any = None
        self._loaded: set[str] = set()

    def close(self) -> None:
        """Lets go of the engine's memory."""
        self._context = self._function = None
        self._loaded = set()

    def run(self, body: str, params: str, nearer: str) -> str:
        """The text that the function body `body` returns; its variables are two JSON objects, the second wins.

        Raises ScriptError.
        """
        if self._characters <= 0:
            raise ScriptError("out of memory")
        started = time.process_time()
        try:
            self._prepare(body)
            self._context.set_time_limit(max(self._seconds, 0.001))
            # As JSON, since the interface loses some characters.
            text = json.loads(self._function(body, params, nearer))
        except (quickjs.JSException, quickjs.StackOverflow) as error:
            raise ScriptError(_words(error)) from None
        except (TypeError, ValueError):  # the script tampered with the engine
            raise ScriptError("no text") from None
        finally:
            self._seconds -= time.process_time() - started
        if not isinstance(text, str):
            raise ScriptError("no text")
        self._characters -= len(text)
        if self._characters < 0:
            raise ScriptError("out of memory")
        return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _prepare(self, body: str) -> None:
        """Makes the engine, and loads what the script mentions."""
        if self._context is None:
            self._context = quickjs.Context()
            self._context.set_memory_limit(MEMORY_LIMIT)
            self._function = self._context.eval(_RUN)
        for name in ("Date", "moment"):
            if name in body and name not in self._loaded:
                self._load("Date")
                if name == "moment":
                    self._load("moment")

    def _load(self, name: str) -> None:
        if name not in self._loaded:
            self._loaded.add(name)
            self._context.eval(_moment() if name == "moment" else f"{_zoned_date()}({_clock_changes(self._timezone)})")


@cache
def _zoned_date() -> str:
    return (importlib.resources.files("treasure_workflow_mock") / "zoned_date.js").read_text("utf-8").rstrip()


@cache
def _moment() -> str:
    """The library's text, or none if no package brings it."""
    try:
        package = importlib.util.find_spec("xstatic.pkg.moment")
    except ModuleNotFoundError:
        return ""
    folders = [] if package is None else package.submodule_search_locations or []
    paths = [Path(folder) / "data" / "moment.min.js" for folder in folders]
    return next((path.read_text("utf-8") for path in paths if path.exists()), "")


@cache
def _clock_changes(timezone: str) -> str:
    """The zone's offsets and since when it has them, in milliseconds, as JSON."""
    zone = times.zone(timezone)
    offset = times.utc_offset(zone, 0)
    changes = [(-8.64e15, offset * 1000)]  # from the first instant that JavaScript knows
    for start in range(0, _LAST_CHANGE, _STEP):
        if times.utc_offset(zone, start + _STEP) != offset:
            before, after = start, start + _STEP
            while after - before > 1:
                middle = (before + after) // 2
                if times.utc_offset(zone, middle) == offset:
                    before = middle
                else:
                    after = middle
            offset = times.utc_offset(zone, after)
            changes.append((after * 1000, offset * 1000))
    return json.dumps(changes)


def _words(error: Exception) -> str:
    message = str(error).split("\n", 1)[0].strip()
    if message in ("null", "") or message.startswith("(Failed obtaining"):
        return "out of memory"
    message = re.sub(r"^ReferenceError: '(.*)' is not defined$", r"ReferenceError: \1 is not defined", message)
    return re.sub("^TypeError: c", "TypeError: C", message)
