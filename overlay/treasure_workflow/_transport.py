"""What is decided about every request: its key, its time limits, its proxy, whether it is sent again.

Only decisions, which are pure and need no network; the two `_http` modules carry them out and sleep. The rules:
- The key goes to the service's own origin and nowhere else, whatever a redirect says.
- What the contract calls `safe` is sent again after a failure of the network, 408, 429 and 5xx. Anything is sent again
  when it was never sent, because no connection came about. `conflict-means-done` is sent again where the second answer
  alone tells that the first try worked, which is so for deletions: what is gone is not found.
- The service's Retry-After is kept to. A wait longer than two minutes is left to the caller.
"""

from __future__ import annotations

import contextlib
import re
import urllib.request
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Literal

import httpx

from treasure_workflow import errors
from treasure_workflow._loopback import is_loopback
from treasure_workflow._version import __version__
from treasure_workflow_api._operations import AUTHORIZATION_PREFIX, OPERATIONS, Operation

HEADERS = {"User-Agent": f"treasure-workflow/{__version__}"}

_CONNECT_SECONDS = 5.0
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_LONGEST_RETRY_AFTER_SECONDS = 120.0

Failure = Literal["unsent", "lost"]
"""`unsent`: the service cannot have seen the request. `lost`: it may have acted on it."""


class Td1Auth(httpx.Auth):
    """Puts the API key on requests to one origin, and on no others."""

    def __init__(self, api_key: str, base_url: str) -> None:
        self._api_key = api_key
        self._origin = _origin(httpx.URL(base_url))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request, with the key when it goes to the service itself."""
        if _origin(request.url) == self._origin:
            request.headers["Authorization"] = f"{AUTHORIZATION_PREFIX} {self._api_key}"
        yield request

    def __repr__(self) -> str:
        return "Td1Auth()"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def time_limits(seconds: float) -> httpx.Timeout:
    """Limits for one try: to connect 5 s at most, to read and write `seconds` between two pieces of data."""
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))


def proxy_for(url: httpx.URL, proxy: str | None) -> str | None:
    """The proxy that a request goes through: the one given, else the environment's (HTTPS_PROXY, NO_PROXY …).

    Without TLS a proxy reads the key, so what stays on this machine goes through none but one on this machine.
    """
    if url.scheme == "http" and is_loopback(url.host):
        return proxy if proxy is not None and is_loopback(httpx.URL(proxy).host) else None
    if proxy is not None:
        return proxy
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    return None if found is None or urllib.request.proxy_bypass(url.host) else found


def check_port(url: httpx.URL) -> None:
    """Raises httpx.InvalidURL for a port that no host has: the libraries below stumble over it each in its own way."""
    if url.port is not None and url.port > 65535:
        raise httpx.InvalidURL(f"there is no port {url.port}")


def operation_at(method: str, path: str) -> Operation | None:
    """The contract's operation for a request's method and percent-encoded path, None for anything else."""
    return next((operation for pattern, operation in _patterns(method) if pattern.fullmatch(path)), None)


@cache
def _patterns(method: str) -> list[tuple[re.Pattern[str], Operation]]:
    return [
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))), operation)
        for operation in OPERATIONS.values()
        if operation.method == method
    ]


def failure_of(error: httpx.TransportError) -> Failure:
    """What an exception says about the request."""
    return "unsent" if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout) else "lost"


def is_passing(status: int) -> bool:
    """Whether a status speaks of a moment and not of the request, so that the same request may yet succeed."""
    return status in (408, 429) or 500 <= status < 600


def may_repeat(method: str, path: str, failure: Failure) -> bool:
    """Whether a request that failed so may be sent again without doing anything twice."""
    if failure == "unsent":
        return True
    operation = operation_at(method, path)
    if operation is None:
        return method in ("GET", "HEAD", "OPTIONS")
    policy = operation.retry.policy
    return policy == "safe" or (policy == "conflict-means-done" and operation.retry.status == 404)


def wait_before_retry(tries: int, retry_after: float | None, chance: float) -> float | None:
    """Seconds to wait after the given number of tries, None to give up.

    Args:
        tries: How often the request was sent, 1 or more.
        retry_after: What the service asked for, in seconds.
        chance: A random number from 0 to 1; spreads the clients that failed at the same moment.
    """
    if retry_after is not None:
        return retry_after if retry_after <= _LONGEST_RETRY_AFTER_SECONDS else None
    longest = min(_FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 10), _LONGEST_WAIT_SECONDS)
    return float(longest * (1 + chance) / 2)


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks to wait (a number or a date), None without one that can be read."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def described(method: str, address: str) -> str:
    """A request as errors name it: without the query, which of a link to storage is as good as a key."""
    return f"{method.upper()} {address.partition('?')[0]}"


@contextlib.contextmanager
def typed_failures(request: str) -> Iterator[None]:
    """Turns what httpx raises into this package's errors."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise errors.TimeoutError(f"no answer in time ({type(error).__name__})", request) from error
    except UnicodeEncodeError:
        raise  # an argument that no request can hold: a ValueError like other such arguments
    except (httpx.RequestError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        # UnicodeError: a redirect to a host whose name is not encoded as names are
        raise errors.TransportError(f"{error or 'no answer'} ({type(error).__name__})", request) from error
