"""Snapshots: an account and the one restored from it respond the same, and go on the same when the clock moves."""

from __future__ import annotations

import copy
import itertools
import json
import random
import re
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.mock.api import HELLO, Api, Response
from treasure_workflow_mock import Fault, MockService
from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.control import snapshots
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.service.statuses import status_of

NOW = 1_900_000_000.0
UNTIL = 6 * 3600
FILES = {
    "quick.dig": HELLO,
    "slow.dig": (
        "_export: {count: 2}\n"
        "+w: {wait>: 10m}\n"
        "+poll: {wait>: 7m, poll_interval: 45s}\n"
        "+held: {wait>: 5m, blocking: true}\n"
        "+outside: {td_run>: '', _retry: 1, _check: {+c: {echo>: checked}}}\n"
        "+l: {loop>: '${count}', _do: {echo>: '${i}'}}\n"
    ),
    "failing.dig": (
        "_error: {+tell: {wait>: 3m}}\n"
        "+g: {_retry: {limit: 2, interval: 60}, _parallel: true, +a: {wait>: 2m}, +f: {fail>: no}}\n"
    ),
    "requiring.dig": "+r: {require>: slow, session_time: '${session_time}'}\n+after: {echo>: done}\n",
    "hourly.dig": "timezone: Asia/Tokyo\nschedule: {hourly>: '20:00'}\n+a: {wait>: 90m}\n",
    "alone.dig": "schedule: {minutes_interval>: 17, skip_on_overtime: true}\n+a: {wait>: 40m}\n",
}
READS = [
    "projects",
    "projects?name=shop",
    "projects/1/revisions",
    "projects/1/workflows",
    "projects/1/archive",
    "projects/1/secrets",
    "projects/1/schedules",
    "projects/1/sessions",
    "workflows",
    "schedules",
    "sessions",
    "attempts?include_retried=true",
]


def read_all(api: Api) -> dict[str, Response]:
    """Every response that the account has to give."""
    hosted = ["pools", "pool_rules"] if api.get("/mock/settings").json["flavour"] == "hosted" else []
    responses = {path: api.get(f"/api/{path}") for path in READS + hosted}
    for attempt in responses["attempts?include_retried=true"].json["attempts"]:
        number = attempt["id"]
        for path in (f"attempts/{number}", f"attempts/{number}/tasks", f"attempts/{number}/retries"):
            responses[path] = api.get(f"/api/{path}")
        responses[f"logs/{number}"] = files = api.get(f"/api/logs/{number}/files")
        for file in files.json["files"]:
            path = f"logs/{number}/files/{file['fileName']}"
            responses[path] = api.get(f"/api/{path.replace('+', '%2B').replace('^', '%5E')}")
    for session in responses["sessions"].json["sessions"]:
        responses[f"sessions/{session['id']}"] = api.get(f"/api/sessions/{session['id']}")
    for path, response in responses.items():
        assert response.status == 200 or path.endswith("archive"), (path, response)
        response.headers.pop("date", None)
    return responses


steps = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from(sorted(FILES)), st.integers(0, 5)),
        st.tuples(st.just("retry"), st.integers(1, 6), st.sampled_from(["failed", "again"])),
        st.tuples(st.just("kill"), st.integers(1, 6), st.none()),
        st.tuples(st.just("advance"), st.integers(1, 1800), st.none()),
        st.tuples(st.just("backfill"), st.integers(1, 2), st.integers(1, 3)),
        st.tuples(st.just("progress"), st.integers(0, 3), st.none()),
        st.tuples(st.just("push"), st.sampled_from(sorted(FILES)), st.none()),
    ),
    min_size=3,
    max_size=10,
)


