"""What an invariant is, and how its calls are made: by the contract's names, as plain HTTP, each one judged."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote

from hypothesis import strategies as st

from treasure_workflow_contract.checks.exchange import response_complaints
from treasure_workflow_contract.generation.calls import NO_BODY, Call
from treasure_workflow_contract.judge import Case, Complaint, Judgement, Sent, judge
from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.results.findings import Exchange, Finding, Phase
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.contents import Sandbox, SandboxError
from treasure_workflow_contract.transport.messages import RawResponse
from treasure_workflow_contract.transport.target import Target

T = TypeVar("T")
PHASE: Phase = "invariants"
_FORBIDDEN = 403  # a key that may only view need not be able to read everything, such as the keys of secrets


class Accepted(Exception):
    """An invariant does not hold, and that is known: the rest of the case would be about nothing."""


class Broken(AssertionError):
    """An invariant does not hold; `finding` says which call showed it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.complaint)
        self.finding = finding


class Caller:
    """Calls of a target by operation. A response that the contract does not have, or not here, is `Broken`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last: tuple[str, str, Exchange | None] | None = None

    @property
    def target(self) -> Target:
        """Where the calls go."""
        return self._run.target

    def __call__(
        self,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: Any = NO_BODY,
        content_type: str | None = None,
        status: Collection[int] = range(200, 300),
        **named: Any,
    ) -> Any:
        """The JSON of the response (its bytes, where it is none) to a call that is to end in one of these statuses.

        Parameters of path and query are given by their names, those that are no names of Python in `parameters`; None
        leaves one out. `content_type` takes the place of the contract's. Raises Broken.
        """
        response = self.response(operation, parameters, body=body, content_type=content_type, **named)
        if response.status not in status:
            expected = status if len(status) < 5 else "a success"
            self.fail(
                f"status {response.status} where {expected} is due: {response.body[:200].decode(errors='replace')}"
            )
        if response.media_type != "application/json":
            return response.body
        return response.json

    def response(
        self,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: Any = NO_BODY,
        content_type: str | None = None,
        **named: Any,
    ) -> RawResponse:
        """The response to a call, whatever its status. Raises Broken for one that the contract does not have."""
        described = effective().operations[operation]
        call = _call(described, {**(parameters or {}), **named}, body)
        headers = {} if content_type is None else {"Content-Type": content_type}
        judged = self._judge(
            described,
            call,
            headers,
            line=call.python(effective(), "sync"),
            check=lambda sent: [
                Complaint(text, violates=True) for text in response_complaints(effective(), call, sent.raw.response)
            ],
        )
        if judged.crash is not None:
            raise Accepted
        assert judged.raw is not None, "without a response a call is broken"
        return judged.raw.response

    def outside(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        beneath: str = "",
        chunks: Iterable[bytes] | None = None,
        **headers: str,
    ) -> int:
        """The status of a call of which the contract says nothing; nor does it of the response.

        It has other headers, a path `beneath` the operation's (encoded already), or a body of unknown length.
        """
        described = effective().operations[operation]
        call = _call(described, parameters, NO_BODY)
        line = f"{call.python(effective(), 'sync')} with {[*headers.items(), beneath, 'chunks' if chunks else '']}"
        judged = self._judge(
            described, call, headers, line=line, check=lambda _: [], beneath=beneath, chunks=chunks, on_wire=False
        )
        assert judged.raw is not None, "without a response a call is broken"
        return judged.raw.response.status

    def _judge(
        self,
        described: Operation,
        call: Call,
        headers: Mapping[str, str],
        *,
        line: str,
        check: Callable[[Sent], Iterable[Complaint]],
        beneath: str = "",
        chunks: Iterable[bytes] | None = None,
        on_wire: bool = True,
    ) -> Judgement:
        case = Case(
            described.id,
            send=lambda: self._send(described, call, headers, beneath, chunks),
            take=self._run.connection.recorder.take,
            check=check,
            line=lambda _: line,
            inputs=lambda _: repr(call),
            on_wire=lambda: on_wire,
        )
        judged = judge(self._run, PHASE, case)
        self._last = described.id, line, judged.exchange
        for unknown in judged.unknown:
            raise Broken(unknown)
        if judged.raw is None or (self.target.writes == "nothing" and judged.raw.response.status == _FORBIDDEN):
            raise Accepted
        return judged

    def _send(
        self,
        described: Operation,
        call: Call,
        headers: Mapping[str, str],
        beneath: str,
        chunks: Iterable[bytes] | None,
    ) -> None:
        path = described.path + beneath
        for name, value in call.path.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        sent: dict[str, Any] = {"query": {name: _text(value) for name, value in call.query.items()}}
        content = call.body if isinstance(call.body, bytes) else chunks
        if content is not None:
            sent |= {"content": content}
            headers = {"Content-Type": next(iter(described.body)), **headers}
        elif call.body is not NO_BODY:
            sent |= {"json": call.body}
        self._run.connection.request(described.method, path, **sent, headers=dict(headers))

    def fail(self, complaint: str) -> NoReturn:
        """Raises Broken for the last call, or Accepted if what is wrong about it is known."""
        assert self._last is not None, "an invariant fails after a call"
        operation, line, exchange = self._last
        for unknown in self._run.ledger.set_known_aside([Finding(operation, PHASE, line, complaint, exchange)]):
            raise Broken(unknown)
        raise Accepted

    @contextlib.contextmanager
    def usable(self) -> Iterator[None]:
        """As `fail` does for a response in which something is not there that the contract leaves open."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if self._last is None:
                raise SandboxError("putProject", f"what an invariant begins with cannot be used: {error!r}") from error
            self.fail(f"the response cannot be used: {error!r}")

    def equal(self, what: str, found: Any, expected: Any) -> None:
        """Raises Broken for the last call if `found` is not `expected`."""
        if found != expected:
            self.fail(f"{what}: {_short(found)} instead of {_short(expected)}")

    def true(self, what: str, holds: object) -> None:
        """Raises Broken for the last call unless this holds."""
        if not holds:
            self.fail(what)


def _call(described: Operation, parameters: Mapping[str, Any], body: Any) -> Call:
    given = {name: value for name, value in parameters.items() if value is not None}
    in_path = {name: given.pop(name) for name in described.parameters_in("path")}
    return Call(described.id, in_path, given, body=body)


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)[:300]


Check = Callable[[Caller, Sandbox, Any, st.DataObject], None]


class Invariant(NamedTuple):
    """Something that holds between several calls.

    `operations` are those that it is about. With `prepare` all its cases share a sandbox, and what that returns;
    without, each has a sandbox that nobody used. An invariant that `writes` needs a target that lets it.
    """

    name: str
    operations: tuple[str, ...]
    check: Check
    prepare: Callable[[Caller, Sandbox], Any] | None
    writes: bool
    once: bool


REGISTERED: dict[str, Invariant] = {}


_BETWEEN_LOOKS = 0.2  # seconds


def looked_at(look: Callable[[], T], enough: Callable[[T], object], seconds: float) -> T:
    """What `look` gives as soon as that is enough, or what it gives after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if enough(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(_BETWEEN_LOOKS)


def invariant(
    *operations: str,
    prepare: Callable[[Caller, Sandbox], Any] | None = None,
    writes: bool = True,
    once: bool = False,
) -> Callable[[Check], Check]:
    """Registers a function as an invariant, named as the function is. `once`: one case of it says all."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", " ")
        REGISTERED[name] = Invariant(name, operations, check, prepare, writes, once)
        return check

    return register
