"""The page rule: which arguments the next request of a listing has, which rows of a response are new, when it is over.

Pure: no request is made here. What the service offers is `x-pagination` of the contract:
- `id-cursor`: ids beyond the last one seen, rising or falling. The listing is over with an empty page, or with one that
  has no id beyond the cursor (some filters make the service ignore it). A short page ends it only where the contract
  trusts it: access control may have thinned it out, which is also why a smaller page is not asked for otherwise.
- `next-link`: the response links the next page. It is over with a response without a link. Pages may overlap, as the
  cursor is the service's own business; a link that leads back is an error. A server that gives more rows than asked
  for knows no links either, and is not to be believed that this was all.
- `none`: one response has everything.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from treasure_workflow.errors import ContractError
from treasure_workflow_api._operations import OPERATIONS


class Paging:
    """Where one walk through a listing stands."""

    def __init__(self, operation: str, order: Literal["asc", "desc"] | None = None) -> None:
        """`operation`: the listing's operationId. `order`: the order asked for, where it can be asked for."""
        self.done = False
        """Whether there is nothing more to ask for."""
        facts = OPERATIONS[operation].pagination
        if facts is None:
            raise ValueError(f"{operation} is no listing")
        self._facts = facts
        self._request = f"{OPERATIONS[operation].method} {OPERATIONS[operation].path}"
        self._falling = (order or facts.order) == "desc"
        self._cursor: int | str | None = None
        self._followed: set[str] = set()
        self._seen: set[str] = set()
        self._dead_end = False

    def arguments(self) -> dict[str, int | str]:
        """What the next request has beside the filters, by the names that the raw client's function takes.

        Raises:
            ContractError: The server may have more rows, and offers no way to them.
        """
        if self._dead_end:
            raise self._misfit(f"this server does not tell what comes after its first {self._facts.default} rows")
        arguments: dict[str, int | str] = {}
        if self._facts.rule == "next-link" and self._facts.size is not None and self._facts.default is not None:
            # One row less than is given unasked: whether a server has taken notice shows in the count of its rows.
            arguments[self._facts.size] = self._facts.default - 1
        if self._cursor is not None and self._facts.cursor is not None:
            arguments[self._facts.cursor] = self._cursor
        return arguments

    def take(self, response: object) -> list[Any]:
        """The rows of a response that no response before it had, in its order.

        Raises:
            ContractError: The rows have no ids to go by, or a link leads nowhere.
        """
        rows: list[Any] | None = getattr(response, attribute_of(self._facts.items), None)
        if not isinstance(rows, list):
            raise self._misfit(f"{self._facts.items} is no list")
        if any(row is None for row in rows):
            raise self._misfit("a row is null")
        if self._facts.rule == "id-cursor":
            return self._after_cursor(rows)
        if self._facts.rule == "next-link":
            return self._linked(rows, response)
        self.done = True
        return rows

    def _after_cursor(self, rows: list[Any]) -> list[Any]:
        name = attribute_of(self._facts.id or "id")
        numbered: dict[int, Any] = {}
        try:
            for row in rows:
                numbered.setdefault(int(getattr(row, name)), row)
        except (TypeError, ValueError, OverflowError) as error:
            raise self._misfit(f"a row's id is no number ({error})") from error
        if isinstance(self._cursor, int):
            cursor = self._cursor
            numbered = {id: row for id, row in numbered.items() if (id < cursor if self._falling else id > cursor)}
        short = self._facts.default is not None and len(rows) < self._facts.default
        if not numbered or (short and self._facts.short_page_ends):
            self.done = True
        if numbered:
            self._cursor = min(numbered) if self._falling else max(numbered)
        return list(numbered.values())

    def _linked(self, rows: list[Any], response: object) -> list[Any]:
        name = attribute_of(self._facts.id or "id")
        new: list[Any] = []
        for row in rows:
            id = str(getattr(row, name))
            if id not in self._seen:
                new.append(row)
                self._seen.add(id)
        holder, _, field = (self._facts.next_link or "").rpartition(".")
        links = getattr(response, attribute_of(holder), None)
        link = getattr(links, attribute_of(field), None)
        if link:
            self._cursor = self._cursor_in(link)
            if self._cursor in self._followed or (rows and not new):
                raise self._misfit(f"the link {link!r} leads to a page that was there before")
            self._followed.add(self._cursor)
        else:
            self._dead_end = links is None and self._facts.default is not None and len(rows) >= self._facts.default
            self.done = not self._dead_end
        return new

    def _cursor_in(self, link: object) -> str:
        """The cursor's value in a link. Only this is used of it, so that no link can lead to another host."""
        try:
            query = parse_qsl(urlsplit(link).query) if isinstance(link, str) else []
        except ValueError:
            query = []
        for name, value in query:
            if re.sub(r"\W+", "_", name).strip("_") == self._facts.cursor:
                with contextlib.suppress(UnicodeEncodeError):
                    value.encode()
                    return value
        raise self._misfit(f"the link {link!r} has no cursor")

    def _misfit(self, problem: str) -> ContractError:
        return ContractError(problem, 200, b"", self._request)


def attribute_of(name: str) -> str:
    """The model's attribute for a JSON field."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
