"""What type checkers make of every function of the operations of logs. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.log import get_file, get_file_handles
from treasure_workflow_api.types import File, HttpResponse, Request, Response


async def of_get_file_handles(client: Client, response: HttpResponse, attempt_id: int) -> None:
    assert_type(get_file_handles.build_request(attempt_id), Request)
    assert_type(get_file_handles.parse_response(response), models.RestLogFileHandleCollection | models.RestError | None)
    assert_type(
        get_file_handles.sync_detailed(attempt_id, client=client),
        Response[models.RestLogFileHandleCollection | models.RestError],
    )
    assert_type(
        get_file_handles.sync(attempt_id, client=client), models.RestLogFileHandleCollection | models.RestError | None
    )
    assert_type(
        await get_file_handles.asyncio_detailed(attempt_id, client=client),
        Response[models.RestLogFileHandleCollection | models.RestError],
    )
    assert_type(
        await get_file_handles.asyncio(attempt_id, client=client),
        models.RestLogFileHandleCollection | models.RestError | None,
    )


async def of_get_file(client: Client, response: HttpResponse, attempt_id: int, file_name: str) -> None:
    assert_type(get_file.build_request(attempt_id, file_name), Request)
    assert_type(get_file.parse_response(response), File | models.RestError | None)
    assert_type(get_file.sync_detailed(attempt_id, file_name, client=client), Response[File | models.RestError])
    assert_type(get_file.sync(attempt_id, file_name, client=client), File | models.RestError | None)
    assert_type(
        await get_file.asyncio_detailed(attempt_id, file_name, client=client), Response[File | models.RestError]
    )
    assert_type(await get_file.asyncio(attempt_id, file_name, client=client), File | models.RestError | None)
