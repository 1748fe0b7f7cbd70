"""Arguments that are nothing of the kind: every parameter of every public method, with values of every other type."""

from __future__ import annotations

import contextlib
import functools
import inspect
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import treasure_workflow
from tests.support import recordings
from tests.support.client.listings import HALVES
from tests.support.client.methods import arguments, methods, outcome
from tests.support.client.projects import WORKFLOW, write
from tests.support.client.spoiling import UNSPOILED
from tests.support.client.support import (
    KEY,
    Guise,
    Received,
    Scripted,
    ScriptedServer,
    attempt,
    guise_of,
    json_response,
    refusal,
    scripted_server,
)
from treasure_workflow import Fleet, TreasureWorkflow, TreasureWorkflowError

PACKAGES = tuple(str(Path(path)) for path in treasure_workflow.__path__)
HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, 5, 2**63, 10**400, 1.5, float("nan"), float("inf"), 1e300, 1 + 2j),
    *("", " ", "x", "12", "\ud800", "a\0b", "..", "a/b", "x" * 5000, "9" * 5000, b"", b"x", bytearray(b"x")),
    *([], (), {}, set(), [None], [1], ["\ud800"], {"a": object()}, {1: 2}, {"\ud800": "x"}, {"a": float("nan")}),
    *(object(), object, len, lambda: None, range(3), Exception("x"), NotImplemented, ...),
    *(
        date(1, 1, 1),
        datetime(2024, 5, 9),
        datetime.max.replace(tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    ),
    *(timedelta.max, timedelta(-1), datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))), Path("\0")),
]


@pytest.fixture(scope="module")
def halves() -> Iterator[tuple[ScriptedServer, list[Guise]]]:
    """A server that gives a good response to every operation, and the client's halves talking to it."""

    def response(request: Received) -> Scripted:
        operation = recordings.operation_of(request.method, request.path)
        if operation is not None and operation.id == "getAttempt":
            return json_response(attempt(done=True, success=True, status="success"))
        return UNSPOILED.of(operation.id) if operation else refusal(404)

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(scripted_server())
        server.response = response
        yield server, [stack.enter_context(guise_of(half, server.base_url, max_retries=0)) for half in HALVES]


def call(guise: Guise, method: Any, given: str, value: Any) -> Any:
    """Calls a method with one argument given and the others right; a listing is read."""
    positional, named = arguments(method, given, value)
    return outcome(guise, method, positional, named)


def harm_done(server: ScriptedServer, call: Callable[[], object]) -> list[object]:
    """What is wrong with how a call ends, if anything: another error than promised, or one that comes too late."""
    server.requests.clear()
    try:
        call()
    except (TreasureWorkflowError, OSError):
        pass
    except (TypeError, ValueError) as error:
        ours = traceback.extract_tb(error.__traceback__)[-1].filename.startswith(PACKAGES)
        return [] if ours and not server.requests else [error, server.requests]
    except Exception as error:  # noqa: BLE001  told with the argument
        return [error]
    return []


def all_harm(server: ScriptedServer, use: Callable[[Any], object], values: list[Any]) -> dict[str, list[object]]:
    """The same for each of many values, where something is wrong."""
    found = {repr(value)[:60]: harm_done(server, functools.partial(use, value)) for value in values}
    return {value: harm for value, harm in found.items() if harm}


def odd_values(method: Any, parameter: str) -> list[Any]:
    """Odd values for a parameter. What a function of the caller raises is the caller's."""
    annotation = str(inspect.signature(method).parameters[parameter].annotation)
    is_function = "Callable" in annotation or annotation.startswith("OnRe")
    return [value for value in HOSTILE if not (is_function and callable(value))]


@pytest.mark.parametrize(("noun", "name"), methods())
def test_odd_arguments_do_no_harm(
    noun: str, name: str, halves: tuple[ScriptedServer, list[Guise]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is understood, or refused with an error of this package or one of ours that names it, before any request."""
    write(tmp_path / "folder", WORKFLOW)
    monkeypatch.chdir(tmp_path / "folder")
    server, guises = halves
    harm: dict[str, dict[str, list[object]]] = {}
    for guise in guises:
        method = getattr(getattr(guise.client, noun), name)
        for parameter in inspect.signature(method).parameters:
            values = odd_values(method, parameter)
            if (name, parameter) == ("promote", "name"):
                values.remove(None)  # the name that it stands for is known once the project was asked for
            harm[parameter] = all_harm(server, functools.partial(call, guise, method, parameter), values)
    assert not any(harm.values()), harm


OPTIONS = [name for name in inspect.signature(TreasureWorkflow.__init__).parameters if name != "self"]


@pytest.mark.parametrize("option", OPTIONS)
def test_odd_options_do_no_harm(option: str, halves: tuple[ScriptedServer, list[Guise]]) -> None:
    """So are those of a client, when it is made or, what only the network can tell, at its first request."""
    server, _ = halves

    def use(value: Any) -> None:
        options: dict[str, Any] = {"api_key": KEY, "base_url": server.base_url, "max_retries": 0, option: value}
        with TreasureWorkflow(**options) as client:
            client.projects.get(12)

    assert all_harm(server, use, odd_values(TreasureWorkflow.__init__, option)) == {}


@pytest.mark.parametrize("parameter", ["method", "path", "params", "json", "content", "headers"])
def test_odd_requests_do_no_harm(parameter: str, halves: tuple[ScriptedServer, list[Guise]]) -> None:
    """So are those of a request that the contract does not know."""
    server, (guise, *_) = halves

    def use(value: Any) -> None:
        guise.client.request(**{"method": "PUT", "path": "/api/odd", parameter: value})

    assert all_harm(server, use, HOSTILE) == {}


@pytest.mark.parametrize("parameter", ["accounts", "status", "since", "until", "limit"])
def test_odd_fleets_do_no_harm(parameter: str, halves: tuple[ScriptedServer, list[Guise]]) -> None:
    """So are those of a fleet."""
    server, (guise, *_) = halves

    def use(value: Any) -> None:
        given = {"accounts": {"a": guise.client}, parameter: value}
        with Fleet(given.pop("accounts")) as fleet:
            fleet.sessions(**given)

    assert all_harm(server, use, HOSTILE) == {}
