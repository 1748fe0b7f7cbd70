"""`/mock/…`: what a test sets and asks beside the service's own operations, for the account of its key."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from treasure_workflow_mock import faults, operators, seeding, settings, snapshots, times
from treasure_workflow_mock.accounts import Accounts
from treasure_workflow_mock.request_log import RequestLog
from treasure_workflow_mock.requests import Reply
from treasure_workflow_mock.state import Account, Json, JsonObject, ServiceError

Endpoint = Callable[[Account, Json], Json]


class Control:
    """What is behind `/mock/`."""

    def __init__(self, accounts: Accounts, log: RequestLog) -> None:
        def reset(account: Account, _body: Json) -> Json:
            account.reset()
            log.clear(account)
            return {}

        def requests(account: Account, _body: Json) -> Json:
            return {"requests": log.show(account)}

        self._accounts = accounts
        self._endpoints: dict[str, dict[str, Endpoint]] = {
            "/mock/settings": {"GET": _show_settings, "PUT": _change_settings},
            "/mock/clock": {"GET": _show_clock, "POST": _move_clock, "DELETE": _run_clock},
            "/mock/faults": {"GET": _show_faults, "POST": _add_fault, "DELETE": _clear_faults},
            "/mock/scripts": {"GET": _show_scripts, "PUT": _change_scripts, "DELETE": _clear_scripts},
            "/mock/seed": {"POST": _seed},
            "/mock/state": {"GET": _show_state, "PUT": _restore_state},
            "/mock/reset": {"POST": reset},
            "/mock/requests": {"GET": requests},
        }

    async def answer(
        self, method: str, path: str, authorization: str | None, read: Callable[[], Awaitable[bytes]]
    ) -> Reply:
        """The answer to a call; `read` gives its body. Raises ServiceError."""
        endpoints = self._endpoints.get(path)
        if endpoints is None:
            raise ServiceError(404, f"There is no {path}; there are {', '.join(self._endpoints)}")
        endpoint = endpoints.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            raise ServiceError(405, f"{path} takes {', '.join(endpoints)}, not {method}")
        account = self._accounts.of(authorization)
        return Reply(json=endpoint(account, _decoded(await read()) if method in {"PUT", "POST"} else {}))


def _decoded(content: bytes) -> JsonObject:
    try:
        body = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise ServiceError(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise ServiceError(400, "The body is not a JSON object")
    return body


def _show_settings(account: Account, _body: Json) -> Json:
    return settings.show(account)


def _change_settings(account: Account, body: Json) -> Json:
    settings.change(account, body)
    return settings.show(account)


def _show_clock(account: Account, _body: Json) -> Json:
    return {"now": account.clock.now(), "frozen": account.clock.frozen}


def _run_clock(account: Account, _body: Json) -> Json:
    account.clock.run()
    return _show_clock(account, _body)


def _move_clock(account: Account, body: Json) -> Json:
    """Freezes the clock at `now` (an instant, or seconds since the epoch), then `advance` seconds further."""
    for name in body.keys() - {"now", "advance"}:
        raise ServiceError(400, f"{name} is nothing that a clock has; it takes now and advance")
    now, advance = body.get("now"), body.get("advance", 0)
    if isinstance(now, str):
        try:
            now = times.parse_instant(now)
        except ValueError:
            raise ServiceError(400, f"now is no instant: {now}") from None
    for name, value in (("now", now), ("advance", advance)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and abs(value) < times.END_OF_TIME):
            raise ServiceError(400, f"{name} is no number of seconds: {value}")
    account.clock.freeze((account.clock.now() if now is None else now) + (advance or 0))
    return _show_clock(account, body)


def _show_faults(account: Account, _body: Json) -> Json:
    return {"faults": [faults.to_json(fault) for fault in account.faults]}


def _add_fault(account: Account, body: Json) -> Json:
    fault = faults.from_json(body)
    account.faults.append(fault)
    return faults.to_json(fault)


def _clear_faults(account: Account, body: Json) -> Json:
    account.faults.clear()
    return _show_faults(account, body)


def _show_scripts(account: Account, _body: Json) -> Json:
    return {"scripts": account.scripts}


def _change_scripts(account: Account, body: Json) -> Json:
    """Merges scripts by the full names of their tasks; null takes one away."""
    for name, script in body.items():
        if script is not None:
            try:
                operators.check_script(script)
            except ServiceError as error:
                raise ServiceError(400, f"{name}: {error.message}") from None
    merged = {**account.scripts, **body}
    account.scripts = {name: script for name, script in merged.items() if script is not None}
    return _show_scripts(account, body)


def _clear_scripts(account: Account, body: Json) -> Json:
    account.scripts.clear()
    return _show_scripts(account, body)


def _show_state(account: Account, _body: Json) -> Json:
    return snapshots.written(account)


def _seed(account: Account, body: Json) -> Json:
    """Adds a data set to the account."""
    for name in body.keys() - {"data"}:
        raise ServiceError(400, f"{name} is nothing that a seed has; it takes data")
    seeding.seed(account, body.get("data"))
    return {}


def _restore_state(account: Account, body: Json) -> Json:
    snapshots.restore(account, body)
    return {}
