"""Pool rules: which attempts go to which pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import POOL, POOL_RULE, check, id_of
from treasure_workflow._logic.pool_rules import (
    HIGHEST_PRIORITY,
    Invocation,
    PoolExplanation,
    Values,
    conditions_of,
    explain,
    models_of,
)

if TYPE_CHECKING:
    from treasure_workflow._ids import PoolLike, PoolRuleLike, ProjectLike
    from treasure_workflow_api.models import RestPool, RestPoolRule


@checked
class AsyncPoolRules:
    """What `client.pool_rules` offers. Hosted services only; changes need an administrator's key.

    A new attempt goes to the pool of the first rule, by priority, whose conditions all hold, else to the default pool.
    It stays there: changes of rules move nothing.
    """

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(self) -> AsyncPages[RestPoolRule]:
        """All rules. Operation getPoolRules."""

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.pool import get_pool_rules

            return await self._calls.call(get_pool_rules, **position)

        return AsyncPages(fetch, "getPoolRules")

    async def get(self, rule: PoolRuleLike) -> RestPoolRule:
        """The rule as it is now. Operation getPoolRule.

        Raises:
            NotFound: There is none.
        """
        from treasure_workflow_api.api.pool import get_pool_rule

        return await self._calls.call(get_pool_rule, id_of(POOL_RULE, rule))

    async def create(
        self,
        pool: PoolLike,
        priority: int,
        *,
        project_name: Values | None = None,
        workflow_name: Values | None = None,
        invocation_type: Values | None = None,
        workflow_type: Values | None = None,
    ) -> RestPoolRule:
        """A new rule with one or two conditions, all of which have to hold. Operation createPoolRule.

        Args:
            pool: The pool that attempts go to.
            priority: 1 to 10,000, which no rule has yet; the lowest is tried first.
            project_name: What the project's name begins with: one text, or several of which one suffices.
            workflow_name: What the workflow's name begins with.
            invocation_type: `on_demand` or `scheduled`.
            workflow_type: Which of the service's products made the workflow, such as `audience`.

        Returns:
            The rule.

        Raises:
            BadRequest: The priority is taken.
            Forbidden: The key is no administrator's.
            NotFound: No pool has that name.
            ValueError: No condition or more than two, or a value that there is not.

        Example:
            >>> client.pool_rules.create("reports", 10, project_name=["sales_", "hr_"], invocation_type="scheduled")
        """
        from treasure_workflow_api.api.pool import create_pool_rule
        from treasure_workflow_api.models import RestPoolRuleCreateRequest

        check(POOL, pool)
        given = _given(project_name, workflow_name, invocation_type, workflow_type)
        body = RestPoolRuleCreateRequest(
            conditions=models_of(conditions_of(given, "the rule")),
            pool_id="",
            priority=_checked(priority),
        )
        body.pool_id = str(await _lookups.pool_id(self._calls, pool))
        return await self._calls.call(create_pool_rule, body=body)

    async def update(
        self,
        rule: PoolRuleLike,
        *,
        pool: PoolLike | None = None,
        priority: int | None = None,
        project_name: Values | None = None,
        workflow_name: Values | None = None,
        invocation_type: Values | None = None,
        workflow_type: Values | None = None,
    ) -> RestPoolRule:
        """Changes a rule; what is None stays. Operation updatePoolRule.

        Args:
            rule: The rule.
            pool: The pool that attempts go to.
            priority: 1 to 10,000, which no other rule has.
            project_name: With any condition all of them are replaced.
            workflow_name: As `project_name`.
            invocation_type: As `project_name`.
            workflow_type: As `project_name`.

        Returns:
            The rule after the change.

        Raises:
            BadRequest: The priority is taken.
            Forbidden: The key is no administrator's.
            NotFound: There is no such rule or pool.
            ValueError: Nothing to change, more than two conditions, or a value that there is not.
        """
        from treasure_workflow_api.api.pool import update_pool_rule
        from treasure_workflow_api.models import RestPoolRuleUpdateRequest

        id = id_of(POOL_RULE, rule)
        if pool is not None:
            check(POOL, pool)
        given = _given(project_name, workflow_name, invocation_type, workflow_type)
        named = any(value is not None for value in given.values())
        conditions = models_of(conditions_of(given, "the rule")) if named else None
        if pool is None and priority is None and conditions is None:
            raise ValueError("give a pool, a priority or conditions: there is nothing to change")
        body = RestPoolRuleUpdateRequest(
            priority=or_unset(None if priority is None else _checked(priority)), conditions=or_unset(conditions)
        )
        if pool is not None:
            body.pool_id = str(await _lookups.pool_id(self._calls, pool))
        return await self._calls.call(update_pool_rule, id, body=body)

    async def delete(self, rule: PoolRuleLike) -> None:
        """Deletes a rule; attempts stay in the pools that they have. Operation deletePoolRule.

        Raises:
            Forbidden: The key is no administrator's.
            NotFound: There is no such rule.
        """
        from treasure_workflow_api.api.pool import delete_pool_rule

        await self._calls.delete(delete_pool_rule, id_of(POOL_RULE, rule))

    async def explain(
        self,
        project: ProjectLike,
        workflow: str,
        invocation: Invocation = "on_demand",
        *,
        workflow_type: str | None = None,
    ) -> PoolExplanation:
        """Which pool a new attempt would get, and why. Operations getPools, getPoolRules.

        Neither the project nor the workflow need exist: only their names count.

        Args:
            project: The project.
            workflow: The workflow's name.
            invocation: How the attempt starts: `on_demand` or `scheduled`.
            workflow_type: Which of the service's products made the workflow; None for one of your own.

        Returns:
            The pool, the rule that decides, and what each rule says that is tried before.

        Raises:
            ValueError: There is no such invocation.

        Example:
            >>> print(client.pool_rules.explain("sales_jp", "nightly", "scheduled"))
        """
        from treasure_workflow._async.pools import AsyncPools

        if invocation not in ("on_demand", "scheduled"):
            raise ValueError(f'invocation must be "on_demand" or "scheduled", not {invocation!r}')
        name = await _lookups.project_name(self._calls, project)
        pools: list[RestPool] = [pool async for pool in AsyncPools(self._calls).list()]
        rules = [rule async for rule in self.list()]
        return explain(pools, rules, name, workflow, invocation, workflow_type)


def _given(
    project_name: Values | None,
    workflow_name: Values | None,
    invocation_type: Values | None,
    workflow_type: Values | None,
) -> dict[str, Values | None]:
    return {
        "project_name": project_name,
        "workflow_name": workflow_name,
        "invocation_type": invocation_type,
        "workflow_type": workflow_type,
    }


def _checked(priority: int) -> int:
    if not 1 <= priority <= HIGHEST_PRIORITY:
        raise ValueError(f"priority must be a whole number from 1 to {HIGHEST_PRIORITY:,}, not {priority!r}")
    return priority
