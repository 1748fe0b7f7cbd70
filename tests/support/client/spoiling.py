"""Responses gone wrong, for tests: what may arrive in place of a good response to each operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.support import hosted_shapes
from tests.support.client.operations import DOWNLOADS
from tests.support.client.support import Scripted
from treasure_workflow_api._operations import OPERATIONS

GOOD = {
    id: next(
        response
        for response in hosted_shapes.within_the_contract()
        if response.operation.id == id and response.status < 400 and "://" not in str(response.step)
    )
    for id in OPERATIONS
}
"""A good response to each operation, without links: nothing here leads out of the machine."""

JSON_OPERATIONS = sorted(set(OPERATIONS) - set(DOWNLOADS))

Path = tuple[str | int, ...]
GONE = object()


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The places of all values in a JSON value, itself included."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(item, (*path, key))


def changed(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value in one place, or with nothing there."""
    if not path:
        return None if new is GONE else new
    key, *rest = path
    if isinstance(value, list):
        items = [changed(item, tuple(rest), new) if index == key else item for index, item in enumerate(value)]
        return [item for index, item in enumerate(items) if not (new is GONE and not rest and index == key)]
    if new is GONE and not rest:
        return {name: item for name, item in value.items() if name != key}
    return {name: changed(item, tuple(rest), new) if name == key else item for name, item in value.items()}


def nested(depth: int) -> Any:
    """A list in a list in a list …."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


ODD_VALUES = [
    *(GONE, None, True, 5, -1, 0, 1.5, 10**400, 1e400, float("nan"), "", "x", "12", "2025-11-03", "paused"),
    *("+12345-01-01T00:00:00Z", "2025-02-30T00:00:00Z", "2025-11-03T00:00:00", "\ud800", "\0", "http://[x", "//["),
    *([], {}, [None], [[]], [{}], {"a": None}, {"id": "1"}, "x" * 5000, nested(200)),
]


NO_VALUE = len(ODD_VALUES)
"""Stands for no value being spoiled."""


class Spoiled(NamedTuple):
    """How a response is spoiled: which of its values becomes which (by count), and what then happens to the text."""

    status: int | None
    place: int
    value: int
    text: str
    cut: int
    content_type: str | None
    encoding: str | None

    def of(self, operation: str) -> Scripted:
        """The response to a call of the operation."""
        good = GOOD[operation]
        headers = dict(hosted_shapes.headers(good))
        body = hosted_shapes.content(good)
        if good.body is not None and self.value != NO_VALUE:
            places = list(paths(good.body))
            body = json.dumps(changed(good.body, places[self.place % len(places)], ODD_VALUES[self.value])).encode()
        body = _text(body, self.text, self.cut)
        if self.content_type is not None:
            headers["content-type"] = self.content_type
        if self.encoding is not None:
            headers["content-encoding"] = self.encoding
        return Scripted(good.status if self.status is None else self.status, body, headers)


UNSPOILED = Spoiled(None, 0, NO_VALUE, "whole", 0, None, None)


def _text(body: bytes, kind: str, cut: int) -> bytes:
    at = cut % (len(body) + 1)
    return {
        "whole": body,
        "nothing": b"",
        "cut": body[:at],
        "web page": b"<html><body>Log in</body></html>",
        "not UTF-8": body[:at] + b"\xff\xfe" + body[at:],
        "twice": body[:-1] + b"," + body[1:] if body.startswith(b"{") else body * 2,
        "more": body + b" and more",
        "byte order mark": b"\xef\xbb\xbf" + body,
        "UTF-16": body.decode(errors="replace").encode("utf-16"),
        "deep": b'{"a":' * 100_000,
        "number": b"9" * 5000,
        "blank": b" \n ",
    }[kind]


TEXTS = [
    *("nothing", "cut", "web page", "not UTF-8", "twice", "more"),
    *("byte order mark", "UTF-16", "deep", "number", "blank"),
]
TYPES = [
    None,
    None,
    None,
    "application/json",
    "text/html",
    "TEXT/HTML; charset=x",
    "text/plain",
    "application/gzip",
    "odd",
]


def spoiled(statuses: st.SearchStrategy[int | None]) -> st.SearchStrategy[Spoiled]:
    """Responses that may be spoiled in value or text; statuses None are the good response's own."""
    return st.builds(
        Spoiled,
        status=statuses,
        place=st.integers(0, 500),
        value=st.integers(0, NO_VALUE),
        text=st.just("whole") | st.just("whole") | st.sampled_from(TEXTS),
        cut=st.integers(0, 2000),
        content_type=st.sampled_from(TYPES),
        encoding=st.sampled_from([None, None, None, None, "gzip", "deflate", "br"]),
    )
