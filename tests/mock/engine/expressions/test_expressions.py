"""`${…}`: what becomes of texts, which variables there are, and that no expression gets out of bounds."""

from __future__ import annotations

import contextlib
import json
import string

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.engine.expressions.javascript import ScriptEngine
from treasure_workflow_mock.engine.expressions.template import ExpressionError, evaluate, is_templated

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
    """What an expression does to its variables and to the engine is gone with its text."""
    params: JsonObject = {"l": [1]}
    config = {"a": "${Array.prototype.x = 1, l.push(4), leaked = 5}", "b": "${l}"}
    assert evaluate(config, params, ScriptEngine()) == {"a": "5", "b": "[1]"}
    assert params == {"l": [1]}
    assert text("${typeof leaked} ${[].x === undefined}") == "undefined true"


NAMES = st.sampled_from(["a", "b", "c", "d", "if", "this", "print", "length", "constructor", "undefined"])


class NoEngine(ScriptEngine):
    """Refuses to run scripts."""

    def run(self, template: str, params: str, nearer: str) -> str:
        raise AssertionError((template, params, nearer))


VARIABLES = st.dictionaries(
    NAMES,
    st.recursive(
        st.booleans() | st.integers() | st.text(string.printable, max_size=3) | st.sampled_from([None, 0.5, "ü"]),
        lambda inner: st.dictionaries(st.sampled_from(["a", "in", "length"]), inner, min_size=1, max_size=2),
    ),
    min_size=1,
    max_size=3,
)


@settings(deadline=None)
@given(VARIABLES, st.text(alphabet="a.bin$ }", max_size=3), st.data())
def test_what_needs_no_engine_is_what_the_engine_gives(params: JsonObject, around: str, data: st.DataObject) -> None:
    """Texts that only name variables are made without it, and become the same."""
    names: list[str] = []
    value: Json = params
    while isinstance(value, dict):
        names.append(data.draw(st.sampled_from(sorted(value))))
        value = value[names[-1]]
    names += data.draw(st.sampled_from([[], [], [], [], [], [], ["length"]]))
    template = around + "${" + ".".join(names) + "}" + around
    try:
        plain = evaluate({"x": template}, params, NoEngine())["x"]
    except AssertionError:  # it needs the engine
        reject()
    assert plain == ScriptEngine().run(template, json.dumps(params), "{}")


@pytest.mark.parametrize(
    ("name", "template", "problem"),
    [
        ("Array", "${x}", "join"),
        ("JSON", "${x}", "stringify"),
        ("print", "${print.a.b}", "of undefined"),
    ],
)
def test_a_variable_takes_the_place_of_what_the_code_around_uses(name: str, template: str, problem: str) -> None:
    """The engine writes code around each expression; a variable is seen there too, or is hidden by that code."""
    with pytest.raises(ExpressionError, match=problem):
        evaluate({"y": template}, {name: {"a": {"b": 1}}, "x": 1}, ScriptEngine())


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("${yes} ${no}|${n}|${ s }", "true false|3|text"),
        ("${o.b.c}$$${n}", "two$3"),
        ("a $$ b $ {n}", "a $ b $ {n}"),
    ],
)
def test_plain_variables_need_no_engine(template: str, expected: str) -> None:
    """Their texts are those that scripts give."""
    assert evaluate({"x": template}, {**PARAMS, "yes": True, "no": False}, NoEngine())["x"] == expected


@pytest.mark.parametrize(
    "template", ["${f}", "${o}", "${nothing}", "${o.none}", "${big}", "${é}", "${this}", "${n }${m.index}"]
)
def test_other_values_need_the_engine(template: str) -> None:
    """Fractions, objects, what is not there, and names that are none."""
    with pytest.raises(AssertionError):
        evaluate({"x": template}, {**PARAMS, "f": 1.5, "big": 2**60, "é": "e"}, NoEngine())


def test_texts_that_double_are_bounded() -> None:
    """Texts made of texts made of texts end as too long, with and without scripts."""
    config: JsonObject = {f"a{number + 1}": f"${{a{number}}}${{a{number}}}" for number in range(60)}
    with pytest.raises(ExpressionError, match="out of memory"):
        evaluate(config, {"a0": "0123456789"}, NoEngine())


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
        assert isinstance(evaluate({"x": "$" + template}, {}, ScriptEngine())["x"], str)


def test_only_texts_with_a_dollar_need_the_engine() -> None:
    """Whether there is anything to evaluate is seen at any depth."""
    assert is_templated({"a": [{"b": "$"}]})
    assert not is_templated({"$": [1, None, {"b": "plain"}]})
