"""The client: one account at one address."""

from __future__ import annotations

import ssl
from functools import cached_property
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from treasure_workflow import _transport
from treasure_workflow._async._http import AsyncHttp, AsyncPool
from treasure_workflow._runtime import AsyncClock
from treasure_workflow.config import Config, resolve

if TYPE_CHECKING:
    from treasure_workflow._answers import Endpoint
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._async.attempts import AsyncAttempts
    from treasure_workflow._async.logs import AsyncLogs
    from treasure_workflow._async.projects import AsyncProjects
    from treasure_workflow._async.schedules import AsyncSchedules
    from treasure_workflow._async.secrets import AsyncSecrets
    from treasure_workflow._async.sessions import AsyncSessions
    from treasure_workflow._async.workflows import AsyncWorkflows
    from treasure_workflow_api import Client

P = ParamSpec("P")
T = TypeVar("T")


class AsyncTreasureWorkflow:
    """A client for Treasure Workflow. Use it in an `async with` block, or close it when done.

    Args:
        api_key: The API key. When None: environment, then configuration files; see `treasure_workflow.config`.
        region: A region's name or a synonym (`aws` or `us`, `aws-tokyo` or `jp`, `eu01` or `eu`, `ap02`, `ap03`), or
            `mock` for the documentation portal's fixed answers. Looked up when None.
        base_url: The address of a service that is no region, such as a mock or an open-source server.
        anonymous: Send no key. Needs `base_url`.
        timeout: Seconds to wait for the next piece of an answer; to connect it is 5 s at most.
        max_retries: How often a request that may be repeated is sent again.
        proxy: Address of a proxy. When None the environment decides (HTTPS_PROXY, NO_PROXY and so on). What goes to
            this machine without TLS uses no proxy elsewhere: it would read the key.
        verify: Whether to check the service's certificate, or an SSL context to check it with.
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
        anonymous: bool = False,
        timeout: float = 60.0,
        max_retries: int = 4,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        clock: AsyncClock | None = None,
    ) -> None:
        config = resolve(api_key=api_key, region=region, base_url=base_url, anonymous=anonymous)
        self._set_up(config, AsyncPool(proxy, verify), timeout, max_retries, clock or AsyncClock())

    def _set_up(self, config: Config, pool: AsyncPool, timeout: float, max_retries: int, clock: AsyncClock) -> None:
        self.config = config
        """The settings in use; `config.explain()` tells where they come from."""
        self._pool = pool
        self._timeout = timeout
        self._max_retries = max_retries
        self._clock = clock
        self._auth = _transport.Td1Auth(config.api_key, config.base_url) if config.api_key is not None else None
        self._http = AsyncHttp(
            pool, base_url=config.base_url, auth=self._auth, timeout=timeout, max_retries=max_retries, clock=clock
        )

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """A client with other limits that shares this one's connections; closing either closes them.

        Args:
            timeout: Seconds to wait for the next piece of an answer; as before when None.
            max_retries: How often a request is sent again; as before when None.
        """
        copy = object.__new__(type(self))
        copy._set_up(
            self.config,
            self._pool,
            self._timeout if timeout is None else timeout,
            self._max_retries if max_retries is None else max_retries,
            self._clock,
        )
        return copy

    @cached_property
    def raw(self) -> Client:
        """The generated client, for the functions of `treasure_workflow_api.api`.

        It sends the key, retries and gives up in time as this client does; its answers and exceptions are the generated
        code's and httpx's own. See `call` for the same functions with this package's.
        """
        from treasure_workflow_api import Client

        return Client(
            base_url=self.config.base_url,
            timeout=_transport.time_limits(self._timeout),
            httpx_args={"auth": self._auth},
        ).set_async_httpx_client(self._http)

    @cached_property
    def _calls(self) -> AsyncCalls:
        from treasure_workflow._async._calls import AsyncCalls

        return AsyncCalls(self._http, self._clock)

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of any operation, by its module in `treasure_workflow_api.api`.

        Takes what the module's own functions take beside `client`, and gives the same model; but every failure is one
        of this package's errors, and what the answer leaves out is None.

            from treasure_workflow_api.api.pool import get_pools

            pools = await client.call(get_pools)

        Raises:
            TransportError: No whole answer came.
            StatusError: The service refused.
            ContractError: The answer does not fit the contract.
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

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"
