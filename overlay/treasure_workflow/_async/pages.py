"""Listings, asked for page by page as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

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

    def pages(self) -> AsyncIterator[list[T]]:
        """The rows, a list for each page that the service sent; a page without new rows is left out."""
        return _AsyncPageIterator(self._fetch, Paging(self._operation, self._order), self._limit)

    def __aiter__(self) -> AsyncIterator[T]:
        return _AsyncRowIterator(self.pages())

    async def first(self) -> T | None:
        """The first row, None for an empty listing."""
        return await anext(aiter(self), None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._operation}>"


# Iterators of their own and not generators, which a caller who stops half-way leaves behind unfinished: event loops
# have to clean up after those, and trio warns of it.


class _AsyncPageIterator(Generic[T]):
    def __init__(self, fetch: AsyncFetch, paging: Paging, limit: int | None) -> None:
        self._fetch = fetch
        self._paging = paging
        self._left = limit

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[T]:
        while self._left != 0 and not self._paging.done:
            rows: list[T] = self._paging.take(await self._fetch(**self._paging.arguments()))[: self._left]
            if self._left is not None:
                self._left -= len(rows)
            if rows:
                return rows
        raise StopAsyncIteration


class _AsyncRowIterator(Generic[T]):
    def __init__(self, pages: AsyncIterator[list[T]]) -> None:
        self._pages = pages
        self._rows: Iterator[T] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for row in self._rows:
                return row
            self._rows = iter(await anext(self._pages))
