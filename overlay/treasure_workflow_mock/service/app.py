"""The service as an ASGI application: the rules of the wire in their order, in front of the handlers.

Order of checks: percent-encoding and header syntax, authentication, path, method, request content type, Accept,
path and query parameters, body, and then the handler's own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from pathlib import Path
from weakref import WeakSet

from treasure_workflow_mock._types import Flavour
from treasure_workflow_mock.api import BEFORE_BODY, HANDLERS, open_source_only, permissions
from treasure_workflow_mock.control import faults
from treasure_workflow_mock.control.endpoints import Control
from treasure_workflow_mock.control.fast_forward import FastForward
from treasure_workflow_mock.control.request_log import RequestLog
from treasure_workflow_mock.control.state_file import StateFileError
from treasure_workflow_mock.errors import InvalidRequest, LimitExceeded, NotSupported, ServiceError
from treasure_workflow_mock.http.asgi import Receive, Scope, Send
from treasure_workflow_mock.http.authentication import Accounts
from treasure_workflow_mock.http.messages import BareResponse, Handler, Request, Response, encode_json
from treasure_workflow_mock.http.negotiation import (
    accepts,
    choose_encoding,
    compatible,
    compress,
    decompress_request,
    parse_accept,
    parse_media_type,
)
from treasure_workflow_mock.http.openapi import load_operations, of_flavour
from treasure_workflow_mock.http.origin import check_control_request, check_host
from treasure_workflow_mock.http.request_bodies import MODELS, read_body
from treasure_workflow_mock.http.routing import Node, Route, Router, convert, decode_segment, parse_query, split_path
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.service.statuses import status_of

_log = logging.getLogger(__name__)
# What a request target may not hold: unfinished percent-encoding, and characters that have to be encoded.
_BAD_TARGET = re.compile(rb"%(?![0-9A-Fa-f]{2})|[^!$-;=?-\[\]_a-z~]")
_JSON = ("application", "json")
_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_HTML = b"<html><head><title>Error</title></head><body>Bad Request</body></html>"
_BAD_SYNTAX = Response(400, content=_HTML, content_type="text/html;charset=UTF-8")
# What a body may hold at most, also once its encoding is undone. The service knows no such limit for JSON.
_MAX_BODY = 32 * 1024 * 1024
_MAX_CONTROL_BODY = 64 * 1024 * 1024  # a snapshot of a large account comes in one


class Application:
    """The ASGI application. `accounts` holds its state, `request_log` what arrived.

    `without_handler` names operations whose response is 501. `hosts` are names beside those of this machine by which
    calls may reach it; None means any.
    """

    def __init__(
        self,
        flavour: Flavour = "hosted",
        *,
        contract: Path | None = None,
        handlers: dict[str, Handler] | None = None,
        hosts: Collection[str] | None = (),
    ) -> None:
        operations = load_operations(contract)
        handlers = HANDLERS if handlers is None else handlers
        self.accounts = Accounts(flavour)
        self._hosts = hosts
        self.keep: Callable[[Account], None] = lambda _account: None  # called when a call may have changed an account
        self.touched: WeakSet[Account] = WeakSet()  # accounts that were called since they were kept
        self._routers = {
            "hosted": Router(operations, handlers, MODELS["hosted"]),
            "digdag": Router(
                [*of_flavour(operations, "digdag"), *open_source_only.OPERATIONS],
                {**handlers, **open_source_only.HANDLERS},
                MODELS["digdag"],
            ),
        }
        self.without_handler = self._routers[flavour].without_handler
        self.request_log = RequestLog()
        self._fast_forward = FastForward()
        self.faults = faults.FaultsByAccount()
        self._control = Control(self.accounts, self.request_log, self.faults, self._fast_forward)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Responds to one request."""
        call = _Call(scope, receive)
        account: Account | None = None
        try:
            if self._hosts is not None:
                check_host(call.headers.get(b"host"), self._hosts)
            if call.path.startswith(b"/mock/"):
                check_control_request(call.headers)
                authorization = call.headers.get(b"authorization")
                response, account = await self._control.respond(
                    call.method, scope["path"], authorization, call.read_control_body
                )
            else:
                response = await self._respond(call)
                account = call.account
            if account is not None:
                self._keep(account, call.method)
        except ServiceError as error:
            status = status_of(error)
            response = Response(status, json={"message": error.message, "status": status})
        except BareResponse as bare:
            response = Response(bare.status, content=b"")
        except StateFileError as error:
            _log.error("%s", error)
            response = Response(500, json={"message": str(error), "status": 500})
        except _Disconnected:
            return
        if account is None and call.account is not None:
            self.touched.add(call.account)  # what was refused may have been late, and late things have happened
        if call.account is not None:
            self.request_log.add(call.account, scope, call.route, call.content, response.status)
        if call.fault is None:
            await _send(response, call, send)
        else:
            await _send_spoiled(call.fault, response, call, send)

    def _keep(self, account: Account, method: str) -> None:
        """Has what a call has changed kept before the call is responded to; what reading lets happen can wait."""
        if method in _READING:
            self.touched.add(account)
        else:
            self.keep(account)
            self.touched.discard(account)

    async def _respond(self, call: _Call) -> Response:
        method, path = call.method, call.path
        if _BAD_TARGET.search(path) or _BAD_TARGET.search(call.query):
            raise BareResponse(400)
        if method == "TRACE":
            return Response(content=call.echo(), content_type="message/http")
        try:
            accepted = parse_accept(call.headers.get(b"accept", ""))
            content_type = call.headers.get(b"content-type")
            given_type = None if content_type is None else parse_media_type(content_type)
            segments = split_path(path.decode("ascii"))
            for segment in segments:
                decode_segment(segment)
        except ValueError:
            return _BAD_SYNTAX

        if segments[0] != "api":
            raise _outside(method)
        if method == "OPTIONS":
            node, _ = self._find(self.accounts.flavour, segments)
            return Response(content=node.allow.encode(), content_type="text/plain;charset=UTF-8", headers=_allow(node))
        account = call.account = self.accounts.of(call.headers.get(b"authorization"))
        node, values = self._find(account.flavour, segments)
        route = call.route = node.routes.get(method)
        if route is None:
            return Response(405, content=b"", headers=_allow(node))
        if (fault := self.faults.of(account).take(route.operation.id)) is not None:
            call.fault = fault
            if fault.is_in_front:
                await call.read_body(account)
                return faults.response_in_front(fault)

        if route.consumes is not None and not (
            compatible(given_type, route.consumes) if given_type is not None else not route.type_required
        ):
            raise InvalidRequest("RESTEASY003065: Cannot consume content type")
        if not accepts(accepted, route.produces):
            raise BareResponse(406)
        request = _convert(route, values, call.query, account.clock.now())
        if route.reads_body:
            optional = route.operation.id == "enableSchedule"
            left_out = optional and account.flavour == "hosted" and given_type is None and not call.content_length
            if route.model is not None and given_type != _JSON and not left_out:
                raise InvalidRequest(
                    "RESTEASY003200: Could not find message body reader for type: interface "
                    f"io.digdag.client.api.{route.model.name} of content type: {content_type or '*/*'}",
                )
            request.content_length = call.content_length
            if check := BEFORE_BODY.get(route.operation.id):
                check(account, request)
            await call.read_body(account)
            request.content = call.content
            if route.model is not None:
                request.body = read_body(route.model, call.content, optional=optional)
        if route.handler is None:
            raise NotSupported(f"{route.operation.id} is not implemented")
        permissions.check(account, route.operation.id, request)
        await self._fast_forward.settle(account)
        request.now = account.clock.now()
        result = route.handler(account, request)
        return result if isinstance(result, Response) else Response(json=result)

    def _find(self, flavour: Flavour, segments: list[str]) -> tuple[Node, list[str]]:
        found = self._routers[flavour].find(segments)
        if found is None:
            raise BareResponse(404)
        return found