def do(api: Api, kind: str, first: object, second: object, number: int) -> None:
    """One step of an account's life; what the service refuses changes nothing, and that is as good."""
    match kind:
        case "start":
            workflows = api.get("/api/workflows").json["workflows"]
            name = str(first).removesuffix(".dig")
            found = next((one["id"] for one in workflows if one["name"] == name), "99")
            api.start(found, f"2030-03-1{second}T00:00:00Z", params={"by": "hand"})
        case "retry":
            source = api.get(f"/api/attempts/{first}")
            if source.status == 200:
                resume = {"resume": {"mode": "failed", "attemptId": str(first)}} if second == "failed" else {}
                api.start(
                    source.json["workflow"]["id"],
                    source.json["sessionTime"],
                    retryAttemptName=f"again-{number}",
                    **resume,
                )
        case "kill":
            api.call("POST", f"/api/attempts/{first}/kill")
        case "advance":
            api.send("POST", "/mock/clock", {"advance": first})
        case "backfill":
            body = {"fromTime": "2030-03-01T00:00:00Z", "attemptName": f"fill-{number}", "dryRun": False}
            api.send("POST", f"/api/schedules/{first}/backfill", {**body, "count": second})
        case "progress":
            api.send("PUT", "/mock/settings", {"progress": first})
        case "push":
            files = {name: text for name, text in FILES.items() if name != first}
            api.upload(files, revision=f"r{number}")


def live(api: Api, life: list[tuple[str, object, object]]) -> None:
    """An account with a bit of everything, then the steps."""
    api.send("POST", "/mock/clock", {"now": NOW})
    api.send("PUT", "/mock/settings", {"executor.attempt_max_run": 6})
    api.send("PUT", "/mock/scripts", {"+slow+outside": {"seconds": 200, "log": ["hm"], "store": {"a": 1}}})
    assert api.upload(FILES).status == 200
    api.upload({"a.dig": HELLO}, project="gone")
    api.call("DELETE", "/api/projects/2")
    api.send("PUT", "/api/projects/1/secrets/db.password", {"value": "hush"})
    if api.get("/api/pools").status == 200:
        pool = api.send("POST", "/api/pools", {"name": "small", "concurrencyLimit": 1}).json["id"]
        condition = {"type": "workflow_name", "operator": "starts_with", "values": ["slow"]}
        rule = {"poolId": pool, "priority": 1, "conditions": [condition]}
        assert api.send("POST", "/api/pool_rules", rule).status == 201
    for number, (kind, first, second) in enumerate(life):
        do(api, kind, first, second, number)


