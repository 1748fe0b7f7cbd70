"""The scripts of an account: what becomes of tasks that work outside the service, by the tasks' full names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.dig.config_values import near_misses
from treasure_workflow_mock.dig.task_definitions import compile_tasks
from treasure_workflow_mock.engine.operators.outside import check_script
from treasure_workflow_mock.errors import InvalidRequest, ServiceError
from treasure_workflow_mock.model.account import Account


class UnknownTaskWarning(UserWarning):
    """A script was set for a task that no workflow of the account has."""

    __module__ = "treasure_workflow_mock"


def change(account: Account, scripts: Mapping[str, Json]) -> None:
    """Merges scripts by the full names of their tasks; None takes one away.

    Raises:
        InvalidRequest: One of them means nothing; then none is changed.
    """
    for name, script in scripts.items():
        if script is not None:
            try:
                check_script(script)
            except InvalidRequest as error:
                raise InvalidRequest(f"{name}: {error.message}") from None
    merged = {**account.scripts, **scripts}
    account.scripts = {name: script for name, script in merged.items() if script is not None}


def unknown_tasks(account: Account) -> dict[str, list[str]]:
    """The names in the account's scripts that none of its tasks has, each with the names that were perhaps meant.

    Tasks that are made while an attempt runs (rounds of a loop, say) are known once it has made them.
    """
    if not account.scripts:
        return {}
    known = {task.full_name for attempt in account.attempts.values() for task in attempt.tasks}
    known.update(_tasks_of_workflows(account))
    return {name: near_misses(name, known) for name in account.scripts if name not in known}


def _tasks_of_workflows(account: Account) -> Iterator[str]:
    for workflow in account.workflows.values():
        try:
            for definition in compile_tasks(f"+{workflow.name}", workflow.config):
                yield definition.full_name
        except ServiceError:  # it never has tasks
            continue
