"""A document is data that may be anything: what cannot be used is refused, with file, place and what to do."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scripts.codegen.contract import composition
from scripts.codegen.contract.checks import Checks
from scripts.codegen.contract.corrections import CorrectionError
from scripts.codegen.contract.document import MOST_NODES, DocumentError, pointer, read_document
from scripts.codegen.contract.effective import CONTRACT, effective, validate

WHOLE = CONTRACT.read_bytes()
PUBLISHED = read_document(CONTRACT)
EFFECTIVE = effective()
DOMAINS = ("treasuredata.com", "treasuredata.co.jp")

BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + level, 98 + level, b",".join([b"*%c" % (97 + level)] * 10)) for level in range(12)
)

UNREADABLE: dict[str, tuple[bytes, str]] = {
    "an empty file": (b" \n", "the file is empty; download the document again"),
    "a page": (b"<!DOCTYPE html>", "this is HTML or XML; download the YAML or JSON itself"),
    "a list": (b"- a\n", "the file is a list; give an object"),
    "a list in JSON": (b"[1]", "the file is a list; give an object"),
    "text": (b"hello", "the file is only text; give an object"),
    "a tab": (b"a:\n\tb: 1\nc: 2\n", "line 2 has a tab, which YAML does not indent by; use blanks"),
    "a NUL": (b"a: 1\nb: \0", "line 2 has a NUL byte"),
    "latin-1": ("a: 1\nb: Ü".encode("latin-1"), "line 2 is not UTF-8 (byte 8); save it as UTF-8"),
    "YAML cut short": (b"a: [1, 2\n", "line 2 is the last and leaves something open"),
    "JSON cut short": (b'{"a": [1,', "the file ends in line 1, cut short; get all of it"),
    "a date": (b"info:\n  version: 2025-01-01\n", "#/info/version: the value 2025-01-01 is read as a date; put it in"),
    "an unquoted status": (b"responses:\n  200: {}\n", "#/responses/200: the key 200 in line 2 is no text"),
    "a word that YAML reads as a truth": (b"a:\n  on: 1\n", "#/a/on: the key on in line 2 is no text"),
    "a key twice": (
        b"paths:\n  /a: 1\n  /b: 2\n  /a: 3\n",
        "#/paths/~1a: the key '/a' stands twice, in the lines 2 and 4",
    ),
    "a key twice in JSON": (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object; keep one"),
    "no number": (b"a:\n  default: .nan\n", "#/a/default: the value is nan, which JSON cannot say"),
    "an infinity": (b'{"a": {"default": Infinity}}', "#/a/default: the value is inf, which JSON cannot say"),
    "merged keys": (b"a: &a {b: 1}\nc:\n  <<: *a\n", "#/c: line 3 has a key that is no text"),
    "an object of Python": (b"a: !!python/object:os.system x\nb: 1\n", "line 1 is no YAML"),
    "many aliases": (BOMB, "this unfolds to more, or deeper, than an API's document needs"),
    "an alias of itself": (b"a: &a [*a]", "this unfolds to more, or deeper"),
    "brackets within brackets": (b"a: " + b"[" * 100_000, "the file|nested too deeply"),
    "lists within lists": (b"- " * 100_000, "line 1 is nested too deeply"),
    "objects within objects": (b'{"a":' * 100_000, "this cannot be read as JSON"),
    "a number without end": (b'{"a":' + b"9" * 5_000 + b"}", "this cannot be read as JSON"),
    "half a character": (b'{"a": "\\ud800"}', "#/a: the text holds half a character"),
    "a terminal's escape": (b'"\\e[31m": {x: .inf}', "#/<U+001B>[31m/x: the value is inf"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_document_is_told_as_what_it_is(what: str, tmp_path: Path) -> None:
    """One printable line that begins with the file, names the place and says what to do."""
    content, problem = UNREADABLE[what]
    file = tmp_path / "document.yaml"
    file.write_bytes(content)
    with pytest.raises(DocumentError) as error:
        read_document(file)
    told = str(error.value)
    assert told.startswith(f"{file}: ")
    assert any(each in told for each in problem.split("|")), told
    assert told.isprintable()
    assert "; " in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Neither a missing file nor a folder is a traceback."""
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(DocumentError, match=r"the file cannot be read \(.+\); give a file's path"):
            read_document(path)


