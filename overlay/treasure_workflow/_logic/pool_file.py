"""The file of pools and rules: what it may say, read and checked before anything is asked of the service.

    pools:
      batch: {limit: 50}
      reports: {limit: 20}
    rules:
      - {pool: reports, project_name: [sales_, finance_], invocation_type: scheduled}
      - {pool: batch, workflow_name: backfill}

Without priorities the order decides, in steps of ten. What the file does not name is deleted, but the default pool.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from treasure_workflow._logic.pool_rules import CHOICES, HIGHEST_PRIORITY, PREFIXES, Conditions, conditions_of, shown
from treasure_workflow._logic.yaml_files import read_mapping

_WHAT = "the pools file"
_STEP = 10
LONGEST_NAME = 256
_HIGHEST_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class WantedRule:
    """A rule that the file wants."""

    pool: str
    priority: int
    conditions: Conditions

    def __str__(self) -> str:
        return f"{shown(self.conditions)} -> {self.pool}"


@dataclass(frozen=True)
class PoolFile:
    """All pools but the default one, and all rules."""

    pools: Mapping[str, int]
    """Limits by name."""
    rules: tuple[WantedRule, ...]
    """By rising priority."""


def read_pool_file(source: str | os.PathLike[str] | Mapping[str, Any]) -> PoolFile:
    """What a file, or a mapping of the same content, wants.

    Raises:
        ConfigError: It is YAML, and PyYAML is not installed.
        ValueError: It cannot be read, or says something that cannot be; the message tells where.
    """
    content: Mapping[str, Any] = source if isinstance(source, Mapping) else read_mapping(source, _WHAT)
    where = _WHAT if isinstance(source, Mapping) else f"{_WHAT} {os.fspath(source)}"
    _only(content, ("pools", "rules"), where)
    if not isinstance(content.get("pools"), Mapping):
        raise ValueError(f"{where}: `pools` must map names to limits; write `pools: {{}}` for the default pool alone")
    pools = {_name(name, where): _limit(value, f"{where}: pool {name!r}") for name, value in content["pools"].items()}
    rows: Any = content.get("rules")
    rows = [] if rows is None else rows
    if not isinstance(rows, list):
        raise ValueError(f"{where}: `rules` must be a list")
    return PoolFile(pools, _rules(rows, pools, where))  # pyright: ignore[reportUnknownArgumentType] # whatever a file holds


def _rules(rows: list[Any], pools: Mapping[str, int], where: str) -> tuple[WantedRule, ...]:
    rules: list[WantedRule] = []
    for number, row in enumerate(rows, 1):
        at = f"{where}: rule {number}"
        rules.append(_rule(_mapping(row, f"{at} must be a mapping with `pool` and conditions"), number, pools, at))
        if (row.get("priority") is None) != (rows[0].get("priority") is None):  # pyright: ignore[reportUnknownMemberType] # whatever a file holds
            raise ValueError(f"{at}: either all rules have a priority, or none and their order decides")
        if any(rule.priority == rules[-1].priority for rule in rules[:-1]):
            raise ValueError(f"{at}: priority {rules[-1].priority} stands twice")
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _rule(row: Mapping[Any, Any], number: int, pools: Mapping[str, int], at: str) -> WantedRule:
    _only(row, ("pool", "priority", *PREFIXES, *CHOICES), at)
    pool, priority = row.get("pool"), row.get("priority")
    if not isinstance(pool, str) or pool not in pools:
        raise ValueError(f"{at}: pool {pool!r} is not among the file's pools")
    if priority is None:
        priority = number * _STEP
    if not _is_whole(priority, HIGHEST_PRIORITY):
        raise ValueError(f"{at}: priority must be a whole number from 1 to {HIGHEST_PRIORITY:,}, not {priority!r}")
    return WantedRule(pool, priority, conditions_of(row, at))


def _only(content: Mapping[Any, Any], known: tuple[str, ...], where: str) -> None:
    unknown = [key for key in content if key not in known]
    if unknown:
        raise ValueError(f"{where}: there is no `{unknown[0]}`; there are {', '.join(known)}")


def _name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"{where}: {name!r} is no pool's name, which is a text of 1 to {LONGEST_NAME} characters")
    return name


def _limit(value: Any, where: str) -> int:
    content = _mapping(value, f"{where} must be written as {{limit: N}}")
    _only(content, ("limit",), where)
    limit: Any = content.get("limit")
    if not _is_whole(limit, _HIGHEST_LIMIT):
        raise ValueError(f"{where}: limit must be a whole number from 1, not {limit!r}")
    checked: int = limit
    return checked


def _mapping(value: Any, problem: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(problem)
    return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] # whatever a file holds


def _is_whole(value: object, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= highest
