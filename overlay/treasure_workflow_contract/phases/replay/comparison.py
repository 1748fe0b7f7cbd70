"""Compares a response with the recorded one: what must be equal, what need only pair up, and what is free."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from treasure_workflow_contract.phases.replay.player import Reply
from treasure_workflow_contract.phases.replay.scenarios import Call, Json, Step

# Whose id it is: by the key that holds it, or else by the key around it.
_ID_KEYS = {"sessionId": "session", "parentId": "task", "attemptId": "attempt"}
_OWNERS = {"lastAttempt": "attempt"}
_SERVER_TIMES = {
    "createdAt", "updatedAt", "finishedAt", "startedAt", "deletedAt", "disabledAt", "retryAt", "fileTime"
}  # fmt: skip
_IN_ORDER = ("createdAt", "updatedAt", "finishedAt")
_PAIRED = {"sessionUuid", "archiveMd5"}
_KEYS_IN_ORDER = re.compile(r"\.(config|params|exportParams|storeParams)\b")
_LOG_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+ ")
# Where a server keeps its files is its own affair, however deep: only the last name of a path counts.
_PLACE = re.compile(r"(?:<folder>|(?<![\w.>])(?=/[^\s\"'():,/]))(?:/[^\s\"'():,/]+)*(?=/)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One place where a response is not the recorded one. `wording`: only the words of a message differ."""

    step: str
    path: str
    recorded: Json
    actual: Json
    wording: bool = False

    def __str__(self) -> str:
        return f"{self.step}: {self.path}: recorded {self.recorded!r}, actual {self.actual!r}"


@dataclass
class Comparison:
    """Compares the responses of one scenario. Ids differ between servers, but must pair up one to one throughout."""

    _there: dict[tuple[str, str], str] = field(default_factory=dict)
    _back: dict[tuple[str, str], str] = field(default_factory=dict)

    def compare(self, step: Step, call: Call, reply: Reply) -> list[Difference]:
        """The differences in one step's reply."""
        recorded = step["answer"]
        name = step["name"]
        if (
            recorded["status"] >= 500
        ):  # the recorded server crashed: so may this one, but a refusal that says why is right
            if reply.status == recorded["status"]:
                return []
            message = (reply.body.get("json") or {}).get("message")
            if reply.status != 400 or not isinstance(message, str):
                return [Difference(name, "status", recorded["status"], reply.status)]
            return []
        if recorded["status"] != reply.status:
            return [Difference(name, "status", recorded["status"], reply.status)]
        walk = _Walk(self, name, step.get("ignore") or [], step.get("unordered") or [])
        body = {key: value for key, value in recorded.items() if key not in {"status", "headers", "timed_out"}}
        differences = [*self._headers(name, recorded, reply)]
        if "html" not in body:
            noun = re.search(r"/api/([a-z]+?)s?(?:[/?;]|$)", step["send"])
            for key in sorted(body.keys() | reply.body.keys()):
                owner = noun[1] if noun else ""
                differences += walk.value(key, body.get(key, _ABSENT), reply.body.get(key, _ABSENT), owner)
        if call.method == "PUT" and "archiveMd5" in (reply.body.get("json") or {}):
            checksum = base64.b64encode(hashlib.md5(call.body or b"", usedforsecurity=False).digest()).decode()
            if reply.body["json"]["archiveMd5"] != checksum:
                differences.append(
                    Difference(name, "archiveMd5 of what was sent", checksum, reply.body["json"]["archiveMd5"])
                )
        return differences

    def _headers(self, step: str, recorded: Json, reply: Reply) -> Iterator[Difference]:
        for name in ("content-type", "content-encoding", "location", "allow", "www-authenticate"):
            if name == "content-type" and ("html" in recorded or "empty" in recorded):
                continue
            expected, actual = (_header(name, headers) for headers in (recorded["headers"], reply.headers))
            if expected != actual:
                yield Difference(step, f"header {name}", expected, actual)

    def pair(self, kind: str, recorded: str, actual: str) -> bool:
        """Notes that these two stand for each other. False if one of them has stood for another before."""
        there = self._there.setdefault((kind, recorded), actual)
        back = self._back.setdefault((kind, actual), recorded)
        return there == actual and back == recorded


