"""A client for Treasure Workflow, Treasure Data's workflow service.

from treasure_workflow import TreasureWorkflow

with TreasureWorkflow(region="eu01") as client:
    for attempt in client.attempts.list(project="shop", limit=20):
        print(attempt.id, attempt.status)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from treasure_workflow._version import __version__

if TYPE_CHECKING:
    from treasure_workflow._async._work.fleet import AsyncFleet
    from treasure_workflow._async.client import AsyncTreasureWorkflow
    from treasure_workflow._async.pages import AsyncPages
    from treasure_workflow._http.messages import Request, Response, Timeouts, WithResponses
    from treasure_workflow._logic.diagnosis import Diagnosis
    from treasure_workflow._logic.fleet import FleetResult, FleetRow
    from treasure_workflow._logic.log_lines import LogLine
    from treasure_workflow._logic.pool_plan import PoolPlan, PoolStep
    from treasure_workflow._logic.pool_rules import PoolExplanation, RuleVerdict
    from treasure_workflow._logic.project_plan import ProjectPlan, Promotion, SchedulePlan
    from treasure_workflow._logic.reports import Outcome, Report
    from treasure_workflow._logic.schedule_rules import ScheduleRule, ScheduleRules
    from treasure_workflow._logic.schedules import PausedSchedule, ScheduleChange, ScheduledSession
    from treasure_workflow._logic.secrets import SecretsPlan
    from treasure_workflow._results import PushedProject, StartedAttempt
    from treasure_workflow._runtime import AsyncClock, Clock
    from treasure_workflow._sync._work.fleet import Fleet
    from treasure_workflow._sync.client import TreasureWorkflow
    from treasure_workflow._sync.pages import Pages
    from treasure_workflow.config import Config
    from treasure_workflow.errors import (
        ArchiveError,
        AttemptExists,
        AttemptFailed,
        BadRequest,
        ClientClosed,
        ConfigError,
        Conflict,
        ContractError,
        Forbidden,
        NotFound,
        PlanOutdated,
        PlanStopped,
        RateLimited,
        ServerError,
        StatusError,
        TimeoutError,
        TooManyAttempts,
        TransportError,
        TreasureWorkflowError,
        Unauthorized,
        WaitTimeout,
    )

__all__ = [
    "ArchiveError",
    "AsyncClock",
    "AsyncFleet",
    "AsyncPages",
    "AsyncTreasureWorkflow",
    "AttemptExists",
    "AttemptFailed",
    "BadRequest",
    "ClientClosed",
    "Clock",
    "Config",
    "ConfigError",
    "Conflict",
    "ContractError",
    "Diagnosis",
    "Fleet",
    "FleetResult",
    "FleetRow",
    "Forbidden",
    "LogLine",
    "NotFound",
    "Outcome",
    "Pages",
    "PausedSchedule",
    "PlanOutdated",
    "PlanStopped",
    "PoolExplanation",
    "PoolPlan",
    "PoolStep",
    "ProjectPlan",
    "Promotion",
    "PushedProject",
    "RateLimited",
    "Report",
    "Request",
    "Response",
    "RuleVerdict",
    "ScheduleChange",
    "SchedulePlan",
    "ScheduleRule",
    "ScheduleRules",
    "ScheduledSession",
    "SecretsPlan",
    "ServerError",
    "StartedAttempt",
    "StatusError",
    "TimeoutError",
    "Timeouts",
    "TooManyAttempts",
    "TransportError",
    "TreasureWorkflow",
    "TreasureWorkflowError",
    "Unauthorized",
    "WaitTimeout",
    "WithResponses",
    "__version__",
]

# Public names come when they are first asked for: `twf --version` needs none of them, a program but a few.
_MODULES = {
    "AsyncClock": "_runtime",
    "AsyncFleet": "_async._work.fleet",
    "AsyncPages": "_async.pages",
    "AsyncTreasureWorkflow": "_async.client",
    "Clock": "_runtime",
    "Config": "config",
    "Diagnosis": "_logic.diagnosis",
    "Fleet": "_sync._work.fleet",
    "FleetResult": "_logic.fleet",
    "FleetRow": "_logic.fleet",
    "LogLine": "_logic.log_lines",
    "Outcome": "_logic.reports",
    "Pages": "_sync.pages",
    "PausedSchedule": "_logic.schedules",
    "PoolExplanation": "_logic.pool_rules",
    "PoolPlan": "_logic.pool_plan",
    "PoolStep": "_logic.pool_plan",
    "ProjectPlan": "_logic.project_plan",
    "Promotion": "_logic.project_plan",
    "PushedProject": "_results",
    "Report": "_logic.reports",
    "RuleVerdict": "_logic.pool_rules",
    "ScheduleChange": "_logic.schedules",
    "SchedulePlan": "_logic.project_plan",
    "ScheduleRule": "_logic.schedule_rules",
    "ScheduleRules": "_logic.schedule_rules",
    "ScheduledSession": "_logic.schedules",
    "SecretsPlan": "_logic.secrets",
    "Request": "_http.messages",
    "Response": "_http.messages",
    "StartedAttempt": "_results",
    "Timeouts": "_http.messages",
    "WithResponses": "_http.messages",
    "TreasureWorkflow": "_sync.client",
}


_OTHERS_NAMES = {"Client": "TreasureWorkflow", "AsyncClient": "AsyncTreasureWorkflow"}


if not TYPE_CHECKING:  # for type checkers, a name that is not there is a mistake

    def __getattr__(name: str) -> object:
        if name in _OTHERS_NAMES:
            # Not an AttributeError, of which `from treasure_workflow import Client` would show another text.
            raise ImportError(f"treasure_workflow has no {name}: it is {_OTHERS_NAMES[name]}(api_key=..., region=...)")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
