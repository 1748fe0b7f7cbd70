"""From what callers give for a project or a workflow to the id or the name that an operation wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treasure_workflow import errors
from treasure_workflow._http.outcomes import not_found
from treasure_workflow._http.responses import or_unset, sendable
from treasure_workflow._ids import POOL, PROJECT, REVISION, WORKFLOW, check, key_of, name_of

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._async.pages import AsyncLookUp
    from treasure_workflow._ids import PoolLike, ProjectLike, RevisionLike, WorkflowLike
    from treasure_workflow_api.models import RestPool, RestProject, RestWorkflowDefinition


async def project_named(calls: AsyncCalls, name: str) -> RestProject | None:
    """The project of exactly that name as it is now, None when there is none."""
    from treasure_workflow_api.api.project import get_projects

    response = await calls.call(get_projects, name=name_of(PROJECT, name))
    # A server that takes no notice of the name gives others; whatever is done next would be done to those.
    return next((project for project in response.projects or () if project.name == name), None)


async def find_project(calls: AsyncCalls, name: str) -> RestProject:
    """The project of exactly that name. Raises NotFound."""
    found = await project_named(calls, name)
    if found is None:
        # The service responds with an empty list; it has no status of its own for this.
        raise not_found(f"no project is named {name!r}", "GET /api/projects", "project")
    return found


async def find_workflow(
    calls: AsyncCalls, project: ProjectLike, name: str, revision: RevisionLike | None
) -> RestWorkflowDefinition:
    """The workflow of exactly that name in a revision of the project, the latest when None. Raises NotFound."""
    from treasure_workflow_api.api.project import get_workflow_by_name

    name, revision = name_of(WORKFLOW, name), revision_name(revision)
    id = await project_id(calls, project)
    found = await calls.call(get_workflow_by_name, id, name, revision=or_unset(revision))
    if found.name != name:
        request = "GET /api/projects/{id}/workflows/{name}"
        raise errors.ContractError(f"the workflow {found.name!r} came for {name!r}", 200, b"", request)
    return found


async def project_id(calls: AsyncCalls, project: ProjectLike) -> int:
    """The project's id, looked up when a name is given."""
    key = key_of(PROJECT, project)
    if isinstance(key, int):
        return key
    return int((await find_project(calls, key)).id)


def project_id_once(calls: AsyncCalls, project: ProjectLike) -> AsyncLookUp:
    """What gives a listing the project's id. What is no project is a TypeError or ValueError at once."""
    key = key_of(PROJECT, project)

    async def look_up() -> int:
        return await project_id(calls, key)

    return look_up


async def project_name(calls: AsyncCalls, project: ProjectLike) -> str:
    """The project's name, looked up when an id is given."""
    key = key_of(PROJECT, project)
    if isinstance(key, str) or not isinstance(project, int | str):
        return name_of(PROJECT, project)
    from treasure_workflow_api.api.project import get_project

    found = await calls.call(get_project, key)
    return sendable(found.name, "the project's name", "GET /api/projects/{id}")


def project_name_once(calls: AsyncCalls, project: ProjectLike | None) -> AsyncLookUp:
    """What gives a listing the project's name, or None for None."""
    if project is not None:
        check(PROJECT, project)

    async def look_up() -> str | None:
        return None if project is None else await project_name(calls, project)

    return look_up


async def find_pool(calls: AsyncCalls, pool: PoolLike) -> RestPool:
    """The pool as it is now, by its id or exactly its name. Raises NotFound."""
    from treasure_workflow_api.api.pool import get_pool, get_pools

    key = key_of(POOL, pool)
    if isinstance(key, int):
        return await calls.call(get_pool, key)
    for found in (await calls.call(get_pools)).pools or ():
        if found.name == key:
            return found
    raise not_found(f"no pool is named {key!r}", "GET /api/pools", "pool")


async def pool_id(calls: AsyncCalls, pool: PoolLike) -> int:
    """The pool's id, looked up when a name is given."""
    key = key_of(POOL, pool)
    if isinstance(key, int):
        return key
    return int((await find_pool(calls, key)).id)


def revision_name(revision: RevisionLike | None) -> str | None:
    """The revision's name, None for None."""
    return None if revision is None else name_of(REVISION, revision)


async def workflow_id(
    calls: AsyncCalls, project: ProjectLike | None, workflow: WorkflowLike, revision: RevisionLike | None = None
) -> int:
    """The workflow's id, looked up in the project when a name is given."""
    key, revision = key_of(WORKFLOW, workflow), revision_name(revision)
    if project is not None:
        check(PROJECT, project)
    if isinstance(key, int):
        return key
    if project is None:
        raise ValueError(f"workflow {key!r} has no id: give the project, too")
    return int((await find_workflow(calls, project, key, revision)).id)
