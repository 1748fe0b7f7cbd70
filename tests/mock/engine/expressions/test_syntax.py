"""The gate in front of the script engine: what it refuses, in whose words, and that it changes no meaning."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
from treasure_workflow_mock.engine.expressions.script_error import ScriptError
from treasure_workflow_mock.engine.expressions.syntax import to_sandbox
from treasure_workflow_mock.engine.expressions.tokens import ScriptSyntaxError


def run(script: str) -> str:
    return ScriptEngine().run("${" + script + "}", '{"o": {"k": "v"}, "l": [1, "two"]}', "{}")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("x => x", "4:9 Expected ) but found =>"),
        ("`t`", "4:7 Expected an operand but found error"),
        ("[...l]", "4:8 Expected an operand but found ..."),
        ("f(...l)", "4:9 Expected an operand but found ..."),
        ("f(1,)", "4:11 Expected an operand but found )"),
        ("({...o})", "4:9 Expected ident but found ..."),
        ("({k})", "4:10 Expected : but found }"),
        ("({[k]: 1})", "4:9 Expected ident but found ["),
        ("({m() {}})", "4:10 Expected : but found ("),
        ("2 ** 2", "4:9 Expected ) but found **"),
        ("-2 ** 2", "4:10 Unexpected token: **"),
        ("a ?? b", "4:9 Expected ) but found ??"),
        ("o?.k", "4:9 Expected an operand but found ."),
        ("a ||= b", "4:11 Expected an operand but found ="),
        ("1_000", "4:8 Missing space after numeric literal"),
        ("0b1", "4:8 Missing space after numeric literal"),
        ("'\\u{41}'", "4:10 Invalid hex digit"),
        ("'open", "4:72 Missing close quote"),
        ("[a, b] = l", "4:14 Invalid left hand side for assignment"),
        ("class A {}", "4:7 Expected an operand but found class"),
        ("async function () {}", "4:13 Expected ) but found function"),
        ("function* () {}", "4:15 Expected ( but found *"),
        ("function (a = 1) {}", "4:19 Expected , but found ="),
        ("function (...a) {}", "4:17 Expected ident but found ..."),
        ("function ({a}) {}", "4:17 Expected ident but found {"),
        ("(function () { let x = 1; })()", "4:26 Expected ; but found x"),
        ("(function () { const x = 1; })()", "4:22 Expected an operand but found const"),
        ("(function () { for (var x of l) {} })()", "4:33 Expected ; but found of"),
        ("(function () { for ([a] in l) {} })()", "4:31 Invalid left hand side for assignment"),
        ("(function () { var {k} = o; })()", "4:26 Expected ident but found {"),
        ("(function () { return new.target; })()", "4:32 Expected an operand but found ."),
        ("import('x')", "4:7 Expected an operand but found import"),
        ("/(/y", "Invalid regular expression flags"),
        ("/a/gg", "4:12 Invalid regular expression: gg: repeated regex flag: g"),
        ("1 // rest", "5:1 Expected ) but found "),
        ("1; 2", "4:8 Expected ) but found ;"),
        ("eval('x => x')", "1:2 Expected ; but found =>"),
        ("new Function('x => x')()", "1:2 Expected ; but found =>"),
        ("new Function('a =', '1')()", "1:2 Expected , but found ="),
    ],
)
def test_what_is_no_ecmascript_5_is_refused(script: str, words: str) -> None:
    """The message has the place in the function that the service makes of the text, and the words of its engine."""
    with pytest.raises(ScriptError) as refusal:
        run(script)
    assert str(refusal.value).startswith("SyntaxError: ")
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("(function () { try { throw 1; } catch { return 'bare'; } })()", "bare"),
        ("(function () { var let = 1, of = 2, async = 3, static = 4; return let + of + async + static; })()", "10"),
        ("(function () { a: for (var i in o) { continue a; } do i += '!'; while (i.length < 3) return i; })()", "k!!"),
        ("(function () { switch (2) { case 1: default: return 'd'; case 2: return '2' } })()", "2"),
        ("({get a() { return 1; }, set a(v) {}, get: 2, if: 3, 'x y': 4, 5: 5}).if", "3"),
        ("[1, , 2].length + '/' + [, ].length", "3/1"),
        ("/[/\\]]/.source + 4 / 2 / 1", "[/\\]]2"),
        ("010 + 0x10 + .5 + 1.e1", "34.5"),
        ("(function () { return\n1; })()", ""),
        ("'a\\\nb' + \"\\x41\\101\"", "abAA"),
        ("o.k.contains('v') + '/' + 'a'['length'] + '/' + ('abc')['contains']('b')", "true/1/true"),
        ("(function (s) { return s.length() + s.length; })('ab')", "4"),
        ("(function () { var length = {length: function () { return 'own'; }}; return length.length(); })()", "own"),
        ("new (function () { this.matches = function () { return 'm'; }; })().matches()", "m"),
        ("eval('var a = 1; a + \"x\".length()')", "2"),
        ("(function () { var a = 1; return eval('a'); })()", "1"),
        ("typeof function () {} + void 0 + -'1' + +'2' + !0", "functionundefined-12true"),
    ],
)  # fmt: skip
def test_ecmascript_5_keeps_its_meaning(script: str, expected: str) -> None:
    """What passes gives what it should, whatever was edited in it."""
    assert run(script) == expected


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("[1].includes(1)", "TypeError: (intermediate value).includes is not a function"),
        ("'s'.no()", 'TypeError: "s".no is not a function'),
        ("l[1].no(1)", "TypeError: (intermediate value)[1].no is not a function"),
        ("o.k.no('x')", "TypeError: (intermediate value).k.no is not a function"),
        ("moment(0).no()", "TypeError: (intermediate value)(...).no is not a function"),
        ("l()", 'TypeError: (2)[1, "two"] is not a function'),
        ("new (5)()", "TypeError: 5 is not a function"),
        ("[1].map(5)", "TypeError: 5 is not a function"),
        ("1 in 5", "TypeError: 5 is not an Object"),
        ("1 instanceof {}", "TypeError: Right-hand-side of instanceof is not callable"),
        ("null.x", "TypeError: Cannot read property 'x' of null"),
        ("new java.util.Date()", "TypeError: Access to host class java.util.Date is not allowed or does not exist."),
        ("JSON.parse('[1,')", "SyntaxError: Unexpected end of input"),
        ("JSON.parse('{\"a\"}')", 'SyntaxError: Invalid JSON: <json>:1:4 Expected : but found }\n{"a"}\n    ^'),
        ("new RegExp('(')", "SyntaxError: Invalid regular expression: /(/: Unterminated group"),
        ("(function () { throw {a: 1}; })()", "Object"),
        ("(function () { throw 'text'; })()", "text"),
    ],
)  # fmt: skip
def test_errors_are_in_the_words_of_the_service(script: str, message: str) -> None:
    """They are so at the end of a script as well as where it catches them."""
    with pytest.raises(ScriptError) as failure:
        run(script)
    assert str(failure.value) == message
    kind, _, words = message.partition(": ")
    if words:
        caught = run(f"(function () {{ try {{ {script} }} catch (e) {{ return e.name + ': ' + e.message; }} }})()")
        assert caught == f"{kind}: {words}"


@given(st.text(alphabet="a1'\"/\\[](){}.,;:?=<>!+-*&|^%~\n \u2028`#@$_", max_size=12))
def test_the_gate_refuses_or_passes_any_text(text: str) -> None:
    """No text makes it fail in another way; with no edit it passes texts as they are."""
    with contextlib.suppress(ScriptSyntaxError):
        code = to_sandbox(text).code
        assert code == text or any(edit in code for edit in ("$call(", "$error(", "$gate(", "new RegExp("))
