"""What type checkers make of every function of the operations of attempts. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.attempt import (
    get_attempt,
    get_attempt_retries,
    get_attempts,
    get_tasks,
    kill_attempt,
    start_attempt,
)
from treasure_workflow_api.types import HttpResponse, Request, Response


async def of_get_attempts(client: Client, response: HttpResponse) -> None:
    assert_type(get_attempts.build_request(), Request)
    assert_type(get_attempts.parse_response(response), models.RestSessionAttemptCollection | models.RestError | None)
    assert_type(
        get_attempts.sync_detailed(client=client), Response[models.RestSessionAttemptCollection | models.RestError]
    )
    assert_type(get_attempts.sync(client=client), models.RestSessionAttemptCollection | models.RestError | None)
    assert_type(
        await get_attempts.asyncio_detailed(client=client),
        Response[models.RestSessionAttemptCollection | models.RestError],
    )
    assert_type(
        await get_attempts.asyncio(client=client), models.RestSessionAttemptCollection | models.RestError | None
    )


async def of_start_attempt(client: Client, response: HttpResponse, body: models.RestSessionAttemptRequest) -> None:
    assert_type(start_attempt.build_request(body=body), Request)
    assert_type(start_attempt.parse_response(response), models.RestSessionAttempt | models.RestError | None)
    assert_type(
        start_attempt.sync_detailed(client=client, body=body), Response[models.RestSessionAttempt | models.RestError]
    )
    assert_type(start_attempt.sync(client=client, body=body), models.RestSessionAttempt | models.RestError | None)
    assert_type(
        await start_attempt.asyncio_detailed(client=client, body=body),
        Response[models.RestSessionAttempt | models.RestError],
    )
    assert_type(
        await start_attempt.asyncio(client=client, body=body), models.RestSessionAttempt | models.RestError | None
    )


async def of_get_attempt(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_attempt.build_request(id), Request)
    assert_type(get_attempt.parse_response(response), models.RestSessionAttempt | models.RestError | None)
    assert_type(get_attempt.sync_detailed(id, client=client), Response[models.RestSessionAttempt | models.RestError])
    assert_type(get_attempt.sync(id, client=client), models.RestSessionAttempt | models.RestError | None)
    assert_type(
        await get_attempt.asyncio_detailed(id, client=client), Response[models.RestSessionAttempt | models.RestError]
    )
    assert_type(await get_attempt.asyncio(id, client=client), models.RestSessionAttempt | models.RestError | None)


async def of_kill_attempt(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(kill_attempt.build_request(id), Request)
    assert_type(kill_attempt.parse_response(response), models.RestSessionAttempt | models.RestError | None)
    assert_type(kill_attempt.sync_detailed(id, client=client), Response[models.RestSessionAttempt | models.RestError])
    assert_type(kill_attempt.sync(id, client=client), models.RestSessionAttempt | models.RestError | None)
    assert_type(
        await kill_attempt.asyncio_detailed(id, client=client), Response[models.RestSessionAttempt | models.RestError]
    )
    assert_type(await kill_attempt.asyncio(id, client=client), models.RestSessionAttempt | models.RestError | None)


async def of_get_attempt_retries(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_attempt_retries.build_request(id), Request)
    assert_type(
        get_attempt_retries.parse_response(response), models.RestSessionAttemptCollection | models.RestError | None
    )
    assert_type(
        get_attempt_retries.sync_detailed(id, client=client),
        Response[models.RestSessionAttemptCollection | models.RestError],
    )
    assert_type(
        get_attempt_retries.sync(id, client=client), models.RestSessionAttemptCollection | models.RestError | None
    )
    assert_type(
        await get_attempt_retries.asyncio_detailed(id, client=client),
        Response[models.RestSessionAttemptCollection | models.RestError],
    )
    assert_type(
        await get_attempt_retries.asyncio(id, client=client),
        models.RestSessionAttemptCollection | models.RestError | None,
    )


async def of_get_tasks(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_tasks.build_request(id), Request)
    assert_type(get_tasks.parse_response(response), models.RestTaskCollection | models.RestError | None)
    assert_type(get_tasks.sync_detailed(id, client=client), Response[models.RestTaskCollection | models.RestError])
    assert_type(get_tasks.sync(id, client=client), models.RestTaskCollection | models.RestError | None)
    assert_type(
        await get_tasks.asyncio_detailed(id, client=client), Response[models.RestTaskCollection | models.RestError]
    )
    assert_type(await get_tasks.asyncio(id, client=client), models.RestTaskCollection | models.RestError | None)
