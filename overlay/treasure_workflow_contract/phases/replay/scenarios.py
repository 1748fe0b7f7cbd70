"""Recorded scenarios: stories of calls to a server, with its response to each."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

Json = Any  # recorded JSON: free-form by nature
Step = Mapping[str, Json]
_NAME = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Scenario:
    """One story. `settings` are the properties that the server was started with."""

    name: str
    title: str
    steps: list[Step]
    settings: dict[str, Json]


def load(path: Path) -> Scenario:
    """The scenario of one file. Raises ValueError for a file that is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Scenario(path.stem, document["scenario"], document["steps"], document.get("server") or {})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no recorded scenario, which is a JSON object with `steps`: {error!r}") from error


def files_in(place: Path) -> list[Path]:
    """The files of scenarios at a place: those of a folder, or one file. Raises FileNotFoundError if there are none."""
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not files or not all(path.is_file() for path in files):
        raise FileNotFoundError(f"no recorded scenarios (*.json) in {place}")
    return files


@dataclass(frozen=True)
class Call:
    """What a step sends."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None
    chunked: bool


def call_of(step: Step, saved: Mapping[str, str]) -> Call:
    """The call of a step, with what earlier steps saved put in."""
    method, _, target = _fill(step["send"], saved).partition(" ")
    if query := step.get("query"):
        pairs = query.items() if isinstance(query, dict) else query
        target += "?" + urlencode([(name, _fill(_query_text(value), saved)) for name, value in pairs])
    headers = {"accept": "*/*", "accept-encoding": "identity"}
    body = None
    if "archive" in step:  # `${…}` in its files belongs to the workflow
        body, headers["content-type"] = pack(step["archive"]), "application/gzip"
    elif "json" in step:
        body, headers["content-type"] = _fill(json.dumps(step["json"]), saved).encode(), "application/json"
    elif "text" in step:
        body = _fill(step["text"], saved).encode()
    elif "base64" in step:
        body = base64.b64decode(step["base64"])
    for name, value in (step.get("headers") or {}).items():
        headers.pop(name.lower(), None)
        if value is not None:
            headers[name.lower()] = _fill(value, saved)
    return Call(method, target, headers, body, bool(step.get("chunked")) and body is not None)


def _query_text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fill(text: str, saved: Mapping[str, str]) -> str:
    return _NAME.sub(lambda match: str(saved.get(match[1], match[0])), text)


_TYPES = {"symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "dir": tarfile.DIRTYPE, "fifo": tarfile.FIFOTYPE}


def pack(entries: Json) -> bytes:
    """The tar.gz that a step uploads, the same bytes each time."""
    if isinstance(entries, dict):
        entries = [{"name": name, "text": text} for name, text in entries.items()]
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in entries:
            member = tarfile.TarInfo(entry["name"])
            member.mtime = 1_500_000_000
            member.mode = int(entry.get("mode", "0644"), 8)
            member.type = _TYPES.get(entry.get("type", "file"), tarfile.REGTYPE)
            member.linkname = entry.get("link", "")
            data = b""
            if member.isreg():
                data = base64.b64decode(entry["base64"]) if "base64" in entry else entry.get("text", "").encode()
                data *= entry.get("repeat", 1)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)
