"""Expressions of ECMAScript 5, word by word, and what the script engine needs to have edited in them.

The engine behind the gate does not know what the service's has from its platform: the methods of Java's strings,
`eval` that goes through the gate. Where a script may use those, it is edited to ask the prelude.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from treasure_workflow_mock.engine.expressions.tokens import ScriptSyntaxError, Token, Tokens

# What Java's strings can do and JavaScript's of the service cannot; `length` is a number there and a method here.
_JAVA_METHODS = (
    "chars codePointAt codePointBefore codePointCount codePoints compareTo compareToIgnoreCase contains contentEquals "
    "describeConstable endsWith equals equalsIgnoreCase formatted getBytes getChars getClass hashCode indent intern "
    "isBlank isEmpty length lines matches notify notifyAll offsetByCodePoints regionMatches repeat replaceAll "
    "replaceFirst resolveConstantDesc startsWith strip stripIndent stripLeading stripTrailing subSequence toCharArray "
    "transform translateEscapes wait"
)
JAVA_METHODS = frozenset(_JAVA_METHODS.split())
_JAVA_STRING = re.compile(r"(?:Packages\.)?java\.lang\.String\s*\(")
_ASSIGNMENTS = frozenset(["=", "+=", "-=", "*=", "%=", "&=", "|=", "^=", "/=", "<<=", ">>=", ">>>="])
_BINARY = (
    {"||": 1, "&&": 2, "|": 3, "^": 4, "&": 5}
    | dict.fromkeys(("==", "!=", "===", "!=="), 6)
    | dict.fromkeys(("<", ">", "<=", ">=", "instanceof", "in"), 7)
    | dict.fromkeys(("<<", ">>", ">>>"), 8)
    | dict.fromkeys(("+", "-"), 9)
    | dict.fromkeys(("*", "/", "%"), 10)
)
_CHECKS = {"in": "$object(", "instanceof": "$type("}
_UNARY = frozenset(["delete", "void", "typeof", "+", "-", "~", "!", "++", "--"])
_LITERAL_KEYWORDS = frozenset(["this", "null", "true", "false"])


# How messages show what is not a constant or a variable of a function; variables of the template are none.
_SOMETHING = "(intermediate value)"


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object: where the object ends, and the key as a script, or where that begins."""

    object_end: int
    key: str
    key_start: int = -1


