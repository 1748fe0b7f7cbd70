"""What type checkers make of every function of the operations of pools. It is checked and never run."""

from __future__ import annotations

from typing import assert_type

from treasure_workflow_api import Client, models
from treasure_workflow_api.api.pool import (
    create_pool,
    create_pool_rule,
    delete_pool,
    delete_pool_rule,
    get_pool,
    get_pool_rule,
    get_pool_rules,
    get_pools,
    update_pool,
    update_pool_rule,
)
from treasure_workflow_api.types import HttpResponse, Request, Response


async def of_get_pool_rules(client: Client, response: HttpResponse) -> None:
    assert_type(get_pool_rules.build_request(), Request)
    assert_type(get_pool_rules.parse_response(response), models.RestPoolRuleCollection | models.RestError | None)
    assert_type(get_pool_rules.sync_detailed(client=client), Response[models.RestPoolRuleCollection | models.RestError])
    assert_type(get_pool_rules.sync(client=client), models.RestPoolRuleCollection | models.RestError | None)
    assert_type(
        await get_pool_rules.asyncio_detailed(client=client), Response[models.RestPoolRuleCollection | models.RestError]
    )
    assert_type(await get_pool_rules.asyncio(client=client), models.RestPoolRuleCollection | models.RestError | None)


async def of_create_pool_rule(client: Client, response: HttpResponse, body: models.RestPoolRuleCreateRequest) -> None:
    assert_type(create_pool_rule.build_request(body=body), Request)
    assert_type(create_pool_rule.parse_response(response), models.RestPoolRule | models.RestError | None)
    assert_type(
        create_pool_rule.sync_detailed(client=client, body=body), Response[models.RestPoolRule | models.RestError]
    )
    assert_type(create_pool_rule.sync(client=client, body=body), models.RestPoolRule | models.RestError | None)
    assert_type(
        await create_pool_rule.asyncio_detailed(client=client, body=body),
        Response[models.RestPoolRule | models.RestError],
    )
    assert_type(await create_pool_rule.asyncio(client=client, body=body), models.RestPoolRule | models.RestError | None)


async def of_get_pool_rule(client: Client, response: HttpResponse, pool_rule_id: int) -> None:
    assert_type(get_pool_rule.build_request(pool_rule_id), Request)
    assert_type(get_pool_rule.parse_response(response), models.RestPoolRule | models.RestError | None)
    assert_type(
        get_pool_rule.sync_detailed(pool_rule_id, client=client), Response[models.RestPoolRule | models.RestError]
    )
    assert_type(get_pool_rule.sync(pool_rule_id, client=client), models.RestPoolRule | models.RestError | None)
    assert_type(
        await get_pool_rule.asyncio_detailed(pool_rule_id, client=client),
        Response[models.RestPoolRule | models.RestError],
    )
    assert_type(await get_pool_rule.asyncio(pool_rule_id, client=client), models.RestPoolRule | models.RestError | None)


async def of_update_pool_rule(
    client: Client, response: HttpResponse, pool_rule_id: int, body: models.RestPoolRuleUpdateRequest
) -> None:
    assert_type(update_pool_rule.build_request(pool_rule_id, body=body), Request)
    assert_type(update_pool_rule.parse_response(response), models.RestPoolRule | models.RestError | None)
    assert_type(
        update_pool_rule.sync_detailed(pool_rule_id, client=client, body=body),
        Response[models.RestPoolRule | models.RestError],
    )
    assert_type(
        update_pool_rule.sync(pool_rule_id, client=client, body=body), models.RestPoolRule | models.RestError | None
    )
    assert_type(
        await update_pool_rule.asyncio_detailed(pool_rule_id, client=client, body=body),
        Response[models.RestPoolRule | models.RestError],
    )
    assert_type(
        await update_pool_rule.asyncio(pool_rule_id, client=client, body=body),
        models.RestPoolRule | models.RestError | None,
    )


