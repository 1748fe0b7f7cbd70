"""Pools: shares of the account's running attempts, and the file that says what they should be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async._work import pools as work
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import POOL, check
from treasure_workflow._logic.pool_file import LONGEST_NAME, read_pool_file
from treasure_workflow._logic.pool_plan import PoolPlan
from treasure_workflow._runtime import arun

if TYPE_CHECKING:
    from treasure_workflow._ids import PoolLike
    from treasure_workflow_api.models import RestPool


@checked
class AsyncPools:
    """What `client.pools` offers. Hosted services only; changes need an administrator's key.

    The limits of all pools add up to the account's: the default pool gives up what others get, and gets it back.
    """

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(self) -> AsyncPages[RestPool]:
        """All pools, the default one among them. Operation getPools.

        Example:
            >>> for pool in client.pools.list():
            ...     print(pool.name, pool.concurrency_limit, "default" if pool.default else "")
        """

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.pool import get_pools

            return await self._calls.call(get_pools, **position)

        return AsyncPages(fetch, "getPools")

    async def get(self, pool: PoolLike) -> RestPool:
        """The pool as it is now. Operation getPool, or getPools for a name.

        Raises:
            NotFound: There is none.
        """
        return await _lookups.find_pool(self._calls, pool)

    async def create(self, name: str, limit: int) -> RestPool:
        """A new pool. Operations getPools, createPool.

        Args:
            name: Its name, 1 to 256 characters.
            limit: How many attempts may run in it at once. The default pool gives them up.

        Returns:
            The pool.

        Raises:
            BadRequest: The default pool runs more than it would be left with.
            Conflict: There is a pool of that name.
            Forbidden: The key is no administrator's.
            ValueError: The limit is no whole number from 1.

        Example:
            >>> client.pools.create("batch", 50)
        """
        return await work.create(self._calls, _named(name), _checked(limit))

    async def update(self, pool: PoolLike, *, name: str | None = None, limit: int | None = None) -> RestPool:
        """Renames a pool or changes its limit, at the default pool's cost or gain. Operation updatePool.

        Args:
            pool: The pool; not the default one.
            name: Its new name; as before when None.
            limit: How many attempts may run in it at once; as before when None.

        Returns:
            The pool after the change.

        Raises:
            BadRequest: It is the default pool, the name is taken, or a pool runs more than it would be left with.
            Forbidden: The key is no administrator's.
            NotFound: There is no such pool.
            ValueError: Nothing to change, or the limit is no whole number from 1.
        """
        from treasure_workflow_api.api.pool import update_pool
        from treasure_workflow_api.models import RestPoolUpdateRequest

        check(POOL, pool)
        if name is None and limit is None:
            raise ValueError("give a name or a limit: there is nothing to change")
        body = RestPoolUpdateRequest(
            name=or_unset(None if name is None else _named(name)),
            concurrency_limit=or_unset(None if limit is None else _checked(limit)),
        )
        return await self._calls.call(update_pool, await _lookups.pool_id(self._calls, pool), body=body)

    async def delete(self, pool: PoolLike) -> None:
        """Deletes a pool that nothing uses; its limit goes back to the default pool. Operation deletePool.

        Raises:
            BadRequest: It is the default pool, a rule names it, or it has attempts that run or wait.
            Forbidden: The key is no administrator's.
            NotFound: There is no such pool.
        """
        from treasure_workflow_api.api.pool import delete_pool

        id = await _lookups.pool_id(self._calls, pool)
        await self._calls.delete(delete_pool, id)

    async def plan(self, source: str | os.PathLike[str] | Mapping[str, Any]) -> PoolPlan:
        """What `apply` would do. Nothing is changed. Operations getPools, getPoolRules.

        The file is the whole truth: pools and rules that it does not name are deleted, the default pool excepted.

            pools:
              batch: {limit: 50}
              reports: {limit: 20}
            rules:
              - {pool: reports, project_name: [sales_, finance_], invocation_type: scheduled}
              - {pool: batch, workflow_name: backfill}

        A rule has one or two conditions of `project_name` and `workflow_name` (what the names begin with),
        `invocation_type` and `workflow_type`, each one value or a list. Without `priority` the order decides, in steps
        of ten.

        Args:
            source: The path of a YAML or JSON file, or a mapping of the same content.

        Returns:
            The steps in the order in which they would be made; its text shows them.

        Raises:
            ConfigError: The file is YAML, and PyYAML is not installed.
            ValueError: The file says something that cannot be; the message tells where.

        Example:
            >>> print(client.pools.plan("pools.yaml"))
        """
        return await work.plan(self._calls, await arun(read_pool_file, source))

    async def apply(self, source: str | os.PathLike[str] | Mapping[str, Any] | PoolPlan) -> PoolPlan:
        """Makes pools and rules what a file wants, or carries out the plan that somebody has looked at, step by step.

        Operations createPool, updatePool, deletePool, createPoolRule, updatePoolRule, deletePoolRule. It stops at the
        first step that the service refuses; `plan` then shows what is left, and `apply` goes on from there.

        Args:
            source: As for `plan`; or what `plan` gave, whose steps are then made and no others.

        Returns:
            The steps that were made.

        Raises:
            ConfigError: As for `plan`.
            PlanOutdated: Pools or rules have changed since the plan was made. Nothing was done; it tells what differs.
            PlanStopped: A step was refused; it tells which, why, and what is left.
            ValueError: As for `plan`. Nothing was changed.

        Example:
            >>> plan = client.pools.plan("pools.yaml")
            >>> print(plan)
            >>> if input("Go on? ") == "yes":
            ...     client.pools.apply(plan)
        """
        wanted = source if isinstance(source, PoolPlan) else await arun(read_pool_file, source)
        return await work.apply(self._calls, wanted)


def _named(name: str) -> str:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"a pool's name is a text of 1 to {LONGEST_NAME} characters, not {name!r}")
    return name


def _checked(limit: int) -> int:
    if limit < 1:
        raise ValueError(f"limit must be a whole number from 1, not {limit!r}")
    return limit
