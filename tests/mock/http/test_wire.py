"""The rules of the wire, over a real socket: which error wins, what is negotiated, what a path and a query mean."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mock.api import Api, pack
from treasure_workflow_mock import MockService


def test_a_get_path_takes_head_and_options(digdag: Api) -> None:
    """HEAD is answered as GET is, without the body; OPTIONS lists the methods, whatever the id."""
    digdag.push_hello()
    read, head = digdag.get("/api/projects/1"), digdag.call("HEAD", "/api/projects/1")
    assert (head.status, head.content, head.headers["content-type"]) == (200, b"", read.headers["content-type"])
    assert digdag.call("HEAD", "/api/projects/77").content == b""
    options = digdag.call("OPTIONS", "/api/projects/none")
    assert options.status == 200
    assert set(options.headers["allow"].split(", ")) == {"DELETE", "GET", "HEAD", "OPTIONS"}


def test_a_method_that_a_path_does_not_have_is_405_with_the_methods_it_has(digdag: Api) -> None:
    """405 comes with `Allow` and without a body, also for a malformed id; an unknown path is 404 for every method."""
    response = digdag.call("POST", "/api/projects/none")
    assert (response.status, response.content) == (405, b"")
    assert "DELETE" in response.headers["allow"]
    assert digdag.call("DELETE", "/api/none").status == 404


def test_trace_is_an_echo(digdag: Api) -> None:
    """TRACE is answered with the request's own head, before anything else is looked at."""
    response = digdag.call("TRACE", "/api/none")
    assert (response.status, response.headers["content-type"]) == (200, "message/http")
    assert response.content.startswith(b"TRACE /api/none HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/projects/", 200),
        ("/api/projects//", 404),
        ("/api//projects", 404),
        ("/api/./projects", 404),
        ("/api/projects;a=1", 200),
        ("/api;a/projects/1;b=2/workflows;c", 200),
        ("/api/projects/;", 404),
        ("/api/%70rojects", 404),
        ("/api/projects/%31", 200),
        ("/api/projects/+1", 200),
        ("/api/projects/%D9%A1", 200),
        ("/api/projects/1%20", 404),
        ("/API/projects", 404),
        ("/api/projects/1/workflows/a%2Fb", 404),
        ("/api/projects/1/workflows/%FF", 400),
        ("/api/projects/1/workflows/%F", 400),
        ("/api/projects/1/workflows/^", 400),
        ("/api/projects?x=%zz", 400),
        ("/api/projects?name=%FF", 200),
        ("/api/projects/2147483648", 404),
        ("/api/attempts/2147483648", 404),
    ],
)
def test_paths(digdag: Api, path: str, status: int) -> None:
    """Slashes, matrix parameters and percent-encoding in a path mean what they mean to the service."""
    digdag.push_hello()
    assert digdag.get(path).status == status


def test_an_id_beyond_its_width_is_a_bare_404(digdag: Api) -> None:
    """An integer that does not fit is refused without a body, one that fits is looked up."""
    assert digdag.get("/api/projects/2147483648").content == b""
    assert digdag.get("/api/attempts/2147483648").message == "Resource does not exist: session attempt id=2147483648"
    assert digdag.get("/api/attempts/9223372036854775808").content == b""


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*", 200),
        ("APPLICATION/json;q=0", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
        ("text/html", 406),
        ("application/*+json", 406),
        ("json", 400),
        ("a/b/c", 400),
        ("application/json;q=x", 400),
    ],
)
def test_accept(digdag: Api, accept: str, status: int) -> None:
    """Weights and parameters of `Accept` do not matter; one that cannot be parsed is 400, one that excludes is 406."""
    assert digdag.get("/api/projects", accept=accept).status == status


def test_a_write_that_is_not_acceptable_is_not_carried_out(digdag: Api) -> None:
    """406 comes before anything is done."""
    response = digdag.call(
        "PUT",
        "/api/projects?project=p&revision=r",
        pack({}),
        {"Content-Type": "application/gzip", "Accept": "text/html"},
    )
    assert response.status == 406
    assert digdag.get("/api/projects").json == {"projects": []}


