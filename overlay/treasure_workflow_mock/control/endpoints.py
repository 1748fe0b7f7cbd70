"""`/mock/…`: what a test sets and asks beside the service's own operations, for the account of its key."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.control import scripts, seeding, settings, snapshots
from treasure_workflow_mock.control.fast_forward import MAX_SESSIONS, FastForward
from treasure_workflow_mock.control.faults import FaultsByAccount, to_json
from treasure_workflow_mock.control.request_log import RequestLog
from treasure_workflow_mock.errors import InvalidRequest, MethodNotAllowed, NotFound
from treasure_workflow_mock.http.authentication import Accounts
from treasure_workflow_mock.http.messages import Response
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.account import Account

Endpoint = Callable[[Account, Json], Json]


class Control:
    """What is behind `/mock/`."""

    def __init__(
        self,
        accounts: Accounts,
        log: RequestLog,
        faults: FaultsByAccount,
        fast_forward: FastForward,
    ) -> None:
        def reset(account: Account, _body: Json) -> Json:
            account.reset()
            log.clear(account)
            faults.of(account).clear()
            return {}

        def show_faults(account: Account, _body: Json) -> Json:
            return {"faults": [to_json(fault) for fault in faults.of(account)]}

        def add_fault(account: Account, body: Json) -> Json:
            added = faults.of(account)
            added.append(body)
            return to_json(added[-1])

        def clear_faults(account: Account, body: Json) -> Json:
            faults.of(account).clear()
            return show_faults(account, body)

        def show_state(account: Account, _body: Json) -> Json:
            return snapshots.written(account, faults.of(account))

        def restore_state(account: Account, body: Json) -> Json:
            snapshots.restore(account, body, faults.of(account))
            return {}

        def requests(account: Account, _body: Json) -> Json:
            return {"requests": log.show(account)}

        self._accounts = accounts
        self._fast_forward = fast_forward
        self._endpoints: dict[str, dict[str, Endpoint]] = {
            "/mock/settings": {"GET": _show_settings, "PUT": _change_settings},
            "/mock/clock": {"GET": _show_clock, "POST": _move_clock, "DELETE": _run_clock},
            "/mock/faults": {"GET": show_faults, "POST": add_fault, "DELETE": clear_faults},
            "/mock/scripts": {"GET": _show_scripts, "PUT": _change_scripts, "DELETE": _clear_scripts},
            "/mock/seed": {"POST": _seed},
            "/mock/state": {"GET": show_state, "PUT": restore_state},
            "/mock/reset": {"POST": reset},
            "/mock/requests": {"GET": requests},
        }

    async def respond(
        self, method: str, path: str, authorization: str | None, read: Callable[[], Awaitable[bytes]]
    ) -> tuple[Response, Account]:
        """The response to a call, and the account that it was for; `read` gives its body. Raises ServiceError."""
        endpoints = self._endpoints.get(path)
        if endpoints is None:
            raise NotFound(f"unknown path {path}; expected one of {', '.join(self._endpoints)}")
        endpoint = endpoints.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            raise MethodNotAllowed(f"{path} takes {', '.join(endpoints)}, not {method}")
        account = self._accounts.of(authorization)
        body = _decoded(await read()) if method in {"PUT", "POST"} else {}
        await self._fast_forward.wait(account)
        if path != "/mock/clock":
            return Response(json=endpoint(account, body)), account
        shown, before = endpoint(account, body), account.ids.get("session", 0)
        shown["settled"] = await self._fast_forward.settle(account)
        shown["newSessions"] = account.ids.get("session", 0) - before
        shown["maxNewSessions"] = MAX_SESSIONS
        return Response(json=shown), account


def _decoded(content: bytes) -> JsonObject:
    try:
        body = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise InvalidRequest("The body must be JSON") from None
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object")
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
        raise InvalidRequest(f"unknown field {name!r}; expected now or advance")
    now, advance = body.get("now"), body.get("advance", 0)
    if isinstance(now, str):
        try:
            now = times.parse_instant(now)
        except ValueError:
            raise InvalidRequest(f"now must be an instant or a number of seconds, got {now!r}") from None
    for name, value in (("now", now), ("advance", advance)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and abs(value) < times.END_OF_TIME):
            raise InvalidRequest(f"{name} must be a number of seconds, got {value!r}")
    account.clock.freeze((account.clock.now() if now is None else now) + (advance or 0))
    return _show_clock(account, body)


def _show_scripts(account: Account, _body: Json) -> Json:
    return {"scripts": account.scripts, "unknownTasks": scripts.unknown_tasks(account)}


def _change_scripts(account: Account, body: Json) -> Json:
    scripts.change(account, body)
    return _show_scripts(account, body)


def _clear_scripts(account: Account, body: Json) -> Json:
    account.scripts.clear()
    return _show_scripts(account, body)


def _seed(account: Account, body: Json) -> Json:
    """Adds a data set to the account."""
    for name in body.keys() - {"data"}:
        raise InvalidRequest(f"unknown field {name!r}; expected data")
    seeding.seed(account, body.get("data"))
    return {}
