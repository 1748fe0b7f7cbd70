"""Listings, asked for page by page as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Generic, Literal, Protocol, TypeVar

from treasure_workflow._pages import Paging

T = TypeVar("T")


class AsyncFetch(Protocol):
    """One request of a listing: the page's arguments, whose names are the contract's, join the filters it knows."""

    async def __call__(self, **position: Any) -> object:
        """The generated model of the answer."""


class AsyncPages(Generic[T]):
    """A listing. `async for row in listing` gives every row once, in the service's order, however rows come and go.

    Nothing is asked for before the first row is read, and each iteration starts anew.
    """

    def __init__(
        self,
        fetch: AsyncFetch,
        operation: str,
        *,
        order: Literal["asc", "desc"] | None = None,
        limit: int | None = None,
    ) -> None:
        if limit is not None and limit < 0:
            raise ValueError(f"limit must not be negative: {limit}")
        self._fetch = fetch
        self._operation = operation
        self._order: Literal["asc", "desc"] | None = order
        self._limit = limit

    async def pages(self) -> AsyncIterator[list[T]]:
        """The rows, a list for each page that the service sent; a page without new rows is left out."""
        paging = Paging(self._operation, self._order)
        left = self._limit
        while left != 0 and not paging.done:
            rows: list[T] = paging.take(await self._fetch(**paging.arguments()))[:left]
            if left is not None:
                left -= len(rows)
            if rows:
                yield rows

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for row in page:
                yield row

    async def first(self) -> T | None:
        """The first row, None for an empty listing."""
        paging = Paging(self._operation, self._order)
        while self._limit != 0 and not paging.done:
            rows: list[T] = paging.take(await self._fetch(**paging.arguments()))
            if rows:
                return rows[0]
        return None

    def __repr__(self) -> str:
        return f"<AsyncPages of {self._operation}>"