async def of_delete_pool_rule(client: Client, response: HttpResponse, pool_rule_id: int) -> None:
    assert_type(delete_pool_rule.build_request(pool_rule_id), Request)
    assert_type(delete_pool_rule.parse_response(response), models.RestPoolRule | models.RestError | None)
    assert_type(
        delete_pool_rule.sync_detailed(pool_rule_id, client=client), Response[models.RestPoolRule | models.RestError]
    )
    assert_type(delete_pool_rule.sync(pool_rule_id, client=client), models.RestPoolRule | models.RestError | None)
    assert_type(
        await delete_pool_rule.asyncio_detailed(pool_rule_id, client=client),
        Response[models.RestPoolRule | models.RestError],
    )
    assert_type(
        await delete_pool_rule.asyncio(pool_rule_id, client=client), models.RestPoolRule | models.RestError | None
    )


async def of_get_pools(client: Client, response: HttpResponse) -> None:
    assert_type(get_pools.build_request(), Request)
    assert_type(get_pools.parse_response(response), models.RestPoolCollection | models.RestError | None)
    assert_type(get_pools.sync_detailed(client=client), Response[models.RestPoolCollection | models.RestError])
    assert_type(get_pools.sync(client=client), models.RestPoolCollection | models.RestError | None)
    assert_type(await get_pools.asyncio_detailed(client=client), Response[models.RestPoolCollection | models.RestError])
    assert_type(await get_pools.asyncio(client=client), models.RestPoolCollection | models.RestError | None)


async def of_create_pool(client: Client, response: HttpResponse, body: models.RestPoolCreateRequest) -> None:
    assert_type(create_pool.build_request(body=body), Request)
    assert_type(create_pool.parse_response(response), models.RestPool | models.RestError | None)
    assert_type(create_pool.sync_detailed(client=client, body=body), Response[models.RestPool | models.RestError])
    assert_type(create_pool.sync(client=client, body=body), models.RestPool | models.RestError | None)
    assert_type(
        await create_pool.asyncio_detailed(client=client, body=body), Response[models.RestPool | models.RestError]
    )
    assert_type(await create_pool.asyncio(client=client, body=body), models.RestPool | models.RestError | None)


async def of_get_pool(client: Client, response: HttpResponse, pool_id: int) -> None:
    assert_type(get_pool.build_request(pool_id), Request)
    assert_type(get_pool.parse_response(response), models.RestPool | models.RestError | None)
    assert_type(get_pool.sync_detailed(pool_id, client=client), Response[models.RestPool | models.RestError])
    assert_type(get_pool.sync(pool_id, client=client), models.RestPool | models.RestError | None)
    assert_type(await get_pool.asyncio_detailed(pool_id, client=client), Response[models.RestPool | models.RestError])
    assert_type(await get_pool.asyncio(pool_id, client=client), models.RestPool | models.RestError | None)


async def of_update_pool(
    client: Client, response: HttpResponse, pool_id: int, body: models.RestPoolUpdateRequest
) -> None:
    assert_type(update_pool.build_request(pool_id, body=body), Request)
    assert_type(update_pool.parse_response(response), models.RestPool | models.RestError | None)
    assert_type(
        update_pool.sync_detailed(pool_id, client=client, body=body), Response[models.RestPool | models.RestError]
    )
    assert_type(update_pool.sync(pool_id, client=client, body=body), models.RestPool | models.RestError | None)
    assert_type(
        await update_pool.asyncio_detailed(pool_id, client=client, body=body),
        Response[models.RestPool | models.RestError],
    )
    assert_type(await update_pool.asyncio(pool_id, client=client, body=body), models.RestPool | models.RestError | None)


async def of_delete_pool(client: Client, response: HttpResponse, pool_id: int) -> None:
    assert_type(delete_pool.build_request(pool_id), Request)
    assert_type(delete_pool.parse_response(response), models.RestPool | models.RestError | None)
    assert_type(delete_pool.sync_detailed(pool_id, client=client), Response[models.RestPool | models.RestError])
    assert_type(delete_pool.sync(pool_id, client=client), models.RestPool | models.RestError | None)
    assert_type(
        await delete_pool.asyncio_detailed(pool_id, client=client), Response[models.RestPool | models.RestError]
    )
    assert_type(await delete_pool.asyncio(pool_id, client=client), models.RestPool | models.RestError | None)
