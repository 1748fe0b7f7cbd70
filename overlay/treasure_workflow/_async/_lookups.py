"""From what callers give for a project or a workflow to the id or the name that an operation wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._answers import or_unset, sendable
from treasure_workflow._ids import has_id, identifier, name_of

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._ids import ProjectLike, WorkflowLike
    from treasure_workflow_api.models import RestProject, RestWorkflowDefinition


async def find_project(calls: AsyncCalls, name: str) -> RestProject:
    """The project of that name. Raises NotFound."""
    from treasure_workflow_api.api.project import get_projects

    answer = await calls.call(get_projects, name=name)
    if not answer.projects:
        # The service answers with an empty list; it has no status of its own for this.
        raise errors.NotFound(404, f"no project is named {name!r}", b"", "GET /api/projects")
    return answer.projects[0]


async def find_workflow(
    calls: AsyncCalls, project: ProjectLike, name: str, revision: str | None
) -> RestWorkflowDefinition:
    """The workflow of that name in a revision of the project, the latest when None. Raises NotFound."""
    from treasure_workflow_api.api.project import get_workflow_by_name

    id = await project_id(calls, project)
    return await calls.call(get_workflow_by_name, id, name, revision=or_unset(revision))


async def project_id(calls: AsyncCalls, project: ProjectLike) -> int:
    """The project's id, looked up when a name is given."""
    if isinstance(project, str) and not has_id(project):
        return _id_in(await find_project(calls, project), "GET /api/projects")
    return identifier(project)


async def project_name(calls: AsyncCalls, project: ProjectLike) -> str:
    """The project's name, looked up when an id is given."""
    name = name_of(project)
    if name is not None:
        return name
    from treasure_workflow_api.api.project import get_project

    found = await calls.call(get_project, identifier(project))
    return sendable(found.name, "the project's name", "GET /api/projects/{id}")


async def workflow_id(
    calls: AsyncCalls, project: ProjectLike | None, workflow: WorkflowLike, revision: str | None = None
) -> int:
    """The workflow's id, looked up in the project when a name is given."""
    if has_id(workflow):
        return identifier(workflow)
    name = name_of(workflow)
    if project is None or name is None:
        raise ValueError(f"workflow {workflow!r} has no id: give the project and the workflow's name")
    return _id_in(await find_workflow(calls, project, name, revision), "GET /api/projects/{id}/workflows/{name}")


def _id_in(answer: object, request: str) -> int:
    """The id in an answer, where one that is missing is no mistake of the caller's."""
    try:
        return identifier(answer)
    except ValueError as error:
        raise errors.ContractError(f"the answer is of no use: {error}", 200, b"", request) from error
