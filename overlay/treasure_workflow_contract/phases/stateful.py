"""Walks along the contract's links: what a response leads to is there, and what was deleted is not.

The walks are taken here and not by schemathesis' state machine: Hypothesis asks for the same responses when it repeats
calls, and a service with a state does not give them.
"""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from schemathesis import GenerationMode
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder

from treasure_workflow_contract.checks.schemathesis_checks import SchemathesisChecks
from treasure_workflow_contract.generation.hypothesis_settings import seed_of
from treasure_workflow_contract.generation.schemathesis_cases import AnyCase, Supply, fill_in, new_case, put_in_path
from treasure_workflow_contract.judge import judge_schemathesis_case
from treasure_workflow_contract.openapi.contract import Operation, effective
from treasure_workflow_contract.results.findings import Finding, Phase
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox, kind_in_path
from treasure_workflow_contract.sandbox.own import SCHEDULE_FROM
from treasure_workflow_contract.sandbox.ownership import Ownership
from treasure_workflow_contract.transport.connection import HeldBackError

_PHASE: Phase = "stateful"
_REQUEST_PATH, _RESPONSE_BODY = "$request.path.", "$response.body#/"
# What most else is about comes first.
_FIRST = (("putProject", "getWorkflows"), ("getWorkflows", "startAttempt"))
_STEPS = 30  # of one walk
_FAILED = 0.3  # of a link walked well, so that it is tried again sooner
_ENOUGH = 3  # responses that have a link, to say that it leads nowhere
_BARE = 0.5  # how many leave out what they may: filters and cursors often leave nothing to go on with
_WRONG = 0.1  # how many steps send what the contract forbids
# Its one workflow is scheduled, has a log as soon as it starts, and can be killed for an hour.
_FILES = {
    "nightly.dig": (
        "timezone: Asia/Tokyo\nschedule:\n  daily>: 03:00:00\n"
        "+load:\n  echo>: loaded ${session_date}\n+pause:\n  wait>: 1h\n  poll_interval: 1s\n"
    )
}
# Where a walk begins that may make nothing: what takes no id.
_LISTINGS = (
    "getProjects",
    "getWorkflowDefinitions",
    "getSchedules",
    "getSessions",
    "getAttempts",
    "getPools",
    "getPoolRules",
)


class Link(NamedTuple):
    """One link of the contract: from which operation's response of which status, to where, with what out of it."""

    source: str
    status: str
    target: str
    parameters: tuple[tuple[str, str], ...]
    body: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Step:
    """A call of a walk and its response; `chain` are the operations up to it, if all of them went well."""

    before: _Step | None
    case: AnyCase
    operation: Operation
    response: Response
    body: Any
    calls: tuple[str, ...]
    chain: tuple[str, ...]


def walk(run: Run, number: str, walks: int) -> None:
    """Takes `walks` walks of some steps each along the links; checks each response and what it says of earlier ones.

    Where a run may write, a walk begins with a project of its own. Each chain of calls that was walked, every one with
    something out of the response before it and each a success, is counted in the results. The walks are the same for
    the same seed and `number`; links that were walked least come first.
    """
    for finding in run.ledger.set_known_aside(dead_ends()):
        run.results.add_finding(finding)
    reads = run.target.writes == "nothing"
    with run.sandboxes.shared() if reads else run.sandboxes.own(pools=run.writes_pools) as sandbox:
        for kind in sandbox.kinds if run.writes_pools else ():
            sandbox.ensure(kind)  # before a walk takes what it needs, such as the priority of a rule
        walker = _Walker(run, sandbox, seed_of("stateful", number, run.seed))
        for _ in range(walks):
            if run.out_of_time:
                return
            walker.walk()
        if not reads:
            walker.look_back()


def links_of_the_contract() -> Iterator[Link]:
    """All links, in the contract's order."""
    document = effective().document
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items() if "operationId" in operation else ():
                for link in effective().resolve(response).get("links", {}).values():
                    parameters, body = (tuple(link.get(key, {}).items()) for key in ("parameters", "requestBody"))
                    yield Link(operation["operationId"], status, link["operationId"], parameters, body)


def dead_ends() -> Iterator[Finding]:
    """The links that take something from where the contract itself has nothing."""
    for link in links_of_the_contract():
        source = effective().operations[link.source]
        for name, expression in link.parameters + link.body:
            if not _is_described(source, link.status, expression):
                complaint = (
                    f"the link to {link.target} takes {name} from {expression}, of which the contract says nothing"
                )
                yield Finding(link.source, _PHASE, f"{link.source} answered {link.status}", complaint)