def test_a_file_without_end_is_not_read_whole() -> None:
    """What is too large is refused after the first bytes that are too many."""
    with pytest.raises(DocumentError, match="more than 8,388,608 bytes"):
        read_document(Path("/dev/zero"))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_document_cut_anywhere_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, end: int) -> None:
    """A download that broke off ends as a document that lacks something, or as one sentence."""
    file = tmp_path_factory.mktemp("cut") / "document.yaml"
    file.write_bytes(WHOLE[:end])
    if end < WHOLE.index(b"    RestWorkflowSessionTime:"):
        with pytest.raises(DocumentError):
            effective(file)
    else:
        with contextlib.suppress(DocumentError, CorrectionError):  # within the last words there may be nothing wrong
            effective(file)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), json_values, max_size=4))
def test_json_is_read_as_it_is(tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]) -> None:
    """Text, order, large numbers and types: what json.loads gives."""
    file = tmp_path_factory.mktemp("json") / "document.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    found = read_document(file)
    assert found == value
    assert repr(found) == repr(value)


def test_the_published_document_is_read_as_yaml_says() -> None:
    """The strict reader and the plain one agree on what both can read, and nothing in the tree is shared."""
    assert yaml.safe_load(WHOLE) == PUBLISHED
    seen: set[int] = set()
    waiting: list[Any] = [PUBLISHED]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list):
            assert id(node) not in seen
            seen.add(id(node))
            waiting += node.values() if isinstance(node, dict) else node
    assert len(seen) < MOST_NODES


Change = Callable[[dict[str, Any]], object]
GET = ("paths", "/api/pools", "get")


def at(document: dict[str, Any], *place: str | int) -> Any:
    """What stands in a place."""
    node: Any = document
    for part in place:
        node = node[part]
    return node


def setting(value: object, *place: str | int) -> Change:
    """Puts a value in a place."""
    return lambda document: at(document, *place[:-1]).__setitem__(place[-1], value)


def dropping(*place: str | int) -> Change:
    """Takes away what stands in a place."""
    return lambda document: at(document, *place[:-1]).__delitem__(place[-1])


def parameter(name: str, **more: object) -> dict[str, Any]:
    """A parameter of a query."""
    return {"name": name, "in": "query", "schema": {"type": "string"}, **more}


OPERATION = EFFECTIVE["paths"]["/api/pools"]["get"]
RETRY = {"policy": "safe"}

