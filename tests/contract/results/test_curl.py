"""The curl command of an exchange: run by a shell, it sends what was sent."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contract.sample_run import HOSTILE, KEY, exchange
from treasure_workflow_contract.results.curl import curl
from treasure_workflow_contract.results.findings import Exchange
from treasure_workflow_contract.transport.messages import RawRequest, read_request

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl to run")
# What curl says of itself, whoever is called.
OWN = {"host", "content-length", "accept-encoding"}
JSON_TYPE = ("content-type", "application/json")


class Listener:
    """A server that keeps what arrives, one request a connection, and responses 204."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._arrived: SimpleQueue[bytes] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                self._arrived.put(self._read(connection))
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            if end:
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                if not lengths or len(body) >= int(lengths[0].partition(b":")[2]):
                    return data
            received = connection.recv(65536)
            if not received:
                return data
            data += received

    def sent_by(self, command: str) -> RawRequest:
        """What arrives when a POSIX shell runs the command."""
        environment = {**os.environ, "TD_API_KEY": KEY, "LC_ALL": "C.UTF-8", "no_proxy": "*"}
        done = subprocess.run(["sh"], input=command.encode(), env=environment, capture_output=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return read_request(self._arrived.get(timeout=10))

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def assert_sends(listener: Listener, one: Exchange) -> None:
    arrived = listener.sent_by(curl(one, listener.base_url))
    assert (arrived.method, arrived.target, arrived.body) == (one.method, one.target, one.request_body)
    expected = [(name, value.replace("***", KEY)) for name, value in one.request_headers]
    assert sorted(header for header in arrived.headers if header[0] not in OWN) == sorted(
        header for header in expected if header[0] not in OWN
    )


@needs_curl
@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"it\'s \\"$HOME\\" `id` $(id) \\\\ !! %s"}',
        "日本語 é 🎉".encode(),
        b"@/etc/hostname",
        b"-H x: y",
        b"a\nb\r\n\ttab\x1b[2J\x03",
        b"\x00\xff\x1f\x8b" * 3,
        HOSTILE.encode(errors="surrogatepass"),
        b"\n",
        b"x" * 300_000,
        bytes(range(256)) * 1000,
    ],
)
def test_awkward_bodies_arrive_as_they_were(listener: Listener, body: bytes) -> None:
    """Quotes, what a shell would expand, file markers, control characters, binary and long bodies."""
    assert_sends(listener, exchange("putProject", "PUT", "/api/projects?project=a", (JSON_TYPE,), body))


@needs_curl
@pytest.mark.parametrize(
    "target",
    [
        "/api/projects/1?a=%2F+%25&b=it's&c=$HOME;id",
        "/api/x?a[]={b,c}&d=[1-3]",
        "/api/../secret/./x",
        "/api/..",
        "/api/x#y",
        '/api/`id`/"|<>\\^',
        "//other.example/x",
        "/",
    ],
)
def test_awkward_targets_arrive_as_they_were(listener: Listener, target: str) -> None:
    """Nothing is expanded, resolved, cut off or encoded on the way, by shell or curl."""
    assert_sends(listener, exchange(target=target))


@needs_curl
@pytest.mark.parametrize(
    "headers",
    [
        (("x-empty", ""), ("user-agent", 'it\'s "$HOME" 100%')),
        (("x-bytes", "caf\xe9 \xff' \\ %s $(id)"), ("content-length", "0")),
        (("content-type", ""),),
    ],
)
def test_awkward_headers_arrive_as_they_were(listener: Listener, headers: tuple[tuple[str, str], ...]) -> None:
    """Empty values and bytes beyond ASCII; nothing is added that the request did not have."""
    assert_sends(listener, exchange(method="POST", headers=headers))


@needs_curl
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH"])
def test_every_method_is_sent(listener: Listener, method: str) -> None:
    """Those of the contract, and those that it has not."""
    assert_sends(listener, exchange(method=method))


@needs_curl
@settings(max_examples=40)
@given(
    body=st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
    target=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30).map("/".__add__),
    value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30).map(str.strip),
)
def test_whatever_was_sent_arrives(listener: Listener, body: bytes, target: str, value: str) -> None:
    """Any body, any target and any header value survive the shell and curl."""
    assert_sends(listener, exchange("putProject", "PUT", target, (JSON_TYPE, ("x-value", value)), body))


@given(st.binary(max_size=200), st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=30))
def test_a_command_is_one_printable_line(body: bytes, value: str) -> None:
    """It can be pasted whatever it holds, is a command of well-formed words, and names the key by its variable."""
    command = curl(exchange("putProject", "PUT", f"/{value}", (("x-value", value),), body), "https://x.example")
    assert command.isprintable()
    words = shlex.split(command)
    assert "curl" in words
    assert "Authorization: TD1 $TD_API_KEY" in words
    assert KEY not in command


def test_an_access_token_is_named_by_its_variable() -> None:
    """It is no API key: another variable holds it, and another scheme takes it."""
    one = Exchange("getProjects", "GET", "/api/projects", (("authorization", "Bearer ***"),), b"", 200, (), b"", 0.1)
    words = shlex.split(curl(one, "https://x.example"))
    assert "Authorization: Bearer $TDX_ACCESS_TOKEN" in words


def test_a_request_without_a_key_is_sent_without_one() -> None:
    """No header names a key where the request had none."""
    bare = Exchange("getProjects", "GET", "/api/projects", (), b"", 200, (), b"", 0.1)
    assert "TD_API_KEY" not in curl(bare, "http://x.example")