@dataclass
class _Walk:
    """Walks through two bodies side by side."""

    comparison: Comparison
    step: str
    ignore: list[str]
    unordered: list[str]

    def value(self, path: str, recorded: Json, actual: Json, owner: str) -> Iterator[Difference]:
        """The differences below a path; `owner` is whose `id` stands here."""
        if any(re.fullmatch(pattern, path) for pattern in self.ignore):
            return
        if type(recorded) is not type(actual):
            yield Difference(self.step, path, recorded, actual)
        elif isinstance(recorded, dict):
            yield from self._object(path, recorded, actual, owner)
        elif isinstance(recorded, list):
            yield from self._list(path, recorded, actual, owner)
        else:
            difference = self._scalar(path, recorded, actual, owner)
            if difference is not None:
                yield Difference(self.step, path, recorded, actual, wording=difference == "wording")

    def _object(self, path: str, recorded: Json, actual: Json, owner: str) -> Iterator[Difference]:
        times = [actual[key] for key in _IN_ORDER if isinstance(actual.get(key), str)]
        if times != sorted(times):
            yield Difference(self.step, f"{path} (order of times)", list(_IN_ORDER), times)
        if _KEYS_IN_ORDER.search(path) and recorded.keys() == actual.keys() and list(recorded) != list(actual):
            yield Difference(self.step, f"{path} (order of keys)", list(recorded), list(actual))
        key = path.rpartition(".")[2]
        inner = owner if key == "json" or key.isdigit() else _OWNERS.get(key, key)
        for name in [*recorded, *(actual.keys() - recorded.keys())]:
            yield from self.value(f"{path}.{name}", recorded.get(name, _ABSENT), actual.get(name, _ABSENT), inner)

    def _list(self, path: str, recorded: Json, actual: Json, owner: str) -> Iterator[Difference]:
        if len(recorded) != len(actual):
            yield Difference(self.step, f"{path}.length", len(recorded), len(actual))
        if any(re.fullmatch(pattern, path) for pattern in self.unordered):
            recorded, actual = sorted(recorded, key=_by_name), sorted(actual, key=_by_name)
        key = path.rpartition(".")[2]
        inner = owner if key.isdigit() else "task" if key == "upstreams" else key.removesuffix("s")
        for position, (expected, found) in enumerate(zip(recorded, actual, strict=False)):
            yield from self.value(f"{path}.{position}", expected, found, inner)

    def _scalar(self, path: str, recorded: Json, actual: Json, owner: str) -> str | None:
        """What is wrong with two scalars of one type: `value`, `wording`, or nothing."""
        key = path.rpartition(".")[2]
        equal = recorded == actual
        if ".upstreams." in path:
            return None if self.comparison.pair("task", recorded, actual) else "value"
        if recorded is None or not isinstance(recorded, str):
            if key == "fileSize":
                equal = actual > 0
            return None if equal else "value"
        if key == "id" or key in _ID_KEYS:
            kind = _ID_KEYS.get(key, owner)
            return None if actual.isdecimal() and self.comparison.pair(kind, recorded, actual) else "value"
        if key in _SERVER_TIMES:
            return None if _is_service_time(actual) else "value"
        if key in _PAIRED:
            return None if self.comparison.pair(key, recorded, actual) else "value"
        if key == "agentId":
            return None
        if key == "fileName":
            return None if recorded.partition("@")[0] == actual.partition("@")[0] else "value"
        if key == "message":
            return None if _words(recorded) == _words(actual) else "wording"
        if key == "gzip_text":
            if _printed(recorded) != _printed(actual):
                return "value"
            return None if _records(recorded) == _records(actual) else "wording"
        return None if equal else "value"


def _header(name: str, headers: dict[str, str]) -> str:
    """What a header means, whatever the way it is written."""
    value = headers.get(name, "")
    match name:
        case "content-type":
            return value.partition(";")[0]
        case "content-encoding":
            return value or "identity"
        case "allow":
            return ", ".join(sorted(method.strip() for method in value.split(",")))
        case _:
            return value


def _by_name(value: Json) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return json.dumps([value.get(key) for key in ("name", "fullName", "key", "fileName")])


def _is_service_time(text: str) -> bool:
    try:
        time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return 2000 < time.year < 2100


def _words(text: str) -> str:
    """A message without what may differ between two servers: numbers, uuids, folders."""
    return re.sub(r"\d+", "#", _UUID.sub("<uuid>", _PLACE.sub("<folder>", text)))


def _printed(log: str) -> list[str]:
    """What a task printed itself: the lines that are no log records."""
    return [line for line in log.splitlines() if not _LOG_RECORD.match(line)]


def _records(log: str) -> list[str]:
    return [_words(_LOG_RECORD.sub("", line)) for line in log.splitlines() if _LOG_RECORD.match(line)]
