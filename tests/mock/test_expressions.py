"""`${…}`: what becomes of texts, which variables there are, and that no expression gets out of bounds."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treasure_workflow_mock.expressions import ExpressionError, evaluate, is_templated
from treasure_workflow_mock.script_engine import ScriptEngine
from treasure_workflow_mock.state import JsonObject

PARAMS: JsonObject = {"n": 3, "s": "text", "o": {"a": 1, "b": {"c": "two"}}, "l": [1, "two", None], "nothing": None}


def text(template: str, params: JsonObject = PARAMS) -> str:
    result: str = evaluate({"x": template}, params, ScriptEngine())["x"]
    return result


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("${n + 1} ${n / 2} ${n * 1.0} ${1e21}", "4 1.5 3 1e+21"),
        ("${s + n} ${s.length} ${n > 1 ? 'many' : 'one'}", "text3 4 many"),
        ("${o} ${l}", '{"a":1,"b":{"c":"two"}} [1,"two",null]'),
        ("[${nothing}] [${o.none}]", "[] []"),
        ("${{a: 1}}", '{"a":1}'),
        ("${(function() { return 'x'; })()}", "x"),
        ("${typeof nobody}", "undefined"),
        ("é ☕ ${s}\n\"'\\", "é ☕ text\n\"'\\"),
        ("a\\${n} $${n} a$$b", "a\\3 $3 a$b"),
        ("$ {n} $n 100% {n} $", "$ {n} $n 100% {n} $"),
        ("${1 + 1", "${1 + 1"),
        ("${secret:td.key} ${n}", "${secret:td.key} 3"),
        ("a${}b", "ab"),
        ('${"a\\u0000b"}', "a\0b"),
    ],
)
def test_a_text_with_expressions_becomes_text(template: str, expected: str) -> None:
    """Values become text as JavaScript and JSON write them; what is no expression stays."""
    assert text(template) == expected


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("${nobody}", "Failed to evaluate a variable ${nobody} (ReferenceError: nobody is not defined)"),
        ("[${nobody.knows}]", "variable [${nobody.knows}] (ReferenceError: nobody is not defined)"),
        ("${1 +}", "SyntaxError"),
        ('${"a}b"}', "SyntaxError"),
        ("${(function() { throw 'up'; })()}", "(up)"),
        ("${nothing.x}", "TypeError: Cannot read property 'x' of null"),
        ("${require('fs')}", "require is not defined"),
        ("${(function f() { return f(); })()}", "RangeError: Maximum call stack size exceeded"),
    ],
)
def test_a_bad_expression_is_refused_in_the_words_of_the_service(template: str, words: str) -> None:
    """The message names the whole text and what is wrong with it."""
    with pytest.raises(ExpressionError) as refusal:
        text(template)
    assert words in str(refusal.value)


def test_keys_are_evaluated_in_order() -> None:
    """An expression sees the keys before its own evaluated, and otherwise the params as they are."""
    config = {"ref": "${n}1", "n": "${n + 1}", "both": "${ref} ${n}", "inner": {"k": "${s}", "again": "${k}"}}
    assert evaluate(config, PARAMS, ScriptEngine()) == {
        "ref": "31",
        "n": "4",
        "both": "31 4",
        "inner": {"k": "text", "again": "text"},
    }


def test_subtasks_keys_and_other_values_are_left_alone() -> None:
    """`_do` and `_else_do` wait for their own run; keys and values that are no text are as they were."""
    config = {"_do": {"echo>": "${x}"}, "_else_do": {"echo>": "${x}"}, "${n}": [1, {"deep": ["${n}"]}, True, None]}
    assert evaluate(config, PARAMS, ScriptEngine()) == {
        "_do": {"echo>": "${x}"},
        "_else_do": {"echo>": "${x}"},
        "${n}": [1, {"deep": ["3"]}, True, None],
    }


def test_expressions_do_not_reach_each_other() -> None:
    """What an expression does to its variables is gone with its text, what it does to the engine with its task."""
    params: JsonObject = {"l": [1]}
    config = {"a": "${Array.prototype.x = 1, l.push(4), leaked = 5}", "b": "${l}"}
    assert evaluate(config, params, ScriptEngine()) == {"a": "5", "b": "[1]"}
    assert params == {"l": [1]}
    assert text("${typeof leaked} ${[].x === undefined}") == "undefined true"


def test_an_endless_expression_ends_with_the_time_of_its_attempt() -> None:
    """A loop without end is stopped, and the expressions after it have no time left."""
    engine = ScriptEngine(seconds=0.1)
    started = time.process_time()
    for _ in range(10):
        with pytest.raises(ExpressionError, match="interrupted"):
            evaluate({"x": "${(function() { while (true) {} })()}"}, {}, engine)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "bomb",
    [
        "${'x'.repeat(1e9)}",
        "${(function() { var a = []; while (true) a.push(new Array(1000).join('x')); })()}",
        "${new Array(1e9).fill(1)}",
    ],
)
def test_memory_is_bounded(bomb: str) -> None:
    """An expression that wants all memory is refused instead."""
    with pytest.raises(ExpressionError, match="out of memory"):
        text(bomb)


def test_the_length_of_all_results_is_bounded() -> None:
    """Many long texts are refused where one is not."""
    engine = ScriptEngine()
    config: JsonObject = {"x": "${'x'.repeat(4e6)}"}
    for _ in range(4):
        evaluate(config, {}, engine)
    with pytest.raises(ExpressionError, match="out of memory"):
        evaluate(config, {}, engine)


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_characters="$", exclude_categories=["Cs"])),
    st.text(alphabet="ab }{'\"\\\n☕"),
)
def test_text_around_an_expression_is_kept(before: str, after: str) -> None:
    """Whatever stands before and after an expression comes back as it is."""
    assert text(before + "${n}" + after) == before + "3" + after


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_evaluated_or_refused(template: str) -> None:
    """No text does anything but become a text or an error."""
    with contextlib.suppress(ExpressionError):
        assert isinstance(evaluate({"x": "$" + template}, {}, ScriptEngine(seconds=0.5))["x"], str)


def test_only_texts_with_a_dollar_need_the_engine() -> None:
    """Whether there is anything to evaluate is seen at any depth."""
    assert is_templated({"a": [{"b": "$"}]})
    assert not is_templated({"$": [1, None, {"b": "plain"}]})
