"""A server that falls over what the real one is recorded to fall over passes; one that falls over more does not."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from treasure_workflow_contract import laws
from treasure_workflow_contract.differences import Differences, packaged
from treasure_workflow_contract.plain import explore
from treasure_workflow_contract.run import Run
from treasure_workflow_contract.target import Target
from treasure_workflow_contract.through_client import check_operation
from treasure_workflow_mock.server import MockService

PAGE = b"<html><head><title>Error</title></head><body>Internal Server Error</body></html>"
READERS_OF_JSON = ("startAttempt", "skipSchedule", "backfillSchedule", "putProjectSecret")
Falls = Callable[[str, str, bytes, bytes], bool]


def as_recorded(method: str, path: str, query: bytes, body: bytes) -> bool:
    """Whether the real server answered such a request with a 500."""
    reads_json = (method, path) == ("PUT", "/api/attempts") or path.endswith(("/skip", "/backfill"))
    if reads_json or ("/secrets/" in path and method == "PUT"):
        if body.strip() in (b"", b"null"):
            return True
        try:
            resume = json.loads(body)["resume"]
            return resume["mode"] == "from" and len(resume["from"]) == 1
        except (ValueError, LookupError, TypeError):
            return False
    if method == "PUT" and path == "/api/projects":
        return len(parse_qs(query.decode()).get("project", [""])[0].encode()) > 224
    return method == "GET" and path.endswith("/files/.")


@contextmanager
def falling_run(falls: Falls) -> Iterator[Run]:
    """A run against an open-source flavoured service that falls over such requests."""
    service = MockService(flavour="digdag")
    application = service.application

    async def falling(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await application(scope, receive, send)
        parts = []
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        body = b"".join(parts)
        if falls(scope["method"], unquote(scope["raw_path"].decode()), scope["query_string"], body):
            headers = [(b"content-type", b"text/html;charset=UTF-8"), (b"content-length", str(len(PAGE)).encode())]
            await send({"type": "http.response.start", "status": 500, "headers": headers})
            return await send({"type": "http.response.body", "body": PAGE})
        arrived = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Any:
            message = next(arrived, None)
            return await receive() if message is None else message

        return await application(scope, again, send)

    service.application = falling  # type: ignore[assignment]
    with service:
        target = Target(service.base_url, f"1/{secrets.token_hex(20)}", "digdag", "projects", "of ")
        with Run(target, Differences(packaged(), "digdag"), marker="of tests ") as run:
            yield run


@pytest.mark.parametrize("operation", [*READERS_OF_JSON, "putProject", "getFile"])
def test_what_the_real_server_falls_over_is_known(operation: str) -> None:
    """Through the client and without it, with the reason."""
    with falling_run(as_recorded) as run:
        check_operation(run, operation, "sync", 60)
        explore(run, operation, 120)
        assert [f"{finding.complaint} | {finding.call}" for finding in run.results.unknown] == []


def test_a_server_without_a_key_for_secrets_is_known() -> None:
    """It takes none, and says so with a 500; all else is tested."""
    with falling_run(lambda method, path, query, body: method == "PUT" and "/secrets/" in path) as run:
        check_operation(run, "putProjectSecret", "async", 20)
        explore(run, "putProjectSecret", 40)
        for name in ("secrets are listed until they are deleted", "a wrong body is refused"):
            laws.check(run, name, 2)
        assert [finding.complaint for finding in run.results.unknown] == []
        assert any("digdag.secret-encryption-key" in str(finding.known) for finding in run.results.findings)


def test_any_other_fall_is_found() -> None:
    """A 500 is no habit: of a list, there is no reason for it."""
    with falling_run(lambda method, path, query, body: path == "/api/attempts" and method == "GET") as run:
        check_operation(run, "getAttempts", "sync", 5)
        explore(run, "getAttempts", 5)
        assert {finding.part for finding in run.results.unknown} == {"client", "plain"}
