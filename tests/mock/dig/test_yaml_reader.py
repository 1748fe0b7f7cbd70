"""The YAML dialect of `.dig` files: what values mean, what is refused and how, and that no file costs too much."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import calls_of
from treasure_workflow_mock.dig.scalars import double_text
from treasure_workflow_mock.dig.yaml_reader import DigError, Expansion, parse_yaml
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.service.statuses import status_of

JSON_TEXT = st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\x85\u2028\u2029\ufeff"))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXT.filter("<<".__ne__), inner, max_size=4),
    max_leaves=20,
)


def parse(text: str) -> Any:
    """The value of a file."""
    return parse_yaml(text, Expansion())


def refusal(text: str) -> str:
    """Why a file is refused."""
    with pytest.raises(DigError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # words
        ("true", True),
        ("False", False),
        *((word, word) for word in ("TRUE", "yes", "no", "on", "OFF", "y", "None", "nULL", "=", "2024-01-01")),
        *((word, None) for word in ("null", "Null", "NULL", "~", "")),
        # integers
        ("+5", 5),
        ("-0", 0),
        ("1_000", 1000),
        ("010", 8),
        ("-0b101", -5),
        ("0xFf", 255),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        *((word, word) for word in ("089", "0o17", "12:30:45", "1,000", "0b2", "1.2.3", "1e", "--1", "_1")),
        # floats
        ("1.5", 1.5),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("2.", 2.0),
        ("1E3", 1000.0),
        ("1_0.5", 10.5),
        ("1:30.5", 90.5),
        *((word, word) for word in ("0.5", "-0.5", "0.0", "0e1", "00.5")),
        (".inf", "Infinity"),
        ("-.INF", "-Infinity"),
        (".nan", "NaN"),
        ("1e999", "Infinity"),
        # tags
        ("!!str 42", "42"),
        ("! 42", 42),
        ("!!int '0x10'", 16),
        ("!!float 0.5", 0.5),
        ("!!bool yes", True),
        ("!!bool maybe", None),
        ("!!null x", None),
        ("!!timestamp 2024-01-01", 1704067200000),
        ("!!timestamp 2024-01-01T01:30:00.5+01:30", 1704067200500),
        ("!!timestamp 2023-12-31 22:30:00 -01:30", 1704067200000),
        ("!!binary aGVs bG8=", "aGVsbG8="),
        # texts
        ('"\\ud83c\\udf63 \\u00e9"', "🍣 é"),
        ('"\\ud83c"', "?"),
        ("'it''s'", "it's"),
    ],
)
def test_values(text: str, value: Any) -> None:
    """What a scalar means, with its type."""
    parsed = parse(f"k: {text}")["k"]
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# later", None),
        ("{}", {}),
        ("\ufeffa: 1\r\nb: |\r\n  x\r\n", {"a": 1, "b": "x\n"}),
        ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
        ("a: &x {k: 1}\nb: *x\nc: *x", {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1}}),
        ("'<<': 1\na: '<<'", {"<<": 1, "a": "<<"}),
        ("s: !!set {a, b}\no: !!omap [a: 1, b: 2]", {"s": ["a", "b"], "o": {"a": 1, "b": 2}}),
        ("p: !!pairs [a: 1, a: 2]", {"p": [["a", 1], ["a", 2]]}),
    ],
)
def test_documents(text: str, value: Any) -> None:
    """What files of a special form mean."""
    assert parse(text) == value


def test_keys_become_text() -> None:
    """Keys that are no text are shown as Java shows them."""
    text = "1: a\n2.5: b\n1e20: c\ntrue: d\n0x10: e\n[1, x]: f\n{a: 1}: g"
    assert list(parse(text)) == ["1", "2.5", "1.0E20", "true", "16", "[1, x]", "{a=1}"]


def test_where_the_parsers_disagree() -> None:
    """The service's parser is strict about tabs between tokens and question marks in flow style."""
    assert parse('a: "x\ty?"\nb: |\n  \tx?y\n') == {"a": "x\ty?", "b": "\tx?y\n"}
    assert "expected ',' or ']', but got ?" in refusal("a: [x?]")
    assert "found character '\\t(TAB)'" in refusal("a:\t1")


