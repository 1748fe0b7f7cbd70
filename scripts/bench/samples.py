"""Made-up responses of the service, of ordinary size."""

from __future__ import annotations

import json
from typing import Any


def attempt(number: int) -> dict[str, Any]:
    """A finished attempt of a scheduled workflow, as getAttempts lists it."""
    return {
        "id": str(number),
        "index": 1,
        "project": {"id": "4711", "name": "customer_profiles"},
        "workflow": {"name": "refresh_profiles", "id": "88127"},
        "sessionId": str(number + 500_000),
        "sessionUuid": f"0b6f7f0e-3f0b-4a52-9d6c-{number:012x}",
        "sessionTime": "2026-11-01T00:00:00+09:00",
        "retryAttemptName": None,
        "done": True,
        "success": True,
        "cancelRequested": False,
        "params": {
            "last_session_time": "2026-10-31T00:00:00+09:00",
            "next_session_time": "2026-11-02T00:00:00+09:00",
        },
        "createdAt": "2026-11-01T18:00:00Z",
        "finishedAt": "2026-11-01T18:04:11Z",
        "status": "success",
    }


def page(numbers: range) -> bytes:
    """A response of getAttempts."""
    return json.dumps({"attempts": [attempt(number) for number in numbers]}).encode()


def session(number: int) -> dict[str, Any]:
    """A session of a scheduled workflow with its latest attempt, as getSessions lists it."""
    latest = attempt(number)
    return {
        "id": str(number + 500_000),
        "project": latest["project"],
        "workflow": latest["workflow"],
        "sessionUuid": latest["sessionUuid"],
        "sessionTime": latest["sessionTime"],
        "lastAttempt": {
            name: latest[name]
            for name in (
                *("id", "retryAttemptName", "done", "success", "cancelRequested", "params", "createdAt", "finishedAt"),
                "status",
            )
        },
    }


def task(number: int) -> dict[str, Any]:
    """A task that has run, as getTasks lists it."""
    return {
        "id": str(number),
        "fullName": f"+refresh_profiles+load+part_{number}",
        "parentId": str(number - 1),
        "config": {"td>": "queries/load.sql", "database": "customer_profiles"},
        "upstreams": [str(number - 2)],
        "state": "success",
        "cancelRequested": False,
        "exportParams": {},
        "storeParams": {"td": {"last_job_id": str(number)}},
        "stateParams": {},
        "updatedAt": "2026-11-01T18:04:11Z",
        "retryAt": None,
        "startedAt": "2026-11-01T18:00:00Z",
        "error": {},
        "isGroup": False,
    }


def project(number: int) -> dict[str, Any]:
    """A project, as getProjects lists it."""
    return {
        "id": str(number),
        "name": f"customer_profiles_{number}",
        "revision": "2026-11-01-nightly",
        "createdAt": "2025-03-10T14:02:11Z",
        "updatedAt": "2026-11-01T14:02:11Z",
        "deletedAt": None,
        "archiveType": "s3",
        "archiveMd5": "ePqEHUtOdfnnZQeDr7zDXw==",
    }
