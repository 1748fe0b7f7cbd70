"""The one place that looks at a response before a generated parser does, and at what the parser made of it.

Every response ends as a model or as exactly one of this package's errors: what is no success is raised by status here,
and a success that the generated parser cannot read is a `ContractError`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Protocol, TypeVar, cast

from treasure_workflow import errors
from treasure_workflow._http.outcomes import after_a_refusal
from treasure_workflow._http.page_rule import attribute_of
from treasure_workflow._http.shapes import complaint
from treasure_workflow._http.transport import retry_after_seconds
from treasure_workflow._secret import Redaction, Secret
from treasure_workflow_api.types import UNSET, Unset

if TYPE_CHECKING:
    from treasure_workflow._http import httpx_names as httpx
    from treasure_workflow_api._operations import Operation
    from treasure_workflow_api.models import RestError
    from treasure_workflow_api.types import HttpResponse, Request

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Endpoint(Protocol[P, T_co]):
    """A module of the raw client: one operation, what its request holds and what its responses become."""

    __name__: str

    @property
    def OPERATION(self) -> Operation: ...  # noqa: N802 - a constant of the module

    def build_request(self, *args: P.args, **kwargs: P.kwargs) -> Request: ...

    def parse_response(self, response: HttpResponse) -> T_co | RestError | None: ...


def check(response: httpx.Response, request: str) -> None:
    """Raises the error that a response's status and content type speak of; does nothing for a success.

    Args:
        response: The response. Its body has been read.
        request: Method and address, for the error.
    """
    too_large = response.extensions.get("too_large")
    if too_large is not None:
        raise misfit(response, f"the body is larger than {too_large:,} bytes, which `max_json_bytes` allows", request)
    if not 200 <= response.status_code < 300:
        raise _status_error(response, request)
    if is_page(response):
        problem = "a web page came instead of a response: is this the service's address, and is no proxy between?"
        raise misfit(response, problem, request)


def is_page(response: httpx.Response) -> bool:
    """Whether a response is a web page: that of a login or a proxy, whatever its status says."""
    kind: str = response.headers.get("Content-Type", "")
    return kind.strip().lower().startswith("text/html")


def parsed(endpoint: Endpoint[P, T], response: httpx.Response, request: str) -> T:
    """The model that a response holds. None for a status 204 that the operation may have.

    Raises:
        ContractError: The body is not what the contract says, or the status is none of the operation's.
        StatusError: The response is no success.
    """
    check(response, request)
    status = response.status_code
    if status not in endpoint.OPERATION.statuses:
        raise misfit(response, "the contract has no such response", request)
    try:
        parsed = endpoint.parse_response(response)
        _check_text(response.content)
        wrong = complaint(parsed)
    except Exception as error:  # noqa: BLE001  whatever a parser trips over, the response does not fit the contract
        problem = f"the body does not fit the contract ({type(error).__name__}: {error})"
    else:
        if wrong is not None:
            problem = f"the body does not fit the contract ({wrong})"
        elif _lacks_rows(endpoint.OPERATION, parsed):
            problem = "the rows are no list"
        elif parsed is not None or status == 204:
            return parsed  # type: ignore[return-value] # a success is never a RestError, and None only where T says so
        else:
            problem = "the response holds nothing"
    # Not chained to the parser's exception: its frames hold the response, which may repeat a secret.
    raise misfit(response, problem, request)


def check_done(endpoint: Endpoint[..., Any], response: httpx.Response, request: str) -> None:
    """Does nothing for a response that says that something is done, with whatever object.

    What is deleted or set comes back from some servers where others send nothing.

    Raises:
        ContractError: The body is neither empty nor an object, or the status does not say that it is done.
        StatusError: The response is no success.
    """
    if response.status_code in endpoint.OPERATION.statuses:
        parsed(endpoint, response, request)
        return
    check(response, request)
    if response.status_code not in (200, 204):
        raise misfit(response, "the contract has no such response", request)
    try:
        is_object = isinstance(json.loads(response.content or b"{}"), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise misfit(response, "an object or nothing should be here", request)


def _check_text(body: bytes) -> None:
    """Raises ValueError for what decoders let pass and no request could send on: NaN, Infinity, half characters."""
    if b"NaN" in body or b"Infinity" in body:  # which may stand in a text
        json.loads(body, parse_constant=_refuse)
    if _HALF.search(body):
        json.dumps(json.loads(body), ensure_ascii=False).encode()


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _lacks_rows(operation: Operation, parsed: object) -> bool:
    """Whether a listing has no list of rows, not even an empty one."""
    if operation.pagination is None:
        return False
    return not isinstance(getattr(parsed, attribute_of(operation.pagination.items), None), list)


def misfit(response: httpx.Response, problem: str, request: str) -> errors.ContractError:
    """The error for a success that does not fit the contract."""
    redaction = _redaction(response)
    body = redaction.bytes(response.content)
    return errors.ContractError(redaction.text(problem), response.status_code, body, redaction.text(request))


def _redaction(response: httpx.Response) -> Redaction:
    found: Redaction | None = response.extensions.get("redaction")
    return found or Redaction(())


def secrets_in(arguments: Mapping[str, Any]) -> tuple[Secret, ...]:
    """What a call's arguments hold that must not be shown."""
    value = getattr(arguments.get("body"), "value", None)
    return (Secret(value),) if isinstance(value, str) else ()


