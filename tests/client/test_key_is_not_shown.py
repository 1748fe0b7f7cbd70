"""The key is in nothing that a person or a file gets to see: log records, errors, tracebacks, reprs, addresses."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.client.key_calls import CALLS, SECRET, VALUE, attempted
from tests.support.client.support import (
    DROPPED,
    GUISES,
    KEY,
    Guise,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    refusal,
)
from tests.support.client.tracebacks import Unseen, shown_with_locals
from treasure_workflow import ConfigError, TreasureWorkflow, TreasureWorkflowError


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("kind", GUISES)
def test_nothing_that_is_shown_has_the_key(kind: str, server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """Log records of all libraries at their loudest, errors with all they came from, and reprs."""
    caplog.set_level(1)
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection", "asyncio", "treasure_workflow"):
        logging.getLogger(name).setLevel(1)
    cut = Scripted(200, b'{"id": "1"', {"Content-Type": "application/json"}, sent=4)
    spoilt = [
        refusal(401, "no such key"),
        refusal(503),
        DROPPED,
        cut,
        Scripted(200, b"<html>", {"Content-Type": "text/html"}),
    ]
    spoilt += [
        refusal(429, **{"Retry-After": "1"}),
        Scripted(303, headers={"Location": "http://[x"}),
        Scripted(200, b"\xff"),
    ]
    shown: list[str] = []
    with guise_of(kind, server.base_url, max_retries=1) as guise:
        for response in spoilt:
            server.response = lambda _, response=response: response
            for call in CALLS.values():
                error = attempted(lambda: guise.run(lambda call=call: call(guise.client)))  # noqa: B023
                for each in causes(error):
                    shown += [str(each), repr(each), repr(each.args), repr(vars(each))]
                    shown += traceback.format_exception(each)
        client = guise.client
        things = (
            client,
            client.config,
            client.config.explain(),
            client.raw,
            client._sender,
            client._sender._authorization,
            client._pool,
        )
        things += (client.with_options(timeout=1), client.projects, client.projects.list(), client._calls)
        shown += [f"{thing!r}{thing!s}" for thing in things]
    with guise_of(kind, "http://127.0.0.1:1", max_retries=1) as guise:
        error = attempted(lambda: guise.run(lambda: guise.client.projects.get(12)))
        shown += traceback.format_exception(error)
    assert len(caplog.records) > 50
    shown += [record.getMessage() + repr(record.args) for record in caplog.records]
    assert [text for text in shown if SECRET in text or VALUE in text] == []
    assert [r for r in server.requests if SECRET in r.path or SECRET in str(r.query)] == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": KEY + " ", "base_url": "https://x"},
        {"api_key": KEY + "\n\u00e9", "base_url": "https://x"},
        {"api_key": KEY, "base_url": "http://example.com"},
        {"api_key": KEY, "base_url": f"https://u:{KEY[2:]}@example.com"},
        {"api_key": KEY, "base_url": f"https://u:{KEY[2:]}@example.com:port"},
        {"api_key": KEY, "base_url": f"ftp://u:{KEY[2:]}@example.com"},
        {"api_key": KEY, "base_url": "https://xn--"},
        {"api_key": KEY, "base_url": "https://x\0y"},
        {"api_key": KEY, "base_url": "https://x/\ud800"},
        {"api_key": KEY, "region": "nowhere"},
        {"api_key": KEY, "region": "aws", "base_url": "https://x"},
    ],
    ids=str,
)
def test_a_refused_setting_does_not_repeat_the_key(arguments: dict[str, str]) -> None:
    """Whatever is wrong with key or address, the error names the setting and not the key in it."""
    with pytest.raises((ConfigError, ValueError)) as caught:
        TreasureWorkflow(**arguments)  # type: ignore[arg-type]
    for each in causes(caught.value):
        assert SECRET not in f"{each}{each!r}{each.args}"


ECHOES = [
    Scripted(401, f'{{"message": "no key TD1 {KEY}"}}'.encode(), {"Content-Type": "application/json", "X-Key": KEY}),
    Scripted(418, f"key {SECRET} and {VALUE}".encode()),
    Scripted(200, f"<html>{KEY} {VALUE}".encode(), {"Content-Type": "text/html"}),
    json_response({"id": KEY, "createdAt": SECRET, VALUE: 1}),
    Scripted(
        200, f'{{"id": "{KEY}", "name": {{"{VALUE}": "{SECRET}"}}}}'.encode(), {"Content-Type": "application/json"}
    ),
    Scripted(500, f"trace: {VALUE}".encode()),
    Scripted(303, headers={"Location": "ftp://elsewhere.example/x"}),
    DROPPED,
    Scripted(200, b"{" + KEY.encode(), {"Content-Type": "application/json"}, sent=4),
]


@pytest.mark.parametrize("kind", GUISES)
def test_no_variable_of_a_failed_call_holds_a_secret(kind: str, server: ScriptedServer) -> None:
    """A traceback that shows the variables of every frame has neither key nor value, also when the server echoes it."""
    value = Unseen(VALUE)
    calls = {**CALLS, "a write": lambda client: client.secrets.set(12, "a.b", value)}
    with guise_of(kind, server.base_url, max_retries=1) as guise, guise_of(kind, "http://127.0.0.1:1") as nowhere:
        for response in ECHOES:
            server.response = lambda _, response=response: response
            for name, call in calls.items():
                error = attempted(lambda call=call: guise.run(lambda: call(guise.client)))
                if error is not None:
                    shown = shown_with_locals(error)
                    assert SECRET not in shown, (name, response, shown)
                    assert name != "a write" or VALUE not in shown, (name, response, shown)
        for call in calls.values():
            error = attempted(lambda call=call: nowhere.run(lambda: call(nowhere.client)))
            assert error is not None
            assert SECRET not in shown_with_locals(error)
            assert VALUE not in shown_with_locals(error)


def test_a_value_that_no_request_can_hold_is_not_repeated(server: ScriptedServer, guise: Guise) -> None:
    """Python's own error for it would hold the whole value."""
    with pytest.raises(ValueError, match="is not Unicode text") as caught:
        guise.run(lambda: guise.client.secrets.set(12, "a.b", Unseen(VALUE + "\ud800")))
    assert VALUE not in shown_with_locals(caught.value)
    assert server.requests == []


