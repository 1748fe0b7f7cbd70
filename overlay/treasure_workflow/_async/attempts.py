"""Attempts: runs of a workflow, started, watched and killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from treasure_workflow import errors
from treasure_workflow._answers import or_unset, without_unset
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._ids import identifier
from treasure_workflow.session_time import instant

if TYPE_CHECKING:
    from treasure_workflow._ids import AttemptLike, ProjectLike, WorkflowLike
    from treasure_workflow_api.models import RestSessionAttempt, RestTask, ResumeFailed, ResumeFrom


class AsyncAttempts:
    """What `client.attempts` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        include_retried: bool = False,
        limit: int | None = None,
    ) -> AsyncPages[RestSessionAttempt]:
        """Attempts, newest first. Operation getAttempts.

        Args:
            project: Only attempts of this project.
            workflow: Only attempts of the project's workflow of this name.
            include_retried: Every attempt, not only the newest of each session.
            limit: At most so many.

        Raises:
            ValueError: A workflow without its project, which the service would ignore.
        """
        if project is None and workflow is not None:
            raise ValueError("give the project of the workflow, too: a name alone does not tell which workflow")

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.attempt import get_attempts

            name = None if project is None else await _lookups.project_name(self._calls, project)
            return await self._calls.call(
                get_attempts,
                project=or_unset(name),
                workflow=or_unset(workflow),
                include_retried=include_retried,
                **position,
            )

        return AsyncPages(fetch, "getAttempts", limit=limit)

    async def get(self, attempt: AttemptLike) -> RestSessionAttempt:
        """The attempt as it is now. Operation getAttempt.

        Raises:
            NotFound: There is none.
        """
        from treasure_workflow_api.api.attempt import get_attempt

        return await self._calls.call(get_attempt, identifier(attempt))

    async def start(
        self,
        project: ProjectLike | None,
        workflow: WorkflowLike,
        *,
        session_time: datetime | str = "now",
        params: Mapping[str, Any] | None = None,
        retry_attempt_name: str | None = None,
        resume: ResumeFailed | ResumeFrom | None = None,
        revision: str | None = None,
        allow_queueing: bool | None = None,
    ) -> RestSessionAttempt:
        """Starts a workflow for a session time. Operation startAttempt.

        Args:
            project: The workflow's project; may be None when the workflow is given by its id or as a model.
            workflow: The workflow.
            session_time: `"now"`, a datetime with a time zone, or ISO 8601 text with an offset; kept in whole seconds.
            params: Parameters for the workflow, JSON values by name.
            retry_attempt_name: Tells this attempt from others of the same session time.
            resume: Which attempt to take finished tasks from.
            revision: The revision to start, when the workflow is given by name; the latest when None.
            allow_queueing: Wait for a free slot of the pool, where the service has pools.

        Raises:
            AttemptExists: The session has an attempt of that name, or one without a name, already.
            TooManyAttempts: The account runs as many attempts as it may.
            NotFound: There is no such project or workflow.
            ValueError: The session time has no time zone.
        """
        from treasure_workflow_api.api.attempt import start_attempt
        from treasure_workflow_api.models import RestSessionAttemptRequest

        time = instant(session_time)
        request = RestSessionAttemptRequest(
            workflow_id=str(await _lookups.workflow_id(self._calls, project, workflow, revision)),
            session_time=time,
            params=dict(params or {}),
            retry_attempt_name=or_unset(retry_attempt_name),
            resume=or_unset(resume),
            allow_queueing=or_unset(allow_queueing),
        )
        try:
            return await self._calls.call(start_attempt, body=request)
        except errors.Conflict as error:
            existing = _attempt_in(error.body)
            if existing is None:
                raise
            raise errors.AttemptExists(existing, *error.args) from None

    async def wait(
        self,
        attempt: AttemptLike,
        *,
        timeout: float,
        poll_interval: float = 2.0,
        on_progress: Callable[[RestSessionAttempt], object] | None = None,
    ) -> RestSessionAttempt:
        """The attempt when it has ended well. Asks for it again and again. Operation getAttempt.

        Args:
            attempt: The attempt.
            timeout: Seconds to wait at most. The attempt runs on when they are over.
            poll_interval: Seconds between two looks at it.
            on_progress: Called with the attempt after each look.

        Raises:
            AttemptFailed: It ended otherwise: a task failed, or it was killed.
            WaitTimeout: It was not done in time.
        """
        if poll_interval <= 0:
            raise ValueError(f"poll_interval must be above 0: {poll_interval}")
        clock = self._calls.clock
        end = clock.monotonic() + timeout
        while True:
            current = await self.get(attempt)
            if on_progress is not None:
                on_progress(current)
            if current.done:
                if current.success:
                    return current
                raise errors.AttemptFailed(current)
            left = end - clock.monotonic()
            if left <= 0:
                raise errors.WaitTimeout(current, timeout)
            await clock.sleep(min(poll_interval, left))

    def tasks(self, attempt: AttemptLike) -> AsyncPages[RestTask]:
        """The attempt's tasks, parents before their children. Operation getTasks."""
        id = identifier(attempt)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.attempt import get_tasks

            return await self._calls.call(get_tasks, id, **position)

        return AsyncPages(fetch, "getTasks")

    def retries(self, attempt: AttemptLike) -> AsyncPages[RestSessionAttempt]:
        """All attempts of the attempt's session, itself among them, oldest first. Operation getAttemptRetries."""
        id = identifier(attempt)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.attempt import get_attempt_retries

            return await self._calls.call(get_attempt_retries, id, **position)

        return AsyncPages(fetch, "getAttemptRetries")

    async def kill(self, attempt: AttemptLike) -> RestSessionAttempt:
        """Asks for the attempt's end and gives it as it was just before. Operation killAttempt.

        Tasks at work are told to stop; the attempt ends when they have. `wait` tells when.

        Raises:
            Conflict: Nothing is left to kill.
            NotFound: There is no such attempt.
        """
        from treasure_workflow_api.api.attempt import kill_attempt

        return await self._calls.call(kill_attempt, identifier(attempt))


def _attempt_in(body: bytes) -> RestSessionAttempt | None:
    """The attempt that the body of a conflict holds, None when it holds something else."""
    from treasure_workflow_api.models import RestSessionAttempt

    try:
        attempt = RestSessionAttempt.from_dict(json.loads(body))
    except Exception:  # whatever the parser trips over: the status says enough
        return None
    without_unset(attempt)
    return attempt
