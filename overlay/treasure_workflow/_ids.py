"""What callers may give for a project, a workflow and so on: an id as int or as text, or a model of that very kind.

A schedule's number is no project's number: a model of another kind is a `TypeError`, raised before any request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from treasure_workflow_api.models import (
        Attempt,
        NameOptionalId,
        ProjectReference,
        RestLogFileHandle,
        RestPool,
        RestPoolRule,
        RestProject,
        RestRevision,
        RestSchedule,
        RestScheduleSummary,
        RestSession,
        RestSessionAttempt,
        RestWorkflowDefinition,
        WorkflowReference,
    )

    ProjectLike: TypeAlias = int | str | RestProject | ProjectReference
    """A project: its id, its name (which never begins with a digit), or a model of it."""
    WorkflowLike: TypeAlias = int | str | RestWorkflowDefinition | WorkflowReference | NameOptionalId
    """A workflow: its id, its name (which never begins with a digit), or a model of it."""
    RevisionLike: TypeAlias = str | RestRevision
    """A revision: its name, or a model of it."""
    ScheduleLike: TypeAlias = int | str | RestSchedule | RestScheduleSummary
    """A schedule: its id, or a model of it."""
    SessionLike: TypeAlias = int | str | RestSession
    """A session: its id, or a model of it."""
    AttemptLike: TypeAlias = int | str | RestSessionAttempt | Attempt
    """An attempt: its id, or a model of it."""
    LogLike: TypeAlias = str | RestLogFileHandle
    """A log: its file's name, or a model of it."""
    PoolLike: TypeAlias = int | str | RestPool
    """A pool: its id, its name (when it is not all digits), or a model of it."""
    PoolRuleLike: TypeAlias = int | str | RestPoolRule
    """A pool rule: its id, or a model of it."""


_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Kind(NamedTuple):
    """One kind of things that have ids or names."""

    name: str
    models: tuple[str, ...]
    """The classes of `treasure_workflow_api.models` that stand for one of them without doubt."""
    found_by: str
    """What else tells one from the others, for messages."""

    def __str__(self) -> str:
        return f"{'an' if self.name.startswith('a') else 'a'} {self.name}"


PROJECT = Kind("project", ("RestProject", "ProjectReference"), "an id or a name")
WORKFLOW = Kind("workflow", ("RestWorkflowDefinition", "WorkflowReference", "NameOptionalId"), "an id or a name")
SCHEDULE = Kind("schedule", ("RestSchedule", "RestScheduleSummary"), "an id")
SESSION = Kind("session", ("RestSession",), "an id")
ATTEMPT = Kind("attempt", ("RestSessionAttempt", "Attempt"), "an id")
POOL = Kind("pool", ("RestPool",), "an id or a name")
POOL_RULE = Kind("pool rule", ("RestPoolRule",), "an id")
REVISION = Kind("revision", ("RestRevision",), "a name")
LOG = Kind("log", ("RestLogFileHandle",), "a file's name")


def id_of(kind: Kind, value: object) -> int:
    """The id that `value` is or has.

    Raises:
        TypeError: It is a model of another kind.
        ValueError: It is something else, or has no id.
    """
    found = value if isinstance(value, int | str) and not isinstance(value, bool) else _field(kind, value, "id")
    if isinstance(found, int):
        return found
    if isinstance(found, str) and _is_number(found):
        return int(found)
    raise ValueError(f"{found!r} is no id of {kind}: give {kind.found_by}, or the model of {kind}")


def key_of(kind: Kind, value: object) -> int | str:
    """The id that `value` is or has, or else its name: ids are all digits, and names never begin with one.

    Raises:
        TypeError: It is a model of another kind.
        ValueError: It is something else, or has neither.
    """
    if isinstance(value, str) and not _is_number(value):
        if value[:1].isascii() and value[:1].isdigit() and kind is not POOL:
            raise ValueError(f"{value!r} is neither an id nor a name of {kind}: no name begins with a digit")
        return name_of(kind, value)
    if isinstance(value, str | int) or _field(kind, value, "id") is not None:
        return id_of(kind, value)
    return name_of(kind, value)


def name_of(kind: Kind, value: object) -> str:
    """The name that `value` is or has.

    Raises:
        TypeError: It is a model of another kind.
        ValueError: It is something else, or has none.
    """
    attribute = {REVISION: "revision", LOG: "file_name"}.get(kind, "name")
    found = value if isinstance(value, str) else _field(kind, value, attribute)
    if isinstance(found, str) and found not in ("", ".", "..") and is_text(found):  # dots lead elsewhere in an address
        return found
    raise ValueError(f"{value!r} is no name of {kind}: give {kind.found_by}, or the model of {kind}")


def check(kind: Kind, value: object) -> None:
    """Does nothing for text, a number or a model of the kind.

    Raises:
        TypeError: It is a model of another kind.
        ValueError: It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        _field(kind, value, "id")


def _field(kind: Kind, value: object, attribute: str) -> object:
    """What a model of the kind has there; TypeError for a model of another kind, ValueError for anything else."""
    from treasure_workflow_api import models

    if isinstance(value, tuple(getattr(models, name) for name in kind.models)):
        found: object = getattr(value, attribute, None)
        return found
    what = f"{kind} is wanted, not {_described(value)}: give {kind.found_by}, or its model"
    if hasattr(value, "__attrs_attrs__"):  # which all generated models have
        raise TypeError(f"{what} ({', '.join(kind.models)})")
    raise ValueError(what)


def _described(value: object) -> str:
    """A value's type, and its number when it has one: whatever else it holds may be secret or long."""
    id = getattr(value, "id", None)
    return f"a {type(value).__name__}" + (f" with the id {id}" if isinstance(id, str | int) else "")


def is_text(value: object) -> bool:
    """Whether it is text that UTF-8 can encode and that names can have: without lone surrogates and NUL."""
    return isinstance(value, str) and not _NO_TEXT.search(value)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
