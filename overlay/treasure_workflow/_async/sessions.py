"""Sessions: one for each workflow and session time that was run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async._work.attempts import sessions_since
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import SESSION, id_of
from treasure_workflow._logic.filters import Moment, Status, moment, sifting, sifting_sessions, statuses

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike, SessionLike
    from treasure_workflow_api.models import RestSession, RestSessionAttempt


@checked
class AsyncSessions:
    """What `client.sessions` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        status: Status | Collection[Status] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        limit: int | None = None,
    ) -> AsyncPages[RestSession]:
        """Sessions of the account, a project or a workflow, newest first. Operations getSessions, getProjectSessions.

        The service filters by project and workflow alone. Status and times, which are those of a session's newest
        attempt, are looked at here, as rows arrive, and `limit` counts only what is left. With `since` the sessions
        come by their newest attempts (operation getAttempts), newest first, and no more are asked for once one is
        older: in the order of sessions nobody knows whether an old one was run again today.

        Args:
            project: Only this project's; deleted projects' sessions are seen without it.
            workflow: Only sessions of the project's workflow of this name.
            status: Only sessions whose newest attempt is in this status, or in one of these.
            since: Only sessions whose newest attempt was created at this time or later: a datetime with a zone,
                ISO 8601 text with an offset, or how long ago as a timedelta.
            until: Only sessions whose newest attempt was created before this time.
            limit: At most so many.

        Raises:
            ValueError: A workflow without its project; a status that there is not; a time without a zone.

        Example:
            >>> for session in client.sessions.list(project="shop", status="error", since=timedelta(days=1)):
            ...     print(session.id, session.workflow.name, session.session_time)
        """
        now, wanted = self._calls.clock.utcnow(), statuses(status)
        begin, end = moment(since, "since", now), moment(until, "until", now)
        if begin is not None:
            return sessions_since(self._calls, project, workflow, sifting(wanted, begin, end), limit)
        sift = sifting_sessions(wanted, end)
        if project is None:
            if workflow is not None:
                raise ValueError("give the project of the workflow, too: a name alone does not tell which workflow")
            return AsyncPages(self._of_account, "getSessions", limit=limit, sift=sift)

        async def fetch(id: int, **position: Any) -> object:
            from treasure_workflow_api.api.project import get_project_sessions

            return await self._calls.call(get_project_sessions, id, workflow=or_unset(workflow), **position)

        look_up = _lookups.project_id_once(self._calls, project)
        return AsyncPages(fetch, "getProjectSessions", limit=limit, look_up=look_up, sift=sift)

    async def _of_account(self, **position: Any) -> object:
        from treasure_workflow_api.api.session import get_sessions

        return await self._calls.call(get_sessions, **position)

    async def get(self, session: SessionLike) -> RestSession:
        """The session as it is now. Operation getSession.

        Raises:
            NotFound: There is none.
        """
        from treasure_workflow_api.api.session import get_session

        return await self._calls.call(get_session, id_of(SESSION, session))

    def attempts(self, session: SessionLike, *, limit: int | None = None) -> AsyncPages[RestSessionAttempt]:
        """All attempts of a session, newest first, at most `limit`. Operation getSessionAttempts."""
        id = id_of(SESSION, session)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.session import get_session_attempts

            return await self._calls.call(get_session_attempts, id, **position)

        return AsyncPages(fetch, "getSessionAttempts", limit=limit)
