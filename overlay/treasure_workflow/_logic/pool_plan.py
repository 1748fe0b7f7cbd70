"""The way from the pools and rules that there are to those that a file wants, in an order that can be walked.

The limits of all pools add up to the account's: the default pool has what the others leave, and no limit may fall below
what its pool runs. So whatever gives slots back comes before whatever takes some: first limits that fall and pools that
go, then new pools and limits that rise; in between the default pool never has less than before or after.
A pool goes only when no rule names it. A priority can be had once: it is what a rule is known by, and a rule that keeps
its priority is changed in place. Only a rule that leads from a pool that goes to one that comes is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from treasure_workflow._logic.pool_file import PoolFile, WantedRule
from treasure_workflow._logic.pool_rules import comparable, shown_rule

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestPool, RestPoolRule


@dataclass(frozen=True)
class PoolStep:
    """One change of a pool or a rule."""

    action: Literal["create pool", "set limit", "delete pool", "create rule", "update rule", "delete rule"]
    pool: RestPool | None = None
    """The pool as it was, None when it is new."""
    name: str | None = None
    """The pool's name."""
    limit: int | None = None
    """The pool's new limit."""
    rule: RestPoolRule | None = None
    """The rule as it was, None when it is new."""
    wanted: WantedRule | None = None
    """The rule as it will be."""
    pool_before: str | None = None
    """The name of the pool that the rule led to."""

    def __str__(self) -> str:
        match self.action:
            case "create pool":
                return f"+ pool {self.name}: limit {self.limit}"
            case "set limit":
                return f"~ pool {self.name}: limit {self.pool.concurrency_limit if self.pool else '?'} -> {self.limit}"
            case "delete pool":
                return f"- pool {self.name}: limit {self.pool.concurrency_limit if self.pool else '?'}"
            case "create rule":
                return f"+ rule {self.wanted.priority if self.wanted else '?'}: {self.wanted}"
            case "update rule":
                return f"~ rule {self.wanted.priority if self.wanted else '?'}: {self._before()} => {self.wanted}"
            case "delete rule":
                return f"- rule {self.rule.priority if self.rule else '?'}: {self._before()}"

    def _before(self) -> str:
        return f"{shown_rule(self.rule) if self.rule else '?'} -> {self.pool_before or 'an unknown pool'}"


@dataclass(frozen=True)
class PoolPlan:
    """What would make pools and rules what a file wants. `str()` of it shows all of it, in the order of the steps."""

    steps: tuple[PoolStep, ...]
    """The changes, in the order in which they are made."""
    default_before: int | None
    """The default pool's limit now, None where the service shows no default pool."""
    default_after: int | None
    """The default pool's limit after all steps."""
    file: PoolFile = field(repr=False)
    """What the file wants."""

    @property
    def unchanged(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps

    def __str__(self) -> str:
        if self.unchanged:
            return "nothing to do: pools and rules are as the file wants them"
        lines = [str(step) for step in self.steps]
        if self.default_before != self.default_after:
            lines.append(f"  the default pool: limit {self.default_before} -> {self.default_after}")
        return "\n".join(lines)


def plan_pools(file: PoolFile, pools: Sequence[RestPool], rules: Sequence[RestPoolRule]) -> PoolPlan:
    """The steps from these pools and rules to what the file wants.

    Raises:
        ValueError: The file names the default pool, or its limits leave the default pool nothing.
    """
    default = next((pool for pool in pools if pool.default), None)
    there = {pool.name: pool for pool in pools if not pool.default}
    _check(file, pools, default)
    names = {pool.id: pool.name for pool in pools}
    wanted = {rule.priority: rule for rule in file.rules}

    def changed(rule: RestPoolRule, want: WantedRule) -> bool:
        conditions = tuple(sorted((kind, frozenset(values)) for kind, values in want.conditions.items()))
        return names.get(rule.pool_id) != want.pool or comparable(rule) != conditions

    first: list[PoolStep] = []  # rules that go, or that can change before the pools do
    last: list[PoolStep] = []  # rules that lead to new pools
    for rule in sorted(rules, key=lambda rule: rule.priority):
        want, before = wanted.pop(rule.priority, None), names.get(rule.pool_id)
        if want is None:
            first.append(PoolStep("delete rule", rule=rule, pool_before=before))
        elif not changed(rule, want):
            continue
        elif want.pool in there:
            first.append(PoolStep("update rule", rule=rule, wanted=want, pool_before=before))
        elif before in there and before not in file.pools:
            first.append(PoolStep("delete rule", rule=rule, pool_before=before))
            last.append(PoolStep("create rule", wanted=want))
        else:
            last.append(PoolStep("update rule", rule=rule, wanted=want, pool_before=before))
    last += [PoolStep("create rule", wanted=want) for want in wanted.values()]

    falling = [_resize(there[name], limit) for name, limit in _kept(file, there) if limit < _limit(there[name])]
    going = [PoolStep("delete pool", pool, name) for name, pool in there.items() if name not in file.pools]
    coming = [
        PoolStep("create pool", name=name, limit=limit) for name, limit in file.pools.items() if name not in there
    ]
    rising = [_resize(there[name], limit) for name, limit in _kept(file, there) if limit > _limit(there[name])]
    deletions = [step for step in first if step.action == "delete rule"]
    updates = [step for step in first if step.action == "update rule"]
    last.sort(key=lambda step: step.wanted.priority if step.wanted else 0)
    steps = (*deletions, *updates, *falling, *going, *coming, *rising, *last)
    after = None if default is None else _limit(default) + sum(map(_limit, there.values())) - sum(file.pools.values())
    return PoolPlan(steps, None if default is None else _limit(default), after, file)


def _check(file: PoolFile, pools: Iterable[RestPool], default: RestPool | None) -> None:
    if default is None:
        return
    if default.name in file.pools:
        raise ValueError(
            f"the pools file names {default.name!r}, the default pool: it has what the others leave; take it out"
        )
    account, given = sum(map(_limit, pools)), sum(file.pools.values())
    if given >= account:
        raise ValueError(
            f"the pools file's limits add up to {given} of the account's {account}: "
            "the default pool needs at least 1, so lower a limit"
        )


def _kept(file: PoolFile, there: dict[str, RestPool]) -> list[tuple[str, int]]:
    return [(name, limit) for name, limit in file.pools.items() if name in there]


def _resize(pool: RestPool, limit: int) -> PoolStep:
    return PoolStep("set limit", pool, pool.name, limit)


def _limit(pool: RestPool) -> int:
    return pool.concurrency_limit
