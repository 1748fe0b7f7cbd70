"""Pools share out the account's running attempts, and rules say which attempts go where (hosted only).

The limits of all pools always add up to the account's limit: the default pool has what the others leave.
"""

from __future__ import annotations

from typing import Literal

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.errors import AlreadyExists, InvalidRequest, LimitExceeded
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Pool, PoolRule, Workflow

DEFAULT_NAME = "default"
_MAX_NAME = 256
_MAX_LIMIT = 2**31 - 1
_MAX_PRIORITY = 10_000
_MAX_CONDITIONS = 2
Invocation = Literal["on_demand", "scheduled"]

_CHOICES = {
    "invocation_type": {"on_demand", "scheduled"},
    "workflow_type": {
        "ab_test",
        "audience",
        "customer_journey",
        "engage",
        "predictive_scoring",
        "realtime",
        "segment_insights",
        "syndication",
    },
}
_PREFIXES = {"project_name", "workflow_name"}


def default_pool(account: Account) -> Pool:
    """The account's default pool, made when it is first asked for; its limit follows the account's."""
    pool = next((pool for pool in account.pools.values() if pool.default), None)
    if pool is None:
        pool = Pool(account.next_id("pool"), DEFAULT_NAME, 0, default=True)
        account.pools[pool.id] = pool
    others = sum(one.concurrency_limit for one in account.pools.values() if not one.default)
    pool.concurrency_limit = account.settings["executor.attempt_max_run"] - others
    return pool


def pool_of(account: Account, attempt: Attempt) -> Pool:
    """The pool that an attempt was given when it was made; a pool with unfinished attempts is never deleted."""
    assert attempt.pool_id is not None
    return account.pools[attempt.pool_id]


def running(account: Account, pool: Pool) -> int:
    """How many attempts of a pool run, those that wait not counted."""
    return sum(
        one.pool_id == pool.id and not one.queued and one.waits_for is None for one in account.unfinished.values()
    )


def room(account: Account, pool: Pool) -> int:
    """How many more attempts may run in a pool."""
    default_pool(account)  # brings its limit up to date
    return pool.concurrency_limit - running(account, pool)


def has_room(account: Account, pool: Pool) -> bool:
    """Whether one more attempt may run in a pool."""
    return room(account, pool) > 0


def check_waiting(account: Account, pool: Pool, adding: int) -> None:
    """InvalidRequest if a pool has too many attempts that wait, queued or for a session, to have so many more."""
    limit: int = account.settings["pool.max_waiting_attempts"]
    waiting = sum(
        one.pool_id == pool.id and (one.queued or one.waits_for is not None) for one in account.unfinished.values()
    )
    if waiting + adding > limit:
        raise LimitExceeded(f"Too many attempts waiting. Limit: {limit}, Current: {waiting}")


def check_account_limit(account: Account, limit: int) -> None:
    """InvalidRequest if the default pool would be left without a limit under this one of the account."""
    others = sum(one.concurrency_limit for one in account.pools.values() if not one.default)
    if limit <= others:
        raise InvalidRequest(f"executor.attempt_max_run must be more than the pools have, {others}: {limit}")


def pool_for(account: Account, workflow: Workflow, invocation: Invocation) -> Pool:
    """The pool of a new attempt: that of the first rule, by priority, whose conditions all hold, else the default."""
    for rule in sorted(account.pool_rules.values(), key=lambda rule: rule.priority):
        if all(_holds(condition, workflow, invocation) for condition in rule.conditions):
            return account.pools[rule.pool_id]
    return default_pool(account)


def _holds(condition: JsonObject, workflow: Workflow, invocation: Invocation) -> bool:
    values: list[str] = condition["values"]
    match condition["type"]:
        case "project_name":
            return workflow.project.name.startswith(tuple(values))
        case "workflow_name":
            return workflow.name.startswith(tuple(values))
        case "invocation_type":
            return invocation in values
        case _:
            return False  # workflows that the products make: a user's own are of none of these types


# Changing pools


def create(account: Account, body: JsonObject) -> Pool:
    """A new pool, whose limit the default pool gives up. InvalidRequest or 409."""
    for name in ("name", "concurrencyLimit"):
        if name not in body:
            raise InvalidRequest(f"{name} is required")
    name, limit = _name(body), _limit(body)
    default = default_pool(account)
    if any(pool.name == name for pool in account.pools.values()):
        raise AlreadyExists(f"Resource already exists: pool name={name}")
    _check_default(account, default, default.concurrency_limit - limit)
    pool = Pool(account.next_id("pool"), name, limit)
    account.pools[pool.id] = pool
    default_pool(account)
    return pool