REFUSED: dict[str, tuple[Change, str]] = {
    "two operations of one module": (
        setting({**OPERATION, "operationId": "get_pools"}, "paths", "/api/pools", "patch"),
        "patch/operationId: this and #/paths/~1api~1pools/get/operationId are one module, get_pools",
    ),
    "a method that nothing comes of": (
        setting(OPERATION, "paths", "/api/pools", "head"),
        "#/paths/~1api~1pools/head: nothing would come of 'head'",
    ),
    "a missing operationId": (dropping(*GET, "operationId"), "get/operationId: this is missing"),
    "a missing tag": (dropping(*GET, "tags"), "get/tags: this is missing"),
    "no tag": (setting([], *GET, "tags"), "get/tags: no tag is given"),
    "a missing rule on retries": (dropping(*GET, "x-retry"), "get/x-retry: this is missing"),
    "another rule on retries": (setting({"policy": "maybe"}, *GET, "x-retry"), "x-retry/policy: 'maybe' is no policy"),
    "tags that differ in case": (
        setting(["POOL"], *GET, "tags"),
        "and 'POOL' are one package, pool|and 'Pool' are one package, pool",
    ),
    "a reference to a site": (
        setting({"$ref": "http://127.0.0.1:1/x"}, *GET, "responses", "200"),
        "get/responses/200/$ref: the reference 'http://127.0.0.1:1/x' leads out of the document",
    ),
    "a reference to a file": (
        setting({"$ref": "file:///etc/passwd"}, "components", "schemas", "RestPool"),
        "#/components/schemas/RestPool/$ref: the reference 'file:///etc/passwd' leads out of the document",
    ),
    "a reference to nothing": (
        setting({"$ref": "#/components/schemas/Gone"}, "components", "schemas", "RestPool"),
        "leads to nothing",
    ),
    "a reference to itself": (
        setting({"$ref": "#/components/schemas/RestPool"}, "components", "schemas", "RestPool"),
        "leads in a circle",
    ),
    "another version of OpenAPI": (setting("3.1.0", "openapi"), "#/openapi: the version is '3.1.0', not 3.0"),
    "a version that is no text": (setting(3.0, "openapi"), "#/openapi: the version is 3.0, not 3.0"),
    "a server elsewhere": (
        setting("https://evil.example", "servers", 0, "url"),
        "#/servers/0/url: keys would go to 'https://evil.example'",
    ),
    "a server behind a known name": (
        setting("https://api-workflow.treasuredata.com@evil.example/", "servers", 0, "url"),
        "#/servers/0/url: keys would go to",
    ),
    "a server with a password": (
        setting("https://user:pass@api-workflow.treasuredata.com", "servers", 0, "url"),
        "#/servers/0/url: keys would go to",
    ),
    "a server without TLS": (
        setting("http://api-workflow.treasuredata.com", "servers", 0, "url"),
        "#/servers/0/url: keys would go to",
    ),
    "a name that ends as a known one": (
        setting("https://eviltreasuredata.com", "servers", 0, "url"),
        "#/servers/0/url: keys would go to",
    ),
    "a server twice": (
        lambda document: document["servers"].append(document["servers"][0]),
        "stands here and in #/servers/0",
    ),
    "a server of an operation": (
        setting([{"url": "https://evil.example"}], *GET, "servers"),
        "get/servers: an address",
    ),
    "a key of an operation's own": (setting([{"Other": []}], *GET, "security"), "get/security: a key of its own"),
    "another kind of key": (setting([{"Other": []}], "security"), "#/security: another kind of key would not be sent"),
    "a range of statuses": (
        lambda document: at(document, *GET, "responses").__setitem__("2XX", {"description": ""}),
        "get/responses/2XX: '2XX' is no single status",
    ),
    "an unknown body": (
        setting({"application/xml": {"schema": {}}}, "paths", "/api/pools", "post", "requestBody", "content"),
        "requestBody/content: a body of 'application/xml' cannot be sent",
    ),
    "a success of an unknown type": (
        setting({"text/csv": {"schema": {}}}, *GET, "responses", "200", "content"),
        "responses/200/content: a body of the type 'text/csv' would be misread",
    ),
    "two names that Python reads as one": (
        setting([parameter("file"), parameter("\ufb01le")], *GET, "parameters"),
        "are one argument, file",
    ),
    "a parameter without a schema": (
        setting([{"name": "x", "in": "query", "content": {}}], *GET, "parameters"),
        "parameters/0/schema: this is missing",
    ),
    "a parameter in another form": (
        setting([parameter("x", style="deepObject")], *GET, "parameters"),
        "parameters/0: this would be sent in another form",
    ),
    "a cookie": (setting([{**parameter("x"), "in": "cookie"}], *GET, "parameters"), "'cookie' is not sent"),
    "two classes of one name": (
        lambda document: document["components"]["schemas"].__setitem__("rest_pool", {"type": "object"}),
        "are one class, RestPool",
    ),
    "two fields of one name": (
        lambda document: at(document, "components", "schemas", "RestPool", "properties").__setitem__(
            "NAME", {"type": "string"}
        ),
        "are one attribute, name",
    ),
    "no paths": (dropping("paths"), "#/paths: this is missing"),
    "paths that are a list": (setting([], "paths"), "#/paths: an object was expected, not list"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_be_lost_or_misread_is_refused(what: str) -> None:
    """With the place, as a JSON pointer, and what to do; the document as it is passes."""
    change, problem = REFUSED[what]
    document = copy.deepcopy(EFFECTIVE)
    Checks("openapi.yaml", document, DOMAINS).everything()
    change(document)
    with pytest.raises(DocumentError) as error:
        Checks("openapi.yaml", document, DOMAINS).everything()
    told = str(error.value)
    assert any(each in told for each in problem.split("|")), told
    assert re.match(r"openapi\.yaml: #/\S+: .+; .+", told)
    assert told.isprintable()


def test_nothing_that_a_document_refers_to_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference is refused before any file or site is: not even a validator sees it."""
    document = copy.deepcopy(PUBLISHED)
    at(document, *GET, "responses")["200"] = {"$ref": "file:///etc/passwd"}
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("something was opened"))
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("something was fetched"))
    with pytest.raises(DocumentError, match="leads out of the document"):
        Checks("openapi.yaml", document, DOMAINS).structure()


def test_a_pattern_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes ages for a default ends at once; the contract keeps it."""
    document = copy.deepcopy(EFFECTIVE)
    field = at(document, "components", "schemas", "RestPool", "properties", "name")
    field |= {"pattern": "^(a+)+$", "default": "a" * 60 + "!"}
    validate("openapi.yaml", document)
    assert field["pattern"] == "^(a+)+$"


def test_a_schema_made_of_others_is_written_out() -> None:
    """All fields, all that must be there, in one place; the wrapper of one reference is that reference."""
    document: dict[str, Any] = {
        "schemas": {
            "Base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            "Middle": {"allOf": [{"$ref": "#/schemas/Base"}, {"properties": {"x": {"type": "integer"}}}]},
            "Pool": {
                "description": "A pool.",
                "allOf": [{"$ref": "#/schemas/Middle"}],
                "properties": {"name": {"allOf": [{"$ref": "#/schemas/Base"}], "description": "Its name."}},
                "required": ["name"],
            },
        }
    }
    composition.written_out("openapi.yaml", document)
    pool = document["schemas"]["Pool"]
    assert pool == {
        "type": "object",
        "description": "A pool.",
        "properties": {
            "id": {"type": "string"},
            "x": {"type": "integer"},
            "name": {"$ref": "#/schemas/Base"},
        },
        "required": ["id", "name"],
    }


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"allOf": [{"type": "string"}, {"type": "object"}]}, "only objects can be joined"),
        ({"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {}}}]}, "a field 'a', and not the"),
        ({"allOf": [{"nullable": True}, {"nullable": False}]}, "two parts differ in 'nullable'"),
        ({"allOf": [{"$ref": "#/schemas/X"}, {}]}, "made of itself"),
    ],
)
def test_what_cannot_be_joined_is_refused(schema: dict[str, Any], problem: str) -> None:
    """Parts that contradict each other are told, not dropped."""
    with pytest.raises(DocumentError, match=problem):
        composition.written_out("openapi.yaml", {"schemas": {"X": schema}})


@given(st.lists(st.text() | st.integers(0, 9), max_size=4))
def test_a_pointer_leads_back(place: list[str | int]) -> None:
    """Slashes and tildes in names are escaped, so that a pointer is one place."""
    parts = pointer(tuple(place)).split("/")[1:]
    assert [part.replace("~1", "/").replace("~0", "~") for part in parts] == [str(part) for part in place]
