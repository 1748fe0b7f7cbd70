"""Calls of every operation through the generated client, generated from the contract, over a real socket.

`CONTRACT_CASES` is how many cases each operation gets (100, half of them async); another `CONTRACT_SEED` than 0 draws
other ones.
"""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import ssl
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import Phase, given, seed, settings

from tests.contract import summary
from tests.contract.calls import Call, Way, perform, perform_async
from tests.contract.checks import answer_complaints, request_complaints, response_complaints
from tests.contract.contract import effective
from tests.contract.models import beyond_datetime
from tests.contract.seeding import Resources
from tests.contract.strategies import calls, histories
from tests.contract.wire import RecordingProxy
from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_api.types import Response
from treasure_workflow_mock.server import MockService

CASES = int(os.environ.get("CONTRACT_CASES", "100"))
SEED = os.environ.get("CONTRACT_SEED", "0")
CONTRACT = effective()
PHASES = (Phase.generate, Phase.shrink)  # what a failure needs is one line, not an explanation

# With fewer cases it is luck whether an operation both succeeds and refuses.
ENOUGH = 40
# Lists that take whatever a caller may send, so that nothing is left to refuse.
NEVER_REFUSED = {"getPoolRules", "getPools", "getProjects", "getSchedules"}


class Account(NamedTuple):
    """One account of the service: what opens it, and what it holds."""

    key: str
    resources: Resources


class Target:
    """A service behind a recording proxy, and accounts in it."""

    def __init__(self, service: MockService, proxy: RecordingProxy) -> None:
        self._service = service
        self.proxy = proxy
        # Building one takes longer than a call.
        self._ssl_context = ssl.create_default_context()

    @functools.cached_property
    def shared(self) -> Account:
        """An account for calls that change nothing."""
        return self.new_account()

    def new_account(self) -> Account:
        """An account that nobody used."""
        key = f"1/{secrets.token_hex(20)}"
        return Account(key, Resources(lambda: self._client(key, self._service.base_url)))

    def client(self, account: Account) -> AuthenticatedClient:
        """A client whose calls are recorded."""
        return self._client(account.key, self.proxy.base_url)

    def _client(self, key: str, base_url: str) -> AuthenticatedClient:
        return AuthenticatedClient(
            base_url=base_url, token=key, verify_ssl=self._ssl_context, httpx_args={"trust_env": False}
        )


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """The mock service behind a recording proxy."""
    with MockService() as service, RecordingProxy(service.base_url) as proxy:
        yield Target(service, proxy)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for all the cases of a test."""
    with asyncio.Runner() as runner:
        yield runner


Check = Callable[[list[Call], Call], None]


def drawn(operation: str, way: Way) -> Callable[[Check], Callable[[], None]]:
    """Runs a check with calls of an operation: the same ones every time, other ones for each operation and way."""

    def decorate(check: Check) -> Callable[[], None]:
        run: Any = given(histories(operation), calls(operation))(check)
        run = settings(max_examples=CASES // 2, deadline=None, database=None, phases=PHASES)(run)
        seeded: Callable[[], None] = seed(zlib.crc32(f"{operation} {way} {SEED}".encode()))(run)
        return seeded

    return decorate


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_calls_and_answers_keep_the_contract(
    operation: str, way: Way, target: Target, runner: asyncio.Runner, record_property: Callable[[str, object], None]
) -> None:
    """Requests and answers are the contract's, nothing given is lost on the way, models go back to the JSON sent."""
    statuses: Counter[int] = Counter()
    reads = OPERATIONS[operation].method == "GET"

    @drawn(operation, way)
    def check(history: list[Call], case: Call) -> None:
        # What changes things has an account of its own, so that a case does the same whenever it is repeated.
        account = target.shared if reads and not history else target.new_account()
        for earlier in history:
            exchange(target, earlier.resolved(account.resources), account, way, runner)
        call = case.resolved(account.resources)
        statuses[exchange(target, call, account, way, runner)] += 1

    try:
        check()
    finally:
        record_property(summary.PROPERTY, summary.record(operation, way, statuses))
    if CASES >= ENOUGH:
        assert any(200 <= status < 300 for status in statuses), statuses
        assert operation in NEVER_REFUSED or any(status >= 400 for status in statuses), statuses


def exchange(target: Target, call: Call, account: Account, way: Way, runner: asyncio.Runner) -> int:
    """Carries out a call, checks what went over the wire, and returns the status."""
    client = target.client(account)
    target.proxy.forget()
    response: Response[Any] | None = None
    raised: Exception | None = None
    try:
        if way == "sync":
            with client:
                response = perform(CONTRACT, call, client)
        else:
            response = runner.run(_async_exchange(call, client))
    except (httpx.HTTPError, httpx.InvalidURL, LookupError, TypeError, ValueError, AttributeError) as error:
        raised = error
    request, answer = target.proxy.take()
    complaints = [*request_complaints(CONTRACT, call, request, account.key), *answer_complaints(CONTRACT, call, answer)]
    if response is not None:
        complaints += response_complaints(CONTRACT, call, answer, response)
    elif not (isinstance(raised, ValueError) and beyond_datetime(answer.json)):
        complaints.append(f"the client raised {raised!r}")
    assert not complaints, f"{call} {way}: {answer.status} {answer.body[:300]!r}: {'; '.join(complaints)}"
    return answer.status


async def _async_exchange(call: Call, client: AuthenticatedClient) -> Response[Any]:
    async with client:
        return await perform_async(CONTRACT, call, client)
