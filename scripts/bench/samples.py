"""Made-up answers of the service, of ordinary size."""

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
    """An answer of getAttempts."""
    return json.dumps({"attempts": [attempt(number) for number in numbers]}).encode()
