"""The law of plans of pools: whatever there is, runs and is wanted, an apply ends at the file or says where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mock.api import Api
from treasure_workflow import PlanStopped, TreasureWorkflow
from treasure_workflow_mock.service.server import MockService

ACCOUNT_LIMIT = 12
NAMES = ("a", "b", "c", "d")
CONDITIONS = (
    {"project_name": "p"},
    {"project_name": ["q", "r"], "invocation_type": "scheduled"},
    {"workflow_name": "w"},
)


@pytest.fixture(scope="module")
def service() -> Iterator[MockService]:
    """One mock for all examples; each has an account of its own."""
    with MockService() as running:
        yield running


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A file that leaves the default pool at least one slot."""
    pools: dict[str, Any] = {}
    left = ACCOUNT_LIMIT - 1
    for name in draw(st.permutations(NAMES))[: draw(st.sampled_from((0, 1, 2, 3, 4, 4, 4)))]:
        if left > 0:
            pools[name] = {"limit": draw(st.integers(1, min(left, 5)))}
            left -= pools[name]["limit"]
    rules: list[dict[str, Any]] = []
    for priority in sorted(draw(st.sets(st.integers(1, 4), max_size=4))) if pools else ():
        conditions = draw(st.sampled_from(CONDITIONS))
        rules.append({"pool": draw(st.sampled_from(sorted(pools))), "priority": priority, **conditions})
    return {"pools": pools, "rules": rules}


def occupy(service: MockService, client: TreasureWorkflow, counts: dict[str, int], folder: Path) -> dict[str, int]:
    """Lets attempts run in pools, and wait where there is no room for them; gives how many run in each."""
    folder.joinpath("occupied.dig").write_text("+a:\n  wait>: 10h\n")
    project = client.projects.push(folder, "shop")
    ids = {pool.name: pool for pool in client.pools.list()}
    second = 0
    for name, count in counts.items():
        if name not in ids:
            continue
        rule = None if ids[name].default else client.pool_rules.create(name, 9999, project_name="shop")
        for _ in range(count):
            second += 1
            time = f"2024-01-01T00:00:{second:02}Z"
            attempt = client.attempts.start(project, "occupied", session_time=time, allow_queueing=True)
            assert attempt.pool_id == ids[name].id
        if rule is not None:
            client.pool_rules.delete(rule)
    running = {
        name: sum(attempt.pool_id == pool.id for attempt in client.attempts.list(status="running"))
        for name, pool in ids.items()
    }
    assert running == {name: min(counts.get(name, 0), pool.concurrency_limit) for name, pool in ids.items()}
    return running


def state(client: TreasureWorkflow) -> tuple[dict[str, int], set[tuple[Any, ...]]]:
    """Pools with their limits, and rules with their pools and conditions."""
    pools = list(client.pools.list())
    names = {pool.id: pool.name for pool in pools}
    rules = {
        (rule.priority, names[rule.pool_id], *sorted((one["type"], *sorted(one["values"])) for one in conditions))
        for rule in client.pool_rules.list()
        for conditions in [rule.to_dict()["conditions"]]
    }
    return {pool.name: pool.concurrency_limit for pool in pools}, rules


def wanted(file: dict[str, Any]) -> tuple[dict[str, int], set[tuple[Any, ...]]]:
    """The same for what a file says."""
    pools = {name: pool["limit"] for name, pool in file["pools"].items()}

    def values(value: Any) -> list[str]:
        return sorted([value] if isinstance(value, str) else value)

    rules = {
        (
            rule["priority"],
            rule["pool"],
            *sorted((kind, *values(value)) for kind, value in rule.items() if kind not in ("pool", "priority")),
        )
        for rule in file["rules"]
    }
    return {**pools, "default": ACCOUNT_LIMIT - sum(pools.values())}, rules


def reachable(file: dict[str, Any], running: dict[str, int], waiting: int) -> bool:
    """Whether what the file wants has room for what runs, and what waits in the default pool may start meanwhile."""
    limits, _ = wanted(file)
    return all(count + (waiting if name == "default" else 0) <= limits.get(name, 0) for name, count in running.items())


def stop_of(client: TreasureWorkflow, file: dict[str, Any]) -> PlanStopped | None:
    """Where an apply stopped, None when it came through."""
    try:
        client.pools.apply(file)
    except PlanStopped as stopped:
        return stopped
    return None


@settings(max_examples=60)
@given(
    before=files(),
    after=files(),
    counts=st.fixed_dictionaries({name: st.sampled_from((0, 1, 2, 5)) for name in (*NAMES, "default")}),
)
def test_an_apply_ends_at_the_file_or_says_where_it_is(
    service: MockService, before: dict[str, Any], after: dict[str, Any], counts: dict[str, int], tmp_path_factory: Any
) -> None:
    """It ends there whenever the file has room for what runs; else at a state from which its plan is what is left."""
    key = Api(service.base_url).key
    service.account(key).settings["executor.attempt_max_run"] = ACCOUNT_LIMIT
    with TreasureWorkflow(key, base_url=service.base_url) as client:
        client.pools.apply(before)
        assert state(client) == wanted(before)
        running = occupy(service, client, counts, tmp_path_factory.mktemp("project"))
        plan = client.pools.plan(after)
        stopped = stop_of(client, after)
        if stopped is None:
            assert plan.unchanged or state(client) == wanted(after)
        else:
            assert not reachable(after, running, counts["default"] - running["default"])
            assert (*stopped.done, stopped.step, *stopped.left) == plan.steps
            limits, _ = state(client)
            assert sum(limits.values()) == ACCOUNT_LIMIT
            left = client.pools.plan(after)
            assert sorted(map(str, left.steps)) == sorted(map(str, (stopped.step, *stopped.left)))
            for attempt in client.attempts.list(status=("running", "queued")):
                service.account(key).unfinished.pop(int(attempt.id))
            client.pools.apply(after)
        assert state(client) == wanted(after)
        assert client.pools.plan(after).unchanged
