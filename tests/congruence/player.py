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
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.congruence.scenarios import Call, Json, Scenario, Step, call_of

KEPT_HEADERS = ("content-type", "content-encoding", "location", "allow", "www-authenticate", "retry-after")
_PATIENCE = 40.0  # seconds that a step with `until` may take, if it does not say
_TICK = 0.5  # seconds between two tries of such a step


@dataclass
class Answer:
    """What came back, its body in the most readable form: `json`, `text`, `gzip_text`, `archive`, `html` or `empty`."""

    status: int
    headers: dict[str, str]
    body: dict[str, Json]


@dataclass
class Player:
    """Plays one scenario. `authorization` is sent with each call that sets none itself."""

    base_url: str
    authorization: str | None = None
    moves_clock: bool = True
    saved: dict[str, str] = field(default_factory=dict)

    def play(self, scenario: Scenario) -> Iterator[tuple[Step, Call, Answer]]:
        """Each step with the call that was made and the last answer to it."""
        if scenario.settings:
            self._control("PUT", "/mock/settings", scenario.settings)
        if self.moves_clock:
            self._control("POST", "/mock/clock", {"advance": 0})
        for step in scenario.steps:
            call, answer = self._step(step)
            self._save(step, answer)
            yield step, call, answer

    def _step(self, step: Step) -> tuple[Call, Answer]:
        waited, patience = 0.0, float(step.get("seconds", _PATIENCE))
        while True:
            if pause := step.get("pause"):
                self._wait(float(pause))
            call = call_of(step, self.saved)
            answer = self.send(call)
            if _holds(step.get("until") or {}, answer) or waited >= patience:
                return call, answer
            self._wait(_TICK)
            waited += _TICK + float(step.get("pause") or 0)

    def _wait(self, seconds: float) -> None:
        if self.moves_clock:
            self._control("POST", "/mock/clock", {"advance": seconds})
        else:
            time.sleep(seconds)

    def _control(self, method: str, path: str, body: Json) -> None:
        answer = self.send(Call(method, path, {"content-type": "application/json"}, json.dumps(body).encode(), False))
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} {body}: {answer.status} {answer.body}")

    def send(self, call: Call) -> Answer:
        """Makes one call, on a connection of its own."""
        url = urlsplit(self.base_url)
        connection = HTTPConnection(url.hostname or "", url.port, timeout=60)
        try:
            connection.putrequest(call.method, call.target, skip_accept_encoding=True)
            for name, value in call.headers.items():
                connection.putheader(name, value)
            if self.authorization is not None and "authorization" not in call.headers:
                connection.putheader("authorization", self.authorization)
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
        finally:
            connection.close()
        headers = {name.lower(): value for name, value in response.getheaders() if name.lower() in KEPT_HEADERS}
        return Answer(response.status, headers, readable(headers, content))

    def _save(self, step: Step, answer: Answer) -> None:
        for name, path in (step.get("save") or {}).items():
            try:
                self.saved[name] = str(look_up(answer.body.get("json"), path))
            except LookupError:
                self.saved[name] = f"not-saved-{name}"


def _holds(until: dict[str, Json], answer: Answer) -> bool:
    try:
        return all(look_up(answer.body.get("json"), path) == value for path, value in until.items())
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
