"""Scripts in an embedded engine that behaves as the service's does: no files, no network, no timers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import quickjs

from treasure_workflow_mock.engine.expressions.moment import moment_library
from treasure_workflow_mock.engine.expressions.script_error import ScriptError
from treasure_workflow_mock.engine.expressions.syntax import Script, check_parameters, to_sandbox
from treasure_workflow_mock.engine.expressions.template_body import take_apart, take_apart_simply
from treasure_workflow_mock.engine.expressions.tokens import ScriptSyntaxError
from treasure_workflow_mock.engine.expressions.zones import script_zone

MEMORY_LIMIT = 64 * 1024 * 1024
"""Bytes that one engine may have."""
STACK_LIMIT = 8 * 1024 * 1024
"""Bytes of the stack that scripts may use; the thread that runs them must have more."""
_CACHED = 512
# Errors whose words the engine behind the gate does not give without a script that explains them.
_TERSE = re.compile(
    "not a (?:function|constructor)|invalid '(?:in|instanceof)'|number of digits|extensible|has no setter|delete"
)
_MENTIONS = {"java": ("$call(", "java", "Java", "Packages"), "Date": ("Date", "moment"), "moment": ("moment",)}
_MAKES_SCRIPTS = re.compile(r"eval|Function|template|constructor|\\[ux]")


def evaluate(template: str, params: str, nearer: str, timezone: str) -> str:
    """The text that a template becomes.

    Args:
        template: A text with `${…}`.
        params: The variables, as a JSON object.
        nearer: More of them, which win.
        timezone: The zone of the scripts' local time.

    Returns:
        The text as JSON, since scripts may make what is no text elsewhere.

    Raises:
        ScriptError: No text came of it.
    """
    parts = take_apart(template)
    script = _gated(parts.body)
    leaks = json.dumps({"all": parts.all, "match": parts.match, "index": parts.index, "input": parts.input})
    outcome = _run(script, params, nearer, leaks, timezone)
    if not script.explains and _TERSE.search(outcome.get("error", "")):
        explained = _run(_gated(parts.body, explains=True), params, nearer, leaks, timezone)
        outcome = explained if "error" in explained else outcome
    if "error" in outcome:
        raise ScriptError(outcome["error"])
    return outcome["text"]


def _run(script: Script, params: str, nearer: str, leaks: str, timezone: str) -> dict[str, str]:
    """The `text` that came of a script, or its `error`."""
    make = _kept_environment if script.leaves_no_trace else _environment
    run = make(timezone, _parts(script.code))
    try:
        outcome: dict[str, str] = json.loads(run(json.dumps(script.code), params, nearer, leaks))
    except (quickjs.JSException, quickjs.StackOverflow) as error:
        _kept_environment.cache_clear()
        return {"error": _words(error)}
    except (TypeError, ValueError):  # the script tampered with the engine
        return {"error": "no text"}
    return outcome


@lru_cache(maxsize=_CACHED)
def _gated(text: str, *, explains: bool = False) -> Script:
    try:
        return to_sandbox(text, explains=explains)
    except ScriptSyntaxError as error:
        raise ScriptError(str(error)) from None
    except RecursionError:
        raise ScriptError("RangeError: Maximum call stack size exceeded") from None


def _environment(timezone: str, parts: frozenset[str]) -> Callable[..., str]:
    """What runs scripts in an engine that no script has used, which has those parts that take time to make."""
    context: Any = quickjs.Context()  # the engine's package ships no types
    context.set_memory_limit(MEMORY_LIMIT)
    context.set_max_stack_size(STACK_LIMIT)
    context.add_callable("gate", _gate)
    context.add_callable("template", _template)
    context.add_callable("makeFunction", _make_function)
    context.eval("globalThis.$host = {gate, template, makeFunction}")
    run: Callable[..., str] = context.eval(f"{_part('prelude')}($host)")
    if "java" in parts:
        context.eval(f"{_part('java_strings')}($host)")
        context.eval(f"{_part('java_format')}($host)")
    if "Date" in parts:
        context.eval(f"{_part('date')}($host, {script_zone(timezone)})")
    if "moment" in parts and moment_library():
        context.eval(moment_library())
        context.eval(f"{_part('moment_later')}(moment)")
    context.eval("$host.finish()")
    return run


def _parts(code: str) -> frozenset[str]:
    """What a script may need: scripts that make scripts may need all."""
    if _MAKES_SCRIPTS.search(code):
        return frozenset({"java", "Date", "moment"})
    parts = {part for part, mentions in _MENTIONS.items() if any(mention in code for mention in mentions)}
    return frozenset(parts)


_kept_environment = lru_cache(maxsize=8)(_environment)


@cache
def _part(name: str) -> str:
    return (
        resources.files("treasure_workflow_mock.engine.expressions").joinpath(f"{name}.js").read_text("utf-8").strip()
    )


# What scripts make scripts of goes through here. Texts come and go as JSON: the interface loses some characters.


def _gate(text: str) -> str:
    try:
        return json.dumps({"code": _gated(json.loads(text)).code})
    except ScriptError as error:
        return json.dumps({"error": str(error).removeprefix("SyntaxError: ")})


def _make_function(names: str, body: str) -> str:
    given = json.loads(names)
    try:
        check_parameters(given)
        return json.dumps({"names": given, "code": _gated(json.loads(body)).code})
    except ScriptSyntaxError as error:
        return json.dumps({"error": str(error).removeprefix("SyntaxError: ")})
    except ScriptError as error:
        return json.dumps({"error": str(error).removeprefix("SyntaxError: ")})


def _template(text: str, extended: bool) -> str:
    template = json.loads(text)
    body = (take_apart if extended else take_apart_simply)(template).body
    try:
        return json.dumps({"code": _gated(body).code})
    except ScriptError as error:
        return json.dumps({"error": str(error).removeprefix("SyntaxError: ")})


def _words(error: Exception) -> str:
    message = str(error).split("\n", 1)[0].strip()
    if message in ("null", "") or message.startswith("(Failed obtaining"):
        return "out of memory"
    return message
