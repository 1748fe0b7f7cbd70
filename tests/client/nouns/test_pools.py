"""Pools and rules: each call, which rule decides, and a file as the whole truth; on the mock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.client.nouns.conftest import OwnAccount
from tests.support.client.support import Guise
from treasure_workflow import BadRequest, Conflict, NotFound, PlanOutdated, PlanStopped
from treasure_workflow_mock.control.faults import Fault

FILE = """
pools:
  batch: {limit: 50}
  reports: {limit: 20}
rules:
  - {pool: reports, project_name: [sales_, finance_], invocation_type: scheduled}
  - {pool: batch, workflow_name: backfill}
"""

FILE_CONTENT: dict[str, Any] = {
    "pools": {"batch": {"limit": 50}, "reports": {"limit": 20}},
    "rules": [
        {"pool": "reports", "project_name": ["sales_", "finance_"], "invocation_type": "scheduled"},
        {"pool": "batch", "workflow_name": "backfill"},
    ],
}


def limits(mocked: Guise) -> dict[str, int]:
    """The limit of each pool."""
    return {pool.name: pool.concurrency_limit for pool in mocked.rows(mocked.client.pools.list())}


def rules(mocked: Guise) -> list[tuple[int, str, int]]:
    """Priority, pool and number of conditions of each rule."""
    names = {pool.id: pool.name for pool in mocked.rows(mocked.client.pools.list())}
    found = mocked.rows(mocked.client.pool_rules.list())
    return [(rule.priority, names[rule.pool_id], len(rule.conditions)) for rule in found]


def test_pools_are_made_changed_and_deleted(mocked: Guise) -> None:
    """By id, name or model; the default pool gives and takes."""
    pools = mocked.client.pools
    made = mocked.run(lambda: pools.create("batch", 50))
    assert limits(mocked) == {"default": 150, "batch": 50}
    assert mocked.run(lambda: pools.get("batch")) == mocked.run(lambda: pools.get(made.id)) == made
    mocked.run(lambda: pools.update("batch", name="nightly", limit=70))
    assert limits(mocked) == {"default": 130, "nightly": 70}
    mocked.run(lambda: pools.delete(made))
    assert limits(mocked) == {"default": 200}
    for call in (lambda: pools.get("batch"), lambda: pools.delete(made), lambda: pools.update("ghost", limit=1)):
        with pytest.raises(NotFound):
            mocked.run(call)
    with pytest.raises(BadRequest):
        mocked.run(lambda: pools.update("default", limit=5))
    mocked.run(lambda: pools.create("x", 1))
    with pytest.raises(Conflict):
        mocked.run(lambda: pools.create("x", 1))


def test_rules_are_made_changed_and_deleted(mocked: Guise) -> None:
    """With conditions as plain words; what is not given stays."""
    pools, pool_rules = mocked.client.pools, mocked.client.pool_rules
    mocked.run(lambda: pools.create("batch", 50))
    rule = mocked.run(lambda: pool_rules.create("batch", 10, project_name=["a_", "b_"], invocation_type="scheduled"))
    assert mocked.run(lambda: pool_rules.get(rule)) == rule
    changed = mocked.run(lambda: pool_rules.update(rule.id, priority=20))
    assert (changed.priority, changed.conditions) == (20, rule.conditions)
    changed = mocked.run(lambda: pool_rules.update(rule, workflow_name="w", pool="default"))
    assert (changed.priority, len(changed.conditions), changed.pool_id != rule.pool_id) == (20, 1, True)
    mocked.run(lambda: pool_rules.delete(rule))
    with pytest.raises(NotFound):
        mocked.run(lambda: pool_rules.get(rule))


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.pools.create("x", 0),
        lambda client: client.pools.create("", 1),
        lambda client: client.pools.update("x"),
        lambda client: client.pool_rules.create("x", 0, project_name="a"),
        lambda client: client.pool_rules.create("x", 10),
        lambda client: client.pool_rules.create("x", 10, project_name="a", workflow_name="b", workflow_type="audience"),
        lambda client: client.pool_rules.create("x", 10, invocation_type="manual"),
        lambda client: client.pool_rules.create("x", 10, project_name=[]),
        lambda client: client.pool_rules.create("x", 10, project_name=[1]),
        lambda client: client.pool_rules.update(1),
        lambda client: client.pool_rules.explain("p", "w", "manual"),
        lambda client: client.pools.plan({}),
        lambda client: client.pools.apply({"pools": {"a": 5}}),
    ],
)
def test_what_the_service_would_refuse_is_not_sent(mocked: Guise, own: OwnAccount, call: Any) -> None:
    """Each with a ValueError before any request."""
    with pytest.raises(ValueError, match=r"."):
        mocked.run(lambda: call(mocked.client))
    assert own.requests == []


def test_an_explanation_is_what_happens(mocked: Guise, tmp_path: Path) -> None:
    """The first rule that holds decides, and attempts go where it is told."""
    client: Any = mocked.client
    mocked.run(lambda: client.pools.create("one", 10))
    mocked.run(lambda: client.pools.create("two", 10))
    mocked.run(lambda: client.pool_rules.create("one", 10, project_name="shop", invocation_type="scheduled"))
    mocked.run(lambda: client.pool_rules.create("two", 20, project_name=["x", "sh"]))
    (tmp_path / "w.dig").write_text("+a:\n  echo>: x\n")
    project = mocked.run(lambda: client.projects.push(tmp_path, "shop"))
    found = mocked.run(lambda: client.pool_rules.explain(project, "w"))
    assert (found.pool.name, found.rule.priority) == ("two", 20)
    assert [verdict.holds for verdict in found.verdicts] == [False, True]
    assert "invocation_type 'on_demand' is not 'scheduled'" in str(found)
    assert "project_name 'shop' begins with 'x' or 'sh'" in str(found)
    attempt = mocked.run(lambda: client.attempts.start(project, "w"))
    assert attempt.pool_id == found.pool.id
    assert mocked.run(lambda: client.pool_rules.explain("shop", "w", "scheduled")).pool.name == "one"
    nobody = mocked.run(lambda: client.pool_rules.explain("other", "w"))
    assert (nobody.pool.name, nobody.rule) == ("default", None)
    assert "no rule holds: the default pool" in str(nobody)


def test_a_file_is_the_whole_truth(mocked: Guise, tmp_path: Path) -> None:
    """Planned, applied, and then there is nothing left to do; what it does not name goes."""
    client: Any = mocked.client
    file = tmp_path / "pools.yaml"
    file.write_text(FILE)
    mocked.run(lambda: client.pools.create("old", 100))
    mocked.run(lambda: client.pools.create("batch", 80))
    mocked.run(lambda: client.pool_rules.create("old", 10, project_name="a"))
    mocked.run(lambda: client.pool_rules.create("old", 15, project_name="b"))
    plan = mocked.run(lambda: client.pools.plan(file))
    assert limits(mocked) == {"default": 20, "old": 100, "batch": 80}
    assert str(plan).splitlines() == [
        "- rule 10: project_name a -> old",
        "- rule 15: project_name b -> old",
        "~ pool batch: limit 80 -> 50",
        "- pool old: limit 100",
        "+ pool reports: limit 20",
        "+ rule 10: project_name sales_|finance_ and invocation_type scheduled -> reports",
        "+ rule 20: workflow_name backfill -> batch",
        "  the default pool: limit 20 -> 130",
    ]
    assert mocked.run(lambda: client.pools.apply(str(file))) == plan
    assert limits(mocked) == {"default": 130, "batch": 50, "reports": 20}
    assert rules(mocked) == [(10, "reports", 2), (20, "batch", 1)]
    again = mocked.run(lambda: client.pools.apply(file))
    assert (again.unchanged, str(again).split(":")[0]) == (True, "nothing to do")
    assert mocked.run(lambda: client.pools.plan({"pools": {}})).default_after == 200


def test_an_apply_that_is_refused_says_where_it_is(mocked: Guise, own: OwnAccount) -> None:
    """Which step, why, what is left; and it goes on from there."""
    client: Any = mocked.client
    content = {"pools": {"a": {"limit": 5}, "b": {"limit": 5}, "c": {"limit": 5}}}
    own.faults.append(Fault("status", operation="createPool", status=403, after=1, times=1))
    with pytest.raises(PlanStopped) as caught:
        mocked.run(lambda: client.pools.apply(content))
    error = caught.value
    assert (len(error.done), str(error.step), len(error.left)) == (1, "+ pool b: limit 5", 1)
    assert "stopped after 1 of 3 steps at: + pool b: limit 5" in str(error)
    assert "not done: + pool c: limit 5" in str(error)
    assert "status 403" in str(error)
    plan = mocked.run(lambda: client.pools.plan(content))
    assert plan.steps == (error.step, *error.left)
    mocked.run(lambda: client.pools.apply(content))
    assert limits(mocked) == {"default": 185, "a": 5, "b": 5, "c": 5}


def test_a_plan_that_was_looked_at_is_carried_out(mocked: Guise, tmp_path: Path) -> None:
    """As it was, although the file has changed since."""
    client: Any = mocked.client
    file = tmp_path / "pools.yaml"
    file.write_text(FILE)
    plan = mocked.run(lambda: client.pools.plan(file))
    file.write_text("pools: {}")
    assert mocked.run(lambda: client.pools.apply(plan)) == plan
    assert limits(mocked) == {"default": 130, "batch": 50, "reports": 20}
    assert mocked.run(lambda: client.pools.plan(FILE_CONTENT)).unchanged


def test_a_plan_of_another_state_is_not_carried_out(mocked: Guise, own: OwnAccount) -> None:
    """It tells which steps are gone and which are new; the new plan can be carried out."""
    client: Any = mocked.client
    plan = mocked.run(lambda: client.pools.plan(FILE_CONTENT))
    mocked.run(lambda: client.pools.create("batch", 30))
    mocked.run(lambda: client.pools.create("other", 5))
    before = len(own.requests)
    with pytest.raises(PlanOutdated) as caught:
        mocked.run(lambda: client.pools.apply(plan))
    assert {request["method"] for request in own.requests[before:]} == {"GET"}
    assert caught.value.gone == ("+ pool batch: limit 50",)
    assert caught.value.new == ("- pool other: limit 5", "~ pool batch: limit 30 -> 50")
    for part in ("no longer in it: + pool batch: limit 50", "new in it: - pool other", "nothing was done"):
        assert part in str(caught.value)
    mocked.run(lambda: client.pools.apply(caught.value.plan))
    assert limits(mocked) == {"default": 130, "batch": 50, "reports": 20}
    with pytest.raises(PlanOutdated):
        mocked.run(lambda: client.pools.apply(plan))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pools: {a: {limit: 0}}", "pool 'a': limit must be a whole number"),
        ("pools: {a: {limit: yes}}", "pool 'a': limit must be a whole number"),
        ("pools: {a: 5}", "pool 'a' must be written as {limit: N}"),
        ("pools: {a: {size: 5}}", "pool 'a': there is no `size`"),
        ("pools: {1: {limit: 5}}", "1 is no pool's name"),
        ("pools: {a: {limit: 5}, a: {limit: 6}}", "the key 'a' stands twice"),
        ("pools: {a: {limit: 199}, b: {limit: 1}}", "add up to 200 of the account's 200"),
        ("pools: {default: {limit: 5}}", "names 'default', the default pool"),
        ("rules: []", "`pools` must map names to limits"),
        ("", "must hold a mapping"),
        ("pools: {}\nrule: []", "there is no `rule`"),
        ("pools: {}\nrules: {}", None),
        ("pools: {}\nrules: [{pool: a, project_name: x}]", "rule 1: pool 'a' is not among the file's pools"),
        ("pools: {a: {limit: 5}}\nrules: [{pool: a}]", "rule 1: a rule has one or two conditions"),
        ("pools: {a: {limit: 5}}\nrules: [{pool: a, project_name: 5}]", "project_name must be a text or a list"),
        ("pools: {a: {limit: 5}}\nrules: [x]", "rule 1 must be a mapping"),
        ("pools: {a: {limit: 5}}\nrules: [{pool: a, team: x}]", "rule 1: there is no `team`"),
        (
            "pools: {a: {limit: 5}}\nrules: [{pool: a, priority: 5, project_name: x}, {pool: a, project_name: y}]",
            "either all rules have a priority",
        ),
        (
            "pools: {a: {limit: 5}}\nrules: [{pool: a, priority: 5, project_name: x}, {pool: a, priority: 5}]",
            "rule 2: a rule has one or two conditions",
        ),
        (
            "pools: {a: {limit: 5}}\nrules: [&r {pool: a, priority: 5, project_name: x}, *r]",
            "aliases are not taken",
        ),
        ("pools: {a: {limit: 5}}\nrules: [{pool: a, priority: 10001, project_name: x}]", "from 1 to 10,000"),
        ("pools: &a {}\nrules: *a", "aliases are not taken"),
        ("pools: {", "is no YAML"),
        ("pools: !!python/object:os.system {}", "is no YAML"),
    ],
)
def test_a_file_that_cannot_be_is_told_where(
    mocked: Guise, own: OwnAccount, tmp_path: Path, text: str, message: str | None
) -> None:
    """Nothing is changed, and the message names the place."""
    file = tmp_path / "pools.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message or "`rules` must be a list"):
        mocked.run(lambda: mocked.client.pools.apply(file))
    assert {request["method"] for request in own.requests} <= {"GET"}


def test_a_file_may_be_json(mocked: Guise, tmp_path: Path) -> None:
    """Which needs no package; a key that stands twice is a mistake there, too."""
    file = tmp_path / "pools.json"
    file.write_text('{"pools": {"a": {"limit": 5}}}')
    mocked.run(lambda: mocked.client.pools.apply(file))
    assert limits(mocked) == {"default": 195, "a": 5}
    file.write_text('{"pools": {"a": {"limit": 5}, "a": {"limit": 6}}}')
    with pytest.raises(ValueError, match="'a' stands twice"):
        mocked.run(lambda: mocked.client.pools.plan(file))


def test_a_priority_stands_once(mocked: Guise) -> None:
    """The service takes each once, so a file that has one twice is refused."""
    twice = [{"pool": "a", "priority": 5, "project_name": name} for name in "xy"]
    with pytest.raises(ValueError, match="rule 2: priority 5 stands twice"):
        mocked.run(lambda: mocked.client.pools.plan({"pools": {"a": {"limit": 5}}, "rules": twice}))
