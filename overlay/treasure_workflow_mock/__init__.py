"""A stateful stand-in for the Treasure Workflow service, to be started in tests.

from treasure_workflow_mock import MockService

with MockService() as service:
    print(service.base_url)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treasure_workflow_mock.control.faults import Fault, Faults
    from treasure_workflow_mock.control.scripts import UnknownTaskWarning
    from treasure_workflow_mock.control.seeding import push_directory
    from treasure_workflow_mock.control.state_file import StateFileError
    from treasure_workflow_mock.errors import (
        AlreadyExists,
        Conflict,
        InvalidDefinition,
        InvalidRequest,
        LimitExceeded,
        NotFound,
        ServiceError,
        Unauthorized,
    )
    from treasure_workflow_mock.model.account import Account
    from treasure_workflow_mock.model.clock import Clock
    from treasure_workflow_mock.pytest_plugin import MockAccount
    from treasure_workflow_mock.schedules.folders import FolderSchedule, schedule_rules
    from treasure_workflow_mock.service.server import MockService

__all__ = [
    "Account",
    "AlreadyExists",
    "Clock",
    "Conflict",
    "Fault",
    "Faults",
    "FolderSchedule",
    "InvalidDefinition",
    "InvalidRequest",
    "LimitExceeded",
    "MockAccount",
    "MockService",
    "NotFound",
    "ServiceError",
    "StateFileError",
    "Unauthorized",
    "UnknownTaskWarning",
    "push_directory",
    "schedule_rules",
]

# Public names come when they are first asked for: pytest loads this package in every test run of those who have it.
_MODULES = {
    "Account": "model.account",
    "Clock": "model.clock",
    "Fault": "control.faults",
    "Faults": "control.faults",
    "FolderSchedule": "schedules.folders",
    "MockAccount": "pytest_plugin",
    "MockService": "service.server",
    "StateFileError": "control.state_file",
    "UnknownTaskWarning": "control.scripts",
    "push_directory": "control.seeding",
    "schedule_rules": "schedules.folders",
}


if not TYPE_CHECKING:  # for type checkers, a name that is not there is a mistake

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
