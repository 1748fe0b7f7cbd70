"""Sessions: one for each workflow and session time that was run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treasure_workflow._answers import or_unset
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._ids import identifier

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike, SessionLike
    from treasure_workflow_api.models import RestSession, RestSessionAttempt


class AsyncSessions:
    """What `client.sessions` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self, *, project: ProjectLike | None = None, workflow: str | None = None, limit: int | None = None
    ) -> AsyncPages[RestSession]:
        """Sessions of the account, a project or a workflow, newest first. Operations getSessions, getProjectSessions.

        Args:
            project: Only this project's; deleted projects' sessions are seen without it.
            workflow: Only sessions of the project's workflow of this name.
            limit: At most so many.

        Raises:
            ValueError: A workflow without its project.
        """
        if project is None:
            if workflow is not None:
                raise ValueError("give the project of the workflow, too: a name alone does not tell which workflow")
            return AsyncPages(self._of_account, "getSessions", limit=limit)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.project import get_project_sessions

            id = await _lookups.project_id(self._calls, project)
            return await self._calls.call(get_project_sessions, id, workflow=or_unset(workflow), **position)

        return AsyncPages(fetch, "getProjectSessions", limit=limit)

    async def _of_account(self, **position: Any) -> object:
        from treasure_workflow_api.api.session import get_sessions

        return await self._calls.call(get_sessions, **position)

    async def get(self, session: SessionLike) -> RestSession:
        """The session as it is now. Operation getSession.

        Raises:
            NotFound: There is none.
        """
        from treasure_workflow_api.api.session import get_session

        return await self._calls.call(get_session, identifier(session))

    def attempts(self, session: SessionLike, *, limit: int | None = None) -> AsyncPages[RestSessionAttempt]:
        """All attempts of a session, newest first, at most `limit`. Operation getSessionAttempts."""
        id = identifier(session)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.session import get_session_attempts

            return await self._calls.call(get_session_attempts, id, **position)

        return AsyncPages(fetch, "getSessionAttempts", limit=limit)