class Uuids:
    """Session uuids that both accounts draw alike."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def __call__(self) -> str:
        return f"00000000-0000-4000-8000-{self._random.getrandbits(48):012x}"


@pytest.mark.parametrize("flavour", ["digdag", "hosted"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=steps, moves=st.lists(st.integers(1, UNTIL), min_size=1, max_size=3))
def test_a_restored_account_is_the_same_and_goes_on_the_same(
    digdag_service: MockService,
    hosted_service: MockService,
    flavour: str,
    life: list[tuple[str, object, object]],
    moves: list[int],
) -> None:
    """Whatever was done: all reads agree, and agree again each time the clock has moved, ids and all."""
    service = hosted_service if flavour == "hosted" else digdag_service
    first, second = Api(service.base_url), Api(service.base_url)
    live(first, life)
    snapshot = first.get("/mock/state").content
    assert second.call("PUT", "/mock/state", snapshot, {"Content-Type": "application/json"}).status == 200
    assert json.loads(second.get("/mock/state").content) == json.loads(snapshot)
    for moved in [0, *moves]:
        seen = []
        for api in (first, second):
            with patch.object(Account, "new_uuid", staticmethod(Uuids())):
                api.send("POST", "/mock/clock", {"advance": moved})
                seen.append(read_all(api))
        assert seen[0] == seen[1]


def test_everything_is_in_a_snapshot(hosted: Api) -> None:
    """No record, setting, count or fault is left out, and what the account holds by now is gone."""
    live(hosted, [("start", "slow.dig", 0), ("advance", 700, None), ("start", "quick.dig", 1)])
    hosted.send("POST", "/mock/faults", {"kind": "html", "operation": "getProject", "times": 3, "after": 2})
    other = Api(hosted.base_url)
    other.push_hello()
    shown = hosted.get("/mock/state").json
    assert {name for name, part in shown.items() if not part} == {"watchers"}
    other.send("PUT", "/mock/state", shown)
    assert other.get("/mock/state").json == shown
    assert hosted.get("/mock/faults").json == other.get("/mock/faults").json
    assert other.upload({"b.dig": HELLO}, project="next").json["id"] == "3"


def test_a_running_clock_goes_on_running(digdag: Api) -> None:
    """An account whose clock nobody took over has real time again."""
    digdag.push_hello()
    shown = digdag.get("/mock/state").json
    assert shown["clock"] is None
    digdag.send("POST", "/mock/clock", {"now": 0})
    digdag.send("PUT", "/mock/state", shown)
    assert digdag.get("/mock/clock").json["frozen"] is False


def test_a_snapshot_from_python_is_on_its_own(digdag_service: MockService, digdag: Api) -> None:
    """What happens to the account later does not reach the snapshot, nor the other way round."""
    digdag.push_hello()
    account = digdag_service.account(digdag.key)
    account.scripts["+hello+a"] = {"log": ["first"]}
    faults = digdag_service.faults(digdag.key)
    faults.append(Fault("html", times=1))
    clock = account.clock
    snapshot = snapshots.take(account, faults)
    kept = copy.deepcopy(snapshot)
    account.scripts["+hello+a"]["log"].append("second")
    digdag.get("/api/projects")
    assert snapshot == kept
    snapshots.restore(account, snapshot, faults)
    assert (len(faults), account.scripts, account.clock) == (1, {"+hello+a": {"log": ["first"]}}, clock)


@pytest.fixture
def snapshot(digdag: Api) -> JsonObject:
    """A snapshot of a life."""
    live(digdag, [("start", "slow.dig", 0), ("start", "requiring.dig", 0), ("advance", 60, None)])
    shown: JsonObject = digdag.get("/mock/state").json
    return shown


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in a JSON value, lists by their first item."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from places(item, (*path, name))
    elif isinstance(value, list) and value:
        yield (*path, 0)
        yield from places(value[0], (*path, 0))


def test_a_broken_snapshot_is_refused_and_changes_nothing(
    snapshot: JsonObject, digdag_service: MockService, digdag: Api
) -> None:
    """Whatever stands in the place of whatever: a 400 that says what is wrong, or a snapshot that works."""
    account = digdag_service.account(digdag.key)
    before = snapshots.take(account)
    refused: list[int] = []
    for path, wrong in itertools.product(list(places(snapshot)), ({"x": 1}, [[1]], -5, "\0", None)):
        broken = copy.deepcopy(snapshot)
        parent = broken
        for step in path[:-1]:
            parent = parent[step]  # type: ignore[index] # a path of this very value
        parent[path[-1]] = wrong  # type: ignore[index]
        try:
            snapshots.restore(account, broken)
        except ServiceError as error:
            refused.append(status_of(error))
        else:
            snapshots.restore(account, before)
        assert snapshots.take(account) == before
    assert len(refused) > 100
    assert set(refused) == {400}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version 2 was written by a newer program"),
        ({"version": "1"}, "version is no whole number"),
        ({"version": 0}, "version is no whole number"),
        ({"sessions": None}, "sessions is no list"),
        ({"more": 1}, "more is nothing"),
        ({"flavour": "vanilla"}, "flavour must be"),
        ({"settings": {"executor.nothing": 1}}, "unknown setting 'executor.nothing'"),
        ({"clock": "noon"}, "clock is no number"),
        ({"faults": [{"kind": "sulk"}]}, "kind must be one of"),
        ({"scripts": {"+a": {"outcome": "maybe"}}}, "outcome must be"),
        ({"events": [[1, 999, None]]}, "there is no attempt 999"),
        ({"schedules": [{"id": 1, "project": 77}]}, "schedules: 1: project: there is no project 77"),
        ({"projects": [{"id": 1, "name": "a", "created_at": 1, "colour": 2}]}, "projects: 1: colour is nothing"),
        ({"projects": [{"id": 1, "name": "a"}]}, "projects: 1: created_at is missing"),
    ],
)
def test_what_is_wrong_is_named(digdag: Api, snapshot: JsonObject, change: JsonObject, words: str) -> None:
    """The message of the 400 has the place and the reason."""
    response = digdag.send("PUT", "/mock/state", {**snapshot, **change})
    assert response.status == 400
    assert re.search(re.escape(words), response.message or "")


def test_a_part_that_is_missing_is_named(digdag: Api, snapshot: JsonObject) -> None:
    """Nothing is taken to be empty because it is not there."""
    for name in snapshot:
        response = digdag.send("PUT", "/mock/state", {key: value for key, value in snapshot.items() if key != name})
        assert response.status == 400
        assert name in (response.message or "")
