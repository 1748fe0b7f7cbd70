"""Several accounts at once: one client for each, the same call for all, partial results when one is down."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from treasure_workflow import errors
from treasure_workflow._arguments import checked
from treasure_workflow._async.client import AsyncTreasureWorkflow
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._logic.filters import Moment, Status
from treasure_workflow._logic.fleet import FleetResult, FleetRow
from treasure_workflow._runtime import aeach

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestSchedule, RestSession

T = TypeVar("T")


@checked
class AsyncFleet:
    """Clients of several accounts or regions, asked at the same time. Use it as a block (`async with`).

    What an account gives is labelled; one that is down, or whose key has expired, leaves the others' rows alone.

    Args:
        accounts: Names of tdx profiles, for each of which a client is made; or clients of your own by their labels,
            which stay open.
        options: What the clients of profiles are made with, such as `timeout` or `max_retries`.

    Raises:
        ConfigError: A profile has no key or no region that is known.
        ValueError: No account, or one that is named twice.

    Example:
        >>> with Fleet(["us-prod", "jp-prod", "eu-prod"]) as fleet:
        ...     for row in fleet.sessions(status="error", since=timedelta(hours=12)):
        ...         print(row.label, row.item.id, row.item.workflow.name)
    """

    def __init__(self, accounts: Iterable[str] | Mapping[str, AsyncTreasureWorkflow], **options: Any) -> None:
        self._clients: dict[str, AsyncTreasureWorkflow] = {}
        self._own: list[AsyncTreasureWorkflow] = []
        if isinstance(accounts, Mapping):
            self._clients.update(cast("Mapping[str, AsyncTreasureWorkflow]", accounts))
            if not all(isinstance(client, AsyncTreasureWorkflow) for client in self._clients.values()):  # pyright: ignore[reportUnnecessaryIsInstance] # callers may not use types
                raise TypeError("accounts must have a client for each label")
        else:
            profiles: list[str] = [accounts] if isinstance(accounts, str) else [*accounts]
            if len(set(profiles)) < len(profiles):
                raise ValueError("a profile is named twice")
            for profile in profiles:
                self._clients[profile] = AsyncTreasureWorkflow(profile=profile, **options)
                self._own.append(self._clients[profile])
        if not self._clients:
            raise ValueError("give at least one profile or client")

    @property
    def clients(self) -> Mapping[str, AsyncTreasureWorkflow]:
        """The clients by their labels."""
        return dict(self._clients)

    async def ask(self, what: Callable[[AsyncTreasureWorkflow], AsyncPages[T]]) -> FleetResult[T]:
        """Asks every account for a listing.

        Args:
            what: Called with each client; gives a listing, which is read to its end.

        Returns:
            The rows in the order of the accounts, and the error of each account that failed.

        Example:
            >>> fleet.ask(lambda client: client.projects.list(name_pattern="shop"))
        """

        async def one(label: str) -> tuple[str, list[T], errors.TreasureWorkflowError | None]:
            try:
                return label, [row async for row in what(self._clients[label])], None
            except errors.TreasureWorkflowError as error:
                return label, [], error

        found = await aeach(one, list(self._clients), len(self._clients))
        rows = tuple(self._row(label, item) for label, items, _ in found for item in items)
        return FleetResult(rows, {label: error for label, _, error in found if error is not None})

    def _row(self, label: str, item: T) -> FleetRow[T]:
        return FleetRow(label, self._clients[label].config.region, item)

    async def sessions(
        self,
        *,
        status: Status | Collection[Status] = ("error", "running"),
        since: Moment | None = None,
        until: Moment | None = None,
        limit: int | None = 100,
    ) -> FleetResult[RestSession]:
        """Sessions everywhere, those that failed or run unless told otherwise, newest first.

        Args:
            status: As for `sessions.list` of a client.
            since: As for `sessions.list` of a client; without it an account's sessions are read until `limit` fit.
            until: As for `sessions.list` of a client.
            limit: At most so many of each account; None for all.

        Returns:
            The sessions, by the time of their newest attempts, and what failed.

        Raises:
            ValueError: As for `sessions.list` of a client.
        """
        result = await self.ask(
            lambda client: client.sessions.list(status=status, since=since, until=until, limit=limit)
        )
        return FleetResult(tuple(sorted(result.rows, key=_newest, reverse=True)), result.failures)

    async def schedules(self) -> FleetResult[RestSchedule]:
        """Schedules everywhere, disabled ones among them, by when they run next."""
        result = await self.ask(lambda client: client.schedules.list())
        return FleetResult(tuple(sorted(result.rows, key=lambda row: row.item.next_run_time)), result.failures)

    async def aclose(self) -> None:
        """Closes the clients that were made here."""
        for client in self._own:
            await client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._clients)})"


def _newest(row: FleetRow[RestSession]) -> float:
    attempt = row.item.last_attempt
    return attempt.created_at.timestamp() if attempt else 0.0
