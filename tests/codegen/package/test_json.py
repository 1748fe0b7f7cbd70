"""The decoder of the extra `speed` and the standard library's give the same, whatever the text."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from treasure_workflow_api import _json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def outcome(read: Callable[[Any], Any], text: str | bytes) -> str:
    """What reading gives, types included, or that it is refused."""
    try:
        return repr(read(text))
    except ValueError:
        return "no JSON"


@given(values, st.booleans())
def test_json_is_read_the_same(value: Any, ascii_only: bool) -> None:
    """Large numbers, odd text, NaN and the order of keys: from text and from bytes."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert outcome(_json.loads, text) == outcome(json.loads, text)
    data = text.encode(errors="surrogatepass")
    assert outcome(_json.loads, data) == outcome(json.loads, data)


@given(st.binary() | st.text('0123456789eE+-.{}[]",:tfn \\u\n').map(str.encode))
@example(b"1e400")
@example(b"\xef\xbb\xbf1")
@example('"\u2028"'.encode("utf-16"))
@example(b'{"a": 1, "a": 2}')
@example(b'"\\ud800"')
@example(b"")
@example(b"18446744073709551616")
def test_what_is_no_json_is_refused_the_same(data: bytes) -> None:
    """Neither decoder reads what the other refuses."""
    assert outcome(_json.loads, data) == outcome(json.loads, data)


def test_without_the_extra_the_standard_library_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be installed beside the client."""
    monkeypatch.setitem(sys.modules, "msgspec.json", None)
    _json._quick_decoder.cache_clear()
    try:
        assert _json._quick_decoder() is None
        assert _json.loads(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
    finally:
        monkeypatch.undo()
        _json._quick_decoder.cache_clear()
    assert _json._quick_decoder() is not None