def test_a_client_that_was_not_made_can_be_shown() -> None:
    """A traceback that shows variables meets the client before it has any."""
    assert "not set up" in repr(object.__new__(TreasureWorkflow))


EXPECTED = (TreasureWorkflowError, TypeError, ValueError)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.secrets.set(12, "a.b", VALUE),
        lambda client: client.secrets.set(12, 5, VALUE),
        lambda client: client.secrets.set_all(12, {"a.b": VALUE}),
        lambda client: client.secrets.sync(12, {"a.b": VALUE, "a": 5}, dry_run=True),
        lambda client: client.request("PUT", "/api/x", json={"a": VALUE}),
        lambda client: client.request("PUT", "/api/x", content=5, headers={"x": VALUE}),
        lambda client: client.with_options(headers={"x": VALUE}, max_retries="5"),
        lambda client: type(client)(VALUE, "aws", max_retries="5"),
        lambda client: type(client)(VALUE, "nowhere"),
    ],
)
@pytest.mark.parametrize("kind", GUISES)
def test_no_frame_of_ours_keeps_what_it_was_given(kind: str, call: Any) -> None:
    """The variables of the client's own functions have no secret when a call fails, for whatever reason."""
    with guise_of(kind, "http://127.0.0.1:1", max_retries=0) as nowhere, pytest.raises(EXPECTED) as caught:
        nowhere.run(lambda: call(nowhere.client))
    frames = [frame for each in causes(caught.value) for frame, _ in traceback.walk_tb(each.__traceback__)]
    ours = [frame for frame in frames if "/treasure_workflow/" in frame.f_code.co_filename]
    assert ours
    assert [frame for frame in ours if VALUE in repr(frame.f_locals)] == []


@pytest.mark.parametrize(
    "text", [f"a.b: {VALUE}\na.b: x", f"a.b: [{VALUE}", f"a.b: {VALUE}\n5: x", f"5 {VALUE}", f"a.b: {VALUE}\nc: 5"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_file_of_secrets_that_cannot_be_used_is_not_shown(
    text: str, encoding: str, guise: Guise, tmp_path: Path
) -> None:
    """Neither in the error, nor in those that it came from, nor in the variables of any frame."""
    file = tmp_path / "secrets.yaml"
    file.write_text(text, encoding)
    with pytest.raises((TypeError, ValueError)) as whole:
        guise.run(lambda: guise.client.secrets.sync(12, file))
    assert VALUE not in shown_with_locals(whole.value)
    if encoding != "utf-8":
        with pytest.raises(ValueError, match="UTF-8") as single:
            guise.run(lambda: guise.client.secrets.set(12, "a.b", file))
        assert VALUE not in shown_with_locals(single.value)
