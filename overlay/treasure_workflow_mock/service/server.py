"""The service on a free loopback port, in a thread of its own: for tests in the same process."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from treasure_workflow_mock._types import Flavour, JsonObject
from treasure_workflow_mock.control.faults import DROP, Faults
from treasure_workflow_mock.control.state_file import StateFile, StateFileError
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.service.app import Application

_log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
_MAX_HEAD = 256 * 1024  # bytes of a request's head; the service takes long headers and queries
_STOP_WITHIN = 10.0
MAX_SILENCE = 30.0  # seconds until the head of a request has to be there, and after it each piece of the body
_KEEP_ALIVE = 3600  # seconds; a client that keeps a connection for less never finds it closed


class _Protocol(HttpToolsProtocol):
    """HTTP whose connections the application can close without a response, and half-sent requests close by themselves.

    The head of a request has to come within a time, and so has each next piece of its body.
    """

    _patience: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {DROP: self.transport.close}  # type: ignore[dict-item]
        self._wait_for_more()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._wait_for_more()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_more(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(MAX_SILENCE, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def _give_up(self) -> None:
        if self.flow.read_paused:  # there may be more, which nobody has read yet
            self._wait_for_more()
        else:
            self.transport.close()


class Server(uvicorn.Server):
    """Serves an application, and keeps its state in a file if there is one.

    What a call changes is kept before the response is sent, what happens by itself now and then, and at the end.
    Raises StateFileError when the file cannot be read.
    """

    def __init__(self, application: Application, state_file: StateFile | None = None) -> None:
        config = configure(application)
        super().__init__(config)
        self._application = application
        self._state_file = state_file
        if state_file is not None:
            state_file.load(application.accounts, application.faults)
            application.keep = self._keep
            config.callback_notify, config.timeout_notify = self._keep_touched, 1

    def _keep(self, account: Account) -> None:
        assert self._state_file is not None
        self._state_file.save(account, self._application.faults)

    async def _keep_touched(self) -> None:
        touched = self._application.touched
        try:
            while touched:
                self._keep(touched.pop())
        except StateFileError as error:  # the next call that changes something is told
            _log.error("%s", error)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops serving."""
        await super().shutdown(sockets)
        if self._state_file is not None:
            try:
                for account in self._application.accounts.all():
                    self._keep(account)
            finally:
                self._state_file.close()


def configure(application: Application) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        application,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=_MAX_HEAD,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE,
    )


def listen(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A listening socket, on a free port if `port` is 0."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # The event loop turns off the delay of small packets only on a socket that names its protocol.
    listening = socket.socket(family, kind, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(1024)
    return listening


class MockService:
    """A running service: `with MockService(flavour="digdag") as service:` and call `service.base_url`.

    Every API key has an account of its own, so one service serves many tests at once. `state` is a file that the
    accounts are kept in, `seed` what each account is filled with when it is first used (see `seeding`).
    """

    __module__ = "treasure_workflow_mock"

    def __init__(
        self,
        flavour: Flavour = "hosted",
        *,
        port: int = 0,
        state: str | os.PathLike[str] | None = None,
        seed: Callable[[Account], None] | None = None,
    ) -> None:
        self.application = Application(flavour)
        self.application.accounts.seed = seed
        self._state_file = None if state is None else StateFile(state)
        self._port = port
        self._server: Server | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._failure: StateFileError | None = None

    @property
    def base_url(self) -> str:
        """Where the service listens, such as `http://127.0.0.1:49152`. Raises RuntimeError before it is started."""
        if self._socket is None:
            raise RuntimeError("the mock service is not running; use it as a context manager")
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    def account(self, key: str) -> Account:
        """The account of an API key, such as `1/` and 40 hex digits: its state, clock and settings."""
        return self.application.accounts.of_key(key)

    def faults(self, key: str) -> Faults:
        """What goes wrong with which calls that have an API key: append a `Fault`, or a dict that describes one."""
        return self.application.faults.of(self.account(key))

    def requests(self, key: str) -> list[JsonObject]:
        """The calls that arrived with an API key, oldest first, without the key and secret values."""
        return self.application.request_log.show(self.account(key))

    def start(self) -> None:
        """Begins to listen; when this returns, calls are served. Raises StateFileError."""
        self._server = Server(self.application, self._state_file)
        self._socket = listen(self._port)
        self._thread = threading.Thread(
            target=self._serve, args=(self._server, self._socket), name="treasure-workflow-mock", daemon=True
        )
        self._thread.start()  # calls that come before the loop runs wait in the socket's queue

    def _serve(self, server: Server, listening: socket.socket) -> None:
        try:
            server.run([listening])
        except StateFileError as error:
            self._failure = error

    def stop(self) -> None:
        """Stops listening and ends the thread. Raises StateFileError when the state could not be kept."""
        if self._server is None or self._thread is None or self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_WITHIN)  # the server closes the socket; on a machine that stands still, later than this
        self._server = self._thread = self._socket = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