class _Disconnected(Exception):
    """The caller went away before its request was whole: nothing is done, and nobody is there to be told."""


class _Call:
    """One request as it arrived."""

    __slots__ = ("account", "content", "fault", "headers", "method", "path", "query", "receive", "route", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"].upper()
        self.path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            text = value.decode("latin-1")
            self.headers[name] = f"{self.headers[name]},{text}" if name in self.headers else text
        self.account: Account | None = None
        self.route: Route | None = None
        self.fault: faults.Fault | None = None
        self.content = b""

    @property
    def content_length(self) -> int | None:
        """What the caller says that the body has, in bytes; None for a chunked one."""
        declared = self.headers.get(b"content-length")
        return int(declared) if declared else None

    async def read_body(self, account: Account) -> None:
        """Reads the body and undoes its encoding. Raises ServiceError when that is too much."""
        limit = max(_MAX_BODY, account.settings["api.max_archive_total_size_limit"])
        self.content = await self.read(limit)
        if encoding := self.headers.get(b"content-encoding"):
            self.content = decompress_request(self.content, encoding, limit)

    async def read_control_body(self) -> bytes:
        """The body of a call under `/mock/`. Raises LimitExceeded when that is too much."""
        return await self.read(_MAX_CONTROL_BODY)

    async def read(self, limit: int) -> bytes:
        """The body as it arrives. Raises ServiceError when it has more than `limit` bytes."""
        too_much = LimitExceeded(f"Size of the request body exceeds limit ({limit} bytes)")
        if (self.content_length or 0) > limit:
            raise too_much
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _Disconnected
            part = message.get("body", b"")
            parts.append(part)
            size += len(part)
            more = message.get("more_body", False)
            if size > limit:
                raise too_much
        return b"".join(parts)

    def echo(self) -> bytes:
        """The request's head, which TRACE responds with."""
        target = self.path + (b"?" + self.query if self.query else b"")
        lines = [self.method.encode() + b" " + target + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in self.scope["headers"]]
        return b"\r\n".join([*lines, b"", b""])


def _outside(method: str) -> BareResponse | ServiceError:
    """What is outside /api belongs to the web interface, which is not here: it can be read, and is not found."""
    return BareResponse(404 if method in {"GET", "HEAD", "OPTIONS"} else 405)


def _allow(node: Node) -> tuple[tuple[str, str], ...]:
    return (("allow", node.allow),)


def _convert(route: Route, values: list[str], query: bytes, now: float) -> Request:
    """The path and query parameters by their kinds; one that does not convert is a bare 404."""
    request = Request(now)
    try:
        for (name, kind), value in zip(route.path_parameters, values, strict=True):
            request.path[name] = convert(kind, [decode_segment(value)])
        if query:
            given = parse_query(query.decode("ascii"))
            for name, kind in route.operation.query_parameters.items():
                if name in given:
                    request.query[name] = convert(kind, given[name])
    except ValueError:
        raise BareResponse(404) from None
    return request


async def _send_spoiled(fault: faults.Fault, response: Response, call: _Call, send: Send) -> None:
    assert call.route is not None  # or no fault could have been found
    if fault.kind == "cut-gzip":
        call.headers.pop(b"accept-encoding", None)  # what is compressed and cut is not to be compressed again
    spoiled = faults.spoil(fault, response, call.route.operation.id)
    left = await faults.deliver(fault, call.scope, call.receive, send)
    if left is not None:
        await _send(spoiled, call, left)


async def _send(response: Response, call: _Call, send: Send) -> None:
    content = response.content
    if content is None:
        text = encode_json(response.json) if response.text is None else response.text
        content = text.encode("utf-8", "replace")
    headers = [(name.encode(), value.encode("latin-1")) for name, value in response.headers]
    if content:
        headers.append((b"content-type", response.content_type.encode()))
        encoding = choose_encoding(call.headers.get(b"accept-encoding", ""))
        if encoding is not None:
            content = compress(content, encoding)
            headers.append((b"content-encoding", encoding.encode()))
    if response.status != 204:
        headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else content})
