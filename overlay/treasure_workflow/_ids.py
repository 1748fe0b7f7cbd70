"""What callers may give for a project, a workflow and so on: an id as int or as text, or a model that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from treasure_workflow_api.models import (
        Attempt,
        IdAndName,
        NameOptionalId,
        RestProject,
        RestSchedule,
        RestScheduleSummary,
        RestSession,
        RestSessionAttempt,
        RestWorkflowDefinition,
    )

    ProjectLike: TypeAlias = int | str | RestProject | IdAndName
    """A project: its id, its name (which never begins with a digit), or a model of it."""
    WorkflowLike: TypeAlias = int | str | RestWorkflowDefinition | IdAndName | NameOptionalId
    """A workflow: its id, its name (which never begins with a digit), or a model of it."""
    ScheduleLike: TypeAlias = int | str | RestSchedule | RestScheduleSummary
    """A schedule: its id, or a model of it."""
    SessionLike: TypeAlias = int | str | RestSession
    """A session: its id, or a model of it."""
    AttemptLike: TypeAlias = int | str | RestSessionAttempt | Attempt
    """An attempt: its id, or a model of it."""


def identifier(value: object) -> int:
    """The id that `value` is or has.

    Raises:
        ValueError: It has none.
    """
    found = value if isinstance(value, int | str) else getattr(value, "id", None)
    if isinstance(found, str) and found.isascii() and found.isdigit():
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    raise ValueError(f"{value!r} is no id, and has none")


def name_of(value: object) -> str | None:
    """The name that `value` is or has; None for an id. Names of projects and workflows never begin with a digit."""
    if isinstance(value, str):
        return None if value[:1].isdigit() and value[:1].isascii() else value
    name: str | None = getattr(value, "name", None)
    return name


def has_id(value: object) -> bool:
    """Whether `identifier` gives an id for it."""
    try:
        identifier(value)
    except ValueError:
        return False
    return True
