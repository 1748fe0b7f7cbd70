"""What is decided about a request: its key, its proxy, whether and when to send it again (test_retries sends)."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.client.support import KEY
from treasure_workflow import ConfigError
from treasure_workflow._http import proxies, transport
from treasure_workflow._secret import Secret
from treasure_workflow_api._operations import OPERATIONS, Operation

BASE = "https://api-workflow.treasuredata.com"


def authorized(url: str, base: str = BASE) -> str | None:
    """The Authorization header that a request to `url` leaves with."""
    request = httpx.Request("GET", url)
    transport.Authorization("TD1", Secret(KEY), base).apply(request)
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
def test_the_contract_decides_what_is_sent_again(operation: Operation) -> None:
    """After a lost response safe operations and deletions are repeated, others where their caller can tell."""
    policy, deletion = operation.retry.policy, operation.method == "DELETE"
    assert transport.may_repeat(operation.method, operation, "lost") == (policy == "safe" or deletion)
    assert transport.may_repeat(operation.method, operation, "lost", tells_own=True) == (policy != "never")
    assert transport.may_repeat(operation.method, operation, "busy") == (policy != "never")
    assert transport.may_repeat(operation.method, operation, "refused")
    assert transport.may_repeat(operation.method, operation, "unsent")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
def test_writes_outside_the_contract_are_never_repeated_blindly(method: str) -> None:
    """Only when they were not sent or not taken; downloads from storage may always be repeated."""
    assert transport.may_repeat("GET", None, "lost")
    assert not transport.may_repeat(method, None, "lost")
    assert not transport.may_repeat(method, None, "busy")
    assert transport.may_repeat(method, None, "unsent")


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
    assert transport.failure_of(error) == failure


@given(tries=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_waits_between_tries_are_bounded_and_drawn(tries: int, chance: float) -> None:
    """Every wait is drawn between nothing and a bound that doubles from half a second to half a minute."""
    bound = min(0.5 * 2 ** min(tries - 1, 10), 30)
    assert transport.wait_before_retry(tries, None, chance, 1000) == bound * chance


def test_what_the_service_asks_to_wait_is_kept_to_up_to_two_minutes() -> None:
    """Retry-After replaces our own wait, unless it says nothing about when; a longer one is left to the caller."""
    assert transport.wait_before_retry(1, 0.0, 0.5, 1000) == 0.25
    assert transport.wait_before_retry(9, 120.0, 0.5, 1000) == 120.0
    assert transport.wait_before_retry(1, 121.0, 0.5, 1000) is None


@pytest.mark.parametrize(("retry_after", "left", "wait"), [(None, 0.2, None), (3.0, 3.0, None), (3.0, 3.1, 3.0)])
def test_a_wait_that_outlasts_the_call_is_not_begun(retry_after: float | None, left: float, wait: float | None) -> None:
    """Sleeping beyond the deadline would help nobody."""
    assert transport.wait_before_retry(1, retry_after, 0.5, left) == wait


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
        ("Sat, 01 Jan 100000000000000000000 00:00:00 GMT", None),
        ("9" * 400, float("inf")),
        (None, None),
    ],
)
def test_retry_after_is_read_as_number_and_as_date(value: str | None, seconds: float | None) -> None:
    """Both of its forms are understood, and nonsense is as good as nothing."""
    assert transport.retry_after_seconds(value, datetime(2024, 5, 1, 8, tzinfo=UTC)) == seconds


@given(st.text())
def test_no_retry_after_header_breaks_a_client(value: str) -> None:
    """Whatever stands in the header, it is a wait or none."""
    seconds = transport.retry_after_seconds(value)
    assert seconds is None or seconds >= 0


def test_the_proxy_is_the_one_given_else_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy by name wins; else the usual variables decide, exceptions included."""
    service, inside = httpx.URL(BASE), httpx.URL("https://inside.example.com")
    assert proxies.proxy_for(service, None) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example.com")
    assert proxies.proxy_for(service, None) == "http://proxy:3128"
    assert proxies.proxy_for(inside, None) is None
    assert proxies.proxy_for(inside, "http://other:3128") == "http://other:3128"


@pytest.mark.parametrize("value", ["proxy.corp:8080", " http://proxy.corp:8080 ", "http://proxy.corp:8080"])
def test_a_proxy_is_read_as_curl_reads_it(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing scheme means http, blanks around it mean nothing."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    assert httpx.URL(proxies.proxy_for(httpx.URL(BASE), None) or "") == httpx.URL("http://proxy.corp:8080")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("http://", "no address"),
        ("ftp://h:1", "ftp"),
        ("http://h:99999", "no address"),
        ("http://h:port", "no address"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable(
    value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names where the address comes from, and does not repeat it: it may hold a password."""
    for name, given_one in (("HTTPS_PROXY", None), ("proxy=", value)):
        monkeypatch.setenv("HTTPS_PROXY", value)
        with pytest.raises(ConfigError, match=f"{name}.*{reason}"):
            proxies.proxy_for(httpx.URL(BASE), given_one)


def test_a_socks_proxy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package there is one sentence instead of an ImportError."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setattr(proxies, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"ALL_PROXY.*pip install socksio"):
        proxies.proxy_for(httpx.URL(BASE), None)
