"""What type checkers make of every function of the operations of projects. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.project import (
    delete_project,
    delete_project_secret,
    get_archive,
    get_project,
    get_project_schedules,
    get_project_secrets,
    get_project_sessions,
    get_projects,
    get_revisions,
    get_workflow_by_name,
    get_workflows,
    put_project,
    put_project_secret,
)
from treasure_workflow_api.types import File, HttpResponse, Request, Response


async def of_get_projects(client: Client, response: HttpResponse) -> None:
    assert_type(get_projects.build_request(), Request)
    assert_type(get_projects.parse_response(response), models.RestProjectCollection | models.RestError | None)
    assert_type(get_projects.sync_detailed(client=client), Response[models.RestProjectCollection | models.RestError])
    assert_type(get_projects.sync(client=client), models.RestProjectCollection | models.RestError | None)
    assert_type(
        await get_projects.asyncio_detailed(client=client), Response[models.RestProjectCollection | models.RestError]
    )
    assert_type(await get_projects.asyncio(client=client), models.RestProjectCollection | models.RestError | None)


async def of_put_project(client: Client, response: HttpResponse, body: File, project: str, revision: str) -> None:
    assert_type(put_project.build_request(body=body, project=project, revision=revision), Request)
    assert_type(put_project.parse_response(response), models.RestProject | models.RestError | None)
    assert_type(
        put_project.sync_detailed(client=client, body=body, project=project, revision=revision),
        Response[models.RestProject | models.RestError],
    )
    assert_type(
        put_project.sync(client=client, body=body, project=project, revision=revision),
        models.RestProject | models.RestError | None,
    )
    assert_type(
        await put_project.asyncio_detailed(client=client, body=body, project=project, revision=revision),
        Response[models.RestProject | models.RestError],
    )
    assert_type(
        await put_project.asyncio(client=client, body=body, project=project, revision=revision),
        models.RestProject | models.RestError | None,
    )


async def of_get_project(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_project.build_request(id), Request)
    assert_type(get_project.parse_response(response), models.RestProject | models.RestError | None)
    assert_type(get_project.sync_detailed(id, client=client), Response[models.RestProject | models.RestError])
    assert_type(get_project.sync(id, client=client), models.RestProject | models.RestError | None)
    assert_type(await get_project.asyncio_detailed(id, client=client), Response[models.RestProject | models.RestError])
    assert_type(await get_project.asyncio(id, client=client), models.RestProject | models.RestError | None)


async def of_delete_project(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(delete_project.build_request(id), Request)
    assert_type(delete_project.parse_response(response), models.RestProject | models.RestError | None)
    assert_type(delete_project.sync_detailed(id, client=client), Response[models.RestProject | models.RestError])
    assert_type(delete_project.sync(id, client=client), models.RestProject | models.RestError | None)
    assert_type(
        await delete_project.asyncio_detailed(id, client=client), Response[models.RestProject | models.RestError]
    )
    assert_type(await delete_project.asyncio(id, client=client), models.RestProject | models.RestError | None)


async def of_get_archive(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_archive.build_request(id), Request)
    assert_type(get_archive.parse_response(response), File | models.RestError | None)
    assert_type(get_archive.sync_detailed(id, client=client), Response[File | models.RestError])
    assert_type(get_archive.sync(id, client=client), File | models.RestError | None)
    assert_type(await get_archive.asyncio_detailed(id, client=client), Response[File | models.RestError])
    assert_type(await get_archive.asyncio(id, client=client), File | models.RestError | None)


async def of_get_revisions(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_revisions.build_request(id), Request)
    assert_type(get_revisions.parse_response(response), models.RestRevisionCollection | models.RestError | None)
    assert_type(
        get_revisions.sync_detailed(id, client=client), Response[models.RestRevisionCollection | models.RestError]
    )
    assert_type(get_revisions.sync(id, client=client), models.RestRevisionCollection | models.RestError | None)
    assert_type(
        await get_revisions.asyncio_detailed(id, client=client),
        Response[models.RestRevisionCollection | models.RestError],
    )
    assert_type(await get_revisions.asyncio(id, client=client), models.RestRevisionCollection | models.RestError | None)


async def of_get_project_schedules(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_project_schedules.build_request(id), Request)
    assert_type(get_project_schedules.parse_response(response), models.RestScheduleCollection | models.RestError | None)
    assert_type(
        get_project_schedules.sync_detailed(id, client=client),
        Response[models.RestScheduleCollection | models.RestError],
    )
    assert_type(get_project_schedules.sync(id, client=client), models.RestScheduleCollection | models.RestError | None)
    assert_type(
        await get_project_schedules.asyncio_detailed(id, client=client),
        Response[models.RestScheduleCollection | models.RestError],
    )
    assert_type(
        await get_project_schedules.asyncio(id, client=client), models.RestScheduleCollection | models.RestError | None
    )


async def of_get_project_secrets(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_project_secrets.build_request(id), Request)
    assert_type(get_project_secrets.parse_response(response), models.RestSecretList | models.RestError | None)
    assert_type(
        get_project_secrets.sync_detailed(id, client=client), Response[models.RestSecretList | models.RestError]
    )
    assert_type(get_project_secrets.sync(id, client=client), models.RestSecretList | models.RestError | None)
    assert_type(
        await get_project_secrets.asyncio_detailed(id, client=client),
        Response[models.RestSecretList | models.RestError],
    )
    assert_type(await get_project_secrets.asyncio(id, client=client), models.RestSecretList | models.RestError | None)


async def of_put_project_secret(
    client: Client, response: HttpResponse, id: int, key: str, body: models.RestSetSecretRequest
) -> None:
    assert_type(put_project_secret.build_request(id, key, body=body), Request)
    assert_type(put_project_secret.parse_response(response), models.RestError | None)
    assert_type(put_project_secret.sync_detailed(id, key, client=client, body=body), Response[models.RestError])
    assert_type(put_project_secret.sync(id, key, client=client, body=body), models.RestError | None)
    assert_type(
        await put_project_secret.asyncio_detailed(id, key, client=client, body=body), Response[models.RestError]
    )
    assert_type(await put_project_secret.asyncio(id, key, client=client, body=body), models.RestError | None)


async def of_delete_project_secret(client: Client, response: HttpResponse, id: int, key: str) -> None:
    assert_type(delete_project_secret.build_request(id, key), Request)
    assert_type(delete_project_secret.parse_response(response), models.RestError | None)
    assert_type(delete_project_secret.sync_detailed(id, key, client=client), Response[models.RestError])
    assert_type(delete_project_secret.sync(id, key, client=client), models.RestError | None)
    assert_type(await delete_project_secret.asyncio_detailed(id, key, client=client), Response[models.RestError])
    assert_type(await delete_project_secret.asyncio(id, key, client=client), models.RestError | None)


async def of_get_project_sessions(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_project_sessions.build_request(id), Request)
    assert_type(get_project_sessions.parse_response(response), models.RestSessionCollection | models.RestError | None)
    assert_type(
        get_project_sessions.sync_detailed(id, client=client), Response[models.RestSessionCollection | models.RestError]
    )
    assert_type(get_project_sessions.sync(id, client=client), models.RestSessionCollection | models.RestError | None)
    assert_type(
        await get_project_sessions.asyncio_detailed(id, client=client),
        Response[models.RestSessionCollection | models.RestError],
    )
    assert_type(
        await get_project_sessions.asyncio(id, client=client), models.RestSessionCollection | models.RestError | None
    )


async def of_get_workflows(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_workflows.build_request(id), Request)
    assert_type(
        get_workflows.parse_response(response), models.RestWorkflowDefinitionCollection | models.RestError | None
    )
    assert_type(
        get_workflows.sync_detailed(id, client=client),
        Response[models.RestWorkflowDefinitionCollection | models.RestError],
    )
    assert_type(
        get_workflows.sync(id, client=client), models.RestWorkflowDefinitionCollection | models.RestError | None
    )
    assert_type(
        await get_workflows.asyncio_detailed(id, client=client),
        Response[models.RestWorkflowDefinitionCollection | models.RestError],
    )
    assert_type(
        await get_workflows.asyncio(id, client=client),
        models.RestWorkflowDefinitionCollection | models.RestError | None,
    )


async def of_get_workflow_by_name(client: Client, response: HttpResponse, id: int, name: str) -> None:
    assert_type(get_workflow_by_name.build_request(id, name), Request)
    assert_type(get_workflow_by_name.parse_response(response), models.RestWorkflowDefinition | models.RestError | None)
    assert_type(
        get_workflow_by_name.sync_detailed(id, name, client=client),
        Response[models.RestWorkflowDefinition | models.RestError],
    )
    assert_type(
        get_workflow_by_name.sync(id, name, client=client), models.RestWorkflowDefinition | models.RestError | None
    )
    assert_type(
        await get_workflow_by_name.asyncio_detailed(id, name, client=client),
        Response[models.RestWorkflowDefinition | models.RestError],
    )
    assert_type(
        await get_workflow_by_name.asyncio(id, name, client=client),
        models.RestWorkflowDefinition | models.RestError | None,
    )
