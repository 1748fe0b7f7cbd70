"""`trigger:` of a workflow (hosted only): it is started when another workflow succeeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.dig.config_values import text
from treasure_workflow_mock.errors import InvalidDefinition
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Workflow

_PROJECT, _WORKFLOW = "dependent_project_name", "dependent_workflow_name"


def check_triggers(account: Account, project_name: str, triggers: Iterable[Json]) -> None:
    """InvalidDefinition if the `trigger:` of a workflow that is pushed to a project means nothing.

    The project that it names has to be there, or be the one that is pushed.
    """
    names = {project.name for project in account.live_projects()} | {project_name}
    for trigger in triggers:
        if not isinstance(trigger, dict):
            raise InvalidDefinition("Parameter 'trigger' must be an object")
        kinds = [key for key in trigger if key.endswith(">")]
        if kinds != ["attempt>"]:
            raise InvalidDefinition(f"Unknown trigger type: {', '.join(kinds) or 'none given, expected attempt>'}")
        if unknown := [key for key in trigger if key not in ("attempt>", _PROJECT, _WORKFLOW)]:
            raise InvalidDefinition(f"Parameter '{unknown[0]}' is not used at trigger.")
        text(trigger, _WORKFLOW)
        if text(trigger, _PROJECT) not in names:
            raise InvalidDefinition(f"Dependent project '{trigger[_PROJECT]}' not found in trigger config")


def triggered_by(account: Account, attempt: Attempt) -> Iterator[Workflow]:
    """The workflows, as they are now, that the success of an attempt starts."""
    session = attempt.session
    for project in account.live_projects():
        for workflow in project.revisions[-1].workflows:
            trigger = workflow.config.get("trigger")
            if (
                trigger is not None
                and text(trigger, _PROJECT) == session.project.name
                and text(trigger, _WORKFLOW) == session.workflow_name
            ):
                yield workflow
