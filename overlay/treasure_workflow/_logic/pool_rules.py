"""Conditions of pool rules: read from what people write, compared, and tried on an attempt as the service does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestPool, RestPoolRule

Values: TypeAlias = str | list[str] | tuple[str, ...]
"""One value of a condition, or several of which one suffices."""
Conditions: TypeAlias = dict[str, tuple[str, ...]]
"""Values by the type of the condition."""
Invocation: TypeAlias = Literal["on_demand", "scheduled"]

PREFIXES = ("project_name", "workflow_name")
CHOICES = ("invocation_type", "workflow_type")
MOST_CONDITIONS = 2
HIGHEST_PRIORITY = 10_000


def conditions_of(given: Mapping[str, Any], where: str) -> Conditions:
    """The conditions that somebody wrote: one value or a list for each type, None for none.

    Raises:
        ValueError: There is none or more than two, or a value is wrong; the message begins with `where`.
    """
    found: Conditions = {}
    for kind in (*PREFIXES, *CHOICES):
        value = given.get(kind)
        if value is None:
            continue
        values: tuple[Any, ...] = (value,) if isinstance(value, str) else tuple(value) if _is_list(value) else (None,)
        if not values or not all(isinstance(one, str) for one in values):
            raise ValueError(f"{where}: {kind} must be a text or a list of texts, not {value!r}")
        unknown = [one for one in values if kind in CHOICES and one not in _choices(kind)]
        if unknown:
            raise ValueError(f"{where}: {kind} has no value {unknown[0]!r}: there are {', '.join(_choices(kind))}")
        found[kind] = values
    if not 1 <= len(found) <= MOST_CONDITIONS:
        kinds = ", ".join((*PREFIXES, *CHOICES))
        raise ValueError(f"{where}: a rule has one or two conditions of {kinds}, not {len(found)}")
    return found


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _choices(kind: str) -> tuple[str, ...]:
    from treasure_workflow_api.models import rest_pool_rule_invocation_type_condition as invocation
    from treasure_workflow_api.models import rest_pool_rule_workflow_type_condition as workflow

    if kind == "invocation_type":
        return get_args(invocation.RestPoolRuleInvocationTypeConditionValuesItem)
    return get_args(workflow.RestPoolRuleWorkflowTypeConditionValuesItem)


def models_of(conditions: Conditions) -> list[Any]:
    """The conditions as the service takes them."""
    from treasure_workflow_api import models

    made: list[Any] = []
    for kind, values in conditions.items():
        match kind:
            case "project_name":
                made.append(models.RestPoolRuleProjectNameCondition(operator="starts_with", values=list(values)))
            case "workflow_name":
                made.append(models.RestPoolRuleWorkflowNameCondition(operator="starts_with", values=list(values)))
            case "invocation_type":
                made.append(models.RestPoolRuleInvocationTypeCondition(values=list(values)))
            case _:
                made.append(models.RestPoolRuleWorkflowTypeCondition(values=list(values)))
    return made


def comparable(rule: RestPoolRule) -> tuple[tuple[str, frozenset[str]], ...]:
    """A rule's conditions, such that those of rules that mean the same are equal."""
    return tuple(sorted((_kind(one), frozenset(_values(one))) for one in _dicts(rule)))


def shown(conditions: Mapping[str, tuple[str, ...]]) -> str:
    """Conditions in one line."""
    return " and ".join(f"{kind} {'|'.join(values)}" for kind, values in conditions.items())


def shown_rule(rule: RestPoolRule) -> str:
    """A rule's conditions in one line."""
    return " and ".join(f"{_kind(one)} {'|'.join(_values(one))}" for one in _dicts(rule))


def _dicts(rule: RestPoolRule) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rule.to_dict()["conditions"] or []
    return [one for one in found if one]


def _kind(condition: Mapping[str, Any]) -> str:
    return str(condition.get("type"))


def _values(condition: Mapping[str, Any]) -> list[str]:
    return [str(value) for value in condition.get("values") or ()]


@dataclass(frozen=True)
class RuleVerdict:
    """What one rule says of an attempt."""

    rule: RestPoolRule
    holds: bool | None
    """Whether all its conditions hold; None when it has one that this version does not know."""
    reasons: tuple[str, ...]
    """For each condition whether it holds and why."""

    def __str__(self) -> str:
        word = {True: "holds", False: "does not hold", None: "cannot be told"}[self.holds]
        return f"rule {self.rule.id}, priority {self.rule.priority}, {word}: {'; '.join(self.reasons)}"


@dataclass(frozen=True)
class PoolExplanation:
    """Which pool a new attempt would get, and why. `str()` of it tells it in a few lines."""

    pool: RestPool | None
    """The pool; None when it cannot be told."""
    rule: RestPoolRule | None
    """The rule that decides; None when none does, which leaves the default pool."""
    verdicts: tuple[RuleVerdict, ...]
    """The rules that were tried, in their order, up to the one that decides."""

    def __str__(self) -> str:
        lines = [str(verdict) for verdict in self.verdicts]
        if self.rule is None and all(verdict.holds is False for verdict in self.verdicts):
            lines.append("no rule holds: the default pool")
        return "\n".join([*lines, f"pool: {self.pool.name if self.pool else 'cannot be told'}"])


def explain(
    pools: list[RestPool],
    rules: list[RestPoolRule],
    project: str,
    workflow: str,
    invocation: Invocation,
    workflow_type: str | None,
) -> PoolExplanation:
    """Which pool an attempt gets: that of the first rule, by priority, whose conditions all hold, else the default."""
    facts = {
        "project_name": project,
        "workflow_name": workflow,
        "invocation_type": invocation,
        "workflow_type": workflow_type,
    }
    verdicts: list[RuleVerdict] = []
    by_id = {pool.id: pool for pool in pools}
    for rule in sorted(rules, key=lambda rule: rule.priority):
        verdict = _verdict(rule, facts)
        verdicts.append(verdict)
        if verdict.holds:
            certain = all(one.holds is False for one in verdicts[:-1])
            return PoolExplanation(by_id.get(rule.pool_id) if certain else None, rule, tuple(verdicts))
    certain = all(one.holds is False for one in verdicts)
    default = next((pool for pool in pools if pool.default), None)
    return PoolExplanation(default if certain else None, None, tuple(verdicts))


def _verdict(rule: RestPoolRule, facts: Mapping[str, str | None]) -> RuleVerdict:
    results: list[bool | None] = []
    reasons: list[str] = []
    for condition in _dicts(rule):
        kind, values = _kind(condition), _values(condition)
        if kind not in facts or (kind in PREFIXES and condition.get("operator") != "starts_with"):
            results.append(None)
            reasons.append(f"{kind} is a condition that this version does not know")
            continue
        fact = facts[kind]
        holds = fact is not None and (fact.startswith(tuple(values)) if kind in PREFIXES else fact in values)
        results.append(holds)
        verbs = ("begins", "does not begin") if kind in PREFIXES else ("is", "is not")
        several = " or ".join(repr(value) for value in values)
        reasons.append(f"{kind} {fact!r} {verbs[0 if holds else 1]}{' with' if kind in PREFIXES else ''} {several}")
    if False in results:
        return RuleVerdict(rule, False, tuple(reasons))
    return RuleVerdict(rule, None if None in results else True, tuple(reasons))