def _is_described(source: Operation, status: str, expression: str) -> bool:
    if expression.startswith(_REQUEST_PATH):
        return expression.removeprefix(_REQUEST_PATH) in source.parameters_in("path")
    schema = effective().resolve(source.responses[status].get("application/json", {}))
    for part in expression.removeprefix(_RESPONSE_BODY).split("/"):
        if schema.get("type") == "array" and part.isdecimal():
            schema = effective().resolve(schema["items"])
        elif part in schema.get("properties", {}):
            schema = effective().resolve(schema["properties"][part])
        else:
            return False
    return True


class _Walker:
    """What the walks of a job share."""

    def __init__(self, run: Run, sandbox: Sandbox, start: int) -> None:
        self._run = run
        self._sandbox = sandbox
        self._random = random.Random(start)
        self._ownership = Ownership(run.target, sandbox)
        self._checks = SchemathesisChecks(run.connection, self._ownership)
        self._supply = Supply(run.target, start)
        self._walked: dict[Link, float] = defaultdict(float)
        self._looked: dict[tuple[Link, str], list[bool]] = defaultdict(list)
        self._links: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for link in links_of_the_contract():
            if run.target.reason_to_skip(effective().operations[link.target]) is None:
                self._links[link.source, link.status].append(link)

    def walk(self) -> None:
        """Takes one walk."""
        self._recorder = ScenarioRecorder(label=_PHASE)
        self._deleted = False
        steps = [step for case in self._beginnings() if (step := self._take(case))]
        for source, target in _FIRST:
            along = [
                (step, link) for step, link in self._ahead(steps) if (link.source, link.target) == (source, target)
            ]
            steps += [step for step in (self._follow(*each) for each in along[:1]) if step is not None]
        for taken in range(_STEPS):
            if self._run.out_of_time:
                return
            ahead = [
                (self._walked[link], self._random.random(), step, link)
                for step, link in self._ahead(steps)
                # What is deleted early leaves nothing to walk on.
                if taken > _STEPS / 2 or effective().operations[link.target].method != "DELETE"
            ]
            if not ahead:
                return
            _, _, step, link = min(ahead, key=lambda each: each[:2])
            following = self._follow(step, link)
            self._walked[link] += 1 if following is not None and following.chain else _FAILED
            if following is not None:
                steps.append(following)

    def _beginnings(self) -> Iterator[AnyCase]:
        target = self._run.target
        if target.writes != "nothing":
            name = self._sandbox.new_project_name(f"walk {self._random.randrange(10**9)}")
            query = {"project": name, "revision": "first", "schedule_from": SCHEDULE_FROM}
            yield new_case(target, "putProject", query=query, body=pack(_FILES), media_type="application/gzip")
            if self._run.writes_pools:
                body = {"name": f"walk {self._random.randrange(10**9)}", "concurrencyLimit": 2}
                yield new_case(target, "createPool", body=body, media_type="application/json")
            return
        for id in _LISTINGS:
            if target.reason_to_skip(effective().operations[id]) is None:
                yield new_case(target, id)

    def _ahead(self, steps: list[_Step]) -> list[tuple[_Step, Link]]:
        """What can be followed. After a deletion that is what reads what was there."""
        ahead = [
            (step, link)
            for step in steps
            for link in self._links[step.operation.id, str(step.response.status_code)]
            if None not in _values(step, link.parameters + link.body).values()
        ]
        deleted = steps[-1].before if steps and steps[-1].operation.method == "DELETE" else None
        reading = [
            (step, link)
            for step, link in ahead
            if step is deleted and effective().operations[link.target].method == "GET"
        ]
        return reading or ahead

    def _follow(self, step: _Step, link: Link) -> _Step | None:
        values, body = _values(step, link.parameters), _values(step, link.body)
        operation = effective().operations[link.target]
        mode = GenerationMode.NEGATIVE if self._random.random() < _WRONG else GenerationMode.POSITIVE
        case = self._supply.case(operation.id, mode)
        if case is None:
            return None
        if self._random.random() < _BARE:
            required = {name for name, parameter in operation.parameters_in("query").items() if parameter.required}
            case.query = {name: value for name, value in case.query.items() if name in required}
        places = {parameter.name: parameter.place for parameter in operation.parameters}
        linked = {(places[name], name) for name in values} | {("body", name) for name in body}
        fill_in(case, operation, self._supply.good(operation.id).resolved(self._sandbox), 0, self._ownership, linked)
        for name, value in values.items():
            if places[name] == "path":
                put_in_path(case, name, value)
            else:
                case.query[name] = value
        if body and isinstance(case.body, dict):
            case.body = {**case.body, **body}
        return self._take(case, step, linked)

    def _take(
        self, case: AnyCase, before: _Step | None = None, linked: Collection[tuple[str, str]] = ()
    ) -> _Step | None:
        """Sends one call and checks its response."""
        operation = self._supply.operation(case)
        self._recorder.record_case(
            case=case, parent_id=before.case.id if before else None, is_transition_applied=before is not None
        )
        try:
            judged = judge_schemathesis_case(self._run, _PHASE, self._checks, case, operation, self._recorder)
        except HeldBackError:
            self._recorder.forget_case(case_id=case.id)
            return None
        calls = (*(before.calls if before else ()), judged.line)
        self._add(judged.unknown, calls)
        response: Response | None = judged.value
        if response is None:
            return None
        if before is not None and self._is_lost(case, operation, response, linked):
            complaint = f"status 404 for what a response of {before.operation.id} leads to"
            lost = Finding(operation.id, _PHASE, judged.line, complaint, judged.exchange)
            self._add(self._run.ledger.set_known_aside([lost]), calls)
        well = response.status_code < 300
        self._deleted |= well and operation.method == "DELETE"
        chain = (*(before.chain if before else ()), operation.id) if well and (before is None or before.chain) else ()
        if len(chain) > 1:
            self._run.results.chains[chain] += 1
        step = _Step(before, case, operation, response, _json(response), calls, chain)
        for link in self._links[operation.id, str(response.status_code)]:
            for name, expression in link.parameters + link.body:
                if not _is_of_empty_list(step, expression):
                    self._looked[link, name].append(_value(step, expression) is not None)
        return step

    def look_back(self) -> None:
        """Finds the links that never found anything where they say it is, in all the responses that have them."""
        for (link, name), found in self._looked.items():
            if len(found) >= _ENOUGH and not any(found):
                expression = dict(link.parameters + link.body)[name]
                complaint = f"the link to {link.target} takes {name} from {expression}, where no response had anything"
                finding = Finding(link.source, _PHASE, f"{link.source}, {len(found)} times", complaint)
                self._add(self._run.ledger.set_known_aside([finding]), ())

    def _is_lost(
        self, case: AnyCase, operation: Operation, response: Response, linked: Collection[tuple[str, str]]
    ) -> bool:
        """Whether what a response led to is not there, though it is the run's own and nothing was deleted.

        What others made may be gone as soon as it was seen.
        """
        if self._run.target.writes == "nothing" or self._deleted:
            return False
        given = {("path", name) for name in case.path_parameters} | {("query", name) for name in case.query}
        is_own = all(
            self._ownership.owns(kind_in_path(operation, name), unquote(str(value)))
            for name, value in case.path_parameters.items()
        )
        return is_own and operation.method == "GET" and response.status_code == 404 and given <= set(linked)

    def _add(self, findings: list[Finding], calls: tuple[str, ...]) -> None:
        """Takes findings that nobody knows of into the results, with all the calls that led to them."""
        for finding in findings:
            shown = " && ".join(calls) if calls else finding.call
            self._run.results.add_finding(dataclasses.replace(finding, call=shown))


def _json(response: Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None  # which a check complains of, or which is a file


def _values(step: _Step, expressions: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """What runtime expressions stand for, by name; None where there is nothing, as in an empty list."""
    return {name: _value(step, expression) for name, expression in expressions}


def _is_of_empty_list(step: _Step, expression: str) -> bool:
    """Whether an expression is about the first row of a list that has none."""
    rows, _, rest = expression.partition("/0/")
    return bool(rest) and _value(step, rows) == []


def _value(step: _Step, expression: str) -> Any:
    if not expression.startswith(_RESPONSE_BODY):
        return step.case.path_parameters.get(expression.removeprefix(_REQUEST_PATH))
    value = step.body
    try:
        for part in expression.removeprefix(_RESPONSE_BODY).split("/"):
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (LookupError, TypeError, ValueError):
        return None
    return value