def test_a_download_is_gzip_and_nothing_else(digdag: Api) -> None:
    """An archive is not to be had as JSON, while its errors are JSON even to a caller that accepts only gzip."""
    archive = pack({"hello.dig": "+a:\n  echo>: b\n"})
    digdag.upload(archive)
    assert digdag.get("/api/projects/1/archive", accept="application/json").status == 406
    response = digdag.get("/api/projects/1/archive", accept="application/gzip")
    assert (response.content, response.headers["content-type"]) == (archive, "application/gzip")
    assert digdag.get("/api/projects/7/archive", accept="application/gzip").message


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        (None, "Cannot consume content type"),
        ("text/plain", "Cannot consume content type"),
        ("application/vnd.api+json", "Cannot consume content type"),
        ("application/*", "Could not find message body reader"),
        ("application/json; charset=no-such", "Resource does not exist: workflow id=7"),
        ("APPLICATION/JSON", "Resource does not exist: workflow id=7"),
    ],
)
def test_content_types_of_a_json_body(digdag: Api, content_type: str | None, message: str) -> None:
    """A body that is not declared as JSON is refused with 400; letter case and parameters do not matter."""
    body = json.dumps({"workflowId": "7", "sessionTime": "2024-05-09T00:00:00Z", "params": {}}).encode()
    response = digdag.call("PUT", "/api/attempts", body, {"Content-Type": content_type})
    assert message in (response.message or "")


def test_which_check_wins(digdag: Api) -> None:
    """Each kind of fault is reported before those that the service looks at later."""
    digdag.push_hello()
    json_type = {"Content-Type": "application/json"}
    calls = [
        ("PUT", "/api/projects/x/secrets/%4", b"{", {"Accept": "json"}, 400, b""),
        ("PUT", "/api/none", b"{", {"Accept": "json"}, 400, b"<html>"),
        ("PUT", "/api/none", b"{", {"Accept": "text/html"}, 404, b""),
        ("POST", "/api/projects/x/secrets/k", b"{", {"Accept": "text/html"}, 405, b""),
        ("PUT", "/api/projects/x/secrets/k", b"{", {"Accept": "text/html"}, 400, b"{"),
        ("PUT", "/api/projects/x/secrets/k", b"{", {"Accept": "text/html", **json_type}, 406, b""),
        ("PUT", "/api/projects/x/secrets/k", b"{", json_type, 404, b""),
        ("PUT", "/api/projects/7/secrets/a%20b", b"{", json_type, 400, b'{"message":"Unexpected end-of-input'),
        ("PUT", "/api/projects/7/secrets/a%20b", b'"v"', json_type, 400, b'{"message":"Invalid secret"'),
        ("PUT", "/api/projects/7/secrets/k", b'"v"', json_type, 404, b'{"message":"Resource does not exist'),
    ]
    for method, path, body, headers, status, beginning in calls:
        response = digdag.call(method, path, body, headers)
        assert response.status == status, (path, body, headers)
        assert response.content.startswith(beginning) if beginning else not response.content, response.content


def unpacked(content: bytes, encoding: str | None) -> bytes:
    """A body with its content encoding undone."""
    if encoding is None:
        return content
    return gzip.decompress(content) if encoding == "gzip" else zlib.decompress(content, -zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("accept_encoding", "encoding"),
    [
        ("gzip, deflate", "gzip"),
        ("deflate, gzip;q=0.5", "deflate"),
        ("gzip;q=0", None),
        ("GZIP", None),
        ("*", None),
        ("br, deflate", "deflate"),
    ],
)
def test_compressed_responses(digdag: Api, accept_encoding: str, encoding: str | None) -> None:
    """Responses, errors included, are compressed as asked for, and unpack to the same."""
    for path in ("/api/projects", "/api/projects/7"):
        plain, packed = digdag.get(path), digdag.get(path, accept_encoding=accept_encoding)
        assert packed.headers.get("content-encoding") == encoding
        assert unpacked(packed.content, encoding) == plain.content


def test_compressed_bodies(digdag: Api) -> None:
    """Gzip and raw deflate are undone; what unpacks to too much is refused instead of unpacked."""
    body = json.dumps({"workflowId": "7", "sessionTime": "2024-05-09T00:00:00Z", "params": {}}).encode()
    packer = zlib.compressobj(wbits=-15)
    for encoding, content in (("gzip", gzip.compress(body)), ("deflate", packer.compress(body) + packer.flush())):
        headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
        assert digdag.call("PUT", "/api/attempts", content, headers).status == 404
    bomb = gzip.compress(bytes(33 * 1024 * 1024), 1)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert "exceeds limit" in (digdag.call("PUT", "/api/attempts", bomb, headers).message or "")


