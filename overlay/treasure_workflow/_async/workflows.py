"""Workflow definitions: what a project's revisions say is to be run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import WORKFLOW, id_of

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike, RevisionLike, WorkflowLike
    from treasure_workflow_api.models import RestWorkflowDefinition, RestWorkflowSessionTime


@checked
class AsyncWorkflows:
    """What `client.workflows` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        name_pattern: str | None = None,
        search_project_name: bool = False,
        order: Literal["asc", "desc"] = "asc",
        limit: int | None = None,
    ) -> AsyncPages[RestWorkflowDefinition]:
        """Workflows of the latest revision of every project, by id. Operation getWorkflowDefinitions.

        Args:
            name_pattern: Only workflows whose name contains this, in this letter case.
            search_project_name: The pattern may be in the project's name instead.
            order: Rising (`asc`) or falling (`desc`) ids.
            limit: At most so many.
        """

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.workflow import get_workflow_definitions

            return await self._calls.call(
                get_workflow_definitions,
                name_pattern=or_unset(name_pattern),
                search_project_name=search_project_name,
                order=order,
                **position,
            )

        return AsyncPages(fetch, "getWorkflowDefinitions", order=order, limit=limit)

    def of_project(
        self, project: ProjectLike, *, revision: RevisionLike | None = None, limit: int | None = None
    ) -> AsyncPages[RestWorkflowDefinition]:
        """Workflows of one project. Operation getWorkflows.

        Args:
            project: The project.
            revision: The revision's name; the latest when None.
            limit: At most so many.
        """
        revision = _lookups.revision_name(revision)

        async def fetch(id: int, **position: Any) -> object:
            from treasure_workflow_api.api.project import get_workflows

            return await self._calls.call(get_workflows, id, revision=or_unset(revision), **position)

        look_up = _lookups.project_id_once(self._calls, project)
        return AsyncPages(fetch, "getWorkflows", limit=limit, look_up=look_up)

    async def get(self, workflow: WorkflowLike) -> RestWorkflowDefinition:
        """The workflow of that id; every revision has ids of its own. Operation getWorkflowDefinition.

        Raises:
            NotFound: There is none.
        """
        from treasure_workflow_api.api.workflow import get_workflow_definition

        return await self._calls.call(get_workflow_definition, id_of(WORKFLOW, workflow))

    async def find(
        self, project: ProjectLike, name: str, *, revision: RevisionLike | None = None
    ) -> RestWorkflowDefinition:
        """The workflow of that name in a project. Operation getWorkflowByName.

        Args:
            project: The project.
            name: The workflow's name.
            revision: The revision's name; the latest when None.

        Raises:
            NotFound: There is no such project, revision or workflow.
        """
        return await _lookups.find_workflow(self._calls, project, name, revision)

    async def truncate_session_time(
        self,
        workflow: WorkflowLike,
        session_time: datetime | str,
        *,
        mode: Literal["second", "minute", "hour", "day", "schedule", "next_schedule"] | None = None,
    ) -> RestWorkflowSessionTime:
        """A time as the workflow's zone and schedule see it. Operation getWorkflowTruncatedSessionTime.

        Args:
            workflow: The workflow.
            session_time: A datetime with a time zone, or ISO 8601 text; text without an offset is local time in the
                workflow's zone.
            mode: Cut to the `hour` or `day`, or move to the session time of the next run at or after it (`schedule`) or
                strictly after it (`next_schedule`); as it is when None. Open-source servers refuse `second`, `minute`.

        Raises:
            BadRequest: The workflow has no schedule and the mode needs one.
        """
        from treasure_workflow.session_time import aware
        from treasure_workflow_api.api.workflow import get_workflow_truncated_session_time

        text = session_time if isinstance(session_time, str) else aware(session_time, "session time").isoformat()
        return await self._calls.call(
            get_workflow_truncated_session_time, id_of(WORKFLOW, workflow), session_time=text, mode=or_unset(mode)
        )
