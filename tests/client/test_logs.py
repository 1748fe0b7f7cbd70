"""Logs: unpacked as they arrive, whole or not."""

from __future__ import annotations

import gzip
import itertools
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.support import Answer, Guise, Received, ScriptedServer, json_answer, refusal
from treasure_workflow import ContractError, NotFound
from treasure_workflow._gunzip import Gunzip

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
    left = iter(bodies)

    def answer(request: Received) -> Answer:
        if request.path.endswith("/files"):
            return json_answer({"files": [log_file(name) for name, _ in zip(NAMES, bodies, strict=False)]})
        return Answer(200, next(left), {"Content-Type": "application/gzip"})

    server.answer = answer


def test_the_text_is_all_files_in_order(server: ScriptedServer, guise: Guise) -> None:
    """Each file begins on a line of its own; names are quoted as the web server wants them."""
    serve(server, [gzip.compress(b"one\ntwo"), gzip.compress("drei ✓\n".encode())])
    assert guise.run(lambda: guise.client.logs.text(901, task="+nightly")) == "one\ntwo\ndrei ✓\n"
    assert server.requests[0].query == {"task": "+nightly"}
    assert server.requests[1].path == "/api/logs/901/files/" + NAMES[0].replace("+", "%2B").replace("^", "%5E").replace(
        "@", "%40"
    )


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
    server.answer = lambda _: Answer(200, body)
    buffer = BytesIO()
    guise.run(lambda: guise.client.logs.download(901, NAMES[0], buffer))
    guise.run(lambda: guise.client.logs.download(901, NAMES[0], tmp_path / "log.gz"))
    assert buffer.getvalue() == (tmp_path / "log.gz").read_bytes() == body


def test_a_log_that_is_not_there_is_not_found(server: ScriptedServer, guise: Guise) -> None:
    """The refusal of a download is as typed as any other."""
    server.answers = [refusal(404, "log file not found")]
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
