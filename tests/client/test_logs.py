"""Logs: unpacked as they arrive, whole or not."""

from __future__ import annotations

import gzip
import itertools
import threading
import zlib
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.client.support import Guise, Received, Scripted, ScriptedServer, json_response, refusal
from treasure_workflow import ContractError, Forbidden, NotFound
from treasure_workflow._http.gunzip import Gunzip

NAMES = ["+nightly+a^sub@663c3bd61dcd6500.4711@host.log.gz", "+nightly+b@663c3bd61dcd6600.4711@host.log.gz"]


def log_file(name: str, direct: str | None = None) -> dict[str, object]:
    """A log file as the service lists it."""
    return {
        "fileName": name,
        "fileSize": 20,
        "taskName": name.partition("@")[0],
        "fileTime": "2024-05-09T02:58:30Z",
        "agentId": "4711@host",
        "direct": direct,
    }


def serve(server: ScriptedServer, bodies: list[bytes]) -> None:
    """The server lists the logs and gives one body for each."""
    named = dict(zip(NAMES, bodies, strict=False))

    def response(request: Received) -> Scripted:
        if request.path.endswith("/files"):
            return json_response({"files": [log_file(name) for name in named]})
        name = unquote(request.path.rpartition("/")[2])
        return Scripted(200, named[name], {"Content-Type": "application/gzip"})

    server.response = response


def test_the_text_is_all_files_in_order(server: ScriptedServer, guise: Guise) -> None:
    """Each file begins on a line of its own; names are quoted as the web server wants them."""
    serve(server, [gzip.compress(b"one\ntwo"), gzip.compress("drei ✓\n".encode())])
    assert guise.run(lambda: guise.client.logs.text(901, task="+nightly")) == "one\ntwo\ndrei ✓\n"
    assert server.requests[0].query == {"task": "+nightly"}
    quoted = NAMES[0].replace("+", "%2B").replace("^", "%5E").replace("@", "%40")
    assert f"/api/logs/901/files/{quoted}" in [request.path for request in server.requests]


@pytest.mark.parametrize("what", ["text", "lines"])
def test_four_files_are_read_at_once(server: ScriptedServer, guise: Guise, what: str) -> None:
    """And no more; all is in the order of the files all the same, and the responses of a text are told."""
    names = [f"+a{number}@x.log.gz" for number in range(8)]
    four_are_here, lock, reading, most = threading.Barrier(4, timeout=60), threading.Lock(), [0], [0]

    def response(request: Received) -> Scripted:
        if request.path.endswith("/files"):
            return json_response({"files": [log_file(name) for name in names]})
        with lock:
            reading[0] += 1
            most[0] = max(most[0], reading[0])
        four_are_here.wait()
        with lock:
            reading[0] -= 1
        name = unquote(request.path.rpartition("/")[2])
        return Scripted(200, gzip.compress(name.encode()), {"Content-Type": "application/gzip"})

    server.response = response
    if what == "lines":
        assert [str(line) for line in guise.rows(guise.client.logs.lines(901))] == names
    else:
        found = guise.run(lambda: guise.client.with_responses(guise.client.logs.text, 901))
        assert found.value.split("\n") == names
        assert len(found.responses) == 9
    assert most == [4]


def test_one_file_that_cannot_be_read_ends_the_text(server: ScriptedServer, guise: Guise) -> None:
    """With its error as it is, whatever became of the others."""

    def response(request: Received) -> Scripted:
        if request.path.endswith("/files"):
            return json_response({"files": [log_file(name) for name in NAMES]})
        return refusal(403)

    server.response = response
    with pytest.raises(Forbidden):
        guise.run(lambda: guise.client.logs.text(901))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (gzip.compress(b"hello\n" * 1000)[:-9], "hello"),
        (b"", ""),
        (gzip.compress(b""), ""),
        (gzip.compress(b"a\n") + gzip.compress(b"b\n"), "a\nb\n"),
        (gzip.compress(b"\xff\n"), "\ufffd\n"),
        (b"plain\n", "plain\n"),
    ],
    ids=["cut", "nothing", "empty", "two members", "not UTF-8", "not packed"],
)
def test_a_log_that_is_not_finished_gives_what_there_is(
    body: bytes, text: str, server: ScriptedServer, guise: Guise
) -> None:
    """A running task's log, an empty one and one in several members are all readable."""
    serve(server, [body])
    assert guise.run(lambda: guise.client.logs.text(901)).startswith(text)


def test_a_damaged_log_is_a_contract_error(server: ScriptedServer, guise: Guise) -> None:
    """Damage is told, not decoded."""
    serve(server, [gzip.compress(b"hello")[:12] + b"\x00\xff" * 20])
    with pytest.raises(ContractError, match="damaged"):
        guise.run(lambda: guise.client.logs.text(901))


def test_a_log_is_downloaded_as_it_is(server: ScriptedServer, guise: Guise, tmp_path: Path) -> None:
    """By its name or its model, to a path or an open file, still packed."""
    body = gzip.compress(b"hello")
    server.response = lambda _: Scripted(200, body)
    buffer = BytesIO()
    guise.run(lambda: guise.client.logs.download(901, NAMES[0], buffer))
    guise.run(lambda: guise.client.logs.download(901, NAMES[0], tmp_path / "log.gz"))
    assert buffer.getvalue() == (tmp_path / "log.gz").read_bytes() == body


def test_a_log_that_is_not_there_is_not_found(server: ScriptedServer, guise: Guise) -> None:
    """The refusal of a download is as typed as any other."""
    server.responses = [refusal(404, "log file not found")]
    with pytest.raises(NotFound, match="log file not found"):
        guise.run(lambda: guise.client.logs.download(901, "x", BytesIO()))


@given(members=st.lists(st.binary(max_size=50), min_size=1, max_size=4), cuts=st.lists(st.integers(0, 300)))
def test_unpacking_does_not_depend_on_where_pieces_are_cut(members: list[bytes], cuts: list[int]) -> None:
    """However the network cuts the bytes, the text is the same."""
    packed = b"".join(gzip.compress(member) for member in members)
    places = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
    gunzip = Gunzip()
    pieces = [packed[start:end] for start, end in itertools.pairwise(places)]
    assert b"".join(gunzip.feed(piece) for piece in pieces) == b"".join(members)


@given(st.binary(max_size=60))
def test_unpacking_anything_gives_bytes_or_zlibs_error(data: bytes) -> None:
    """No input breaks the unpacking in a way that its caller does not expect."""
    try:
        unpacked: bytes | None = Gunzip().feed(data)
    except zlib.error:
        unpacked = None
    assert unpacked is None or isinstance(unpacked, bytes)
