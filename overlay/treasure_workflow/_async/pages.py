"""Listings, asked for page by page as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

from treasure_workflow._http.page_rule import Paging

T = TypeVar("T")


class AsyncFetch(Protocol):
    """One request of a listing: the page's arguments, whose names are the contract's, join the filters it knows."""

    async def __call__(self, *subject: Any, **position: Any) -> object:
        """The generated model of the response. `subject` is what the listing looked up, where it looks something up."""


class AsyncLookUp(Protocol):
    """What a listing has to ask for once before its first page, such as the id of a project given by name."""

    async def __call__(self) -> object:
        """What was found."""


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
        look_up: AsyncLookUp | None = None,
        sift: Callable[[list[Any]], tuple[list[T], bool]] | None = None,
    ) -> None:
        """`sift`: what is given for the rows of a page, and whether no row after them counts."""
        if limit is not None and limit < 0:
            raise ValueError(f"limit must not be negative: {limit}")
        self._fetch = fetch
        self._look_up = look_up
        self._sift = sift
        self._operation = operation
        self._order: Literal["asc", "desc"] | None = order
        self._limit = limit

    def pages(self) -> AsyncIterator[list[T]]:
        """The rows, a list for each page that the service sent; a page without new rows is left out."""
        paging = Paging(self._operation, self._order)
        return _AsyncPageIterator(self._fetch, self._look_up, paging, self._limit, self._sift)

    def __aiter__(self) -> AsyncIterator[T]:
        return _AsyncRowIterator(self.pages())

    async def first(self) -> T | None:
        """The first row, None for an empty listing."""
        return await anext(aiter(self), None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._operation}>"


# Iterators of their own and not generators, which a caller who stops half-way would leave behind unfinished.


class _AsyncPageIterator(Generic[T]):
    def __init__(
        self,
        fetch: AsyncFetch,
        look_up: AsyncLookUp | None,
        paging: Paging,
        limit: int | None,
        sift: Callable[[list[Any]], tuple[list[T], bool]] | None,
    ) -> None:
        self._fetch = fetch
        self._look_up = look_up
        self._subject: tuple[object, ...] = ()
        self._paging = paging
        self._left = limit
        self._sift = sift
        self._over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[T]:
        while self._left != 0 and not self._over and not self._paging.done:
            if self._look_up is not None:
                self._subject = (await self._look_up(),)
                self._look_up = None
            response = await self._fetch(*self._subject, **self._paging.arguments())
            rows: list[T] = self._paging.take(response)
            if self._sift is not None:
                rows, self._over = self._sift(rows)
            rows = rows[: self._left]
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
