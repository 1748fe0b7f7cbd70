"""What is no document of this API, or is meant to harm, is refused in one sentence; nothing is fetched or opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.update_spec.judge import compare
from scripts.update_spec.published.reading import Allowed, Reading, RefusedError, read
from scripts.update_spec.published.record import load
from tests.support.update_spec.corpus.case import operation, prop
from tests.support.update_spec.judging import contract

_DOMAINS = ["treasuredata.com", "treasuredata.co.jp"]


def _read(folder: Path, document: Any, allowed: Allowed | None = None) -> Reading:
    file = folder / "document.yaml"
    if isinstance(document, bytes):
        file.write_bytes(document)
    else:
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return read(file, load(), _DOMAINS, allowed or Allowed())


def _with(change: Callable[[Any], Any]) -> Any:
    document = contract()
    change(document)
    return document


_TEXTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "HTML": (b"<!doctype html><html></html>", "HTML"),
    "a list": (b"- 1\n", "a list"),
    "a NUL": (b"openapi: 3.0.1\0\n", "NUL"),
    "latin-1": ("openapi: 3.0.1\ninfo: {title: Gerät}\n".encode("latin-1"), "UTF-8"),
    "cut short": (b'{"openapi": "3.0.1", "info"', "cut short"),
    "a key twice": (b"openapi: 3.0.1\nopenapi: 3.0.2\n", "twice"),
    "an alias bomb": (
        b"a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in range(ord("b"), ord("m"))),
        "unfolds",
    ),
    "another version": (b"openapi: 2.0.0\ninfo: {}\npaths: {}\n", "3.0, 3.1 or 3.2"),
    "no paths": (b"openapi: 3.0.1\ninfo: {title: Treasure Workflow}\n", "paths"),
}


@pytest.mark.parametrize("name", _TEXTS)
def test_a_file_that_holds_no_document_is_refused(tmp_path: Path, name: str) -> None:
    """What the file is instead is said, in one line."""
    content, told = _TEXTS[name]
    with pytest.raises(RefusedError, match=told) as refusal:
        _read(tmp_path, content)
    assert "\n" not in str(refusal.value)


_DOCUMENTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "another title": (lambda one: one["info"].update(title="Petstore"), "--accept-title"),
    "a server elsewhere": (
        lambda one: one["servers"][0].update(url="https://evil.example"),
        "--accept-host evil.example",
    ),
    "a server in disguise": (
        lambda one: one["servers"][0].update(url="https://api-workflow.treasuredata.com@evil.example/"),
        "keys would go to",
    ),
    "a server without TLS": (lambda one: one["servers"][0].update(url="http://api.treasuredata.com"), "https"),
    "a server of one operation": (
        lambda one: operation(one, "getPool").update(servers=[{"url": "https://evil.example"}]),
        "keys would go to",
    ),
    "a reference to the web": (
        lambda one: prop(one, "RestPool", "name").update({"$ref": "http://127.0.0.1:9/x"}),
        "leads out of the document",
    ),
    "a reference to a file": (
        lambda one: prop(one, "RestPool", "name").update({"$ref": "file:///etc/passwd"}),
        "leads out of the document",
    ),
    "a reference to nothing": (
        lambda one: prop(one, "RestPool", "name").update({"$ref": "#/components/schemas/Nothing"}),
        "leads to nothing",
    ),
    "an id twice": (lambda one: operation(one, "getPool").update(operationId="getPools"), "is not unique"),
    "no valid document": (lambda one: operation(one, "getPool").update(parameters=[{"in": "moon"}]), "not valid"),
    "a parameter that is a schema": (
        lambda one: operation(one, "getPool").update(parameters=[{"$ref": "#/components/schemas/RestPool"}]),
        "not valid",
    ),
    "a method without a module": (
        lambda one: one["paths"]["/api/pools"].update(head=one["paths"]["/api/pools"]["get"] | {"operationId": "x"}),
        "nothing would come of 'head'",
    ),
    "another API": (
        lambda one: [
            item[key].update(operationId=f"x{at}{key}") for at, item in enumerate(one["paths"].values()) for key in item
        ],
        "another API",
    ),
}


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_a_document_of_another_api_or_with_traps_is_refused(tmp_path: Path, name: str) -> None:
    """The place and the way out are said."""
    change, told = _DOCUMENTS[name]
    with pytest.raises(RefusedError, match=told):
        _read(tmp_path, _with(change))


def test_what_was_confirmed_is_read(tmp_path: Path) -> None:
    """Another title, and a host that keys may go to, are accepted when they are named."""
    document = _with(lambda one: one["info"].update(title="Workflow"))
    document["servers"].append({"description": "eu02", "url": "https://workflow.example"})
    allowed = Allowed(hosts=("workflow.example",), title=True)
    assert _read(tmp_path, document, allowed).document["info"]["title"] == "Workflow"


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.1.1", "3.2.0"])
def test_other_versions_of_openapi_are_read(tmp_path: Path, version: str) -> None:
    """The same document in another version of OpenAPI means the same."""
    reading = _read(tmp_path, contract() | {"openapi": version})
    assert reading.version == version
    assert reading.lost == []
    assert compare(contract(), reading.document) == []
