"""The words of ECMAScript 5, as the service's script engine takes a text apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ident", "keyword", "number", "string", "punctuator", "regex", "error", "eof"]

_KEYWORDS = (
    "break case catch class const continue debugger default delete do else enum export extends false finally for "
    "function if import in instanceof new null return super switch this throw true try typeof var void while with"
)
KEYWORDS = frozenset(_KEYWORDS.split())
# Longest first. `**`, `??`, `=>` and `...` are words of the engine that no rule of ECMAScript 5 takes.
_PUNCTUATORS = (
    ">>>= ... >>> <<= >>= **= === !== ** ?? => <= >= == != ++ -- << >> && || += -= *= %= &= |= ^= /= "
    "{ } ( ) [ ] ; , < > + - * % & | ^ ! ~ ? : = . /"
)
_PUNCTUATOR = re.compile("|".join(map(re.escape, _PUNCTUATORS.split())))
_LINE_ENDS = "\n\r\u2028\u2029"
_SPACE = re.compile(
    rf"[\t\v\f \u00a0\ufeff\u1680\u2000-\u200a\u202f\u205f\u3000{_LINE_ENDS}]+|//[^{_LINE_ENDS}]*|/\*[\s\S]*?\*/"
)
_IDENTIFIER = re.compile(r"(?:[^\W\d]|\$|\\u[0-9A-Fa-f]{4})(?:\w|[$\u200c\u200d]|\\u[0-9A-Fa-f]{4})*")
_NUMBER = re.compile(r"0[xX][0-9A-Fa-f]+n?|0[0-7]+(?![0-9.])|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?n?")
_REGEX = re.compile(rf"/((?:[^/\\\[{_LINE_ENDS}]|\\[^{_LINE_ENDS}]|\[(?:[^\]\\{_LINE_ENDS}]|\\[^{_LINE_ENDS}])*\])+)/")
_FLAGS = re.compile(r"[\w$]*")


class ScriptSyntaxError(Exception):
    """A script that is no ECMAScript 5; the message is the engine's, with the place and its line."""

    def __init__(self, message: str, text: str, position: int) -> None:
        lines = re.split(r"\r\n|[\n\r\u2028\u2029]", text[:position])
        line = re.split(r"[\n\r\u2028\u2029]", text[position - len(lines[-1]) :], maxsplit=1)[0]
        column = len(lines[-1])
        super().__init__(f"SyntaxError: <function>:{len(lines)}:{column} {message}\n{line}\n{' ' * column}^")


@dataclass(slots=True)
class Token:
    """One word of a script."""

    kind: Kind
    text: str
    """As it is shown in messages: of a string what is between its quotes."""
    start: int
    end: int
    after_line_end: bool

    @property
    def position(self) -> int:
        """Where messages say that it is."""
        return self.start + 1 if self.kind == "string" else self.start


class Tokens:
    """The words of a text, taken apart as far ahead as a slash: whether that divides, the parser knows."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._position = 0
        self._ahead: list[Token] = []
        self._next = 0
        self._ended = False

    def take(self) -> Token:
        """The next word."""
        if self._next >= len(self._ahead):
            self._fill()
        token = self._ahead[self._next]
        if token.kind != "eof":
            self._next += 1
        return token

    def as_regex(self, slash: Token) -> Token:
        """The regular expression that begins with `slash`, the last word that was taken."""
        match = _REGEX.match(self.text, slash.start)
        if match is None or match[1].startswith("*"):
            raise ScriptSyntaxError(f"Expected an operand but found {slash.text}", self.text, slash.start)
        flags = _FLAGS.match(self.text, match.end())
        assert flags is not None  # it may be empty
        self._position = flags.end()
        del self._ahead[self._next :]
        self._ended = False
        return Token("regex", self.text[slash.start : flags.end()], slash.start, flags.end(), slash.after_line_end)

    def _fill(self) -> None:
        while not self._ended:
            token = self._scan()
            self._ahead.append(token)
            self._ended = token.kind == "eof"
            if token.text.startswith("/") and token.kind == "punctuator":
                break

    def _scan(self) -> Token:
        text, after_line_end = self.text, False
        while space := _SPACE.match(text, self._position):
            after_line_end = after_line_end or any(end in space[0] for end in _LINE_ENDS)
            self._position = space.end()
        start = self._position
        if start >= len(text):
            return Token("eof", "eof", start, start, after_line_end)
        kind: Kind = "error"
        shown = "error"
        if text[start] in "'\"":
            end = self._string_end(start)
            kind, shown = "string", text[start + 1 : end - 1]
        elif number := _NUMBER.match(text, start):
            end = number.end()
            if _IDENTIFIER.match(text, end):
                raise ScriptSyntaxError("Missing space after numeric literal", text, end)
            kind, shown = "number", number[0]
        elif name := _IDENTIFIER.match(text, start):
            end = name.end()
            kind, shown = ("keyword" if name[0] in KEYWORDS else "ident"), name[0]
        elif (mark := _PUNCTUATOR.match(text, start)) and not text.startswith("/*", start):
            end = mark.end()
            kind, shown = "punctuator", mark[0]
        else:
            end = start + 1
        self._position = end
        return Token(kind, shown, start, end, after_line_end)

    def _string_end(self, start: int) -> int:
        text, quote, position = self.text, self.text[start], start + 1
        while position < len(text) and text[position] != quote:
            if text[position] in _LINE_ENDS:
                break
            if text[position] == "\\":
                position += 1
                if text.startswith("\r\n", position):
                    position += 1
                elif (letter := text[position : position + 1]) in ("u", "x"):
                    self._check_hex(position + 1, 4 if letter == "u" else 2)
            position += 1
        if position >= len(text) or text[position] in _LINE_ENDS:
            raise ScriptSyntaxError("Missing close quote", text, min(position, len(text)))
        return position + 1

    def _check_hex(self, start: int, digits: int) -> None:
        for position in range(start, start + digits):
            if self.text[position : position + 1] not in list("0123456789abcdefABCDEF"):
                raise ScriptSyntaxError("Invalid hex digit", self.text, position)
