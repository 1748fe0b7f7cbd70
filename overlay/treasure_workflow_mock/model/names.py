"""What names may be: of projects, workflows and tasks, and how the service says that one may not.

A refusal names the kind of thing that was checked, then every fault on a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from treasure_workflow_mock.errors import InvalidDefinition

_MAX_LENGTH = 255
LONGEST_NAME = 640
"""How long the full name of a task may be on the hosted service, in bytes of UTF-8."""

_NO_FIRST = frozenset('+^@\\/:*?"<>|')
_NOT_IN_TASK_NAME = re.compile(r"[^a-zA-Z0-9_\-=\[\]{}%&@,.^`]")


def refusal(kind: str, faults: Iterable[str]) -> str:
    """The message about a `kind` of thing that has these faults."""
    return "\n".join((f"Validating {kind} failed", *faults))


def _too_long(name: str) -> list[str]:
    return [f"must not be longer than {_MAX_LENGTH} characters"] if len(name) > _MAX_LENGTH else []


def _stated(field: str, problems: Iterable[str], name: str) -> list[str]:
    return [f'{field} {problem}: "{name}"' for problem in problems]


def name_faults(name: str) -> list[str]:
    """What keeps `name` from being the name of a project or of a workflow; empty if nothing does."""
    problems = _too_long(name)
    if "0" <= name[:1] <= "9":
        problems.append("must not start with a numeric digit (0-9)")
    if name[:1] in _NO_FIRST:
        problems.append('must not include special symbols (+ ^ @ / \\ / : * ? " < > |)')
    if name.endswith(".dig"):
        problems.append("must not end with .dig")
    return _stated("name", problems, name)


def task_name_faults(name: str, *, field: str = "name", top_level: bool = False) -> list[str]:
    """What keeps `name`, plus sign included, from being the name of a task; `^` is not for those at the top level."""
    problems = _too_long(name)
    character = _NOT_IN_TASK_NAME.search(name, 1)
    if character is not None:
        problems.append(f"must not contain character '{character[0]}'")
    if top_level and "^" in name:
        problems.append("must not contain ^ character")
    return _stated(field, problems, name)


def check_project_name(name: str) -> None:
    """InvalidDefinition if no project may have this name."""
    _check("project", name_faults(name))


def check_revision_name(name: str) -> None:
    """InvalidDefinition if no revision may have this name."""
    _check("revision", _stated("name", _too_long(name), name))


def check_retry_attempt_name(name: str | None, kind: str) -> None:
    """InvalidDefinition, about a `kind` of thing, if no attempt may have this name; None is no name and fine."""
    if name is not None:
        _check(kind, _stated("retry attempt name", _too_long(name) if name else ["must not be blank"], name))


def _check(kind: str, faults: list[str]) -> None:
    if faults:
        raise InvalidDefinition(refusal(kind, faults))
