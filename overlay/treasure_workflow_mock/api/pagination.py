"""Pages and filters of lists: a cursor by id, a size, and a pattern on names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Protocol, TypeVar

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.errors import LimitExceeded


class HasId(Protocol):
    """A record with an id."""

    @property
    def id(self) -> int:
        """The id, which rises with every new record."""
        ...


Record = TypeVar("Record", bound=HasId)


def page_size(query: JsonObject, parameter: str, maximum: int) -> int:
    """The asked size of a page; raises InvalidRequest when it is above the maximum. Negative means no limit."""
    size: int = query.get(parameter, 100)
    if size > maximum:
        raise LimitExceeded(
            f"Your specified {parameter} is Optional.of({size}), but it is larger than MAX_PAGE_SIZE: {maximum}. You "
            f"must specify {parameter} with a number which is smaller than {maximum}.",
        )
    return size


def page(records: Iterable[Record], query: JsonObject, *, size: int, descending: bool = False) -> list[Record]:
    """The records beyond the cursor `last_id`, at most `size`; a negative size is no limit.

    The records come in the order of the list: by rising id, or by falling id when `descending`.
    """
    cursor = query.get("last_id")
    if cursor is not None:
        records = (one for one in records if (one.id < cursor if descending else one.id > cursor))
    return list(records) if size < 0 else list(islice(records, size))


def matches_pattern(name: str, pattern: str) -> bool:
    """Whether a name contains the pattern, case-sensitive; wildcards of SQL in it have no meaning.

    A backslash is not literal, since the service puts the pattern into an SQL expression whose escape character it is.
    """
    if "\\" not in pattern:
        return pattern in name
    return _sql_like(pattern).fullmatch(name) is not None


@lru_cache(maxsize=128)
def _sql_like(pattern: str) -> re.Pattern[str]:
    """The regular expression for the service's SQL expression: wildcards escaped, one more at either end."""
    expression = "%" + re.sub("[%_]", r"\\\g<0>", pattern) + "%"
    parts = []
    for escaped, wildcard, literal in re.findall(r"\\(.)|([%_])|(.)", expression, re.DOTALL):
        parts.append({"%": ".*", "_": "."}[wildcard] if wildcard else re.escape(escaped or literal))
    return re.compile("".join(parts), re.DOTALL)