def test_merge_keys_keep_their_place() -> None:
    """Merged keys stand where `<<` does; a key of the mapping itself wins wherever it stands, an earlier merge too."""
    text = "b: &b {h: a, p: 1}\nm: {p: 2, <<: *b, x: 3}\nn: {<<: [*b, {p: 9, u: 8}], h: own}"
    value = parse(text)
    assert list(value["m"].items()) == [("p", 2), ("h", "a"), ("x", 3)]
    assert list(value["n"].items()) == [("h", "own"), ("p", 1), ("u", 8)]


@given(JSON_VALUES)
def test_json_is_yaml(value: Any) -> None:
    """A value written as JSON is read as what it is, keys in their order."""
    text = json.dumps({"k": value}, ensure_ascii=False, separators=(", ", ": "))
    assert json.dumps(parse(text)) == json.dumps({"k": value})


@given(st.dictionaries(st.text("abcxyz_+>", min_size=1), st.integers(), min_size=1))
def test_keys_keep_their_order(mapping: dict[str, int]) -> None:
    """Keys come back in the order they are written."""
    text = "".join(f'"{key}": {value}\n' for key, value in mapping.items())
    assert list(parse(text).items()) == list(mapping.items())


@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number) >= 1 or number == 0))
def test_floats_are_doubles(number: float) -> None:
    """A float in its shortest form, unless it begins with 0, is that float."""
    text = repr(number)
    expected: Any = text if text.lstrip("-").startswith("0") else number
    assert parse(f"k: {text}") == {"k": expected}


@given(st.floats())
def test_floats_as_keys_are_written_as_java_does(number: float) -> None:
    """The text of a float names the same float; beyond a certain size with one digit before the point and an `E`."""
    text = double_text(number)
    assert math.isnan(number) if text == "NaN" else float(text) == number
    assert ("E" in text) == (math.isfinite(number) and number != 0 and not 1e-3 <= abs(number) < 1e7)


UNCLOSED = """while parsing a flow sequence
 in 'string', line 1, column 4:
    a: [1, 2
       ^
expected ',' or ']', but got <stream end>
 in 'string', line 2, column 1:
    \n    ^
"""
TAB = """while scanning for the next token
found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)
 in 'string', line 2, column 1:
    \tb: x
    ^
"""
TWO_DOCUMENTS = """expected a single document in the stream
 in 'string', line 1, column 1:
    a: 1
    ^
but found another document
 in 'string', line 2, column 1:
    ---
    ^
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2\n", UNCLOSED),
        ("a:\n\tb: x\n", TAB),
        ("a: @x\n", "found character '@' that cannot start any token. (Do not use @ for indentation)"),
        ("a: b: c\n", "mapping values are not allowed here\n in 'string', line 1, column 5:\n"),
        (
            "a: *nothing\n",
            "found undefined alias nothing\n in 'string', line 1, column 4:\n    a: *nothing\n       ^\n",
        ),
        ("a: !secret x\n", "could not determine a constructor for the tag !secret\n in 'string', line 1, column 4:\n"),
        ("a: !!java.util.Date 1\n", "could not determine a constructor for the tag tag:yaml.org,2002:java.util.Date"),
        ("a: !!int {}\n", "could not determine a constructor for the tag tag:yaml.org,2002:int"),
        ("a: !!int x\n", 'For input string: "x"'),
        ("a: !!timestamp soon\n", "Unexpected timestamp: soon"),
        ("a: 1\n---\nb: 2\n", TWO_DOCUMENTS),
        ("a: \x01\n", "special characters are not allowed"),
        ("a: 1\nb: 2\na: 3\n", "Duplicated keys: [a]"),
        ("1: a\n'1': b\n", "Duplicated keys: [1]"),
        ("a: {<<: 5}\n", "expected a mapping or list of mappings for merging, but found scalar"),
        ("!include: 'x'\na: 1\n", "expected '<document start>', but found '<block mapping start>'"),
    ],
)
def test_refusals_keep_the_words_of_the_service(text: str, expected: str) -> None:
    """Whoever matches on the parser's messages finds them here, places and all."""
    assert expected in refusal(text)


