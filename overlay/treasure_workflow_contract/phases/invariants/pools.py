"""Invariants of pools: limits always add up to the account's, and rules send attempts where they say."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants.attempts import start, wait_until_begun
from treasure_workflow_contract.sandbox.contents import Sandbox
from treasure_workflow_contract.sandbox.found import all_rows

_POOLS = ("getPools", "createPool", "getPool", "updatePool", "deletePool")
_RULES = ("getPoolRules", "createPoolRule", "getPoolRule", "updatePoolRule", "deletePoolRule")
_BY_HAND = {"type": "invocation_type", "values": ["on_demand"]}
_ON_TIME = {"type": "invocation_type", "values": ["scheduled"]}
_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


def _pools(call: Caller) -> dict[str, dict[str, Any]]:
    pools = call("getPools")["pools"]
    for pool in pools:
        call.true("a limit below 1", pool["concurrencyLimit"] >= 1)
    return {pool["id"]: pool for pool in pools}


def _default(pools: dict[str, dict[str, Any]]) -> dict[str, Any]:
    (default,) = (pool for pool in pools.values() if pool["default"])
    return default


@invariant(*_POOLS)
def limits_of_pools_add_up(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """What a pool gets the default pool loses, and gets back; what is refused changes nothing."""
    before = _pools(call)
    # A pool stays as long as something runs in it, such as what an earlier case has killed.
    others = {id for id, pool in before.items() if not pool["default"]}
    total = sum(pool["concurrencyLimit"] for pool in before.values())
    expected: dict[str, tuple[str, int]] = {}
    for name in map(sandbox.new_project_name, data.draw(st.lists(_NAMES, min_size=1, max_size=3, unique=True))):
        limit = data.draw(st.integers(1, 4))
        pool = call("createPool", body={"name": name, "concurrencyLimit": limit})
        call.equal("the pool", pool, {"id": pool["id"], "name": name, "concurrencyLimit": limit, "default": False})
        expected[pool["id"]] = (name, limit)
        _check(call, expected, total, others)
    id, (name, limit) = data.draw(st.sampled_from(sorted(expected.items())))
    call("createPool", body={"name": name, "concurrencyLimit": 1}, status=(409,))
    call("createPool", body={"name": name + "'", "concurrencyLimit": total}, status=(400,))
    call("createPool", body={"name": name + "'", "concurrencyLimit": 0}, status=(400,))
    call("createPool", body={"name": "", "concurrencyLimit": 1}, status=(400,))
    call("createPool", body={"name": "x" * 257, "concurrencyLimit": 1}, status=(400,))
    _check(call, expected, total, others)
    default = _default(_pools(call))
    # As much as the default pool can spare: one that has nothing left, or less than runs there, is none.
    attempts = all_rows(sandbox, "/api/attempts", "attempts", {"include_retried": "true"})
    running = [row for row in attempts if not row["done"]]
    needed = max(1, sum(row.get("poolId") == default["id"] for row in running))
    spare = {"concurrencyLimit": limit + default["concurrencyLimit"] - needed}
    call.equal("the spared limit", call("updatePool", poolId=int(id), body=spare), {**_pools(call)[id], **spare})
    call("updatePool", poolId=int(id), body={"concurrencyLimit": limit})
    call("updatePool", poolId=int(default["id"]), body={"concurrencyLimit": 1}, status=(400,))
    call("deletePool", poolId=int(default["id"]), status=(400,))
    change: dict[str, Any] = data.draw(
        st.sampled_from([{"concurrencyLimit": 7}, {"name": name + "!"}, {"name": name + "?", "concurrencyLimit": 2}])
    )
    updated = call("updatePool", poolId=int(id), body=change)
    expected[id] = (str(change.get("name", name)), int(str(change.get("concurrencyLimit", limit))))
    call.equal("the pool updated", updated, call("getPool", poolId=int(id)))
    _check(call, expected, total, others)
    refused: list[dict[str, Any]] = [
        *({"concurrencyLimit": limit} for limit in (total, 0, -1)),
        *({"name": name} for name in ("", "x" * 257, default["name"])),
    ]
    for body in refused:
        call("updatePool", poolId=int(id), body=body, status=(400,))
    _check(call, expected, total, others)
    deleted = call("deletePool", poolId=int(id))
    call.equal("the pool deleted", deleted, updated)
    del expected[id]
    _check(call, expected, total, others)
    call("getPool", poolId=int(id), status=(404,))
    call("deletePool", poolId=int(id), status=(404,))


def _check(call: Caller, expected: dict[str, tuple[str, int]], total: int, others: set[str]) -> None:
    pools = _pools(call)
    call.equal("the sum of limits", sum(pool["concurrencyLimit"] for pool in pools.values()), total)
    shown = {
        id: (pool["name"], pool["concurrencyLimit"])
        for id, pool in pools.items()
        if not pool["default"] and id not in others
    }
    call.equal("pools", shown, expected)
    for id, pool in pools.items():
        call.equal("the pool", call("getPool", poolId=int(id)), pool)


_PREFIXES = st.lists(_NAMES, min_size=1, max_size=2)
_CONDITIONS = st.sampled_from(["project_name", "workflow_name"]).flatmap(
    lambda type: st.fixed_dictionaries({"type": st.just(type), "operator": st.just("starts_with"), "values": _PREFIXES})
) | st.sampled_from(
    [
        _ON_TIME,
        {"type": "workflow_type", "values": ["ab_test", "engage"]},
    ]
)


@invariant(*_POOLS[:2], *_RULES, "deletePool")
def a_rule_is_what_was_created(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Pool, priority and conditions are read back; priorities are taken once; a pool in use stays."""
    pool = call("createPool", body={"name": sandbox.new_project_name("of rules"), "concurrencyLimit": 2})
    other = call("createPool", body={"name": sandbox.new_project_name("other"), "concurrencyLimit": 2})
    rules: dict[str, dict[str, Any]] = {}
    for priority in data.draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=3, unique=True)):
        conditions = data.draw(
            st.lists(_CONDITIONS, min_size=1, max_size=2, unique_by=lambda condition: str(condition["type"]))
        )
        body = {"poolId": pool["id"], "priority": priority, "conditions": conditions}
        rule = call("createPoolRule", body=body)
        call.equal("the rule", rule, {"id": rule["id"], **body})
        rules[rule["id"]] = rule
        _check_rules(call, rules)
    id, rule = data.draw(st.sampled_from(sorted(rules.items())))
    good = {"poolId": pool["id"], "priority": 10_000, "conditions": rule["conditions"]}
    call("createPoolRule", body={**good, "priority": rule["priority"]}, status=(400,))
    call("deletePool", poolId=int(pool["id"]), status=(400,))
    _check_rules(call, rules)
    for change in _refused_changes(rule, rules):
        call("createPoolRule", body={**good, **change}, status=(400,))
        call("updatePoolRule", poolRuleId=int(id), body=change, status=(400,))
    _check_rules(call, rules)
    free = next(number for number in range(1, 10) if number not in {row["priority"] for row in rules.values()})
    change = data.draw(
        st.sampled_from(
            [
                {"priority": free},
                {"poolId": other["id"]},
                {"conditions": [_BY_HAND]},
            ]
        )
    )
    updated = call("updatePoolRule", poolRuleId=int(id), body=change)
    call.equal("the rule updated", updated, {**rule, **change})
    rules[id] = updated
    _check_rules(call, rules)
    deleted = call("deletePoolRule", poolRuleId=int(id))
    call.equal("the rule deleted", deleted, updated)
    del rules[id]
    _check_rules(call, rules)
    call("getPoolRule", poolRuleId=int(id), status=(404,))


