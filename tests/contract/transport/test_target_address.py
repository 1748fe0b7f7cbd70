"""The key for a target: the environment variables that the client looks at, in the same order, sent in the same way."""

from __future__ import annotations

import os

import pytest

from treasure_workflow import ConfigError
from treasure_workflow.config import resolve
from treasure_workflow_api._operations import KEY_VARIABLES
from treasure_workflow_contract.transport.target import TargetError
from treasure_workflow_contract.transport.target_address import targets

ADDRESS = "http://127.0.0.1:1"
PROFILE = "my-work 2"
NAMES = [each.of(PROFILE) or "" for each in KEY_VARIABLES]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the machine reaches a test."""
    for name in os.environ:
        if name.startswith(("TD_", "TDX_", "TREASURE_")):
            monkeypatch.delenv(name)


def authorization() -> str | None:
    """What the contract tests would send to a server of one's own."""
    with targets(ADDRESS, "hosted", prefix=None, processes=2, requests_per_second=None) as (one, other):
        assert one == other
        assert one.key is not None
        assert one.key not in repr(one)
        return one.authorization


@pytest.mark.parametrize("first", range(len(NAMES)))
@pytest.mark.parametrize("profile", [None, PROFILE])
def test_the_key_is_the_one_that_the_client_takes(
    first: int, profile: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever variables are set: the same one wins, under the same scheme."""
    for number, name in enumerate(NAMES[first:]):
        monkeypatch.setenv(name, f"key-{number}")
    if profile is not None and not NAMES[first].endswith("_2"):
        monkeypatch.setenv(NAMES[0], "of-the-profile")  # a profile that nothing knows is an error of the client
    if profile is not None:
        monkeypatch.setenv("TDX_PROFILE", profile)
    config = resolve(base_url=ADDRESS)
    assert authorization() == f"{config.scheme} {config.api_key}"


def test_an_access_token_is_sent_as_bearer(monkeypatch: pytest.MonkeyPatch) -> None:
    """When no key is set; an empty variable counts as unset."""
    monkeypatch.setenv("TDX_ACCESS_TOKEN", "eyJ0.abc-123_x")
    monkeypatch.setenv("TD_API_KEY", "")
    assert authorization() == "Bearer eyJ0.abc-123_x"


@pytest.mark.parametrize("name", ["TDX_ACCESS_TOKEN", "TD_API_KEY"])
@pytest.mark.parametrize("key", ["secret words", "secret\x7f", "secret-é", "secret\nX-Other: 1"])
def test_what_no_header_can_hold_is_refused_unseen(name: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, the key is not repeated."""
    monkeypatch.setenv(name, key)
    with pytest.raises(TargetError, match=name) as caught:
        authorization()
    assert "secret" not in f"{caught.value!r}"
    with pytest.raises(ConfigError):  # the client thinks no better of it
        resolve(base_url=ADDRESS)


def test_a_token_is_not_sent_over_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than a key is."""
    monkeypatch.setenv("TDX_ACCESS_TOKEN", "eyJ0")
    with (
        pytest.raises(TargetError, match="plain http"),
        targets("http://workflow.example.com", "hosted", prefix=None, processes=1, requests_per_second=None),
    ):
        pass


def test_without_any_the_variables_are_named() -> None:
    """All that are looked at."""
    with pytest.raises(TargetError, match="TREASURE_DATA_API_KEY, TD_API_KEY, TDX_ACCESS_TOKEN"):
        authorization()