def test_a_repeated_parameter_counts_once(digdag: Api) -> None:
    """Of a scalar the first value counts, even an empty one; names are case-sensitive."""
    digdag.push_hello()
    assert digdag.get("/api/projects?name=shop&name=none").json["projects"]
    assert not digdag.get("/api/projects?name=&name=shop").json["projects"]
    assert digdag.get("/api/projects?NAME=none").json["projects"]
    assert digdag.get("/api/projects?count=1&count=x").status == 200
    assert digdag.get("/api/projects?count=x&count=1").status == 404


def test_only_the_word_true_is_true(digdag: Api) -> None:
    """A boolean parameter takes `true` in any letter case and nothing else for true."""
    workflow_id = digdag.push_hello()
    digdag.start(workflow_id)
    digdag.start(workflow_id, retryAttemptName="again")
    for word, count in (("true", 2), ("TrUe", 2), ("1", 1), ("yes", 1), ("true%20", 1), ("", 1)):
        assert len(digdag.get(f"/api/attempts?include_retried={word}").json["attempts"]) == count


def test_the_hosted_flavour_wants_a_key(hosted: Api) -> None:
    """No key and a malformed key are 401 with a message, on every path but for OPTIONS."""
    for header in (None, "TD1 nonsense", "Basic YTpi", "TD1 1/" + "A" * 40):
        response = hosted.call("GET", "/api/projects", headers={"Authorization": header})
        assert response.status == 401
        assert response.message
        assert hosted.call("GET", "/api/none", headers={"Authorization": header}).status == 401
        assert hosted.call("OPTIONS", "/api/projects", headers={"Authorization": header}).status == 200


def test_the_digdag_flavour_has_a_default_account(digdag_service: MockService) -> None:
    """Without a header calls share the default account; any header opens an account of its own."""
    nobody, somebody = Api(digdag_service.base_url), Api(digdag_service.base_url)
    nobody.call(
        "PUT", "/api/projects?project=open&revision=r", pack({}), {"Authorization": None, "Content-Type": "*/*"}
    )
    shown = [
        nobody.call("GET", "/api/projects?name=open", headers={"Authorization": header}).json["projects"]
        for header in (None, "Basic YTpi", f"TD1 {somebody.key}")
    ]
    assert [len(projects) for projects in shown] == [1, 0, 0]


def test_what_only_the_hosted_flavour_has(digdag: Api, hosted: Api) -> None:
    """Pools are hosted only, the version is digdag only."""
    assert (digdag.get("/api/pools").status, hosted.get("/api/pools").status) == (404, 200)
    assert (digdag.get("/api/version").status, hosted.get("/api/version").status) == (200, 404)


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"]),
    segments=st.lists(
        st.sampled_from(
            ["api", "projects", "attempts", "1", "0", "-1", "x", "%41", "%", "%FF", ";a", "..", "", "kill"]
        ),
        max_size=5,
    ),
    query=st.text(alphabet="ab=&%+;?_19/:[", max_size=12),
    content_type=st.sampled_from(["application/json", "application/gzip", "text/plain", "x", "", "a/b;c"]),
    body=st.binary(max_size=40),
)
def test_no_request_makes_the_service_fall_over(
    digdag_service: MockService, method: str, segments: list[str], query: str, content_type: str, body: bytes
) -> None:
    """Whatever is sent, the response is not a 5xx, and one with a JSON error body repeats its status."""
    api = Api(digdag_service.base_url, key="fuzz")
    response = api.call(method, f"/{'/'.join(segments)}?{query}", body, {"Content-Type": content_type})
    assert response.status < 500
    if response.status >= 400 and response.headers.get("content-type") == "application/json" and response.content:
        assert response.json["status"] == response.status


def test_an_upload_is_refused_before_its_body_comes(digdag: Api) -> None:
    """What is wrong with the parameters, or too big by its own account, is said without waiting for the body."""
    for query, length, problem in (
        ("revision=r", 1000, "project= is required"),
        ("project=p&revision=r", 10**12, "exceeds limit"),
    ):
        headers = {"Content-Type": "application/gzip", "Content-Length": str(length)}
        response = digdag.call("PUT", f"/api/projects?{query}", None, headers, promised=True)
        assert problem in (response.message or "")
