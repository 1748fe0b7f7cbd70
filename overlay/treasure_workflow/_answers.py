"""The one place that looks at an answer before a generated parser does, and at what the parser made of it.

Every answer ends as a model or as exactly one of this package's errors: what is no success is raised by status here,
and a success that the generated parser cannot read is a `ContractError`. A model is handed on with None where the raw
client says UNSET, so that "absent" and "null" read the same.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from treasure_workflow import errors
from treasure_workflow._transport import retry_after_seconds
from treasure_workflow_api.errors import UnexpectedStatus
from treasure_workflow_api.types import UNSET, Unset

if TYPE_CHECKING:
    import httpx

    from treasure_workflow_api import AuthenticatedClient, Client
    from treasure_workflow_api.models import RestError

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Endpoint(Protocol[P, T_co]):
    """A module of the raw client: one operation, what its request holds and what its answers become."""

    __name__: str

    def _get_kwargs(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]: ...

    def _parse_response(
        self, *, client: AuthenticatedClient | Client, response: httpx.Response
    ) -> T_co | RestError | None: ...


def check(response: httpx.Response, request: str) -> None:
    """Raises the error that an answer's status and content type speak of; does nothing for a success.

    Args:
        response: The answer. Its body has been read.
        request: Method and address, for the error.
    """
    status, body = response.status_code, response.content
    if not 200 <= status < 300:
        raise _status_error(response, request)
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise errors.ContractError("a web page came instead of an answer", status, body, request)


def parsed(endpoint: Endpoint[P, T], response: httpx.Response, request: str) -> T:
    """The model that an answer holds, with None for UNSET. None for a status 204 that the operation may have.

    Raises:
        ContractError: The body is not what the contract says, or the status is none of the operation's.
        StatusError: The answer is no success.
    """
    check(response, request)
    status, body = response.status_code, response.content
    try:
        answer = endpoint._parse_response(client=_strict_client(), response=response)
    except UnexpectedStatus as error:
        raise errors.ContractError("the contract has no such answer", status, body, request) from error
    except Exception as error:  # whatever a parser trips over, the answer is not what the contract says
        problem = f"the body does not fit the contract ({type(error).__name__}: {error})"
        raise errors.ContractError(problem, status, body, request) from error
    if answer is None and status != 204:
        raise errors.ContractError("the answer holds nothing", status, body, request)
    without_unset(answer)
    return answer  # type: ignore[return-value] # a success is never a RestError, and None only where T says so


@cache
def _strict_client() -> Client:
    """What tells a generated parser to refuse a status that the contract does not have; it sends nothing."""
    from treasure_workflow_api import Client

    return Client(base_url="", raise_on_unexpected_status=True)


def without_unset(value: object) -> None:
    """Puts None in place of every UNSET in a model and in the models it holds."""
    optional, nested = _plans.get(type(value)) or _plan(type(value))
    for name in optional:
        if getattr(value, name) is UNSET:
            setattr(value, name, None)
    for name in nested:
        inner = getattr(value, name)
        if type(inner) is list:
            for item in inner:
                without_unset(item)
        else:
            without_unset(inner)


_Plan = tuple[tuple[str, ...], tuple[str, ...]]
_plans: dict[type, _Plan] = {}
_PLAIN = {"Any", "None", "UUID", "Unset", "bool", "datetime.datetime", "dict", "float", "int", "str"}


def _plan(cls: type) -> _Plan:
    """Fields of a class that can be UNSET, and fields that can hold models; nothing for a class that is no model."""
    fields = getattr(cls, "__attrs_attrs__", ())
    optional = tuple(field.name for field in fields if field.default is UNSET)
    nested = tuple(field.name for field in fields if not set(re.findall(r"[\w.]+", str(field.type))) <= _PLAIN)
    _plans[cls] = optional, nested
    return optional, nested


def sendable(value: object, what: str, request: str) -> str:
    """The text that an answer has in a place whose content goes into the next request.

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
    status, body = response.status_code, response.content
    message = _message(body)
    retries: int = response.extensions.get("retries", 0)
    if status == 429:
        wait = retry_after_seconds(response.headers.get("Retry-After"))
        return errors.RateLimited(wait, status, message, body, request, retries)
    if status == 400 and message is not None and message.startswith(_TOO_MANY_ATTEMPTS):
        return errors.TooManyAttempts(status, message, body, request, retries)
    cls = errors.ServerError if 500 <= status < 600 else _CLASSES.get(status, errors.StatusError)
    return cls(status, message, body, request, retries)


# The service has no error codes; the message's first words are all that tells this refusal from other bad requests.
_TOO_MANY_ATTEMPTS = "Too many attempts running"

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
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    message = answer.get("message") if isinstance(answer, dict) else None
    return message if isinstance(message, str) else None
