"""What is decided about every request: its key, its time limits, whether it is sent again, what its failure means.

Only decisions, which are pure and need no network; the modules `_http` and `_network` of each half carry them out and
sleep. The rules:
- The key goes to the service's own origin and nowhere else, whatever a redirect says.
- Anything is sent again when it was never sent, because no connection came about, and after status 429.
- After status 503 with Retry-After everything is, but what the contract calls `never`.
- After any other failure that may pass (of the network, 408, 5xx), what the contract calls `safe` is sent again, and
  `conflict-means-done` where the caller can tell from the second response that the first try had worked. For deletions
  everybody can: what is gone is not found.
- The wait before it is drawn between nothing and a bound that doubles with each try (full jitter), or what the
  service asks for with Retry-After. What does not fit into the call's time, or is longer than two minutes, is left to
  the caller.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Literal

from treasure_workflow import errors
from treasure_workflow._http import httpx_names as httpx
from treasure_workflow._http import outcomes
from treasure_workflow._http.bodies import ACCEPTED
from treasure_workflow._http.call import Call, TimeLimit
from treasure_workflow._http.loopback import is_loopback
from treasure_workflow._secret import Secret
from treasure_workflow._version import __version__
from treasure_workflow_api._operations import Operation

HEADERS = {"Accept": "*/*", "Accept-Encoding": ACCEPTED, "User-Agent": f"treasure-workflow/{__version__}"}

CALL = "treasure_workflow.call"
"""Where a request's extensions keep the `Call` that it belongs to."""

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_LONGEST_RETRY_AFTER_SECONDS = 120.0

Failure = Literal["unsent", "refused", "busy", "lost"]
"""`unsent`: the service cannot have seen the request. `refused`: it asks for fewer requests (429). `busy`: it does not
work at the moment and says when (503 with Retry-After). `lost`: it may have acted on the request."""


class Authorization:
    """Puts the key and the caller's own headers on requests to one origin, and on no others."""

    def __init__(
        self, scheme: str, key: Secret | None, base_url: str, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.key = key
        self._scheme = scheme
        self._headers = headers
        self._origin = origin(httpx.URL(base_url))

    def apply(self, request: httpx.Request) -> None:
        """Adds them to a request that goes to the service itself."""
        if origin(request.url) == self._origin:
            for name, value in self._headers.items():
                request.headers[name] = value
            if self.key is not None:
                request.headers["Authorization"] = f"{self._scheme} {self.key.reveal()}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """What a key belongs to: scheme, host and port."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def within(call: Call, limits: Mapping[str, float | None]) -> dict[str, TimeLimit]:
    """The limits of a try's steps, none of which outlasts the call."""
    return {
        step: TimeLimit(math.inf if (seconds := limits.get(step)) is None else seconds, call)
        for step in ("connect", "read", "write", "pool")
    }


def request(method: str, address: str, options: Mapping[str, Any], call: Call) -> httpx.Request:
    """The request that the raw client's `options` describe.

    Raises:
        ValueError: An argument holds a character or a value that no request can hold.
    """
    try:
        return httpx.Request(
            method,
            address,
            params=options.get("params") or None,
            headers={**HEADERS, **options.get("headers", {})},
            json=options.get("json"),
            content=options.get("content"),
            extensions={CALL: call},
        )
    except UnicodeEncodeError as error:
        # Not chained: the exception holds the whole text, which may be a secret.
        problem = f"an argument holds {error.object[error.start : error.start + 1]!r}, which no request can hold"
    except RecursionError:
        problem = "an argument is nested too deeply to be sent as JSON"
    except (TypeError, ValueError):
        problem = "an argument holds what JSON cannot: give None, finite numbers, text, lists and mappings of those"
    raise ValueError(problem)


def check_path(path: str) -> None:
    """Refuses what would lead to another operation.

    Raises:
        ValueError: A name or key in the path is empty, `.` or `..`.
    """
    for part in path.split("/")[1:]:
        if part in ("", ".", ".."):
            raise ValueError(f"{part!r} is no name and no key: in an address it leads elsewhere")


def redirect_of(response: httpx.Response, address: str) -> str | None:
    """Where a response to a read redirects to, None when it does not.

    Raises:
        TransportError: It leads out of TLS, or to no address at all.
    """
    if not response.has_redirect_location:
        return None
    try:
        target = httpx.URL(address).join(response.headers["Location"])
        host = target.host
    except (httpx.InvalidURL, ValueError) as error:
        raise errors.TransportError(f"redirected to no address ({error})", described("get", address)) from None
    if host and (target.scheme == "https" or (target.scheme == "http" and not address.startswith("https:"))):
        return str(target)
    problem = f"redirected to {target.scheme}://{host}, which is not followed: it is not https"
    raise errors.TransportError(problem, described("get", address))


def check_link(address: str, service: str) -> None:
    """Refuses a link of a response that could be read or changed on its way.

    Raises:
        ContractError: It is no https link, and the service itself is reached over TLS or the link leaves this machine.
    """
    problem = "is no link"
    with contextlib.suppress(httpx.InvalidURL, ValueError):
        url = httpx.URL(address)
        if url.scheme == "https" or (url.scheme == "http" and (is_loopback(url.host) or service.startswith("http:"))):
            return
        problem = f"leads to {url.scheme or 'nothing'}://{url.host}: only https links are followed"
    raise errors.ContractError(f"a link in the response {problem}", 200, b"", described("get", address))


def check_port(url: httpx.URL) -> None:
    """Raises httpx.InvalidURL for a port that no host has: the libraries below stumble over it each in its own way."""
    if url.port is not None and url.port > 65535:
        raise httpx.InvalidURL(f"there is no port {url.port}")


def failure_of(error: httpx.TransportError) -> Failure:
    """What an exception says about the request."""
    return "unsent" if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout) else "lost"


