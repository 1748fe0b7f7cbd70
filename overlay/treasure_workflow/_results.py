"""The service's models with what only this client knows of them."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeVar

from attrs import define, field, fields

from treasure_workflow_api.models import RestProject, RestSessionAttempt

T = TypeVar("T", bound=RestProject | RestSessionAttempt)


@define(eq=False)
class PushedProject(RestProject):
    """The project after a push; equal to the same project that is read later.

    Attributes:
        unchanged: Whether nothing was sent, because the project's latest revision has these very contents.
    """

    unchanged: bool = field(default=False, kw_only=True)

    @classmethod
    def of(cls, project: RestProject, *, unchanged: bool) -> Self:
        """The project with what is known of its push."""
        return _with(cls, RestProject, project, unchanged=unchanged)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RestProject) and self.to_dict() == other.to_dict()

    __hash__ = None  # as the model itself: it can be changed


@define(eq=False)
class StartedAttempt(RestSessionAttempt):
    """The attempt after a start; equal to the same attempt that is read later, as long as nothing has changed.

    Attributes:
        outcome: `created`, or `already_ours` when an earlier try of the same call had started it and its response was
            lost.
    """

    outcome: Literal["created", "already_ours"] = field(default="created", kw_only=True)

    @classmethod
    def of(cls, attempt: RestSessionAttempt, outcome: Literal["created", "already_ours"]) -> Self:
        """The attempt with what is known of its start."""
        return _with(cls, RestSessionAttempt, attempt, outcome=outcome)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RestSessionAttempt) and self.to_dict() == other.to_dict()

    __hash__ = None  # as the model itself: it can be changed


def _with(cls: type[T], kind: type[RestProject | RestSessionAttempt], model: Any, **known: Any) -> T:
    """A model of a class that extends `kind`, with all that a model of `kind` has and what is known beside it."""
    made = cls(**{one.name: getattr(model, one.name) for one in fields(kind) if one.init}, **known)
    made.additional_properties = model.additional_properties
    return made