def sendable(value: object, what: str, request: str) -> str:
    """The text that a response has in a place whose content goes into the next request.

    Raises:
        ContractError: It is no text, or none that a request can hold.
    """
    with contextlib.suppress(UnicodeEncodeError):
        if isinstance(value, str) and value.encode():
            return value
    raise errors.ContractError(f"{what} is {value!r}", 200, b"", request)


def or_unset(value: T | None) -> T | Unset:
    """What the raw client takes for an argument that was not given."""
    return UNSET if value is None else value


def _status_error(response: httpx.Response, request: str) -> errors.StatusError:
    redaction = _redaction(response)
    body = redaction.bytes(response.content)
    message = _message(body)
    retries: int = response.extensions.get("retries", 0)
    error = _of_status(response, redaction.text(request), message, body, retries)
    error.headers = {name: redaction.text(value) for name, value in response.headers.items()}
    error.lost = response.extensions.get("lost", 0)
    unseen = response.extensions.get("after_a_loss", "")
    error.may_have_worked = bool(unseen)
    error.advice = unseen or after_a_refusal(error, response.extensions.get("operation"))
    if error.lost:
        error.first_sent = _by_the_service_s_clock(response.extensions.get("first_sent"), response.headers.get("Date"))
    return error


def _by_the_service_s_clock(time: datetime | None, date: str | None) -> datetime | None:
    """A time of this machine as the service's clock, which a response tells, would have shown it, or a little before.

    The header has whole seconds, cut off, so that what the service did since is never before the result.
    """
    if time is None or date is None:
        return time
    try:
        there = parsedate_to_datetime(date)
        return time + (there - datetime.now(UTC)) if there.tzinfo else time
    except (ValueError, OverflowError):
        return time


def _of_status(
    response: httpx.Response, request: str, message: str | None, body: bytes, retries: int
) -> errors.StatusError:
    status = response.status_code
    if status == 429:
        wait = retry_after_seconds(response.headers.get("Retry-After"))
        return errors.RateLimited(wait, status, message, body, request, retries)
    if status == 400 and errors.TooManyAttempts.is_told_by(message):
        return errors.TooManyAttempts(status, message, body, request, retries)
    cls = errors.ServerError if 500 <= status < 600 else _CLASSES.get(status, errors.StatusError)
    return cls(status, message, body, request, retries)


_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""What may be half a character: one of two escapes that belong together, or its bytes."""

_CLASSES: Mapping[int, type[errors.StatusError]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
}


def _message(body: bytes) -> str | None:
    """The service's message, None where the body is not the service's error object or has none."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    message = cast("dict[str, object]", found).get("message") if isinstance(found, dict) else None
    return message if isinstance(message, str) else None