def test_faults_of_form_are_named_first() -> None:
    """A key that is there twice does not hide that the rest of the file is no YAML."""
    assert "expected ',' or ']'" in refusal("a: 1\na: 2\nb: [1\n")
    assert "another document" in refusal("a: 1\na: 2\n---\n")


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("~: x", 'java.util.LinkedHashMap["null"]'),
        (
            "a: [1, {b: {null: x}}]",
            (
                'java.util.LinkedHashMap["a"]->java.util.ArrayList[1]->java.util.LinkedHashMap["b"]'
                '->java.util.LinkedHashMap["null"]'
            ),
        ),
    ],
)
def test_null_keys_are_refused_at_once(text: str, chain: str) -> None:
    """A null key ends the upload by itself, and the message says where it is."""
    with pytest.raises(ServiceError) as caught:
        parse(text)
    assert (status_of(caught.value), caught.value.message) == (
        400,
        (
            "Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)"
            f" (through reference chain: {chain})"
        ),
    )


FRAGMENTS = (
    *(
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ": ",
        "? ",
        "'",
        '"',
        "&x ",
        "*x",
        "<<: ",
        "1",
        "1:1.0",
    ),
    *("~", "#", "|", ">-", "%YAML 1.1", "---", "...", "\t", "\\U00110000", "\\ud83d", "é", "\x85", "\u2028", "\ufeff"),
    *(
        "!!int ",
        "!!set ",
        "!!omap ",
        "!!binary ",
        "!!timestamp ",
        "!!pairs ",
        "!!bool ",
        "!include ",
        "!<",
        "!e!",
        "0x",
    ),
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25))
def test_any_text_is_read_or_refused(fragments: list[str]) -> None:
    """Whatever a file holds, it is a value that JSON can show, or it is refused."""
    with contextlib.suppress(DigError, ServiceError):
        json.dumps(parse("".join(fragments)), ensure_ascii=False, allow_nan=False).encode()


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
MERGES = f"b: &b {{{', '.join(f'k{i}: 1' for i in range(10_000))}}}\n" + "".join(
    f"m{i}: {{<<: [{', '.join(['*b'] * 1_000)}]}}\n" for i in range(50)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LAUGHS, id="billion laughs"),
        pytest.param(MERGES, id="merge keys"),
        pytest.param(f"b: &b {'x' * 500_000}\nl: [{'*b, ' * 10_000}]", id="long text"),
        pytest.param("a: &a [*a]", id="an alias in itself"),
        pytest.param("[" * 500_000, id="brackets"),
        pytest.param("[" * 100_000 + "]" * 100_000, id="nested lists"),
        pytest.param("".join("  " * i + "b:\n" for i in range(400)), id="nested blocks"),
        pytest.param("a: " + "9" * 1_000_000, id="digits"),
        pytest.param("a: 0x" + "9" * 1_000_000, id="hexadecimal digits"),
        pytest.param("".join(f"t{i // 2}: x\n" for i in range(50_000)), id="duplicate keys"),
    ],
)
def test_bombs_are_refused_at_little_cost(text: str) -> None:
    """What a small file could blow up to is never built."""
    assert calls_of(lambda: refusal(text)) < 3_000_000


def test_both_parsers_agree_on_ordinary_files() -> None:
    """The fast parser and the one that knows the service's words read the same."""
    text = (
        "timezone: UTC\nschedule:\n  daily>: 07:00:00\n_export:\n  !include : 'x.yml'\n  l: [1, 'two', {k: v}]\n"
        "+a:\n  echo>: |\n    one\n    two\n  x: >-\n    folded\n    text\n+b: &b\n  nop>:\n+c: *b\n"
    )
    events = [
        [
            (type(event), getattr(event, "value", None), getattr(event, "tag", None))
            for event in yaml.parse(text, loader)
        ]
        for loader in (yaml.SafeLoader, yaml.CSafeLoader)
    ]
    assert events[0] == events[1]
