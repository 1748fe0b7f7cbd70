"""The gate in front of the script engine: what is no ECMAScript 5 is refused, in the words of the service's engine.

The engine behind the gate knows newer JavaScript than the service's. It does not know what the service's has from its
platform: the methods of Java's strings, `eval` that goes through the gate, errors in other words. Where a script may
use those, it is edited to ask the prelude.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from treasure_workflow_mock.engine.expressions.expression_syntax import ExpressionParser

# By these names a script reaches what outlives it: code that the gate saw nothing of, shared objects, settings.
_LASTING = re.compile(
    r"__\w+__|constructor|define[PLGS]|\beval\b|extend|freeze|Function|(?<!java)\.lang\b|[lL]ocale|RegExp|Rounding|seal|"
    r"set[PA]|suppress|template|Threshold|\\[ux]"
)
# What scripts may call their own variables, without a doubt that it is not everyone's.
_OWN_NAME = re.compile(
    r"(?!(?:all|m|match|moment|eval|is\w+|parse\w+|\w*escape|exit|quit|load|print|java\w*|org|com|edu)$)[a-z_]\w{0,7}"
)

_USE_STRICT = ('"use strict"', "'use strict'")


@dataclass(frozen=True, slots=True)
class Script:
    """A function's body as the script engine may run it."""

    code: str
    leaves_no_trace: bool
    """Whether an engine is sure to be after it what it was before."""
    explains: bool
    """Whether its errors are in the words of the service's engine wherever that is possible."""


def to_sandbox(text: str, *, explains: bool = False) -> Script:
    """The body of a function, checked and made ready.

    Args:
        text: The body.
        explains: Whether to have calls say what is no function, as scripts that look at errors do. It costs time.

    Raises:
        ScriptSyntaxError: The text is no ECMAScript 5.
    """
    explains = explains or "catch" in text
    parser = _Parser(text, explains=explains)
    return Script(parser.whole(), not parser.changes_something and _LASTING.search(text) is None, explains)


def check_parameters(names: str) -> None:
    """Checks the names of a function's parameters, as a script gives them.

    Raises:
        ScriptSyntaxError: They are no list of names.
    """
    if names.strip():
        _Parser(names, explains=False).parameters()


class _Parser(ExpressionParser):
    """Reads a function's body."""

    @property
    def changes_something(self) -> bool:
        """Whether anything may be changed but the script's own variables."""
        own = {name for name in self._declared if _OWN_NAME.fullmatch(name)}
        return self._changes_more or not self._changed <= own

    def parameters(self) -> None:
        self._identifier()
        while not self._is("eof"):
            self._expect(",")
            self._identifier()

    def whole(self) -> str:
        self._body("eof")
        built, position = [], 0
        # Of what is put in at one place, the later stands further outside.
        edits = self._edits[::-1]
        edits.sort(key=lambda edit: edit[:2])
        for start, end, new in edits:
            built += [self._text[position:start], new]
            position = end
        return "".join([*built, self._text[position:]])

    # Statements

    def _body(self, end: str) -> None:
        outer, prologue = self._strict, True
        while not self._is(end):
            token = self._token
            self._statement()
            prologue = prologue and token.kind == "string"
            if prologue and self._text[token.start : self._previous_end].rstrip(";") in _USE_STRICT:
                self._strict = True
        self._strict = outer

    def _block(self) -> None:
        self._expect("{")
        while not self._is("}"):
            if self._is("eof"):
                raise self._unexpected("Expected }")
            self._statement()
        self._advance()

    def _end_of_statement(self) -> None:
        if not self._take(";") and not self._is("}", "eof") and not self._token.after_line_end:
            raise self._unexpected("Expected ;")

    def _statement(self) -> None:
        token = self._token
        read = self._STATEMENTS.get(token.text) if token.kind in ("keyword", "punctuator") else None
        if read is not None:
            read(self)
            return
        self._expression()
        if token.kind == "ident" and self._previous_end == token.end and self._take(":"):
            self._statement()
        else:
            self._end_of_statement()

    def _var(self) -> None:
        self._advance()
        self._declarations(no_in=False)
        self._end_of_statement()

    def _declaration_of_function(self) -> None:
        self._function(needs_name=True)

    def _if(self) -> None:
        self._loop_or_with()
        if self._take("else"):
            self._statement()

    def _loop_or_with(self) -> None:
        """What is a word, a condition and a statement."""
        self._advance()
        self._condition()
        self._statement()

    def _with(self) -> None:
        if self._strict:
            raise self._error('"with" statement cannot be used in strict mode', self._token.start)
        self._loop_or_with()

    def _do(self) -> None:
        self._advance()
        self._statement()
        self._expect("while")
        self._condition()
        self._take(";")

    def _jump(self) -> None:
        self._advance()
        if self._token.kind == "ident" and not self._token.after_line_end:
            self._advance()
        self._end_of_statement()

    def _return(self) -> None:
        self._advance()
        if not self._is(";", "}", "eof") and not self._token.after_line_end:
            self._expression()
        self._end_of_statement()

    def _throw(self) -> None:
        self._advance()
        if self._token.after_line_end:
            raise self._unexpected("Expected an operand")
        self._expression()
        self._end_of_statement()

    def _condition(self) -> None:
        self._expect("(")
        self._expression()
        self._expect(")")

    def _declarations(self, *, no_in: bool) -> int:
        """How many variables are declared."""
        count = 0
        while True:
            self._declare()
            count += 1
            if self._take("="):
                self._assignment(no_in=no_in)
            if not self._take(","):
                return count

    def _for(self) -> None:
        self._advance()
        self._expect("(")
        if self._take("var"):
            self._declarations(no_in=True)
        elif not self._is(";"):
            self._changes_more = True  # if names follow
            self._expression(no_in=True)
            if self._is("in"):
                self._check_target()
        if self._take("in"):
            self._expression()
        else:
            self._expect(";")
            if not self._is(";"):
                self._expression()
            self._expect(";")
            if not self._is(")"):
                self._expression()
        self._expect(")")
        self._statement()

    def _switch(self) -> None:
        self._advance()
        self._condition()
        self._expect("{")
        while not self._take("}"):
            if self._take("case"):
                self._expression()
            elif not self._take("default"):
                raise self._unexpected("Expected case or default")
            self._expect(":")
            while not self._is("case", "default", "}"):
                if self._is("eof"):
                    raise self._unexpected("Expected }")
                self._statement()

    def _try(self) -> None:
        self._advance()
        self._block()
        handled = self._take("catch")
        if handled:
            caught = None
            if self._take("("):
                caught = self._declare()
                self._expect(")")
            if caught is not None and self._is("{"):
                self._insert(self._token.end, f"{caught}=$error({caught});")
            self._block()
        if self._take("finally"):
            self._block()
        elif not handled:
            raise self._unexpected("Expected catch or finally")

    _STATEMENTS: ClassVar[dict[str, Callable[[_Parser], None]]] = {
        "{": _block,
        ";": _end_of_statement,
        "var": _var,
        "function": _declaration_of_function,
        "if": _if,
        "for": _for,
        "while": _loop_or_with,
        "do": _do,
        "break": _jump,
        "continue": _jump,
        "return": _return,
        "throw": _throw,
        "with": _with,
        "switch": _switch,
        "try": _try,
        "debugger": _jump,
    }
