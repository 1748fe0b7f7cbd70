"""The key is in nothing that a person or a file gets to see: log records, errors, tracebacks, reprs, addresses."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

import pytest

from tests.client.key_calls import CALLS, SECRET, VALUE, attempted
from tests.client.support import DROPPED, GUISES, KEY, Answer, ScriptedServer, guise_of, refusal
from treasure_workflow import ConfigError, TreasureWorkflow


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
    cut = Answer(200, b'{"id": "1"', {"Content-Type": "application/json"}, sent=4)
    spoilt = [
        refusal(401, "no such key"),
        refusal(503),
        DROPPED,
        cut,
        Answer(200, b"<html>", {"Content-Type": "text/html"}),
    ]
    spoilt += [
        refusal(429, **{"Retry-After": "1"}),
        Answer(303, headers={"Location": "http://[x"}),
        Answer(200, b"\xff"),
    ]
    shown: list[str] = []
    with guise_of(kind, server.base_url, max_retries=1) as guise:
        for answer in spoilt:
            server.answer = lambda _, answer=answer: answer
            for call in CALLS.values():
                error = attempted(lambda: guise.run(lambda call=call: call(guise.client)))  # noqa: B023
                for each in causes(error):
                    shown += [str(each), repr(each), repr(each.args), repr(vars(each))]
                    shown += traceback.format_exception(each)
        client = guise.client
        things = (client, client.config, client.config.explain(), client.raw, client._auth, client._http, client._pool)
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
