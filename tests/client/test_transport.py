"""What is decided about a request: its key, its proxy, whether and when to send it again (test_retries sends)."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.support import KEY
from treasure_workflow import _transport
from treasure_workflow_api._operations import OPERATIONS, Operation

BASE = "https://api-workflow.treasuredata.com"


def authorized(url: str, base: str = BASE) -> str | None:
    """The Authorization header that a request to `url` leaves with."""
    request = httpx.Request("GET", url)
    next(_transport.Td1Auth(KEY, base).auth_flow(request))
    header: str | None = request.headers.get("Authorization")
    return header


def test_the_key_goes_to_the_services_own_origin() -> None:
    """Requests to the service carry the key in the contract's scheme, however the port is written."""
    assert authorized(f"{BASE}/api/projects") == f"TD1 {KEY}"
    assert authorized(f"{BASE}:443/api/projects") == f"TD1 {KEY}"


@pytest.mark.parametrize(
    "url",
    [
        "https://storage.example.com/a",
        "http://api-workflow.treasuredata.com/api/projects",
        "https://api-workflow.treasuredata.com:8443/api/projects",
        "https://api-workflow.treasuredata.com.example.com/",
        "https://treasuredata.com/",
    ],
)
def test_the_key_goes_nowhere_else(url: str) -> None:
    """Another host, port or scheme never sees the key."""
    assert authorized(url) is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_is_known_by_its_requests_path(operation: Operation) -> None:
    """What the contract says of an operation is found for its requests, whatever stands for the parameters."""
    path = operation.path
    for parameter, value in (("{file_name}", "%2Ba%2Fb%5Ec.log.gz"), ("{name}", "a.b"), ("{key}", "a.b-c")):
        path = path.replace(parameter, value)
    while "{" in path:
        path = path[: path.index("{")] + "12" + path[path.index("}") + 1 :]
    assert _transport.operation_at(operation.method, path) is operation
    assert _transport.operation_at(operation.method, path + "/x/y/z") is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_contract_decides_what_is_sent_again(operation: Operation) -> None:
    """Safe operations and deletions are repeated after a lost answer, others are not; all are when nothing was sent."""
    path = operation.path.replace("{", "").replace("}", "")
    lost = operation.retry.policy == "safe" or (operation.method == "DELETE")
    assert _transport.may_repeat(operation.method, path, "lost") == lost
    assert _transport.may_repeat(operation.method, path, "unsent")


def test_requests_outside_the_contract_are_repeated_only_when_they_read() -> None:
    """Downloads from storage may be repeated; an unknown write may not."""
    assert _transport.may_repeat("GET", "/bucket/archive", "lost")
    assert not _transport.may_repeat("POST", "/bucket/archive", "lost")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ConnectError("refused"), "unsent"),
        (httpx.ConnectTimeout("slow"), "unsent"),
        (httpx.PoolTimeout("full"), "unsent"),
        (httpx.ReadTimeout("slow"), "lost"),
        (httpx.ReadError("reset"), "lost"),
        (httpx.WriteError("reset"), "lost"),
        (httpx.RemoteProtocolError("cut"), "lost"),
    ],
)
def test_only_what_never_connected_counts_as_unsent(error: httpx.TransportError, failure: str) -> None:
    """As soon as a byte may have reached the service, it may have acted."""
    assert _transport.failure_of(error) == failure


@given(tries=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_waits_between_tries_are_bounded(tries: int, chance: float) -> None:
    """Every wait is above nothing and below half a minute, and the first below half a second."""
    wait = _transport.wait_before_retry(tries, None, chance)
    assert wait is not None
    assert 0.25 <= wait <= 30
    assert tries > 1 or wait <= 0.5


def test_what_the_service_asks_to_wait_is_kept_to_up_to_two_minutes() -> None:
    """Retry-After replaces our own wait; a longer one is left to the caller."""
    assert _transport.wait_before_retry(1, 0.0, 0.5) == 0.0
    assert _transport.wait_before_retry(9, 120.0, 0.5) == 120.0
    assert _transport.wait_before_retry(1, 121.0, 0.5) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Wed, 01 May 2024 08:00:30 GMT", 30.0),
        ("Wed, 01 May 2024 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_number_and_as_date(value: str | None, seconds: float | None) -> None:
    """Both of its forms are understood, and nonsense is as good as nothing."""
    assert _transport.retry_after_seconds(value, datetime(2024, 5, 1, 8, tzinfo=UTC)) == seconds


@given(st.text())
def test_no_retry_after_header_breaks_a_client(value: str) -> None:
    """Whatever stands in the header, it is a wait or none."""
    seconds = _transport.retry_after_seconds(value)
    assert seconds is None or seconds >= 0


def test_the_proxy_is_the_one_given_else_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy by name wins; else the usual variables decide, exceptions included."""
    service, inside = httpx.URL(BASE), httpx.URL("https://inside.example.com")
    assert _transport.proxy_for(service, None) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example.com")
    assert _transport.proxy_for(service, None) == "http://proxy:3128"
    assert _transport.proxy_for(inside, None) is None
    assert _transport.proxy_for(inside, "http://other:3128") == "http://other:3128"


@given(st.floats(0.001, 3600))
def test_connecting_takes_five_seconds_at_most(seconds: float) -> None:
    """A dead host is noticed early however long answers may take."""
    limits = _transport.time_limits(seconds)
    assert (limits.connect, limits.read) == (min(5.0, seconds), seconds)
