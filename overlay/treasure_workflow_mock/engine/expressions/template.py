"""`${…}` in configurations: JavaScript over the task's parameters."""

from __future__ import annotations

import json
import re

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
from treasure_workflow_mock.engine.expressions.script_error import ScriptError
from treasure_workflow_mock.engine.expressions.template_body import take_apart
from treasure_workflow_mock.engine.expressions.tokens import KEYWORDS

# Subtasks and their conditions are evaluated when they run themselves.
_LEFT_ALONE = frozenset({"_do", "_else_do"})
_NAMES = re.compile(r"\s*[A-Za-z]\w*(?:\.[A-Za-z]\w*)*\s*", re.ASCII)
# The code around each expression uses these by name: a variable that is called so takes their place, or loses its own.
_USED_AROUND = frozenset({"Array", "JSON", "print"})
_PRECISE = 2**53  # beyond, scripts have no whole numbers


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
        try:
            if (text := self._plain_text(template, nearer)) is not None:
                self._engine.count(text)
                return text
            self._params_text = self._params_text or json.dumps(self._params)
            return self._engine.run(template, self._params_text, json.dumps(nearer))
        except ScriptError as error:
            raise ExpressionError(f"Failed to evaluate a variable {template} ({error})") from None

    def _plain_text(self, template: str, nearer: JsonObject) -> str | None:
        """The text of a template that does no more than name variables whose texts are plain, or None.

        Most templates are so. They need no script engine.
        """
        parts = take_apart(template)
        if not template.isascii():  # half characters do not stay as they are
            return None
        if not (_USED_AROUND.isdisjoint(self._params) and _USED_AROUND.isdisjoint(nearer)):
            return None
        made = [parts.texts[0]]
        for script, following in zip(parts.scripts, parts.texts[1:], strict=True):
            if _NAMES.fullmatch(script) is None:
                return None
            first, *rest = script.strip().split(".")
            value: Json = (nearer if first in nearer else self._params).get(first, ...)
            for name in rest:
                value = value.get(name, ...) if isinstance(value, dict) else ...
            text = _plain(value)
            if first in KEYWORDS or text is None:
                return None
            made += [text, following]
        return "".join(made)


def _plain(value: object) -> str | None:
    """How scripts show a value that every language shows so, or None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _PRECISE else None
    return value if isinstance(value, str) and value.isascii() else None
