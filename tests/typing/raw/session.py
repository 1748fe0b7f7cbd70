"""What type checkers make of every function of the operations of sessions. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.session import get_session, get_session_attempts, get_sessions
from treasure_workflow_api.types import HttpResponse, Request, Response


async def of_get_sessions(client: Client, response: HttpResponse) -> None:
    assert_type(get_sessions.build_request(), Request)
    assert_type(get_sessions.parse_response(response), models.RestSessionCollection | models.RestError | None)
    assert_type(get_sessions.sync_detailed(client=client), Response[models.RestSessionCollection | models.RestError])
    assert_type(get_sessions.sync(client=client), models.RestSessionCollection | models.RestError | None)
    assert_type(
        await get_sessions.asyncio_detailed(client=client), Response[models.RestSessionCollection | models.RestError]
    )
    assert_type(await get_sessions.asyncio(client=client), models.RestSessionCollection | models.RestError | None)


async def of_get_session(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_session.build_request(id), Request)
    assert_type(get_session.parse_response(response), models.RestSession | models.RestError | None)
    assert_type(get_session.sync_detailed(id, client=client), Response[models.RestSession | models.RestError])
    assert_type(get_session.sync(id, client=client), models.RestSession | models.RestError | None)
    assert_type(await get_session.asyncio_detailed(id, client=client), Response[models.RestSession | models.RestError])
    assert_type(await get_session.asyncio(id, client=client), models.RestSession | models.RestError | None)


async def of_get_session_attempts(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_session_attempts.build_request(id), Request)
    assert_type(
        get_session_attempts.parse_response(response), models.RestSessionAttemptCollection | models.RestError | None
    )
    assert_type(
        get_session_attempts.sync_detailed(id, client=client),
        Response[models.RestSessionAttemptCollection | models.RestError],
    )
    assert_type(
        get_session_attempts.sync(id, client=client), models.RestSessionAttemptCollection | models.RestError | None
    )
    assert_type(
        await get_session_attempts.asyncio_detailed(id, client=client),
        Response[models.RestSessionAttemptCollection | models.RestError],
    )
    assert_type(
        await get_session_attempts.asyncio(id, client=client),
        models.RestSessionAttemptCollection | models.RestError | None,
    )
