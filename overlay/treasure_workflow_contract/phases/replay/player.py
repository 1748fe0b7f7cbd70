"""Plays the steps of a scenario against a running service.

Where a step waits, the account's clock is moved: nobody sleeps. That takes a service with `/mock/clock`; against any
other one the player waits in real time.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from treasure_workflow_contract.phases.replay.scenarios import Call, Json, Scenario, Step, call_of
from treasure_workflow_contract.transport.messages import RawExchange, RawRequest, RawResponse
from treasure_workflow_contract.transport.target import TargetError, Trust

KEPT_HEADERS = ("content-type", "content-encoding", "location", "allow", "www-authenticate", "retry-after")
_PATIENCE = 40.0  # seconds that a step with `until` may take, if it does not say
_TICK = 0.5  # seconds between two tries of such a step
_TIMEOUT = 60.0  # seconds for a response


@dataclass
class Reply:
    """What came back, its body in the most readable form: `json`, `text`, `gzip_text`, `archive`, `html` or `empty`."""

    status: int
    headers: dict[str, str]
    body: dict[str, Json]


@dataclass
class Player:
    """Plays one scenario. `authorization` is sent with each call that sets none itself."""

    base_url: str
    authorization: str | None = None
    trust: Trust = field(default_factory=Trust)
    moves_clock: bool = True
    saved: dict[str, str] = field(default_factory=dict)
    last_call: Call = field(default_factory=lambda: Call("GET", "/", {}, None, chunked=False))
    _last: RawExchange | None = None

    def has_control(self) -> bool:
        """Asks the service whether its clock can be moved."""
        return self.send(Call("GET", "/mock/clock", {"authorization": "replay"}, None, chunked=False)).status == 200

    def prepare(self, scenario: Scenario) -> None:
        """Sets the account up as the scenario's server was started, and holds its clock, where that can be done."""
        if self.moves_clock:
            if scenario.settings:
                self._control("PUT", "/mock/settings", scenario.settings)
            self._control("POST", "/mock/clock", {"advance": 0})

    def play(self, step: Step) -> Reply:
        """Makes the call of a step, again and again where it says until when; the last response."""
        waited, patience = 0.0, float(step.get("seconds", _PATIENCE))
        while True:
            if pause := step.get("pause"):
                self._wait(float(pause))
            self.last_call = call_of(step, self.saved)
            reply = self.send(self.last_call)
            if _holds(step.get("until") or {}, reply) or waited >= patience:
                self._save(step, reply)
                return reply
            self._wait(_TICK)
            waited += _TICK + float(step.get("pause") or 0)

    def take(self) -> RawExchange:
        """The last exchange. Raises ValueError when there was none."""
        if self._last is None:
            raise ValueError("no response")
        return self._last

    def _wait(self, seconds: float) -> None:
        if self.moves_clock:
            self._control("POST", "/mock/clock", {"advance": seconds})
        else:
            time.sleep(seconds)

    def _control(self, method: str, path: str, body: Json) -> None:
        headers = {"content-type": "application/json", "x-requested-with": "treasure-workflow-contract"}
        reply = self.send(Call(method, path, headers, json.dumps(body).encode(), chunked=False))
        if reply.status >= 300:
            raise TargetError(f"{method} {path} {body}: expected a success, got {reply.status} {reply.body}")

    def send(self, call: Call) -> Reply:
        """Makes one call, on a connection of its own. Raises OSError or ValueError when nothing comes of it."""
        self._last = None
        began = time.perf_counter()
        connection = self._connection()
        try:
            connection.putrequest(call.method, call.target, skip_accept_encoding=True)
            sent = dict(call.headers)
            if self.authorization is not None:
                sent.setdefault("authorization", self.authorization)
            for name, value in sent.items():
                connection.putheader(name, value)
            if call.chunked:
                connection.putheader("transfer-encoding", "chunked")
                pieces = (call.body or b"")[0:1000], (call.body or b"")[1000:]
                connection.endheaders([piece for piece in pieces if piece], encode_chunked=True)
            else:
                if call.body is not None or call.method in {"PUT", "POST", "PATCH"}:
                    connection.putheader("content-length", str(len(call.body or b"")))
                connection.endheaders(call.body)
            response = connection.getresponse()
            content = response.read()
        except HTTPException as error:
            raise ValueError(f"no response that is HTTP: {error!r}") from error
        finally:
            connection.close()
        received = tuple((name.lower(), value) for name, value in response.getheaders())
        self._last = RawExchange(
            RawRequest(call.method, call.target, tuple(sent.items()), call.body or b""),
            RawResponse(response.status, received, content),
            time.perf_counter() - began,
        )
        headers = {name: value for name, value in received if name in KEPT_HEADERS}
        return Reply(response.status, headers, readable(headers, content))

    def _connection(self) -> HTTPConnection:
        url = urlsplit(self.base_url)
        if url.scheme == "https":
            context = self.trust.ssl_context()
            return HTTPSConnection(url.hostname or "", url.port, timeout=_TIMEOUT, context=context)
        return HTTPConnection(url.hostname or "", url.port, timeout=_TIMEOUT)

    def _save(self, step: Step, reply: Reply) -> None:
        for name, path in (step.get("save") or {}).items():
            try:
                self.saved[name] = str(look_up(reply.body.get("json"), path))
            except LookupError:
                self.saved[name] = f"not-saved-{name}"


def _holds(until: dict[str, Json], reply: Reply) -> bool:
    try:
        return all(look_up(reply.body.get("json"), path) == value for path, value in until.items())
    except LookupError:
        return False


def look_up(value: Json, path: str) -> Json:
    """What lies at a path such as `workflows.0.id` or `workflows.[name=main].id`. Raises LookupError."""
    for part in path.split("."):
        if isinstance(value, dict):
            value = value[part]
        elif not isinstance(value, list):
            raise LookupError(path)
        elif part.startswith("["):
            key, _, wanted = part[1:-1].partition("=")
            matching = [item for item in value if str(item.get(key)) == wanted]
            value = matching[0]
        else:
            value = value[int(part)]
    return value


def readable(headers: dict[str, str], content: bytes) -> dict[str, Json]:
    """The body as the recordings write it."""
    media_type = headers.get("content-type", "").partition(";")[0]
    if not content:
        return {"empty": True}
    if content.startswith(b"\x1f\x8b"):
        plain = gzip.decompress(content)
        try:
            with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
                return {"archive": [_member(tar, member) for member in tar]}
        except tarfile.TarError:
            return {"gzip_text": plain.decode("utf-8", "replace")}
    if media_type == "application/json":
        try:
            return {"json": json.loads(content)}
        except ValueError:  # compressed without gzip's header, say
            pass
    if media_type == "text/html":
        return {"html": True}
    return {"text": content.decode("utf-8", "replace")[:4000]}


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Json:
    file = tar.extractfile(member) if member.isfile() else None
    return {
        "name": member.name,
        "type": "file" if member.isfile() else "other",
        "mode": oct(member.mode & 0o777),
        "link": member.linkname or None,
        "text": None if file is None else file.read().decode("utf-8", "replace")[:4000],
    }
