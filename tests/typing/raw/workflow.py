"""What type checkers make of every function of the operations of workflows. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.workflow import (
    get_workflow_definition,
    get_workflow_definitions,
    get_workflow_truncated_session_time,
)
from treasure_workflow_api.types import HttpResponse, Request, Response


async def of_get_workflow_definitions(client: Client, response: HttpResponse) -> None:
    assert_type(get_workflow_definitions.build_request(), Request)
    assert_type(
        get_workflow_definitions.parse_response(response),
        models.RestWorkflowDefinitionCollection | models.RestError | None,
    )
    assert_type(
        get_workflow_definitions.sync_detailed(client=client),
        Response[models.RestWorkflowDefinitionCollection | models.RestError],
    )
    assert_type(
        get_workflow_definitions.sync(client=client), models.RestWorkflowDefinitionCollection | models.RestError | None
    )
    assert_type(
        await get_workflow_definitions.asyncio_detailed(client=client),
        Response[models.RestWorkflowDefinitionCollection | models.RestError],
    )
    assert_type(
        await get_workflow_definitions.asyncio(client=client),
        models.RestWorkflowDefinitionCollection | models.RestError | None,
    )


async def of_get_workflow_definition(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_workflow_definition.build_request(id), Request)
    assert_type(
        get_workflow_definition.parse_response(response), models.RestWorkflowDefinition | models.RestError | None
    )
    assert_type(
        get_workflow_definition.sync_detailed(id, client=client),
        Response[models.RestWorkflowDefinition | models.RestError],
    )
    assert_type(
        get_workflow_definition.sync(id, client=client), models.RestWorkflowDefinition | models.RestError | None
    )
    assert_type(
        await get_workflow_definition.asyncio_detailed(id, client=client),
        Response[models.RestWorkflowDefinition | models.RestError],
    )
    assert_type(
        await get_workflow_definition.asyncio(id, client=client),
        models.RestWorkflowDefinition | models.RestError | None,
    )


async def of_get_workflow_truncated_session_time(
    client: Client, response: HttpResponse, id: int, session_time: str
) -> None:
    assert_type(get_workflow_truncated_session_time.build_request(id, session_time=session_time), Request)
    assert_type(
        get_workflow_truncated_session_time.parse_response(response),
        models.RestWorkflowSessionTime | models.RestError | None,
    )
    assert_type(
        get_workflow_truncated_session_time.sync_detailed(id, client=client, session_time=session_time),
        Response[models.RestWorkflowSessionTime | models.RestError],
    )
    assert_type(
        get_workflow_truncated_session_time.sync(id, client=client, session_time=session_time),
        models.RestWorkflowSessionTime | models.RestError | None,
    )
    assert_type(
        await get_workflow_truncated_session_time.asyncio_detailed(id, client=client, session_time=session_time),
        Response[models.RestWorkflowSessionTime | models.RestError],
    )
    assert_type(
        await get_workflow_truncated_session_time.asyncio(id, client=client, session_time=session_time),
        models.RestWorkflowSessionTime | models.RestError | None,
    )
