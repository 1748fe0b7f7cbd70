"""What a law is, and how its calls are made: by the contract's names, as plain HTTP, each counted and checked."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote

from hypothesis import strategies as st

from treasure_workflow_contract.calls import NO_BODY, Call
from treasure_workflow_contract.checks import answer_complaints
from treasure_workflow_contract.contract import Operation, effective
from treasure_workflow_contract.falls import why_it_fell
from treasure_workflow_contract.masking import masked
from treasure_workflow_contract.results import Exchange, Finding, Part
from treasure_workflow_contract.run import Run
from treasure_workflow_contract.target import Target
from treasure_workflow_contract.wire import Answer, RawExchange
from treasure_workflow_contract.world import World, WorldError

T = TypeVar("T")
PART: Part = "laws"


class Accepted(Exception):
    """A law does not hold, and that is known: the rest of the case would be about nothing."""


class Broken(AssertionError):
    """A law does not hold; `finding` says which call showed it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.complaint)
        self.finding = finding


class Caller:
    """Calls of a target by operation. An answer that the contract does not have, or not here, is `Broken`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last: tuple[str, str, Exchange] | None = None

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
        """The JSON of the answer (its bytes, where it is none) to a call that is to end in one of these statuses.

        Parameters of path and query are given by their names, those that are no names of Python in `parameters`; None
        leaves one out. `content_type` takes the place of the contract's. Raises Broken.
        """
        answer = self.answer(operation, parameters, body=body, content_type=content_type, **named)
        if answer.status not in status:
            expected = status if len(status) < 5 else "a success"
            self.fail(f"status {answer.status} where {expected} is due: {answer.body[:200].decode(errors='replace')}")
        if answer.media_type != "application/json":
            return answer.body
        return answer.json

    def answer(
        self,
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        body: Any = NO_BODY,
        content_type: str | None = None,
        **named: Any,
    ) -> Answer:
        """The answer to a call, whatever its status. Raises Broken for one that the contract does not have."""
        contract, described = effective(), effective().operations[operation]
        call = _call(described, {**(parameters or {}), **named}, body)
        raw = self._send(described, call, {} if content_type is None else {"Content-Type": content_type})
        exchange = masked(raw, operation, self._run.target.key)
        complaints = list(answer_complaints(contract, call, raw.answer))
        line = call.python(contract, "sync")
        self._run.count(operation, PART, exchange, repr(call), line=line, violated=bool(complaints))
        self._last = operation, line, exchange
        fell = why_it_fell(described, raw, self._run.target.flavour)
        if fell is not None:
            self._run.unknown(Finding(operation, PART, line, complaint, exchange, fell) for complaint in complaints)
            raise Accepted
        for unknown in self._unknown(complaints):
            raise Broken(unknown)
        return raw.answer

    def outside(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        beneath: str = "",
        chunks: Iterable[bytes] | None = None,
        **headers: str,
    ) -> int:
        """The status of a call of which the contract says nothing; nor does it of the answer.

        It has other headers, a path `beneath` the operation's (encoded already), or a body of unknown length.
        """
        described = effective().operations[operation]
        call = _call(described, parameters, NO_BODY)
        raw = self._send(described, call, headers, beneath, chunks)
        line = f"{call.python(effective(), 'sync')} with {[*headers.items(), beneath, 'chunks' if chunks else '']}"
        self._last = operation, line, masked(raw, operation, self._run.target.key)
        self._run.count(operation, PART, line=line)
        return raw.answer.status

    def _send(
        self,
        described: Operation,
        call: Call,
        headers: Mapping[str, str],
        beneath: str = "",
        chunks: Iterable[bytes] | None = None,
    ) -> RawExchange:
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
        return self._run.connection.exchange(described.method, path, **sent, headers=dict(headers))

    def _unknown(self, complaints: list[str]) -> list[Finding]:
        assert self._last is not None, "a law fails after a call"
        operation, line, exchange = self._last
        return self._run.unknown(Finding(operation, PART, line, complaint, exchange) for complaint in complaints)

    def fail(self, complaint: str) -> NoReturn:
        """Raises Broken for the last call, or Accepted if what is wrong about it is known."""
        for unknown in self._unknown([complaint]):
            raise Broken(unknown)
        raise Accepted

    @contextlib.contextmanager
    def usable(self) -> Iterator[None]:
        """As `fail` does for an answer in which something is not there that the contract leaves open."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            if self._last is None:
                raise WorldError("putProject", f"what a law begins with cannot be used: {error!r}") from error
            self.fail(f"the answer cannot be used: {error!r}")

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


Check = Callable[[Caller, World, Any, st.DataObject], None]


class Law(NamedTuple):
    """Something that holds between several calls.

    `operations` are those that it is about. With `prepare` all its cases share a world, and what that returns; without,
    each has a world that nobody used. A law that `writes` needs a target that lets it.
    """

    name: str
    operations: tuple[str, ...]
    check: Check
    prepare: Callable[[Caller, World], Any] | None
    writes: bool
    once: bool


REGISTERED: dict[str, Law] = {}


_BETWEEN_LOOKS = 0.2  # seconds


def looked_at(look: Callable[[], T], enough: Callable[[T], object], seconds: float) -> T:
    """What `look` gives as soon as that is enough, or what it gives after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if enough(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(_BETWEEN_LOOKS)


def law(
    *operations: str,
    prepare: Callable[[Caller, World], Any] | None = None,
    writes: bool = True,
    once: bool = False,
) -> Callable[[Check], Check]:
    """Registers a function as a law, named as the function is. `once`: one case of it says all."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", " ")
        REGISTERED[name] = Law(name, operations, check, prepare, writes, once)
        return check

    return register
