"""Calls carried out through the generated client and checked from end to end, one or as many as are drawn."""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import ssl
import zlib
from collections import Counter
from typing import Any, NamedTuple

import httpx
from hypothesis import Phase, given, seed, settings

from tests.contract.calls import Call, Way, perform, perform_async
from tests.contract.checks import answer_complaints, request_complaints, response_complaints
from tests.contract.contract import effective
from tests.contract.models import beyond_datetime
from tests.contract.seeding import Resources
from tests.contract.strategies import calls, histories
from tests.contract.wire import Answer, RecordingProxy
from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_api.types import Response

SEED = os.environ.get("CONTRACT_SEED", "0")
"""The same seed draws the same cases."""

_CONTRACT = effective()
# What a failure needs is the smallest case in one line: no explanation, and no second failure beside it.
_SETTINGS = settings(
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
)
_BODY_SHOWN = 300  # bytes of an answer in a message


class Account(NamedTuple):
    """One account of a service: what opens it, and what it holds."""

    key: str
    resources: Resources


class Target:
    """A service behind a recording proxy, and accounts in it."""

    def __init__(self, service_url: str, proxy: RecordingProxy) -> None:
        self._service_url = service_url
        self._ssl_context = ssl.create_default_context()  # making one takes longer than a call
        self.proxy = proxy
        self.loop = asyncio.Runner()

    @functools.cached_property
    def shared(self) -> Account:
        """An account that holds something of every kind, for calls that change nothing."""
        account = self.new_account()
        for kind in account.resources:
            assert account.resources[kind]
        return account

    def new_account(self) -> Account:
        """An account that nobody used."""
        key = f"1/{secrets.token_hex(20)}"
        return Account(key, Resources(self._service_url, f"{_CONTRACT.authorization} {key}", self._ssl_context))

    def client(self, account: Account) -> AuthenticatedClient:
        """A client whose calls are recorded."""
        return AuthenticatedClient(
            base_url=self.proxy.base_url,
            token=account.key,
            verify_ssl=self._ssl_context,
            httpx_args={"trust_env": False},
        )


def check_operation(target: Target, operation: str, way: Way, cases: int, statuses: Counter[int]) -> None:
    """Draws `cases` calls of an operation, checks each and counts the statuses.

    Raises AssertionError for the smallest call that something is wrong about. The calls are the same in every run, and
    other ones for each operation and way.
    """
    reads = _CONTRACT.operations[operation].method == "GET"

    @seed(zlib.crc32(f"{operation} {way} {SEED}".encode()))
    @settings(_SETTINGS, max_examples=cases)
    @given(histories(operation), calls(operation))
    def check(history: list[Call], case: Call) -> None:
        # What changes things has an account of its own, so that a case does the same whenever it is repeated.
        account = target.shared if reads and not history else target.new_account()
        for earlier in history:
            check_exchange(target, earlier.resolved(account.resources), account, way)
        statuses[check_exchange(target, case.resolved(account.resources), account, way)] += 1

    check()


def check_exchange(target: Target, call: Call, account: Account, way: Way) -> int:
    """Carries out a call and returns the status. Raises AssertionError, in one line, for whatever is wrong about it."""
    client = target.client(account)
    response: Response[Any] | None = None
    raised: Exception | None = None
    try:
        response = _sync(call, client) if way == "sync" else target.loop.run(_async(call, client))
    except (httpx.HTTPError, httpx.InvalidURL, AttributeError, LookupError, TypeError, ValueError) as error:
        raised = error
    try:
        request, answer = target.proxy.take()
    except ValueError as error:
        raise AssertionError(f"{call} {way}: {error}; the client raised {raised!r}") from raised
    complaints = [
        *request_complaints(_CONTRACT, call, request, account.key),
        *answer_complaints(_CONTRACT, call, answer),
    ]
    if response is not None:
        complaints += response_complaints(_CONTRACT, call, answer, response)
    elif not ("no time that a datetime can hold" in str(raised) and _beyond_datetime(answer)):
        complaints.append(f"the client raised {raised!r}")
    if complaints:
        shown = answer.body[:_BODY_SHOWN]
        raise AssertionError(f"{call} {way}: {answer.status} {shown!r}: {'; '.join(complaints)}") from raised
    return answer.status


def _sync(call: Call, client: AuthenticatedClient) -> Response[Any]:
    with client:
        return perform(_CONTRACT, call, client)


async def _async(call: Call, client: AuthenticatedClient) -> Response[Any]:
    async with client:
        return await perform_async(_CONTRACT, call, client)


def _beyond_datetime(answer: Answer) -> bool:
    return answer.media_type == "application/json" and beyond_datetime(answer.json)