def failure_in(response: httpx.Response) -> Failure | None:
    """What a response says about the request; None where the same request would get the same response again."""
    status = response.status_code
    if status == 429:
        return "refused"
    if status == 503 and retry_after_seconds(response.headers.get("Retry-After")) is not None:
        return "busy"
    return "lost" if status == 408 or 500 <= status < 600 else None


def may_repeat(
    method: str,
    operation: Operation | None,
    failure: Failure,
    *,
    tells_own: bool = False,
    changes_nothing: bool = False,
) -> bool:
    """Whether a request that failed so may be sent again without doing anything twice.

    Args:
        method: The request's method.
        operation: The contract's operation, None for a request that the contract does not know.
        failure: What became of it.
        tells_own: Whether the caller can tell from a refusal that an earlier try had worked.
        changes_nothing: Whether it is a dry run of something that would be a change.
    """
    if changes_nothing or failure in ("unsent", "refused"):
        return True
    if operation is None:
        return method in ("GET", "HEAD", "OPTIONS")
    retry = operation.retry
    if failure == "busy":
        return retry.policy != "never"
    return retry.policy == "safe" or (retry.policy == "conflict-means-done" and (tells_own or retry.status == 404))


def wait_before_retry(tries: int, retry_after: float | None, chance: float, left: float) -> float | None:
    """Seconds to wait after the given number of tries, None to give up.

    Args:
        tries: How often the request was sent, 1 or more.
        retry_after: What the service asked for, in seconds.
        chance: A random number from 0 to 1; spreads the clients that failed at the same moment.
        left: Seconds that the call may still take.
    """
    longest = min(_FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 10), _LONGEST_WAIT_SECONDS)
    wait = float(longest * chance)
    if retry_after:  # 0 and times that are past say nothing about when
        wait = retry_after
    return wait if wait <= _LONGEST_RETRY_AFTER_SECONDS and wait < left else None


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks to wait (a number or a date), None without one that can be read."""
    if value is None:
        return None
    number = value.strip()
    if number.isascii() and number.isdigit():
        return float(number)
    try:
        date = parsedate_to_datetime(value)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):
        return None


def described(method: str, address: str) -> str:
    """A request as errors name it: without the query, which of a link to storage is as good as a key."""
    return f"{method.upper()} {address.partition('?')[0]}"


@contextlib.contextmanager
def typed_failures(request: str, call: Call) -> Generator[None, None, None]:
    """Turns what httpx raises into this package's errors."""
    try:
        yield
    except httpx.TimeoutException as error:
        limit = "the deadline of the call is over" if call.left() <= 0 else type(error).__name__
        problem = f"no whole response in time ({limit})"
        raise _advised(errors.TimeoutError(problem, request), call, error) from error
    except UnicodeEncodeError:
        raise  # an argument that no request can hold: a ValueError like other such arguments
    except (httpx.RequestError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        # UnicodeError: a redirect to a host whose name is not encoded as names are
        problem = f"{error or 'no response'} ({type(error).__name__})"
        raise _advised(errors.TransportError(problem, request), call, error) from error


def _advised(told: errors.TransportError, call: Call, error: Exception) -> errors.TransportError:
    """The error, with what to do next."""
    lost = not isinstance(error, httpx.TransportError) or failure_of(error) == "lost"
    told.advice = outcomes.after_a_loss(told.request.partition(" ")[0], call, lost=lost)
    told.may_have_worked = bool(told.advice)
    if not told.advice and isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        told.advice = outcomes.NOT_CONNECTED
    return told
