"""The raw client without a network: an attempt as the service writes it, and a client that is given responses."""

from __future__ import annotations

from typing import Any

import httpx

from treasure_workflow_api import Client

ATTEMPT: dict[str, Any] = {
    "id": "7",
    "index": 1,
    "project": {"id": "1", "name": "shop"},
    "workflow": {"id": "2", "name": "nightly"},
    "sessionId": "3",
    "sessionUuid": "0b6f7f0e-3f0b-4a52-9d6c-2d1c7f6f4f10",
    "sessionTime": "2026-01-31T00:00:00+09:00",
    "retryAttemptName": None,
    "done": True,
    "success": True,
    "cancelRequested": False,
    "params": {},
    "createdAt": "2026-01-31T01:02:03+00:00",
    "finishedAt": "2026-01-31T01:02:04+00:00",
    "status": "success",
}


def responding(*responses: httpx.Response) -> Client:
    """A client whose calls get these responses, in turn."""
    left = list(responses)
    return Client(
        base_url="http://localhost", httpx_args={"transport": httpx.MockTransport(lambda request: left.pop(0))}
    )
