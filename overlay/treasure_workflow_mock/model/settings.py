"""The settings of an account and their defaults, by flavour and region."""

from __future__ import annotations

from treasure_workflow_mock._types import Flavour, JsonObject

# The service's own property names; the values are its defaults, times in seconds. The others are ours:
# - `progress`: how often the account is asked for something before a new attempt begins,
# - `pool.max_waiting_attempts`: how many attempts may wait in a pool; the service has a limit, but no published name,
# - `agent.max_task_threads`: how many tasks of the account may run at once, 0 for any number,
# - `permissions`, `auth.bearer_token`, `api.start_always_queues`, `region`: see `control.settings`.
DEFAULT_SETTINGS: JsonObject = {
    "progress": 0,
    "executor.attempt_max_run": 100,
    "executor.task_max_run": 1000,
    "pool.max_waiting_attempts": 1000,
    "agent.max_task_threads": 0,
    "executor.attempt_ttl": 7 * 86400,
    "executor.task_ttl": 86400,
    "api.max_attempts_page_size": 100,
    "api.max_sessions_page_size": 100,
    "api.max_archive_total_size_limit": 2 * 1024 * 1024,
    "api.start_always_queues": False,
    "auth.bearer_token": None,
    "permissions": {"global": ["administrator"], "projects": {}},
    "region": "aws",
}
REGION_LIMITS = {"aws": 200, "aws-tokyo": 200, "eu01": 300, "ap02": 100, "ap03": 100}
"""How many attempts of an account may run at once in each region of the hosted service."""

_HOSTED_TASKS = 30
_HOSTED_ARCHIVE = 10 * 1024 * 1024


def default_settings(flavour: Flavour, region: str = "aws") -> JsonObject:
    """A new account's settings."""
    if flavour == "digdag":
        return {**DEFAULT_SETTINGS, "region": region}
    return {
        **DEFAULT_SETTINGS,
        "region": region,
        "executor.attempt_max_run": REGION_LIMITS[region],
        "agent.max_task_threads": _HOSTED_TASKS,
        "api.max_archive_total_size_limit": _HOSTED_ARCHIVE,
    }
