"""Pools made once, whatever becomes of a response; and pools and rules made what a file wants, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._logic.pool_plan import PoolPlan, PoolStep, plan_pools
from treasure_workflow._logic.pool_rules import models_of

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._logic.pool_file import PoolFile
    from treasure_workflow_api.models import RestPool


async def plan(calls: AsyncCalls, file: PoolFile) -> PoolPlan:
    """The steps from what there is to what the file wants."""
    from treasure_workflow._async.pool_rules import AsyncPoolRules
    from treasure_workflow._async.pools import AsyncPools

    pools = [pool async for pool in AsyncPools(calls).list()]
    return plan_pools(file, pools, [rule async for rule in AsyncPoolRules(calls).list()])


async def apply(calls: AsyncCalls, wanted: PoolFile | PoolPlan) -> PoolPlan:
    """Makes the steps. Raises PlanStopped at the first that is refused, PlanOutdated when a plan has other ones."""
    from treasure_workflow._async.pools import AsyncPools

    planned = await plan(calls, wanted.file if isinstance(wanted, PoolPlan) else wanted)
    if isinstance(wanted, PoolPlan):
        seen, now = [str(step) for step in wanted.steps], [str(step) for step in planned.steps]
        if sorted(seen) != sorted(now):
            gone = tuple(step for step in seen if step not in now)
            raise errors.PlanOutdated(planned, gone, tuple(step for step in now if step not in seen))
    ids = {pool.name: pool.id async for pool in AsyncPools(calls).list()} if planned.steps else {}
    for number, step in enumerate(planned.steps):
        try:
            await _make(calls, step, ids)
        except errors.TreasureWorkflowError as error:
            done, left = planned.steps[:number], planned.steps[number + 1 :]
            raise errors.PlanStopped(step, error, done, left) from error
    return planned


async def create(calls: AsyncCalls, name: str, limit: int) -> RestPool:
    """A new pool. Operations getPools, createPool.

    What was there before tells a pool that an earlier try made, whose response was lost, from another's.
    """
    from treasure_workflow_api.api.pool import create_pool, get_pools
    from treasure_workflow_api.models import RestPoolCreateRequest

    async def there() -> RestPool | None:
        return next((pool for pool in (await calls.call(get_pools)).pools or () if pool.name == name), None)

    before = await there()
    body = RestPoolCreateRequest(name=name, concurrency_limit=limit)
    try:
        return await calls.telling_own().call(create_pool, body=body)
    except errors.Conflict as error:
        made = await there() if error.lost and before is None else None
        if made is None or made.concurrency_limit != limit:
            raise
        return made


async def _make(calls: AsyncCalls, step: PoolStep, ids: dict[str, str]) -> None:
    from treasure_workflow._async.pool_rules import AsyncPoolRules
    from treasure_workflow._async.pools import AsyncPools
    from treasure_workflow_api.api.pool import create_pool_rule, update_pool_rule
    from treasure_workflow_api.models import RestPoolRuleCreateRequest, RestPoolRuleUpdateRequest

    pools = AsyncPools(calls)
    if step.name is not None and step.limit is not None:
        if step.pool is None:
            ids[step.name] = (await pools.create(step.name, step.limit)).id
        else:
            await pools.update(step.pool, limit=step.limit)
    elif step.pool is not None:
        await pools.delete(step.pool)
    elif step.wanted is None:
        if step.rule is not None:
            await AsyncPoolRules(calls).delete(step.rule)
    else:
        conditions, pool_id = models_of(step.wanted.conditions), ids[step.wanted.pool]
        if step.rule is None:
            made = RestPoolRuleCreateRequest(conditions=conditions, pool_id=pool_id, priority=step.wanted.priority)
            await calls.call(create_pool_rule, body=made)
        else:
            changed = RestPoolRuleUpdateRequest(conditions=conditions, pool_id=pool_id)
            await calls.call(update_pool_rule, int(step.rule.id), body=changed)
