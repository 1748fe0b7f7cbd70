"""JSON text as the service reads it: what it tolerates, what its numbers become, how it words a syntax error.

A good text takes the fast way, through the standard library. Only a text that this refuses is read again by `Reader`,
which knows the service's grammar and words, and has no limit on nesting.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NoReturn

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.errors import InvalidRequest

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_PLAIN_TEXT = re.compile(r'[^"\\\x00-\x1f]*')
_WORD = re.compile(r"[\w$]*")
_SURROGATES = re.compile("[\ud800-\udfff]+")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_BEGINNINGS = {word[:end] for word in ("true", "false", "null", "NaN", "Infinity") for end in range(1, len(word))}
_SOURCE = "[Source: (io.undertow.servlet.spec.ServletInputStreamImpl); line: {line}, column: {column}]"


class NotJson(InvalidRequest):
    """The text is no JSON; the message is the service's parser's."""


def source(text: str, position: int) -> str:
    """How a message names the place in a JSON text where something is wrong, `position` characters from its start."""
    line_start = text.rfind("\n", 0, position) + 1
    return _SOURCE.format(line=text.count("\n", 0, position) + 1, column=position - line_start + 1)


def java_double(text: str) -> float | str:
    """A decimal number as the service keeps it; one beyond the range of a double becomes a text."""
    value = float(text)
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _refuse_constant(_text: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(parse_float=java_double, parse_constant=_refuse_constant)


def first_character(content: bytes) -> str:
    """The first character of the JSON text that is no white space, or an empty text when there is none."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")[:1].decode("latin-1")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value, and where it stands in its text."""

    value: Json
    text: str
    end: int

    @property
    def at_end(self) -> str:
        """The place of the value's last character, as a message names it."""
        return source(self.text, self.end - 1)

    def at_field(self, name: str) -> str:
        """The place where the value of a top-level field begins, as a message names it."""
        reader = Reader(self.text.encode("utf-8", "replace"), "", {name})
        reader.read()
        return source(self.text, reader.starts[name])


def parse(content: bytes, model: str, known: Collection[str]) -> Parsed:
    """The first JSON value of `content`; what follows it is ignored. Of a key given twice the last value counts.

    `model` and `known` (a model's name and its fields) are for the words of an error: one inside the value of a known
    field names that field. Raises NotJson.
    """
    try:
        text = content.decode("utf-8-sig")
        value, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
        return Parsed(_without_surrogates(value) if "\\u" in text else value, text, end)
    except (ValueError, RecursionError):
        reader = Reader(content, model, known)
        return Parsed(reader.read(), reader.text, reader.position)


def reference(*fields: tuple[str, str]) -> str:
    """How an error names the field it is about; `fields` are pairs of model and field, outermost first."""
    chain = "->".join(f'io.digdag.client.api.Immutable{model}$Json["{field}"]' for model, field in fields)
    return f" (through reference chain: {chain})"


