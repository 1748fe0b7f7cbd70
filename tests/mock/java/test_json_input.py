"""Reading JSON as the service does: what is tolerated, what is refused, and with which words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.http.request_bodies import MODELS, read_body
from treasure_workflow_mock.java.json_reader import NotJson, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def read(text: str | bytes) -> object:
    """The value of a text, read for a model with one known field."""
    return parse(text.encode() if isinstance(text, str) else text, "Some", {"known"}).value


@given(values)
def test_what_is_written_is_read(value: object) -> None:
    """Every JSON value comes back equal, with what follows it ignored."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    expected = json.loads(text)
    assert read(text) == expected
    assert read(b"\xef\xbb\xbf \r\n" + text + b" } rubbish") == expected


@given(values)
def test_the_careful_reader_reads_the_same(value: object) -> None:
    """The reader for texts that the fast one refuses (here for their depth) gives the same values."""
    text = json.dumps(value)
    depth = 1200
    inner = read("[" * depth + text + "]" * depth)
    for _ in range(depth):
        assert isinstance(inner, list)
        (inner,) = inner
    assert inner == json.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,"a":2}', {"a": 2}),
        ("1e400", "Infinity"),
        ("-1e400", "-Infinity"),
        ("1e3", 1000.0),
        ("-0", 0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        (r'"\ud83d\udd11"', "🔑"),
        (r'"\ud83d"', "?"),
        (r'{"\udd11":[]}', {"?": []}),
    ],
)
def test_values(text: str, value: object) -> None:
    """Numbers and escapes become what they become on the service."""
    found = read(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"{'a':1}", "was expecting double-quote to start field name"),
        (b'{"a":1,}', "was expecting double-quote to start field name"),
        (b'{"a" 1}', "was expecting a colon to separate field name and value"),
        (b'{"a":1 "b":2}', "was expecting comma to separate Object entries"),
        (b"[1 2]", "was expecting comma to separate Array entries"),
        (b"// x", "maybe a (non-standard) comment?"),
        (b"[01]", "Leading zeroes not allowed"),
        (b"[1.]", "Decimal point not followed by a digit"),
        (b"[1e]", "Exponent indicator not followed by a digit"),
        (b"[+1]", "in numeric value"),
        (b"[-]", "in numeric value"),
        (b"[NaN]", "Non-standard token 'NaN'"),
        (b"[-Infinity]", "Non-standard token '-Infinity'"),
        (b"[True]", "Unrecognized token 'True'"),
        (b"[tru", "Unrecognized token 'tru': was expecting 'null', 'true', 'false' or NaN"),
        (b'["a\tb"]', "Illegal unquoted character ((CTRL-CHAR, code 9))"),
        (rb'["\q"]', "Unrecognized character escape 'q'"),
        (rb'["\u12"]', "expected a hex-digit for character escape sequence"),
        (b'["\xff"]', "Invalid UTF-8 start byte 0xff"),
        (b'["caf\xe9"]', "Invalid UTF-8 middle byte 0x22"),
        (b"\x00", "Illegal character ((CTRL-CHAR, code 0))"),
        (b'{"a', "Unexpected end-of-input in field name"),
        (b'["a', "Unexpected end-of-input in VALUE_STRING"),
        (b'{"a":', "Unexpected end-of-input within/between Object entries"),
        (b"{", "expected close marker for Object"),
        (b"[", "expected close marker for Array"),
    ],
)
def test_what_is_no_json(text: bytes, problem: str) -> None:
    """Any other deviation is refused with the parser's words and the place."""
    with pytest.raises(NotJson) as refusal:
        read(text)
    assert problem in (refusal.value.message or "")
    assert "line: 1, column: " in (refusal.value.message or "")


def test_an_error_names_the_field_it_is_in() -> None:
    """A fault inside the value of a known field names model and field, one beside it does not."""
    chain = 'through reference chain: io.digdag.client.api.ImmutableSome$Json["known"]'
    for text, named in (
        ('{"known":[x]}', True),
        ('{"other":[x]}', False),
        ('{"known":x}', False),
        ('{"known":"', True),
    ):
        with pytest.raises(NotJson) as refusal:
            read(text)
        assert (chain in (refusal.value.message or "")) is named, text


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    """Whatever the bytes, there is a value or a refusal with a message."""
    try:
        parse(content, "Some", ())
    except NotJson as refusal:
        problem = refusal.message
    else:
        problem = "none"
    assert problem


def skip(**fields: object) -> dict[str, object]:
    """The converted fields of a skip."""
    return read_body(MODELS["digdag"]["skipSchedule"], json.dumps({"dryRun": True, **fields}).encode())


@pytest.mark.parametrize(
    ("given_count", "count"), [("2", 2), (2.7, 2), (" 3 ", 3), ("", None), (None, None), (-(2**31), -(2**31))]
)
def test_integers_convert(given_count: object, count: int | None) -> None:
    """Numeric text and fractions become integers; nothing and blanks count as absent."""
    assert skip(count=given_count).get("count") == count


@pytest.mark.parametrize("given_count", [True, [], {}, "two", 2**31, 1e10])
def test_what_is_no_integer(given_count: object) -> None:
    """Booleans, containers, words and what exceeds 32 bits are refused, naming the field."""
    with pytest.raises(ServiceError, match="count"):
        skip(count=given_count)


@pytest.mark.parametrize(
    ("given_flag", "flag"),
    [("true", True), ("True", True), (7, True), ("False", False), (0, False), ("", False), (None, False)],
)
def test_booleans_convert(given_flag: object, flag: bool) -> None:
    """Words and numbers become booleans; null satisfies a required one, as false."""
    assert skip(dryRun=given_flag)["dryRun"] is flag


def test_missing_fields_are_listed() -> None:
    """What is required and absent is listed in the service's order."""
    with pytest.raises(ServiceError, match=r"not set \[fromTime, dryRun, attemptName\]"):
        read_body(MODELS["digdag"]["backfillSchedule"], b'{"other": 1}')


def test_a_bare_text_is_a_secret() -> None:
    """The body of a secret may be a JSON text instead of an object."""
    assert read_body(MODELS["digdag"]["putProjectSecret"], b' "x"') == {"value": "x"}


def test_no_body_where_one_is_needed() -> None:
    """Nothing, blanks and null are refused, or taken for no options where the body is optional."""
    for content in (b"", b" \n", b"null"):
        with pytest.raises(ServiceError):
            read_body(MODELS["digdag"]["startAttempt"], content)
        assert read_body(MODELS["digdag"]["enableSchedule"], content, optional=True) == {}
