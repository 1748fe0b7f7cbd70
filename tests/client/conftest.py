"""Fixtures of the client's tests: a clean environment, a server to be told what to answer, the client in its guises."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client.support import GUISES, Guise, ScriptedServer, guise_of, scripted_server


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, region or proxy of the machine reaches a test."""
    for name in os.environ:
        if name.upper().startswith(("TD_", "TDX_", "TREASURE_", "DIGDAG_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server to be told what to answer."""
    with scripted_server() as running:
        yield running


@pytest.fixture(params=GUISES)
def guise(request: pytest.FixtureRequest, server: ScriptedServer) -> Iterator[Guise]:
    """Each client in turn, talking to `server`."""
    with guise_of(request.param, server.base_url) as made:
        yield made
