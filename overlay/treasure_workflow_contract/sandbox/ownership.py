"""What a run may write at a target: projects that it named, what belongs to them, and pools where all are its own."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl, unquote

from treasure_workflow_contract.sandbox.contents import KINDS, Sandbox
from treasure_workflow_contract.transport.messages import RawExchange
from treasure_workflow_contract.transport.target import Target

_POOLS = {"pools", "pool_rules"}
_OF_POOLS = {"pool", "pool rule"}
_OPENS = {"logged attempt": "attempt"}
_NAMED = {"secret", "log file"}  # within a project or an attempt, which are asked for themselves
_DIGIT = re.compile(r"\d")
_STARTS_WITH_YEAR = re.compile(r"\s*[+-]?\d+-")
_FAR_AHEAD = re.compile(r"(209\d|2[1-9]\d\d|[3-9]\d{3}|\+\d{5,})-")
_NOBODYS = re.compile(r"-\d+|0+", re.ASCII)  # ids count from one


class Ownership:
    """Knows the run's own: what a sandbox made, and what responses say belongs to projects named like the run's."""

    def __init__(self, target: Target, sandbox: Sandbox) -> None:
        self._target = target
        self._sandbox = sandbox
        self._marker = sandbox.new_project_name("") if target.writes != "nothing" else None
        self._own: dict[str, set[str]] = defaultdict(set)

    def reason_to_hold_back(self, method: str, target: str, body: bytes) -> str | None:
        """Why a request must not be sent; None when it may be. `target` is its raw path and query."""
        if method == "GET":
            return None
        if self._target.writes == "nothing":
            return "the target is only read"
        path, _, query = target.partition("?")
        segments = [unquote(segment) for segment in path.split("/")[2:]]
        if segments[0] in _POOLS:
            return None if self._target.writes == "everything" else "pools and their rules belong to the whole account"
        if segments[0] in KINDS and segments[1:] and not self.may_name(KINDS[segments[0]], segments[1]):
            return f"{segments[0]} {segments[1]} was not made by this run"
        match segments:
            case ["projects"]:
                names = [value for key, value in parse_qsl(query, keep_blank_values=True) if key == "project"]
                foreign = [name for name in names if not self.is_own_name(name)]
                if foreign or (not names and self._target.writes == "projects"):
                    return f"a project named {(foreign or [''])[0]!r} may be somebody else's"
                times = [value for key, value in parse_qsl(query) if key == "schedule_from"]
                past = [time for time in times if _STARTS_WITH_YEAR.match(time) and not _FAR_AHEAD.match(time)]
                return f"a schedule from {past[0]} on would start all its sessions since" if past else None
            case ["attempts"]:
                return self._reason_in_start(body)
        return None

    def is_own_name(self, name: str) -> bool:
        """Whether a project of that name can only be the run's."""
        return self._marker is not None and name.startswith(self._marker)

    def may_name(self, kind: str, id: object) -> bool:
        """Whether a call that writes may name this id: one of the run's own, or one that is certainly nobody's."""
        text = str(id)
        if kind == "project name":
            return self.is_own_name(text)
        if kind in _NAMED or not _DIGIT.search(text) or _NOBODYS.fullmatch(text):
            return True
        return kind not in _OF_POOLS and self.owns(kind, text)

    def owns(self, kind: str, id: str) -> bool:
        """Whether something of that kind is known to be the run's own, or belongs to what a call names beside it."""
        if kind in _NAMED or id in self._own[_OPENS.get(kind, kind)]:
            return True
        if kind in _OF_POOLS:
            return self._target.writes == "everything"
        return id in map(str, self._sandbox.known(_OPENS.get(kind, kind)))

    def _reason_in_start(self, body: bytes) -> str | None:
        """The body of a start names a workflow, by its id or with its project, and the attempt that it resumes."""
        try:
            start = json.loads(body or b"null")
        except ValueError:
            return "a start that cannot be read" if b"workflowId" in body else None
        if not isinstance(start, dict):
            return None
        project, resume = start.get("projectName"), start.get("resume")
        if isinstance(project, str) and not self.is_own_name(project):
            return f"a project named {project!r} may be somebody else's"
        named = {"workflow": start.get("workflowId")}
        if isinstance(resume, dict):
            named["attempt"] = resume.get("attemptId")
        for kind, id in named.items():
            if isinstance(id, str | int | float) and not isinstance(id, bool) and not self.may_name(kind, id):
                return f"{kind} {id!r} was not made by this run"
        return None

    def learn(self, exchange: RawExchange) -> None:
        """Notes what a response says belongs to the run's projects."""
        request, response, _ = exchange
        if self._marker is None or response.media_type != "application/json" or response.status >= 300:
            return
        path = request.target.partition("?")[0].split("/")[2:]
        try:
            body = response.json
        except ValueError:
            return  # which a check complains of
        if not path or not isinstance(body, dict):
            return
        self._learn_row(KINDS.get(path[-1], KINDS.get(path[0], "")), body)
        for field, rows in body.items():
            if field in KINDS and isinstance(rows, list):
                for row in rows:
                    self._learn_row(KINDS[field], row)

    def _learn_row(self, kind: str, row: Any) -> None:
        if not isinstance(row, dict):
            return
        project = row if kind == "project" else row.get("project")
        if isinstance(project, dict) and self.is_own_name(str(project.get("name"))):
            self._own[kind].add(str(row.get("id")))
            if kind == "attempt":
                self._own["session"].add(str(row.get("sessionId")))
