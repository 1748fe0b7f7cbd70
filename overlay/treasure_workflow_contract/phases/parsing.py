"""What the generated client makes of responses that no target has to give: made up from the contract's own schemas.

Of every operation, each status and media type that the contract has is answered, and a redirect to another host, which
must not get the key.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import schemathesis
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_contract.checks.exchange import has_to_raise, parsing_complaints
from treasure_workflow_contract.generation.calls import Call, Way, perform, perform_async
from treasure_workflow_contract.generation.hypothesis_settings import GENERATE_AND_SHRINK, FoundError, seed_of, smallest
from treasure_workflow_contract.generation.samples import blank, full
from treasure_workflow_contract.generation.strategies import calls, plain
from treasure_workflow_contract.judge import Case, Complaint, Sent, judge
from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.results.findings import Finding, Phase
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.contents import Sandbox
from treasure_workflow_contract.transport.messages import RawExchange, RawRequest, RawResponse

_PHASE: Phase = "parsing"
_CONTRACT = effective()
_KEY = f"1/{'0' * 40}"
_HERE, _ELSEWHERE = "https://workflow.example", "https://elsewhere.example/"
_REDIRECTS = (301, 302, 303, 307, 308)
_JSON = "application/json"


class _Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives one response to every request, and keeps the requests."""

    def __init__(self, response: RawResponse) -> None:
        self._response = response
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._response.status, headers=self._response.headers, content=self._response.body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._response.status, headers=self._response.headers, content=self._response.body)


class _Nowhere(Sandbox):
    """Holds nothing: no call reaches a target."""

    def provide(self, kind: str) -> dict[str, list[Any]]:
        """Nothing of any kind."""
        return {kind: []}


def check_responses(run: Run, operation: str, way: Way, cases: int) -> None:
    """Gives the client `cases` responses of each kind that an operation may get; what goes wrong becomes a finding."""
    described = _CONTRACT.operations[operation]
    for status, contents in described.responses.items():
        for media_type in contents or ("",):
            responses = _responses(described, int(status), media_type)
            first = _samples(described, int(status)) if media_type == _JSON else ()
            _check(run, operation, way, cases, responses, f"{status} {media_type}", first)
    elsewhere = st.sampled_from(_REDIRECTS).map(lambda status: RawResponse(status, (("location", _ELSEWHERE),), b""))
    _check(run, operation, way, len(_REDIRECTS), elsewhere, "redirects")


def _check(
    run: Run,
    operation: str,
    way: Way,
    cases: int,
    responses: st.SearchStrategy[RawResponse],
    what: str,
    first: Iterable[RawResponse] = (),
) -> None:
    worst: list[list[Finding]] = []
    waiting = list(first)

    @seed(seed_of("parsing", operation, way, what, run.seed))
    @settings(GENERATE_AND_SHRINK, max_examples=cases)
    @given(calls(operation), responses)
    def check(call: Call, response: RawResponse) -> None:
        if run.out_of_time:
            return
        for each in (*waiting, response):
            findings = _findings(run, call, each, way)
            if findings:
                worst.append(findings)
                raise FoundError(findings[0].complaint)
        waiting.clear()

    for finding in smallest(check, worst):
        run.results.add_finding(finding)


def _findings(run: Run, call: Call, response: RawResponse, way: Way) -> list[Finding]:
    real = call.resolved(_Nowhere(run.connection))
    script = _Script(response)
    client = AuthenticatedClient(base_url=_HERE, token=_KEY, httpx_args={"transport": script})

    def send() -> Any:
        return perform(_CONTRACT, real, client) if way == "sync" else run.connection.loop.run(_awaited(real, client))

    def take() -> RawExchange:
        if not script.requests:
            raise ValueError("the client sent nothing")
        sent = script.requests[0]
        return RawExchange(RawRequest(sent.method, sent.url.raw_path.decode("ascii"), (), b""), response, 0.0)

    def check(sent: Sent) -> Iterator[Complaint]:
        if sent.value is not None:
            yield from map(Complaint, parsing_complaints(_CONTRACT, real, response, sent.value))
        elif not has_to_raise(sent.raised, response):
            yield Complaint(f"the client raised {sent.raised!r}")
        for request in script.requests[1:]:
            yield Complaint(f"the client followed a redirect to {request.url.host}")

    line = f"{real.python(_CONTRACT, way)} answered {response.status} {response.body!r}"
    case = Case(call.operation, send, take, check, line=lambda _: line, on_wire=lambda: False)
    return judge(run, _PHASE, case).unknown


async def _awaited(call: Call, client: AuthenticatedClient) -> Any:
    return await perform_async(_CONTRACT, call, client)


def _responses(operation: Operation, status: int, media_type: str) -> st.SearchStrategy[RawResponse]:
    if not media_type:
        return st.just(RawResponse(status, (), b""))
    headers = (("content-type", media_type),)
    if media_type != _JSON:
        return st.binary(max_size=64).map(lambda body: RawResponse(status, headers, body))
    return _bodies(operation.id, status).map(lambda body: RawResponse(status, headers, _encoded(body)))


def _samples(operation: Operation, status: int) -> Iterator[RawResponse]:
    schema = operation.responses[str(status)][_JSON]
    for body in (*full(_CONTRACT, schema), blank(_CONTRACT, schema)):
        yield RawResponse(status, (("content-type", _JSON),), _encoded(body))


def _encoded(body: Any) -> bytes:
    # JSON as another program might write it: without escapes where none are needed.
    return httpx.Response(200, json=body).content


def _bodies(operation: str, status: int) -> st.SearchStrategy[Any]:
    """JSON values that the schema of a response allows."""
    posed = _posed_as_requests()[f"/{operation}/{status}"]["POST"]
    cases: st.SearchStrategy[Any] = posed.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return cases.map(lambda case: plain(case.body))


@functools.cache
def _posed_as_requests() -> Any:
    """Schemathesis makes requests, so each response's schema poses as a request's; it has no types of this."""
    document = _CONTRACT.document
    paths = {
        f"/{operation.id}/{status}": {
            "post": {
                "requestBody": {"required": True, "content": {_JSON: {"schema": contents[_JSON]}}},
                "responses": {"200": {"description": ""}},
            }
        }
        for operation in _CONTRACT.operations.values()
        for status, contents in operation.responses.items()
        if _JSON in contents
    }
    return schemathesis.openapi.from_dict(
        {
            **{key: document[key] for key in ("openapi", "info")},
            "paths": paths,
            "components": {"schemas": document["components"]["schemas"]},
        }
    )