def _refused_changes(rule: dict[str, Any], rules: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What no rule may have, and what another one has."""
    by_name = {"type": "project_name", "operator": "starts_with", "values": ["x"]}
    conditions: list[Any] = [
        {**by_name, "type": "colour"},
        {**by_name, "operator": "ends_with"},
        {"type": "workflow_name", "values": ["x"]},
        {**by_name, "values": "x"},
        {**by_name, "values": [1]},
        {**_ON_TIME, "values": ["sometimes"]},
        {"type": "workflow_type", "values": ["scheduled"]},
        {"values": ["x"]},
        "x",
    ]
    return [
        *({"priority": priority} for priority in (0, 10_001)),
        *({"priority": other["priority"]} for other in rules.values() if other["id"] != rule["id"]),
        {"poolId": str(2**31 - 1)},
        {"conditions": []},
        {"conditions": [by_name, _ON_TIME, _ON_TIME]},
        *({"conditions": [condition]} for condition in conditions),
    ]


def _check_rules(call: Caller, expected: dict[str, dict[str, Any]]) -> None:
    rows = call("getPoolRules")["poolRules"]
    call.equal("rules", {row["id"]: row for row in rows}, expected)
    for id, rule in expected.items():
        call.equal("the rule", call("getPoolRule", poolRuleId=int(id)), rule)


@invariant("createPool", "createPoolRule", "startAttempt", "getAttempt", "getPools", "putProject")
def an_attempt_is_in_the_pool_of_its_rule(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """The first rule by priority whose conditions all hold decides; without one it is the default pool."""
    default = _default(_pools(call))
    limit = data.draw(st.integers(1, 2))
    pool = call("createPool", body={"name": sandbox.new_project_name("pool"), "concurrencyLimit": limit})
    project = sandbox.some("project name")[0]
    by_project = {"type": "project_name", "operator": "starts_with", "values": ["nowhere", project[: len(project) - 2]]}
    by_workflow = {"type": "workflow_name", "operator": "starts_with", "values": ["wait"]}
    conditions, holds = data.draw(
        st.sampled_from(
            [
                ([by_project], True),
                ([by_workflow], True),
                ([by_project, by_workflow], True),
                ([_BY_HAND], True),
                ([_ON_TIME], False),
                ([by_workflow, _ON_TIME], False),
                ([{**by_workflow, "values": ["night"]}], False),
                ([{"type": "workflow_type", "values": ["engage"]}], False),
                ([{**by_project, "values": [project + "!"]}], False),
            ]
        )
    )
    rules = [
        {"poolId": pool["id"], "priority": 20, "conditions": conditions},
        {"poolId": default["id"], "priority": 30, "conditions": [_BY_HAND]},
    ]
    for rule in reversed(rules):  # their order is that of their priorities, and not that in which they came
        call("createPoolRule", body=rule)
    attempt = call("startAttempt", body=start(sandbox, "waiting", "2025-01-01T00:00:00Z"))
    chosen = pool if holds else default
    call.equal("poolId", attempt.get("poolId"), chosen["id"])
    call.equal("poolId", call("getAttempt", id=int(attempt["id"])).get("poolId"), chosen["id"])
    if not holds:
        return
    for number in range(1, limit):
        call("startAttempt", body=start(sandbox, "waiting", f"2025-02-0{number}T00:00:00Z"))
    full = start(sandbox, "waiting", "2025-03-01T00:00:00Z")
    call("startAttempt", body=full, status=(400,))
    queued = call("startAttempt", body={**full, "allowQueueing": True})
    call.equal("status in a full pool", call("getAttempt", id=int(queued["id"]))["status"], "queued")
    if limit > 1:
        call("updatePool", poolId=int(pool["id"]), body={"concurrencyLimit": limit - 1}, status=(400,))
    call("updatePool", poolId=int(pool["id"]), body={"concurrencyLimit": limit})
    call("updatePool", poolId=int(pool["id"]), body={"concurrencyLimit": limit + 1})
    call.equal("status in a larger pool", call("getAttempt", id=int(queued["id"]))["status"], "running")
    wait_until_begun(call, int(queued["id"]))
    for rule in call("getPoolRules")["poolRules"]:
        call("deletePoolRule", poolRuleId=int(rule["id"]))
    call("deletePool", poolId=int(pool["id"]), status=(400,))


@invariant("createPool", "updatePool", "getPool", "createPoolRule", "getPoolRule", once=True)
def what_is_as_large_as_can_be_is_taken_for_a_pool(
    call: Caller, sandbox: Sandbox, _: None, data: st.DataObject
) -> None:
    """Names, priorities and conditions at the ends of what they may be."""
    pool = call("createPool", body={"name": "x" * 256, "concurrencyLimit": 1})
    call.equal("the pool", call("getPool", poolId=int(pool["id"])), pool)
    call.equal("what was asked for", [pool["name"], pool["concurrencyLimit"]], ["x" * 256, 1])
    for name in ("z" * 256, "z"):
        changed = call("updatePool", poolId=int(pool["id"]), body={"name": name, "concurrencyLimit": 1})
        call.equal("what was asked for", [changed["name"], changed["concurrencyLimit"]], [name, 1])
    for priority, conditions in ((1, [_BY_HAND]), (10_000, [_BY_HAND, _ON_TIME])):
        body = {"poolId": pool["id"], "priority": priority, "conditions": conditions}
        rule = call("createPoolRule", body=body)
        call.equal("the rule", call("getPoolRule", poolRuleId=int(rule["id"])), {"id": rule["id"], **body})
