"""`${…}` in configurations: JavaScript over the task's parameters, in an embedded engine.

Each task gets an engine of its own, made when its first expression is met, without files, network or timers, and with
bounded memory. All expressions of an attempt share a bounded time and a bounded length of results.
`moment` is not there.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import quickjs

from treasure_workflow_mock.state import Json, JsonObject

MEMORY_LIMIT = 16 * 1024 * 1024  # bytes, for one task
TIME_LIMIT = 2.0  # seconds, for all expressions of one attempt
LENGTH_LIMIT = 16 * 1024 * 1024  # characters, for all that they give

# Subtasks and their conditions are evaluated when they run themselves.
_LEFT_ALONE = frozenset({"_do", "_else_do"})
# `${secret:key}` and its like belong to the operators.
_OPENING = re.compile(r"\$\{(?![a-z]+:)")
# The engine's own functions are taken aside, out of the reach of expressions.
_RUN = """(function (parse, stringify, assign, Function) {
    return function (body, params, nearer) {
        var scope = assign(parse(params), parse(nearer));
        return stringify(new Function('with (this) {\\n' + body + '}\\n').call(scope));
    };
})(JSON.parse, JSON.stringify, Object.assign, Function)"""


class ExpressionError(Exception):
    """An expression that cannot be evaluated; the message is the service's."""


class Budget:
    """What the expressions of an attempt may still use: seconds, and characters of results."""

    def __init__(self, seconds: float = TIME_LIMIT, characters: int = LENGTH_LIMIT) -> None:
        self.seconds = seconds
        self.characters = characters


def is_templated(value: Json) -> bool:
    """Whether a text anywhere in `value` asks for an evaluation."""
    if isinstance(value, str):
        return "$" in value
    if isinstance(value, dict):
        return any(is_templated(item) for item in value.values())
    return isinstance(value, list) and any(is_templated(item) for item in value)


def evaluate(config: JsonObject, params: JsonObject, budget: Budget) -> JsonObject:
    """`config` with every text evaluated, its keys in order, each with those before it and `params` as variables.

    Raises ExpressionError.
    """
    return _Evaluation(params, budget).mapping(config)


class _Evaluation:
    """The evaluation of one task's configuration."""

    def __init__(self, params: JsonObject, budget: Budget) -> None:
        self._params = params
        self._params_text = ""
        self._budget = budget
        self._context: Any = None  # the engine's package ships no types
        self._run: Any = None

    def mapping(self, config: JsonObject) -> JsonObject:
        built: JsonObject = {}
        changed: JsonObject = {}  # what differs from the params, so that not everything goes to the engine again
        for key, value in config.items():
            if key in _LEFT_ALONE:
                built[key] = value
            elif isinstance(value, dict):
                built[key] = self.mapping(value)
            else:
                built[key] = self._value(value, changed)
            if key not in self._params or self._params[key] is not built[key]:
                changed[key] = built[key]
        return built

    def _value(self, value: Json, nearer: JsonObject) -> Json:
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list):
            return [self._value(item, nearer) for item in value]
        if isinstance(value, str) and "$" in value:
            return self._text(value, nearer)
        return value

    def _text(self, template: str, nearer: JsonObject) -> str:
        text = None
        try:
            if self._budget.characters > 0:
                text = json.loads(self._call(_body(template), json.dumps(nearer)))
        except (quickjs.JSException, quickjs.StackOverflow) as error:
            raise ExpressionError(f"Failed to evaluate a variable {template} ({_words(error)})") from None
        except (TypeError, ValueError):
            pass  # what came back is no text: the expression tampered with the engine
        self._budget.characters -= len(text) if isinstance(text, str) else 0
        if not isinstance(text, str) or self._budget.characters < 0:
            raise ExpressionError(f"Failed to evaluate a variable {template} (out of memory)")
        return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _call(self, body: str, nearer: str) -> str:
        """The result as JSON text, which carries characters that the engine's interface would lose."""
        if self._run is None:
            self._context = quickjs.Context()
            self._context.set_memory_limit(MEMORY_LIMIT)
            self._run = self._context.eval(_RUN)
            self._params_text = json.dumps(self._params)
        self._context.set_time_limit(max(self._budget.seconds, 0.001))
        started = time.process_time()
        try:
            result: str = self._run(body, self._params_text, nearer)
        finally:
            self._budget.seconds -= time.process_time() - started
        return result


def _body(template: str) -> str:
    """The template as the body of a function that gives its text."""
    parts = ["var __t, __p = '', print = function () { __p += Array.prototype.join.call(arguments, ''); };\n__p += ''"]
    position = 0
    while opening := _OPENING.search(template, position):
        end = _closing(template, opening.end())
        if end is None:
            break
        parts.append(_literal(template[position : opening.start()]))
        if expression := template[opening.end() : end]:
            parts.append(f"((__t=({expression}))==null?'':(typeof __t==\"string\"?__t:JSON.stringify(__t)))")
        position = end + 1
    parts.append(_literal(template[position:]))
    return " +\n".join(parts) + ";\nreturn __p;\n"


def _closing(template: str, start: int) -> int | None:
    """Where the brace closes that was opened before `start`; braces inside quotes count too."""
    depth = 0
    for position in range(start, len(template)):
        if template[position] == "{":
            depth += 1
        elif template[position] == "}":
            if depth == 0:
                return position
            depth -= 1
    return None


def _literal(text: str) -> str:
    return json.dumps(text.replace("$$", "$"))


def _words(error: Exception) -> str:
    """The engine's complaint in the words that the service has for it."""
    message = str(error).split("\n", 1)[0].strip()
    if message in ("null", "") or message.startswith("(Failed obtaining"):
        return "out of memory"
    message = re.sub(r"^ReferenceError: '(.*)' is not defined$", r"ReferenceError: \1 is not defined", message)
    return re.sub("^TypeError: c", "TypeError: C", message)
