"""The client: one account at one address."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, Self, TypeVar

from treasure_workflow._arguments import checked
from treasure_workflow._async._http import AsyncPool, AsyncSender
from treasure_workflow._http import transport as _transport
from treasure_workflow._http.call import Options
from treasure_workflow._http.messages import (
    OnRequest,
    OnResponse,
    Response,
    Timeouts,
    WithResponses,
    checked_headers,
    recording,
)
from treasure_workflow._runtime import AsyncClock
from treasure_workflow._secret import secret_or_none
from treasure_workflow.config import Config, resolve

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._async.attempts import AsyncAttempts
    from treasure_workflow._async.logs import AsyncLogs
    from treasure_workflow._async.pool_rules import AsyncPoolRules
    from treasure_workflow._async.pools import AsyncPools
    from treasure_workflow._async.projects import AsyncProjects
    from treasure_workflow._async.schedules import AsyncSchedules
    from treasure_workflow._async.secrets import AsyncSecrets
    from treasure_workflow._async.sessions import AsyncSessions
    from treasure_workflow._async.workflows import AsyncWorkflows
    from treasure_workflow._http import httpx_names as httpx
    from treasure_workflow._http.responses import Endpoint
    from treasure_workflow_api import Client

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class AsyncMethod(Protocol[P, T_co]):
    """A method that asks the service."""

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """What the method gives."""
        ...


@dataclass(frozen=True)
class _Options:
    """What a client does with its requests."""

    timeout: float | Timeouts
    deadline: float | None
    max_retries: int
    max_json_bytes: int
    max_memory_bytes: int
    headers: Mapping[str, str] = field(repr=False)
    on_request: OnRequest | None = None
    on_response: OnResponse | None = None


_MAX_JSON_BYTES = 64 * 1024 * 1024
_MAX_MEMORY_BYTES = 512 * 1024 * 1024
_OTHERS_NAMES = {
    "apikey": "api_key=",
    "key": "api_key=",
    "token": "api_key= or access_token=",
    "site": "region= (site words such as us01 are understood)",
    "endpoint": "region=, or base_url= for a server of your own",
    "url": "base_url=",
    "retries": "max_retries=",
    "user_agent": "headers=",
}


@checked
class AsyncTreasureWorkflow:
    """A client for Treasure Workflow. Use it as a block (`async with`), or close it when done.

    Args:
        api_key: The API key. When None: environment, then configuration files; see `treasure_workflow.config`.
        region: A region's name or a synonym (`aws` or `us`, `aws-tokyo` or `jp`, `eu01` or `eu`,
            `ap02` or `kr`, `ap03`), or
            `mock` for the documentation portal's fixed responses. Looked up when None.
        base_url: The address of a service that is no region, such as a mock or an open-source server.
        profile: A profile of tdx, whose site and key are used. That of the variable TDX_PROFILE when None.
        access_token: A token of the console's sign-in, sent as Bearer, instead of an API key.
        anonymous: Send no key. Needs `base_url`.
        timeout: Seconds to wait for the next piece of a response; to connect it is 5 s at most. Or `Timeouts`, with
            limits for each step.
        deadline: Seconds that a call may take with its retries, None for no such limit. Uploads, archives and logs have
            none while they move; they end after `timeout` without a byte.
        max_retries: How often a request that may be repeated is sent again.
        proxy: Address of a proxy. When None the environment decides (HTTPS_PROXY, NO_PROXY and so on). What goes to
            this machine without TLS uses no proxy elsewhere: it would read the key.
        verify: Whether to check the service's certificate, or an SSL context to check it with.
        headers: Headers of your own for requests to the service.
        max_json_bytes: How far a response in JSON may unpack, in bytes.
        max_memory_bytes: How far logs may unpack that are given as text, in bytes; to a file there is no limit.
        on_request: Called with a `Request` before it is sent, each time that it is.
        on_response: Called with the `Request` and its `Response` when that has come.
        transport: What carries requests, in place of connections of the client's own: a transport of httpx.
        clock: What to sleep with, for tests.

    Raises:
        ConfigError: No key is found, the region is unknown, or the key would go over plain http to another machine.
    """

    def __init__(
        self,
        api_key: str | None = None,
        region: str | None = None,
        *,
        base_url: str | None = None,
        profile: str | None = None,
        access_token: str | None = None,
        anonymous: bool = False,
        timeout: float | Timeouts = 60.0,
        deadline: float | None = 120.0,
        max_retries: int = 4,
        headers: Mapping[str, str] | None = None,
        max_json_bytes: int = _MAX_JSON_BYTES,
        max_memory_bytes: int = _MAX_MEMORY_BYTES,
        on_request: OnRequest | None = None,
        on_response: OnResponse | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        clock: AsyncClock | None = None,
    ) -> None:
        key, token = map(secret_or_none, (api_key, access_token))
        api_key = access_token = None  # from here on nothing that a traceback shows holds it
        config = resolve(
            api_key=key, access_token=token, region=region, base_url=base_url, profile=profile, anonymous=anonymous
        )
        own = checked_headers(headers)
        headers = None  # they may hold a secret
        options = _Options(
            timeout, deadline, max_retries, max_json_bytes, max_memory_bytes, own, on_request, on_response
        )
        self._set_up(config, AsyncPool(proxy, verify, transport), options, clock or AsyncClock())

    if not TYPE_CHECKING:  # type checkers tell of unknown arguments by themselves

        def __new__(cls, *_: object, **options: object) -> Self:
            """Tells those who come from another client what an argument is called here."""
            for name, ours in _OTHERS_NAMES.items():
                if name in options:
                    _ = options = None  # they may hold a key
                    raise TypeError(f"{cls.__name__} has no argument {name!r}: it is {ours}")
            return super().__new__(cls)

    def _set_up(self, config: Config, pool: AsyncPool, options: _Options, clock: AsyncClock) -> None:
        self.config = config
        """The settings in use; `config.explain()` tells where they come from."""
        self._pool = pool
        self._options = options
        self._clock = clock
        self._sender = AsyncSender(
            pool,
            authorization=_transport.Authorization(config.scheme, config.secret, config.base_url, options.headers),
            timeout=options.timeout,
            deadline=options.deadline,
            max_retries=options.max_retries,
            max_json_bytes=options.max_json_bytes,
            on_request=options.on_request,
            on_response=options.on_response,
            clock=clock,
        )

    def with_options(
        self,
        *,
        timeout: float | Timeouts | None = None,
        deadline: float | Literal["same"] | None = "same",
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        max_json_bytes: int | None = None,
        max_memory_bytes: int | None = None,
        on_request: OnRequest | None = None,
        on_response: OnResponse | None = None,
    ) -> Self:
        """A client with other options that shares this one's connections; closing either closes both.

        What is not given stays as it is.

        Args:
            timeout: Seconds to wait for the next piece of a response, or `Timeouts`.
            deadline: Seconds that a call may take with its retries; None for no such limit.
            max_retries: How often a request is sent again.
            headers: Headers beside those that the client has; the same name replaces.
            max_json_bytes: How far a response in JSON may unpack, in bytes.
            max_memory_bytes: How far logs may unpack that are given as text, in bytes.
            on_request: Called before a request is sent.
            on_response: Called when a response has come.

        Example:
            >>> client.with_options(deadline=5, headers={"X-Trace": "7"}).projects.get("shop")
        """
        given = {
            "timeout": timeout,
            "max_retries": max_retries,
            "max_json_bytes": max_json_bytes,
            "max_memory_bytes": max_memory_bytes,
            "on_request": on_request,
            "on_response": on_response,
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if deadline != "same":
            changes["deadline"] = deadline
        if headers is not None:
            changes["headers"] = {**self._options.headers, **checked_headers(headers)}
        copy = object.__new__(type(self))
        copy._set_up(self.config, self._pool, replace(self._options, **changes), self._clock)
        return copy

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | float | bool] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The response to a request that the contract does not know, with this client's key, retries and errors.

        Args:
            method: The method, such as `GET`. Of others only what was not sent or not taken is sent again.
            path: The path, which begins with `/api/`.
            params: The query.
            json: The body as a JSON value.
            content: The body as bytes.
            headers: Headers of this request.

        Raises:
            TransportError: No whole response came.
            StatusError: The service refused.
            ContractError: A web page came, or more than `max_json_bytes`.
            ValueError: The path is no path.

        Example:
            >>> client.request("GET", "/api/version").json()
        """
        if not path.startswith("/") or path.startswith("//") or "?" in path or "#" in path:
            raise ValueError(f"path must begin with one / and go without ? and #, got {path!r}")
        options = Options({"method": method, "url": path, "params": params})
        options["headers"] = {} if headers is None else checked_headers(headers)
        options |= {"json": json} if content is None else {"content": content}
        json = content = headers = None  # they may hold a secret
        return await self._calls.response_to(options)

    async def with_responses(self, method: AsyncMethod[P, T], /, *args: P.args, **kwargs: P.kwargs) -> WithResponses[T]:
        """What a method of this client gives, together with the responses that it came from.

        Args:
            method: Any method that asks the service, such as `client.projects.get`.
            args: Its arguments.
            kwargs: Its arguments by name.

        Example:
            >>> found = client.with_responses(client.projects.get, "shop")
            >>> found.value.name, found.response.status, found.response.headers["content-type"]
        """
        with recording() as responses:
            value = await method(*args, **kwargs)
        return WithResponses(value, tuple(responses))

    @cached_property
    def raw(self) -> Client:
        """The generated client, for the functions of `treasure_workflow_api.api`.

        It sends the key, retries and gives up in time as this client does; its responses and exceptions are the
        generated code's and httpx's own. See `call` for the same functions with this package's.
        """
        from treasure_workflow._http import httpx_names as httpx
        from treasure_workflow_api import Client

        base_url = self.config.base_url
        # Without trust_env: what the environment says of proxies is the pool's business.
        client = httpx.AsyncClient(
            transport=self._sender, base_url=base_url, headers=_transport.HEADERS, trust_env=False
        )
        return Client(base_url=base_url).set_async_httpx_client(client)

    @cached_property
    def _calls(self) -> AsyncCalls:
        from treasure_workflow._async._calls import AsyncCalls

        options = self._options
        return AsyncCalls(
            self._sender,
            self.config.base_url,
            deadline=options.deadline,
            max_memory_bytes=options.max_memory_bytes,
        )

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The response of any operation, by its module in `treasure_workflow_api.api`.

        Takes what the module's own functions take beside `client`, and gives the same model; but every failure is one
        of this package's errors, and what the response leaves out is None.

            from treasure_workflow_api.api.pool import get_pools

            pools = await client.call(get_pools)

        Raises:
            TransportError: No whole response came.
            StatusError: The service refused.
            ContractError: The response does not fit the contract.
        """
        return await self._calls.call(endpoint, *args, **kwargs)

    @cached_property
    def projects(self) -> AsyncProjects:
        """Projects: list, find, push, pull, delete."""
        from treasure_workflow._async.projects import AsyncProjects

        return AsyncProjects(self._calls)

    @cached_property
    def workflows(self) -> AsyncWorkflows:
        """Workflow definitions: list, find."""
        from treasure_workflow._async.workflows import AsyncWorkflows

        return AsyncWorkflows(self._calls)

    @cached_property
    def schedules(self) -> AsyncSchedules:
        """Schedules: list, enable, disable, skip, backfill."""
        from treasure_workflow._async.schedules import AsyncSchedules

        return AsyncSchedules(self._calls)

    @cached_property
    def sessions(self) -> AsyncSessions:
        """Sessions: list, and the attempts of one."""
        from treasure_workflow._async.sessions import AsyncSessions

        return AsyncSessions(self._calls)

    @cached_property
    def attempts(self) -> AsyncAttempts:
        """Attempts: list, start, wait for, look into, kill."""
        from treasure_workflow._async.attempts import AsyncAttempts

        return AsyncAttempts(self._calls)

    @cached_property
    def logs(self) -> AsyncLogs:
        """Task logs: list, download, read."""
        from treasure_workflow._async.logs import AsyncLogs

        return AsyncLogs(self._calls)

    @cached_property
    def secrets(self) -> AsyncSecrets:
        """Secrets of projects: list, set, delete."""
        from treasure_workflow._async.secrets import AsyncSecrets

        return AsyncSecrets(self._calls)

    @cached_property
    def pools(self) -> AsyncPools:
        """Pools: list, create, update, delete, and what a file says they should be."""
        from treasure_workflow._async.pools import AsyncPools

        return AsyncPools(self._calls)

    @cached_property
    def pool_rules(self) -> AsyncPoolRules:
        """Rules of pools: list, create, update, delete, and which of them decides."""
        from treasure_workflow._async.pool_rules import AsyncPoolRules

        return AsyncPoolRules(self._calls)

    async def aclose(self) -> None:
        """Closes the connections, also for the client's copies."""
        await self._pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        # Also for a traceback that shows a client which could not be made.
        return f"{type(self).__name__}({getattr(self, 'config', 'not set up')!r})"
