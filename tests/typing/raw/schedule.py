"""What type checkers make of every function of the operations of schedules. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.schedule import (
    backfill_schedule,
    disable_schedule,
    enable_schedule,
    get_schedule,
    get_schedules,
    skip_schedule,
)
from treasure_workflow_api.types import HttpResponse, Request, Response


async def of_get_schedules(client: Client, response: HttpResponse) -> None:
    assert_type(get_schedules.build_request(), Request)
    assert_type(get_schedules.parse_response(response), models.RestScheduleCollection | models.RestError | None)
    assert_type(get_schedules.sync_detailed(client=client), Response[models.RestScheduleCollection | models.RestError])
    assert_type(get_schedules.sync(client=client), models.RestScheduleCollection | models.RestError | None)
    assert_type(
        await get_schedules.asyncio_detailed(client=client), Response[models.RestScheduleCollection | models.RestError]
    )
    assert_type(await get_schedules.asyncio(client=client), models.RestScheduleCollection | models.RestError | None)


async def of_get_schedule(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(get_schedule.build_request(id), Request)
    assert_type(get_schedule.parse_response(response), models.RestSchedule | models.RestError | None)
    assert_type(get_schedule.sync_detailed(id, client=client), Response[models.RestSchedule | models.RestError])
    assert_type(get_schedule.sync(id, client=client), models.RestSchedule | models.RestError | None)
    assert_type(
        await get_schedule.asyncio_detailed(id, client=client), Response[models.RestSchedule | models.RestError]
    )
    assert_type(await get_schedule.asyncio(id, client=client), models.RestSchedule | models.RestError | None)


async def of_backfill_schedule(
    client: Client, response: HttpResponse, id: int, body: models.RestScheduleBackfillRequest
) -> None:
    assert_type(backfill_schedule.build_request(id, body=body), Request)
    assert_type(
        backfill_schedule.parse_response(response), models.RestScheduleAttemptCollection | models.RestError | None
    )
    assert_type(
        backfill_schedule.sync_detailed(id, client=client, body=body),
        Response[models.RestScheduleAttemptCollection | models.RestError],
    )
    assert_type(
        backfill_schedule.sync(id, client=client, body=body),
        models.RestScheduleAttemptCollection | models.RestError | None,
    )
    assert_type(
        await backfill_schedule.asyncio_detailed(id, client=client, body=body),
        Response[models.RestScheduleAttemptCollection | models.RestError],
    )
    assert_type(
        await backfill_schedule.asyncio(id, client=client, body=body),
        models.RestScheduleAttemptCollection | models.RestError | None,
    )


async def of_disable_schedule(client: Client, response: HttpResponse, id: int) -> None:
    assert_type(disable_schedule.build_request(id), Request)
    assert_type(disable_schedule.parse_response(response), models.RestScheduleSummary | models.RestError | None)
    assert_type(
        disable_schedule.sync_detailed(id, client=client), Response[models.RestScheduleSummary | models.RestError]
    )
    assert_type(disable_schedule.sync(id, client=client), models.RestScheduleSummary | models.RestError | None)
    assert_type(
        await disable_schedule.asyncio_detailed(id, client=client),
        Response[models.RestScheduleSummary | models.RestError],
    )
    assert_type(await disable_schedule.asyncio(id, client=client), models.RestScheduleSummary | models.RestError | None)


async def of_enable_schedule(
    client: Client, response: HttpResponse, id: int, body: models.RestScheduleEnableRequest
) -> None:
    assert_type(enable_schedule.build_request(id, body=body), Request)
    assert_type(enable_schedule.parse_response(response), models.RestScheduleSummary | models.RestError | None)
    assert_type(
        enable_schedule.sync_detailed(id, client=client, body=body),
        Response[models.RestScheduleSummary | models.RestError],
    )
    assert_type(
        enable_schedule.sync(id, client=client, body=body), models.RestScheduleSummary | models.RestError | None
    )
    assert_type(
        await enable_schedule.asyncio_detailed(id, client=client, body=body),
        Response[models.RestScheduleSummary | models.RestError],
    )
    assert_type(
        await enable_schedule.asyncio(id, client=client, body=body),
        models.RestScheduleSummary | models.RestError | None,
    )


async def of_skip_schedule(
    client: Client, response: HttpResponse, id: int, body: models.RestScheduleSkipRequest
) -> None:
    assert_type(skip_schedule.build_request(id, body=body), Request)
    assert_type(skip_schedule.parse_response(response), models.RestScheduleSummary | models.RestError | None)
    assert_type(
        skip_schedule.sync_detailed(id, client=client, body=body),
        Response[models.RestScheduleSummary | models.RestError],
    )
    assert_type(skip_schedule.sync(id, client=client, body=body), models.RestScheduleSummary | models.RestError | None)
    assert_type(
        await skip_schedule.asyncio_detailed(id, client=client, body=body),
        Response[models.RestScheduleSummary | models.RestError],
    )
    assert_type(
        await skip_schedule.asyncio(id, client=client, body=body), models.RestScheduleSummary | models.RestError | None
    )
