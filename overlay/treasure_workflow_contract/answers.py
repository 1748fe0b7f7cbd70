"""What the generated client makes of answers that no target has to give: made up from the contract's own schemas.

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
from treasure_workflow_contract.calls import Call, Way, perform, perform_async
from treasure_workflow_contract.checks import has_to_raise, response_complaints
from treasure_workflow_contract.contract import Operation, effective
from treasure_workflow_contract.drawing import GENERATE_AND_SHRINK, FoundError, seed_of, smallest
from treasure_workflow_contract.results import Finding, Part
from treasure_workflow_contract.run import Run
from treasure_workflow_contract.samples import blank, full
from treasure_workflow_contract.strategies import calls, plain
from treasure_workflow_contract.wire import Answer
from treasure_workflow_contract.world import World

_PART: Part = "answers"
_CONTRACT = effective()
_KEY = f"1/{'0' * 40}"
_HERE, _ELSEWHERE = "https://workflow.example", "https://elsewhere.example/"
_REDIRECTS = (301, 302, 303, 307, 308)
_JSON = "application/json"


class _Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives one answer to every request, and keeps the requests."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._answer.status, headers=self._answer.headers, content=self._answer.body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._answer.status, headers=self._answer.headers, content=self._answer.body)


class _Nowhere(World):
    """Holds nothing: no call reaches a target."""

    def provide(self, kind: str) -> dict[str, list[Any]]:
        """Nothing of any kind."""
        return {kind: []}


def check_answers(run: Run, operation: str, way: Way, cases: int) -> None:
    """Answers the client `cases` times for each answer that an operation may get; what goes wrong becomes a finding."""
    described = _CONTRACT.operations[operation]
    for status, contents in described.responses.items():
        for media_type in contents or ("",):
            answers = _answers(described, int(status), media_type)
            first = _samples(described, int(status)) if media_type == _JSON else ()
            _check(run, operation, way, cases, answers, f"{status} {media_type}", first)
    elsewhere = st.sampled_from(_REDIRECTS).map(lambda status: Answer(status, (("location", _ELSEWHERE),), b""))
    _check(run, operation, way, len(_REDIRECTS), elsewhere, "redirects")


def _check(
    run: Run,
    operation: str,
    way: Way,
    cases: int,
    answers: st.SearchStrategy[Answer],
    what: str,
    first: Iterable[Answer] = (),
) -> None:
    worst: list[list[Finding]] = []
    waiting = list(first)

    @seed(seed_of("answers", operation, way, what, run.seed))
    @settings(GENERATE_AND_SHRINK, max_examples=cases)
    @given(calls(operation), answers)
    def check(call: Call, answer: Answer) -> None:
        if run.out_of_time:
            return
        for each in (*waiting, answer):
            findings = _findings(run, call, each, way)
            if findings:
                worst.append(findings)
                raise FoundError(findings[0].complaint)
        waiting.clear()

    for finding in smallest(check, worst):
        run.results.add_finding(finding)


def _findings(run: Run, call: Call, answer: Answer, way: Way) -> list[Finding]:
    real = call.resolved(_Nowhere(run.connection))
    line = f"{real.python(_CONTRACT, way)} answered {answer.status} {answer.body!r}"
    run.count(call.operation, _PART, line=line)
    script = _Script(answer)
    client = AuthenticatedClient(base_url=_HERE, token=_KEY, httpx_args={"transport": script})
    complaints: list[str]
    try:
        response = (
            perform(_CONTRACT, real, client) if way == "sync" else run.connection.loop.run(_awaited(real, client))
        )
    except Exception as error:  # whatever a client raises is to be told
        complaints = [] if has_to_raise(error, answer) else [f"the client raised {error!r}"]
    else:
        complaints = list(response_complaints(_CONTRACT, real, answer, response))
    for request in script.requests[1:]:
        complaints.append(f"the client followed a redirect to {request.url.host}")
    return run.unknown(Finding(call.operation, _PART, line, complaint) for complaint in complaints)


async def _awaited(call: Call, client: AuthenticatedClient) -> Any:
    return await perform_async(_CONTRACT, call, client)


def _answers(operation: Operation, status: int, media_type: str) -> st.SearchStrategy[Answer]:
    if not media_type:
        return st.just(Answer(status, (), b""))
    headers = (("content-type", media_type),)
    if media_type != _JSON:
        return st.binary(max_size=64).map(lambda body: Answer(status, headers, body))
    return _bodies(operation.id, status).map(lambda body: Answer(status, headers, _encoded(body)))


def _samples(operation: Operation, status: int) -> Iterator[Answer]:
    schema = operation.responses[str(status)][_JSON]
    for body in (*full(_CONTRACT, schema), blank(_CONTRACT, schema)):
        yield Answer(status, (("content-type", _JSON),), _encoded(body))


def _encoded(body: Any) -> bytes:
    # JSON as another program might write it: without escapes where none are needed.
    return httpx.Response(200, json=body).content


def _bodies(operation: str, status: int) -> st.SearchStrategy[Any]:
    """JSON values that the schema of an answer allows."""
    posed = _posed_as_requests()[f"/{operation}/{status}"]["POST"]
    cases: st.SearchStrategy[Any] = posed.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return cases.map(lambda case: plain(case.body))


@functools.cache
def _posed_as_requests() -> Any:
    """Schemathesis makes requests, so the schema of each answer poses as that of a request; it has no types of this."""
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
