"""The operations of the service, one module per tag of the contract. Each module lists its handlers by operation id.

`BEFORE_BODY` has the checks of operations that refuse some calls without looking at the body.
"""

from __future__ import annotations

from treasure_workflow_mock.api import attempts, logs, pools, projects, schedules, secrets, sessions, workflows
from treasure_workflow_mock.http.messages import Check, Handler

BEFORE_BODY: dict[str, Check] = {**projects.BEFORE_BODY}
HANDLERS: dict[str, Handler] = {
    **attempts.HANDLERS,
    **logs.HANDLERS,
    **pools.HANDLERS,
    **projects.HANDLERS,
    **schedules.HANDLERS,
    **secrets.HANDLERS,
    **sessions.HANDLERS,
    **workflows.HANDLERS,
}
