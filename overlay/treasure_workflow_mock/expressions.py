"""`${…}` in configurations: JavaScript over the task's parameters."""

from __future__ import annotations

import json
import re

from treasure_workflow_mock.script_engine import ScriptEngine, ScriptError
from treasure_workflow_mock.state import Json, JsonObject

# Subtasks and their conditions are evaluated when they run themselves.
_LEFT_ALONE = frozenset({"_do", "_else_do"})
# `${secret:key}` and its like belong to the operators.
_OPENING = re.compile(r"\$\{(?![a-z]+:)")


class ExpressionError(Exception):
    """An expression that cannot be evaluated; the message is the service's."""


def is_templated(value: Json) -> bool:
    """Whether a text anywhere in `value` asks for an evaluation."""
    if isinstance(value, str):
        return "$" in value
    if isinstance(value, dict):
        return any(is_templated(item) for item in value.values())
    return isinstance(value, list) and any(is_templated(item) for item in value)


def evaluate(config: JsonObject, params: JsonObject, engine: ScriptEngine) -> JsonObject:
    """`config` with every text evaluated, its keys in order, each with those before it and `params` as variables.

    Raises ExpressionError.
    """
    return _Evaluation(params, engine).mapping(config)


class _Evaluation:
    """The evaluation of one task's configuration."""

    def __init__(self, params: JsonObject, engine: ScriptEngine) -> None:
        self._params = params
        self._params_text = ""
        self._engine = engine

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
        self._params_text = self._params_text or json.dumps(self._params)
        try:
            return self._engine.run(_body(template), self._params_text, json.dumps(nearer))
        except ScriptError as error:
            raise ExpressionError(f"Failed to evaluate a variable {template} ({error})") from None


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