class ExpressionParser(ABC):
    """Reads expressions; `_edits` are what is to be put in, or in the place of something, and where."""

    def __init__(self, text: str, *, explains: bool) -> None:
        self._text = text
        self._explains = explains  # whether calls are edited for the sake of messages alone
        self._literal_end = -1  # where the last list or object ended that could be a pattern of later JavaScript
        self._tokens = Tokens(text)
        self._edits: list[tuple[int, int, str]] = []
        self._strict = False
        self._changes_more = False  # than variables
        self._declared: set[str] = set()
        self._changed: set[str] = set()
        self._previous_end = 0
        self._token = self._tokens.take()

    @abstractmethod
    def _body(self, end: str) -> None:
        """Reads the statements of a function up to the word `end`."""

    # Words

    def _advance(self) -> Token:
        token = self._token
        self._previous_end = token.end
        self._token = self._tokens.take()
        return token

    def _is(self, *texts: str) -> bool:
        return self._token.text in texts and self._token.kind in ("punctuator", "keyword", "eof")

    def _take(self, text: str) -> bool:
        if self._is(text):
            self._advance()
            return True
        return False

    def _expect(self, text: str, shown: str | None = None) -> Token:
        if not self._is(text):
            raise self._unexpected(f"Expected {shown or text}")
        return self._advance()

    def _identifier(self) -> Token:
        if self._token.kind != "ident":
            raise self._unexpected("Expected ident")
        return self._advance()

    def _name(self) -> Token:
        """A name after a dot, which may be a keyword."""
        if self._token.kind not in ("ident", "keyword"):
            raise self._unexpected("Expected ident")
        return self._advance()

    def _unexpected(self, expected: str) -> ScriptSyntaxError:
        return self._error(f"{expected} but found {self._token.text}", self._token.position)

    def _error(self, message: str, position: int) -> ScriptSyntaxError:
        return ScriptSyntaxError(message, self._text, position)

    def _declare(self) -> str:
        name = self._identifier().text
        self._declared.add(name)
        return name

    def _check_target(self) -> None:
        if self._literal_end == self._previous_end:
            raise self._error("Invalid left hand side for assignment", self._token.start)

    def _note_change(self, target: Token) -> None:
        """Notes what an assignment changes, whose left side began with `target` and has just been read."""
        if target.kind == "ident" and target.end == self._previous_end:
            self._changed.add(target.text)
        else:
            self._changes_more = True

    def _insert(self, position: int, text: str) -> None:
        self._replace(position, position, text)

    def _replace(self, start: int, end: int, text: str) -> None:
        self._edits.append((start, end, text))

    # Expressions

    def _expression(self, *, no_in: bool = False) -> None:
        self._assignment(no_in=no_in)
        while self._take(","):
            self._assignment(no_in=no_in)

    def _assignment(self, *, no_in: bool = False) -> None:
        target = self._token
        self._binary(0, no_in=no_in)
        if self._take("?"):
            self._assignment()
            self._expect(":")
            self._assignment(no_in=no_in)
        elif self._token.text in _ASSIGNMENTS and self._token.kind == "punctuator":
            self._check_target()
            self._note_change(target)
            self._advance()
            self._assignment(no_in=no_in)

    def _binary(self, above: int, *, no_in: bool) -> None:
        self._unary()
        while self._token.kind in ("punctuator", "keyword"):
            strength = _BINARY.get(self._token.text, 0)
            if strength <= above or (no_in and self._token.text == "in"):
                return
            operator = self._advance().text
            check = _CHECKS.get(operator) if self._explains else None
            start = self._token.start
            self._binary(strength, no_in=no_in)
            if check is not None:
                self._insert(start, check)
                self._insert(self._previous_end, ")")

    def _unary(self) -> None:
        if self._token.text in _UNARY and self._token.kind in ("punctuator", "keyword"):
            is_change = self._is("delete", "++", "--")
            self._advance()
            target = self._token
            self._unary()
            if is_change:
                self._note_change(target)
            if self._is("**"):
                raise self._error("Unexpected token: **", self._token.start)
            return
        target = self._token
        self._left_hand_side()
        if self._is("++", "--") and not self._token.after_line_end:
            self._note_change(target)
            self._advance()

    def _left_hand_side(self) -> None:
        start = self._token
        shown = _SOMETHING
        if self._is("new"):
            self._new()
        else:
            shown = self._primary()
        is_name = start.kind == "ident" and self._previous_end == start.end
        if start.text in ("[", "{") and start.kind == "punctuator":
            self._literal_end = self._previous_end
        member: _Member | None = None
        while True:
            object_end = self._previous_end
            if self._take("."):
                name = self._name().text
                member = _Member(object_end, json.dumps(name))
                shown += f".{name}"
            elif self._is("["):
                opening = self._advance()
                key = self._token
                self._expression()
                is_plain = key.kind in ("string", "number") and self._previous_end == key.end
                self._expect("]")
                member = _Member(object_end, "", opening.end)
                shown += f"[{self._text[key.start : key.end] if is_plain else '...'}]"
            elif self._is("("):
                if is_name and start.text == "eval":
                    self._eval()
                elif member is not None:
                    self._method_call(start.start, member, shown)
                else:
                    self._call(start if is_name else None, start.start, shown)
                member = None
                shown += "(...)"
            else:
                return
            is_name = False

    def _eval(self) -> None:
        opening = self._token
        if self._arguments():
            self._insert(opening.end, "$gate(")
            self._insert(self._previous_end - 1, ")")

    def _method_call(self, start: int, member: _Member, shown: str) -> None:
        """`o.name(a)` becomes `$call(o,"name",[a],…)` where need be, and `o[k](a)` becomes `$call(o,k,[a],…)`."""
        opening, callee_end = self._token, self._previous_end
        self._arguments()
        if not member.key:
            self._changes_more = True  # perhaps, whatever method that is
        elif member.key[1:-1] not in JAVA_METHODS and not self._explains:
            return
        self._insert(start, "$call(")
        if member.key:
            self._replace(member.object_end, opening.end, f",{member.key},[")
        else:
            self._replace(member.object_end, member.key_start, ",(")
            self._replace(callee_end - 1, opening.end, "),[")
        self._replace(self._previous_end - 1, self._previous_end, f"],{json.dumps(shown)})")

    def _call(self, name: Token | None, start: int, shown: str) -> None:
        """A call of a function by its name, or of what an expression gives."""
        callee_end = self._previous_end
        self._arguments()
        if not self._explains:
            return
        if name is not None:
            own = json.dumps(shown) if name.text in self._declared else '""'
            self._insert(start, f"($check({name.text},{own}),")
            self._insert(self._previous_end, ")")
        else:
            self._insert(start, "$check(")
            self._insert(callee_end, ")")

    def _new(self) -> None:
        start = self._token.start
        self._advance()
        callee = self._token.start
        if _JAVA_STRING.match(self._text, callee):  # texts of Java's are plain ones here
            self._replace(start, callee, "")
        if self._is("new"):
            self._new()
        else:
            self._primary()
        while self._is(".", "["):
            self._member()
        if self._explains:
            self._insert(callee, "($check(")
            self._insert(self._previous_end, "))")
        if self._is("("):
            self._arguments()

    def _member(self) -> None:
        if self._take("."):
            self._name()
        else:
            self._advance()
            self._expression()
            self._expect("]")

    def _arguments(self) -> bool:
        """Whether there are any."""
        self._advance()
        if self._take(")"):
            return False
        self._assignment()
        while not self._take(")"):
            self._expect(",")
            self._assignment()
        return True

    def _primary(self) -> str:
        """How messages show it."""
        token = self._token
        if token.kind == "ident":
            self._advance()
            return token.text if token.text in self._declared else _SOMETHING
        if token.kind == "string":
            self._advance()
            return json.dumps(token.text)
        if token.kind == "number":
            if self._strict and re.fullmatch("0[0-9]+", token.text):
                raise self._error("cannot use octal value in strict mode", token.start)
            self._advance()
            return token.text
        if token.kind == "keyword" and token.text in _LITERAL_KEYWORDS:
            self._advance()
            return token.text
        if self._take("("):
            inner = self._token
            self._expression()
            is_constant = inner.kind != "punctuator" and self._previous_end == inner.end
            self._expect(")")
            return inner.text if is_constant and inner.kind in ("number", "keyword") else _SOMETHING
        if token.kind == "punctuator" and token.text in ("/", "/="):
            self._regex()
        elif self._is("["):
            self._array()
        elif self._is("{"):
            self._object()
        elif self._is("function"):
            self._function(needs_name=False)
        else:
            raise self._unexpected("Expected an operand")
        return _SOMETHING

    def _regex(self) -> None:
        token = self._tokens.as_regex(self._token)
        flags = token.text.rpartition("/")[2]
        for index, flag in enumerate(flags):
            if flag in flags[:index]:
                message = f"Invalid regular expression: {flags}: repeated regex flag: {flag}"
                raise self._error(message, token.end - len(flags) + index + 1)
        if set(flags) - set("gim"):  # an error where it is evaluated
            source = json.dumps(token.text[1 : -len(flags) - 1])
            self._replace(token.start, token.end, f"(new RegExp({source},{json.dumps(flags)}))")
        self._previous_end = token.end
        self._token = self._tokens.take()

    def _array(self) -> None:
        self._advance()
        after_element = False
        while not self._take("]"):
            if self._take(","):
                after_element = False
            elif after_element:
                raise self._unexpected("Expected comma")
            else:
                self._assignment()
                after_element = True

    def _object(self) -> None:
        self._advance()
        while not self._take("}"):
            self._property()
            if not self._is("}"):
                self._expect(",")

    def _property(self) -> None:
        token = self._property_name()
        if token.text in ("get", "set") and token.kind == "ident" and not self._is(":"):
            self._property_name()
            self._parameters_and_body()
            return
        self._expect(":")
        self._assignment()

    def _property_name(self) -> Token:
        if self._token.kind in ("string", "number"):
            return self._advance()
        return self._name()

    # Functions

    def _function(self, *, needs_name: bool) -> None:
        self._advance()
        if needs_name or self._token.kind == "ident":
            self._declare()
        self._parameters_and_body()

    def _parameters_and_body(self) -> None:
        self._expect("(")
        if not self._take(")"):
            self._declare()
            while not self._take(")"):
                self._expect(",")
                self._declare()
        self._expect("{")
        self._body("}")
        self._advance()
