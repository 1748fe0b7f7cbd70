"""The service's models with what only this client knows of them."""

from __future__ import annotations

from typing import Literal, Self

from attrs import define, field, fields

from treasure_workflow_api.models import RestProject, RestSessionAttempt


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
        given = {one.name: getattr(project, one.name) for one in fields(RestProject) if one.init}
        pushed = cls(**given, unchanged=unchanged)
        pushed.additional_properties = project.additional_properties
        return pushed

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
        given = {one.name: getattr(attempt, one.name) for one in fields(RestSessionAttempt) if one.init}
        started = cls(**given, outcome=outcome)
        started.additional_properties = attempt.additional_properties
        return started

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RestSessionAttempt) and self.to_dict() == other.to_dict()

    __hash__ = None  # as the model itself: it can be changed
