"""A client for Treasure Workflow, Treasure Data's workflow service.

from treasure_workflow import TreasureWorkflow

with TreasureWorkflow(region="eu01") as client:
    for attempt in client.attempts.list(project="shop", limit=20):
        print(attempt.id, attempt.status)
"""

from treasure_workflow._async.client import AsyncTreasureWorkflow
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._runtime import AsyncClock, Clock
from treasure_workflow._sync.client import TreasureWorkflow
from treasure_workflow._sync.pages import Pages
from treasure_workflow._version import __version__
from treasure_workflow.config import Config
from treasure_workflow.errors import (
    ArchiveError,
    AttemptExists,
    AttemptFailed,
    BadRequest,
    ConfigError,
    Conflict,
    ContractError,
    Forbidden,
    NotFound,
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
    "AsyncPages",
    "AsyncTreasureWorkflow",
    "AttemptExists",
    "AttemptFailed",
    "BadRequest",
    "Clock",
    "Config",
    "ConfigError",
    "Conflict",
    "ContractError",
    "Forbidden",
    "NotFound",
    "Pages",
    "RateLimited",
    "ServerError",
    "StatusError",
    "TimeoutError",
    "TooManyAttempts",
    "TransportError",
    "TreasureWorkflow",
    "TreasureWorkflowError",
    "Unauthorized",
    "WaitTimeout",
    "__version__",
]
