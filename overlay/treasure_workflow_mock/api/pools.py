"""Pools and pool rules (hosted only)."""

from __future__ import annotations

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.api.serializers import missing
from treasure_workflow_mock.engine import pools
from treasure_workflow_mock.http.messages import Handler, Request, Response
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Pool, PoolRule


def _pool_json(pool: Pool) -> JsonObject:
    return {
        "id": str(pool.id),
        "name": pool.name,
        "concurrencyLimit": pool.concurrency_limit,
        "default": pool.default,
    }


def _rule_json(rule: PoolRule) -> JsonObject:
    return {
        "id": str(rule.id),
        "poolId": str(rule.pool_id),
        "priority": rule.priority,
        "conditions": rule.conditions,
    }


def _find_pool(account: Account, request: Request) -> Pool:
    pools.default_pool(account)
    pool = account.pools.get(request.path["poolId"])
    if pool is None:
        raise missing(f"pool id={request.path['poolId']}")
    return pool


def _find_rule(account: Account, request: Request) -> PoolRule:
    rule = account.pool_rules.get(request.path["poolRuleId"])
    if rule is None:
        raise missing(f"pool rule id={request.path['poolRuleId']}")
    return rule


def get_pools(account: Account, _request: Request) -> Json:
    """All pools, the default one included."""
    pools.default_pool(account)
    return {"pools": [_pool_json(pool) for pool in account.pools.values()]}


def get_pool(account: Account, request: Request) -> Json:
    """One pool."""
    return _pool_json(_find_pool(account, request))


def create_pool(account: Account, request: Request) -> Json:
    """Creates a pool."""
    return Response(201, json=_pool_json(pools.create(account, request.body)))


def update_pool(account: Account, request: Request) -> Json:
    """Changes a pool's name or limit."""
    pool = _find_pool(account, request)
    pools.update(account, pool, request.body)
    return _pool_json(pool)


def delete_pool(account: Account, request: Request) -> Json:
    """Deletes a pool; the response is the pool as it was."""
    pool = _find_pool(account, request)
    pools.delete(account, pool)
    return _pool_json(pool)


def get_rules(account: Account, _request: Request) -> Json:
    """All rules in the order in which they are tried."""
    rules = sorted(account.pool_rules.values(), key=lambda rule: rule.priority)
    return {"poolRules": [_rule_json(rule) for rule in rules]}


def get_rule(account: Account, request: Request) -> Json:
    """One rule."""
    return _rule_json(_find_rule(account, request))


def create_rule(account: Account, request: Request) -> Json:
    """Creates a rule."""
    return Response(201, json=_rule_json(pools.create_rule(account, request.body)))


def update_rule(account: Account, request: Request) -> Json:
    """Changes what is given of a rule."""
    rule = _find_rule(account, request)
    pools.update_rule(account, rule, request.body)
    return _rule_json(rule)


def delete_rule(account: Account, request: Request) -> Json:
    """Deletes a rule; the response is the rule as it was."""
    rule = _find_rule(account, request)
    del account.pool_rules[rule.id]
    return _rule_json(rule)


HANDLERS: dict[str, Handler] = {
    "getPools": get_pools,
    "getPool": get_pool,
    "createPool": create_pool,
    "updatePool": update_pool,
    "deletePool": delete_pool,
    "getPoolRules": get_rules,
    "getPoolRule": get_rule,
    "createPoolRule": create_rule,
    "updatePoolRule": update_rule,
    "deletePoolRule": delete_rule,
}