def _without_surrogates(value: Json) -> Json:
    """Two halves of a surrogate pair become one character, a lone half a question mark, as on the service."""
    if isinstance(value, str):
        return _SURROGATES.sub(_joined, value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _joined(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace").replace("\ufffd", "?")


class Reader:
    """A strict reader with a stack of its own, which words its errors as the service's parser does."""

    def __init__(self, content: bytes, model: str, known: Collection[str]) -> None:
        self.end_problem: str | None = None  # set when the text ends because its bytes are no UTF-8 from there
        content = content.removeprefix(b"\xef\xbb\xbf")
        try:
            self.text = content.decode()
        except UnicodeDecodeError as error:
            self.text = content[: error.start].decode()
            part, place = ("start", error.start) if "start byte" in error.reason else ("middle", error.end)
            self.end_problem = f"Invalid UTF-8 {part} byte 0x{content[place : place + 1].hex() or '0'}"
        self.position = 0
        self.model = model
        self.known = known
        self.open: list[JsonObject | list[Json]] = []  # the containers being read, innermost last
        self.keys: list[str] = []  # the key that the next value gets in each of them
        self.field: str | None = None  # the known field whose value is being read
        self.in_text = False
        self.starts: dict[str, int] = {}  # where the value of each known field begins

    def read(self) -> Json:
        """The first value of the text. Raises NotJson."""
        value, opened = self._value()
        while True:
            if opened:
                self.open.append(value)
                self.keys.append("")
            elif not self.open:
                return value
            elif isinstance(container := self.open[-1], dict):
                container[self.keys[-1]] = value
            else:
                container.append(value)
            if self._closes(first=opened):
                value, opened = self.open.pop(), False
                self.keys.pop()
            else:
                value, opened = self._value()

    def _closes(self, *, first: bool) -> bool:
        """Whether the innermost container ends here; if not, the reader stands before its next value."""
        in_object = isinstance(self.open[-1], dict)
        kind = "Object" if in_object else "Array"
        between = f"Unexpected end-of-input within/between {kind} entries"
        if len(self.open) == 1:
            self.field = None
        start = self._place(len(self.text) - len(self.text.lstrip(" \t\r\n")))
        problem = f"Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
        ends_open = not first and self.text[self.position - 1].isalnum()  # a number or a word, which might go on
        character = self._peek(problem, looks=1 + (ends_open and self.position == len(self.text)))
        if character == ("}" if in_object else "]"):
            self.position += 1
            return True
        if not first:
            if character != ",":
                self._unexpected(f": was expecting comma to separate {kind} entries")
            self.position += 1
            character = self._peek(between)
        if not in_object:
            return False
        if character != '"':
            self._unexpected(": was expecting double-quote to start field name")
        key = self._text("field name", "name")
        if self._peek(between) != ":":
            self._unexpected(": was expecting a colon to separate field name and value")
        self.position += 1
        self._peek(between)
        self.keys[-1] = key
        if len(self.open) == 1 and key in self.known:
            self.field = key
            self.starts[key] = self.position
        return False

    def _value(self) -> tuple[Json, bool]:
        """The next value and False, or an empty container that opens here and True."""
        character = self._peek("No content to map due to end-of-input")
        if character in "{[":
            self.position += 1
            return ({} if character == "{" else []), True
        if character == '"':
            self.in_text = True
            text = self._text("VALUE_STRING", "string value")
            self.in_text = False
            return text, False
        if character == "-" or character in "0123456789":
            return self._number(), False
        if character.isalpha() or character in "_$":
            return self._word(), False
        if character == "+":
            self.position += 1
            self._unexpected(" in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value")
        if character == "/":
            self._unexpected(
                ": maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled "
                "for parser)"
            )
        self._unexpected(": expected a valid value (number, String, array, object, 'true', 'false' or 'null')")

    def _word(self) -> Json:
        word = self._match(_WORD)
        if word in _WORDS:
            return _WORDS[word]
        if word in {"NaN", "Infinity"}:
            self._no_number(word)
        like_a_word = word[0] in "tfnNI"
        wanted = "'null', 'true', 'false' or NaN" if like_a_word else "('true', 'false' or 'null')"
        looks = self.position == len(self.text)
        self._fail(f"Unrecognized token '{word}': was expecting {wanted}", looks + (looks and word in _BEGINNINGS))

    def _number(self) -> Json:
        if self.text.startswith("-Infinity", self.position):
            self._no_number("-Infinity")
        match = _NUMBER.match(self.text, self.position)
        if match is None:
            self.position += 1
            self._unexpected(" in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value")
        number, (fraction, exponent) = match.group(), match.groups()
        self.position = match.end()
        following = self.text[self.position : self.position + 1]
        if fraction == ".":
            self._unexpected(" in numeric value: Decimal point not followed by a digit")
        if exponent and not exponent[-1].isdigit():
            self._unexpected(" in numeric value: Exponent indicator not followed by a digit")
        if number.lstrip("-") == "0" and following.isdigit():
            self._fail("Invalid numeric value: Leading zeroes not allowed")
        if fraction or exponent:
            return java_double(number)
        try:
            return int(number)
        except ValueError:  # more digits than Python converts in bounded time
            self._fail(f"Number length ({len(number)}) is too long")

    def _text(self, what: str, place: str) -> str:
        self.position += 1
        parts: list[str] = []
        while True:
            parts.append(self._match(_PLAIN_TEXT))
            character = self.text[self.position : self.position + 1]
            if character == '"':
                self.position += 1
                return _SURROGATES.sub(_joined, "".join(parts))
            if character == "\\":
                parts.append(self._escape(what))
            elif character:
                self._fail(
                    f"Illegal unquoted character ((CTRL-CHAR, code {ord(character)})): has to be escaped using "
                    f"backslash to be included in {place}"
                )
            else:
                self._fail(f"Unexpected end-of-input{self._unclosed(what)}", looks=1)

    def _unclosed(self, what: str) -> str:
        """What is wrong with a text that has no closing quote."""
        return f" in {what}"

    def _escape(self, what: str) -> str:
        self.position += 1
        character = self.text[self.position : self.position + 1]
        if not character:
            self._fail(f"Unexpected end-of-input in {what}")
        if character != "u":
            if character not in _ESCAPES:
                self._fail(f"Unrecognized character escape '{character}' (code {ord(character)})")
            self.position += 1
            return _ESCAPES[character]
        digits = ""
        for _ in range(4):
            self.position += 1
            digit = self.text[self.position : self.position + 1]
            if not digit or digit not in "0123456789abcdefABCDEF":
                self._unexpected(": expected a hex-digit for character escape sequence")
            digits += digit
        self.position += 1
        return chr(int(digits, 16))

    def _match(self, pattern: re.Pattern[str]) -> str:
        """What an expression that also matches an empty text finds here; the reader goes on behind it."""
        match = pattern.match(self.text, self.position)
        assert match is not None
        self.position = match.end()
        return match.group()

    def _peek(self, at_end: str, looks: int = 1) -> str:
        """The next character that is no white space, left unread; `at_end` is the problem if there is none."""
        self._match(_SPACE)
        if self.position >= len(self.text):
            self._fail(at_end, looks)
        character = self.text[self.position]
        if character < " ":
            self._fail(
                f"Illegal character ((CTRL-CHAR, code {ord(character)})): only regular white space "
                "(\\r, \\n, \\t) is allowed between tokens"
            )
        return character

    def _no_number(self, word: str) -> NoReturn:
        problem = f"Non-standard token '{word}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
        self._fail(problem, looks=self.position == len(self.text))

    def _unexpected(self, why: str) -> NoReturn:
        character = self.text[self.position : self.position + 1]
        if not character:
            self._fail("Unexpected end-of-input")
        self._refuse(f"Unexpected character ('{character}' (code {ord(character)})){why}")

    def _refuse(self, problem: str) -> NoReturn:
        """Fails for the character that comes next."""
        self._fail(problem)

    def _fail(self, problem: str, looks: int = 0) -> NoReturn:
        if self.end_problem and self.position >= len(self.text):
            problem = self.end_problem
        chain = ""
        if self.field and (len(self.open) > 1 or self.in_text):
            chain = reference((self.model, self.field))
        raise NotJson(f"{problem}\n at {self._place(self.position, looks)}{chain}")

    def _place(self, position: int, looks: int = 0) -> str:
        """A place as a message names it; `looks` is how often the service looked for more text beyond the end."""
        del looks  # of a stream there may be more, so that looking changes nothing
        return source(self.text, position)
