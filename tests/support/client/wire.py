"""A server that does what no HTTP library does: it writes bytes of a test's choice, for as long as it likes."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Connection = Callable[[bytes], None]
"""Sends bytes; raises OSError once the client has gone."""


class WireServer:
    """Answers each request by calling `respond(head, send)`, and closes the connection when that returns."""

    def __init__(self, respond: Callable[[bytes, Connection], None]) -> None:
        self.requests: list[bytes] = []
        wire = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    head = b""
                    while b"\r\n\r\n" not in head:
                        data = self.request.recv(65536)
                        if not data:
                            return
                        head += data
                    wire.requests.append(head)
                    respond(head, self.request.sendall)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def wire_server(respond: Callable[[bytes, Connection], None]) -> Iterator[WireServer]:
    """A running server."""
    server = WireServer(respond)
    try:
        yield server
    finally:
        server.close()
