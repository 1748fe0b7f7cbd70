"""A server that crashes where the real one is recorded to passes; one that crashes elsewhere does not."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from tests.support.contract.replaying import RECORDED
from treasure_workflow_contract.expectations.known_crashes import reason_for_crash
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases import invariants
from treasure_workflow_contract.phases.client import check_operation
from treasure_workflow_contract.phases.fuzzing import explore
from treasure_workflow_contract.phases.replay.scenarios import Step, load
from treasure_workflow_contract.results.known_differences import Differences, packaged
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.messages import RawExchange, RawRequest, RawResponse
from treasure_workflow_contract.transport.target import Flavour, Target
from treasure_workflow_mock import MockService

PAGE = b"<html><head><title>Error</title></head><body>Internal Server Error</body></html>"
READERS_OF_JSON = ("startAttempt", "skipSchedule", "backfillSchedule", "putProjectSecret")
Crashes = Callable[[str, str, bytes, bytes], bool]


def as_recorded(method: str, path: str, query: bytes, body: bytes) -> bool:
    """Whether the real server answered such a request with a 500."""
    reads_json = (method, path) == ("PUT", "/api/attempts") or path.endswith(("/skip", "/backfill"))
    if reads_json or ("/secrets/" in path and method == "PUT"):
        if body.strip() in (b"", b"null"):
            return True
        try:
            resume = json.loads(body)["resume"]
            pieces = re.split(r"(?<=.)(?=[^\w=\[\]{}%&@,.-])", resume["from"], flags=re.ASCII | re.DOTALL)
            return resume["mode"] == "from" and any(len(piece) == 1 for piece in pieces)
        except (ValueError, LookupError, TypeError):
            return False
    if method == "PUT" and path == "/api/projects":
        return len(parse_qs(query.decode()).get("project", [""])[0].encode()) > 224
    return method == "GET" and path.endswith("/files/.")


@contextmanager
def crashing_run(crashes: Crashes) -> Iterator[Run]:
    """A run against an open-source flavoured service that crashes over such requests."""
    service = MockService(flavour="digdag")
    application = service.application

    async def crashing(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await application(scope, receive, send)
        parts = []
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        body = b"".join(parts)
        if crashes(scope["method"], unquote(scope["raw_path"].decode()), scope["query_string"], body):
            headers = [(b"content-type", b"text/html;charset=UTF-8"), (b"content-length", str(len(PAGE)).encode())]
            await send({"type": "http.response.start", "status": 500, "headers": headers})
            return await send({"type": "http.response.body", "body": PAGE})
        arrived = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Any:
            message = next(arrived, None)
            return await receive() if message is None else message

        return await application(scope, again, send)

    service.application = crashing  # type: ignore[assignment]
    with service:
        target = Target(service.base_url, f"1/{secrets.token_hex(20)}", "digdag", "projects", "of ")
        with Run(target, Differences(packaged(), "digdag"), marker="of tests ") as run:
            yield run


@pytest.mark.parametrize("operation", [*READERS_OF_JSON, "putProject", "getFile"])
def test_what_the_real_server_crashes_over_is_known(operation: str) -> None:
    """Through the client and without it, with the reason."""
    with crashing_run(as_recorded) as run:
        check_operation(run, operation, "sync", 60)
        explore(run, operation, 120)
        assert [f"{finding.complaint} | {finding.call}" for finding in run.results.unknown] == []


def test_a_server_without_a_key_for_secrets_is_known() -> None:
    """It takes none, and says so with a 500; all else is tested."""
    with crashing_run(lambda method, path, query, body: method == "PUT" and "/secrets/" in path) as run:
        check_operation(run, "putProjectSecret", "async", 20)
        explore(run, "putProjectSecret", 40)
        for name in ("secrets are listed until they are deleted", "a wrong body is refused"):
            invariants.check(run, name, 2)
        assert [finding.complaint for finding in run.results.unknown] == []
        assert any("digdag.secret-encryption-key" in str(finding.known) for finding in run.results.findings)


def test_any_other_crash_is_found() -> None:
    """A 500 is no habit: of a list, there is no reason for it."""
    with crashing_run(lambda method, path, query, body: path == "/api/attempts" and method == "GET") as run:
        check_operation(run, "getAttempts", "sync", 5)
        explore(run, "getAttempts", 5)
        assert {finding.phase for finding in run.results.unknown} == {"client", "fuzzing"}


def crash(operation: str, target: str, body: Any = None, flavour: Flavour = "digdag", **held: Any) -> str | None:
    """Why a 500 with a page is known, at a target that holds these things by their paths."""
    described = effective().operations[operation]
    text = b"" if body is None else json.dumps(body).encode()
    page = RawResponse(500, (("content-type", "text/html"),), PAGE)
    exchange = RawExchange(RawRequest(described.method, target, (), text), page, 0.0)
    return reason_for_crash(described, exchange, flavour, lambda path: held.get(path.replace("/", "_")))


def resume(pattern: str, **held: Any) -> str | None:
    body = {"workflowId": "1", "resume": {"mode": "from", "attemptId": "7", "from": pattern}}
    return crash("startAttempt", "/api/attempts", body, **held)


@pytest.mark.parametrize(
    "step", load(RECORDED / "attempts-resume-from-pieces.json").steps[5:], ids=lambda step: step["name"]
)
def test_patterns_crash_as_recorded(step: Step) -> None:
    """A task to resume from, cut in pieces: one of length one is a crash, and nothing else is."""
    reason = resume(step["json"]["resume"]["from"], _api_attempts_7_tasks={"tasks": [{"fullName": "+w"}]})
    assert (reason is not None) == (step["answer"]["status"] == 500)


def test_tasks_that_share_a_name_are_looked_at() -> None:
    """Of what the target holds: with names of their own the same request may not crash."""
    shared = [{"fullName": name} for name in ("+w", "+w+a", "+w+a")]
    assert "share a name" in str(resume("+none", _api_attempts_7_tasks={"tasks": shared}))
    assert resume("+none", _api_attempts_7_tasks={"tasks": shared[:2]}) is None
    assert resume("+none") is None


@pytest.mark.parametrize(("name", "breaks"), [("x" * 255, True), ("a\x00b", True), ("again", False), (None, False)])
def test_logs_of_an_attempt_with_an_odd_name(name: str | None, breaks: bool) -> None:
    """Too long for a file name, or with a null character."""
    attempt = {"retryAttemptName": name}
    for operation, target in (("getFileHandles", "/api/logs/7/files"), ("getFile", "/api/logs/7/files/a.log.gz")):
        assert (crash(operation, target, _api_attempts_7=attempt) is not None) == breaks
        assert crash(operation, target, flavour="hosted", _api_attempts_7=attempt) is None
