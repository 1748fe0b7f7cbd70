"""A listener on loopback that keeps every byte it is sent: another host, or a proxy, that must not see the key."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.client.support import KEY

RESPONSE = (
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{}"
)
_SECRETS = [KEY.encode(), KEY[2:].encode(), b"TD1", base64.b64encode(KEY.encode())[:-4]]


class Wiretap:
    """What arrived, connection by connection. No request finds anything."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        tap = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data = self.request.recv(65536)
                while data and data[0] != 0x16 and b"\r\n\r\n" not in data:  # 0x16: TLS, of which the hello is enough
                    more = self.request.recv(65536)
                    if not more:
                        break
                    data += more
                tap.heard.append(data)
                if data[:1] != b"\x16":
                    self.request.sendall(RESPONSE)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def check(self) -> None:
        """Nothing of the key was heard, in any header, address or body."""
        for data in self.heard:
            assert not [secret for secret in _SECRETS if secret in data]

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def wiretap() -> Iterator[Wiretap]:
    """A listener for the while of a block."""
    tap = Wiretap()
    try:
        yield tap
    finally:
        tap.close()