def update(account: Account, pool: Pool, body: JsonObject) -> None:
    """Renames a pool or changes its limit, at the default pool's cost or gain. InvalidRequest."""
    if pool.default:
        raise InvalidRequest("The default pool cannot be updated")
    name = _name(body) if "name" in body else pool.name
    limit = _limit(body) if "concurrencyLimit" in body else pool.concurrency_limit
    if any(one.name == name and one is not pool for one in account.pools.values()):
        raise InvalidRequest(f"Resource already exists: pool name={name}")
    if limit < running(account, pool):
        raise InvalidRequest(f"concurrencyLimit is below the number of running attempts: {running(account, pool)}")
    default = default_pool(account)
    _check_default(account, default, default.concurrency_limit + pool.concurrency_limit - limit)
    pool.name, pool.concurrency_limit = name, limit
    default_pool(account)


def delete(account: Account, pool: Pool) -> None:
    """Deletes a pool that nothing uses; its limit goes back to the default pool. InvalidRequest."""
    if pool.default:
        raise InvalidRequest("The default pool cannot be deleted")
    if any(attempt.pool_id == pool.id for attempt in account.unfinished.values()):
        raise InvalidRequest(f"Pool id={pool.id} has attempts that are running or waiting")
    if any(rule.pool_id == pool.id for rule in account.pool_rules.values()):
        raise InvalidRequest(f"Pool id={pool.id} is referenced by a rule")
    del account.pools[pool.id]
    default_pool(account)


def _check_default(account: Account, default: Pool, limit: int) -> None:
    if limit < max(1, running(account, default)):
        raise InvalidRequest(f"The default pool would be left with a limit of {limit}, which is too low")


def _name(body: JsonObject) -> str:
    name = body["name"]
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME:
        raise InvalidRequest(f"name must be a text of 1 to {_MAX_NAME} characters")
    return name


def _limit(body: JsonObject) -> int:
    return _integer(body, "concurrencyLimit", _MAX_LIMIT)


def _integer(body: JsonObject, name: str, maximum: int) -> int:
    value = body[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= maximum:
        raise InvalidRequest(f"{name} must be an integer from 1 to {maximum}")
    return value


# Changing rules


def create_rule(account: Account, body: JsonObject) -> PoolRule:
    """A new rule. InvalidRequest."""
    for name in ("poolId", "priority", "conditions"):
        if name not in body:
            raise InvalidRequest(f"{name} is required")
    values = _checked_rule(account, body, None)
    rule = PoolRule(account.next_id("pool rule"), *values)
    account.pool_rules[rule.id] = rule
    return rule


def update_rule(account: Account, rule: PoolRule, body: JsonObject) -> None:
    """Changes what is given of a rule; attempts that there are stay where they are. InvalidRequest."""
    rule.pool_id, rule.priority, rule.conditions = _checked_rule(account, body, rule)


def _checked_rule(account: Account, body: JsonObject, rule: PoolRule | None) -> tuple[int, int, list[JsonObject]]:
    """Pool id, priority and conditions of a rule: what the body gives, else what the rule has."""
    pool_id = _pool_id(account, body["poolId"]) if rule is None or "poolId" in body else rule.pool_id
    priority = _integer(body, "priority", _MAX_PRIORITY) if rule is None or "priority" in body else rule.priority
    conditions = _conditions(body["conditions"]) if rule is None or "conditions" in body else rule.conditions
    if any(one.priority == priority and one is not rule for one in account.pool_rules.values()):
        raise InvalidRequest(f"priority is taken: {priority}")
    return pool_id, priority, conditions


def _pool_id(account: Account, value: object) -> int:
    default_pool(account)
    for pool_id in account.pools:
        if str(pool_id) == str(value):
            return pool_id
    raise InvalidRequest(f"Resource does not exist: pool id={value}")


def _conditions(value: object) -> list[JsonObject]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MAX_CONDITIONS:
        raise InvalidRequest(f"conditions must be a list of 1 to {_MAX_CONDITIONS} conditions")
    return [_condition(one) for one in value]


def _condition(value: object) -> JsonObject:
    if not isinstance(value, dict):
        raise InvalidRequest("a condition must be an object")
    kind, values = value.get("type"), value.get("values")
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise InvalidRequest("values of a condition must be a list of texts")
    if isinstance(kind, str) and kind in _PREFIXES:
        if value.get("operator") != "starts_with":
            raise InvalidRequest(f"operator of a condition on {kind} must be starts_with")
        return {"type": kind, "operator": "starts_with", "values": values}
    if isinstance(kind, str) and kind in _CHOICES:
        unknown = set(values) - _CHOICES[kind]
        if unknown:
            raise InvalidRequest(f"no such {kind}: {', '.join(sorted(unknown))}")
        return {"type": kind, "values": values}
    raise InvalidRequest(f"type of a condition must be one of {', '.join(sorted({*_PREFIXES, *_CHOICES}))}")
