"""JSON in a text of a configuration, as expressions leave lists and mappings: read and refused as the service does it.

What follows the first value is ignored, but for a number, which something blank has to follow.
"""

from __future__ import annotations

import json
from typing import NoReturn

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.java.json_reader import NotJson, Reader, java_double

_MAX_DEPTH = 100  # the service has no such bound
_SHOWN = 500  # characters of the text that messages show
_BLANKS = " \t\r\n"
_PARSE_EXCEPTION = "com.fasterxml.jackson.core.JsonParseException"
_EOF_EXCEPTION = "com.fasterxml.jackson.core.io.JsonEOFException"


def parse(text: str) -> Json:
    """The JSON value that `text` begins with. ValueError with the service's words, its class of exception first."""
    try:
        value = json.loads(text, parse_float=java_double, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = _TextReader(text).read_first()
    if _is_deeper(value, _MAX_DEPTH):
        raise ValueError(f"JSON is nested deeper than {_MAX_DEPTH} levels")
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


class _TextReader(Reader):
    """A reader of a text that is whole in memory, whose messages name places in a way of their own."""

    def __init__(self, text: str) -> None:
        super().__init__(text.encode("utf-8", "replace"), "", ())

    def read_first(self) -> Json:
        """The first value. ValueError if it is none."""
        try:
            value = self.read()
            following = self.text[self.position : self.position + 1]
            if isinstance(value, int | float) and not isinstance(value, bool) and following.strip(_BLANKS):
                self._unexpected(": Expected space separating root-level values")
        except NotJson as error:
            problem = str(error.message)
            ends = problem.startswith("Unexpected end-of-input") and "within/between" not in problem
            raise ValueError(f"{_EOF_EXCEPTION if ends else _PARSE_EXCEPTION}: {problem}") from None
        return value

    def _unclosed(self, what: str) -> str:
        return super()._unclosed(what) if what == "field name" else ": was expecting closing quote for a string value"

    def _refuse(self, problem: str) -> NoReturn:
        self.position += 1  # the character is taken already when the service finds it wrong
        self._fail(problem)

    def _place(self, position: int, looks: int = 0) -> str:
        line_start = self.text.rfind("\n", 0, position) + 1
        column = position - line_start + 1 + looks * len(self.text)  # counted on with each look beyond the end
        shown = f'"{self.text[:_SHOWN]}"'
        if len(self.text) > _SHOWN:
            shown += f"[truncated {len(self.text) - _SHOWN} chars]"
        return f"[Source: (String){shown}; line: {self.text.count(chr(10), 0, position) + 1}, column: {column}]"


def _is_deeper(value: Json, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        children = (
            item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)
        )
        level = [child for items in children for child in items]
    return bool(level)
