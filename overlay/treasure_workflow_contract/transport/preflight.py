"""One question to a target before a run: is it there, does it open to the key, and is it a workflow service at all?"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from typing import Any

from treasure_workflow_contract.transport.connection import PATIENCE, Connection
from treasure_workflow_contract.transport.messages import RawResponse
from treasure_workflow_contract.transport.target import Target, TargetError

_LISTINGS = {"/api/projects": "projects", "/api/schedules": "schedules"}
_BETWEEN_WORDS = 5.0  # seconds


def check_target(target: Target, seconds: float = PATIENCE, waiting: Callable[[float], None] = lambda _: None) -> None:
    """Reads a listing. Raises TargetError, saying what was expected and what came, where a run would say nothing.

    Whatever is wrong with a single operation is left to the run. `waiting` is told now and then for how long there has
    been no response.
    """
    began = time.monotonic()
    pool = ThreadPoolExecutor(1)
    try:
        asking = pool.submit(_ask, target, seconds)
        while True:
            try:
                return asking.result(_BETWEEN_WORDS)
            except NotYetError:
                waiting(time.monotonic() - began)
                if time.monotonic() - began > seconds + 1:  # a name that is looked up for ever, say
                    raise TargetError(f"{target.base_url} gave no response within {seconds:.3g} s") from None
    finally:
        pool.shutdown(wait=False)


def _ask(target: Target, seconds: float) -> None:
    with Connection(target, lambda: seconds) as connection:
        for path, field in _LISTINGS.items():
            response = connection.exchange("GET", path).response
            _check(target, path, response)
            if response.status >= 300 or field in _object(response):
                return
    raise TargetError(f"{target.base_url} is no workflow service: its GET /api/projects has no projects")


def _check(target: Target, path: str, response: RawResponse) -> None:
    status, what = response.status, f"GET {path} of {target.base_url}"
    if status in (401, 403):
        gave = "the key that was given" if target.key is not None else "no key, as for an open-source server"
        raise TargetError(f"{what} answered {status}: it does not accept {gave}")
    if 300 <= status < 400:
        raise TargetError(f"{what} answered {status}, a redirect to {response.header('location')}: expected a listing")
    if status == 404:
        raise TargetError(f"{what} answered 404: no operation of a workflow service is there")
    if status in (502, 503, 504):
        raise TargetError(f"{what} answered {status}: the service is not there at the moment")
    if status < 300 and (response.media_type == "text/html" or not isinstance(_json(response), dict)):
        told = response.media_type or "no content type"
        raise TargetError(f"{what} answered {status} with {told}: expected JSON, got what may be a login page")


def _json(response: RawResponse) -> Any:
    try:
        return response.json
    except ValueError:
        return None


def _object(response: RawResponse) -> dict[str, Any]:
    value = _json(response)
    return value if isinstance(value, dict) else {}
