"""Writes the table of operations that the client reads at run time instead of the whole contract."""

from __future__ import annotations

from collections.abc import Iterator

from openapi_python_client.strings import PythonIdentifier, snake_case

from scripts.corrections import CorrectionError, Document, Json

METHODS = ("get", "put", "post", "patch", "delete")

_RETRY_KEYS = {"policy", "status", "tell"}
_PAGINATION_KEYS = {
    *("rule", "items", "id", "cursor", "order", "orderParameter", "size"),
    *("maximum", "default", "nextLink", "shortPageEnds"),
}

HEAD = '''"""What the contract says of its servers and operations, for use at run time."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple


class Server(NamedTuple):
    """A host of the service: a region's name, or `mock` for the documentation's canned answers."""

    name: str
    url: str


class Pagination(NamedTuple):
    """How a list is paged. Parameters are named as arguments of the operation's functions.

    `rule`: `id-cursor` (ids beyond the cursor), `next-link` (a link to the next page) or `none` (all rows at once).
    `items`: the JSON field of the rows. `id`: the field that tells them apart, which an id cursor is compared with.
    `order`: how ids run, unless `order_parameter` sets it. `default`: rows on a page when no size is asked for.
    `next_link`: the dotted path of the link. `short_page_ends`: whether a page that is not full is the last.
    """

    rule: Literal["id-cursor", "next-link", "none"]
    items: str
    id: str | None
    cursor: str | None
    order: Literal["asc", "desc"] | None
    order_parameter: str | None
    size: str | None
    maximum: int | None
    default: int | None
    next_link: str | None
    short_page_ends: bool


class Retry(NamedTuple):
    """Whether a call may be repeated.

    After a repeat, `status` can mean that the lost first try worked; `tell` says how to know.
    """

    policy: Literal["safe", "conflict-means-done", "never"]
    status: int | None
    tell: str | None


class Operation(NamedTuple):
    """One operation. `module` is the generated module's name below `treasure_workflow_api.api`."""

    id: str
    method: str
    path: str
    tag: str
    module: str
    retry: Retry
    pagination: Pagination | None
'''


def operations(contract: Document) -> Iterator[tuple[str, str, Json]]:
    """(method, path, operation) of each operation, in the contract's order."""
    for path, item in contract["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def module_path(operation: Json) -> str:
    """The file that the generator writes for an operation, relative to the package."""
    return f"api/{_module(operation).replace('.', '/')}.py"


def render(contract: Document) -> str:
    """The table as Python source. Raises CorrectionError for a rule with a key that nothing here reads."""
    servers = ", ".join(f"Server({item['description']!r}, {item['url']!r})" for item in contract["servers"])
    rows = "".join(
        f"{operation['operationId']!r}: Operation(id={operation['operationId']!r}, method={method!r}, path={path!r}, "
        f"tag={operation['tags'][0]!r}, module={_module(operation)!r}, retry={_retry(operation['x-retry'])}, "
        f"pagination={_pagination(operation.get('x-pagination'))}),"
        for method, path, operation in operations(contract)
    )
    return f"""{HEAD}

AUTHORIZATION_PREFIX: Final = {contract["components"]["securitySchemes"]["ApiKeyAuth"]["x-prefix"]!r}

SERVERS: Final = ({servers})

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType({{{rows}}})
"""


def _module(operation: Json) -> str:
    return f"{snake_case(operation['tags'][0])}.{snake_case(operation['operationId'])}"


def _check_keys(extension: str, rule: Json, known: set[str]) -> None:
    """A slip in the overlay, such as a comma in text that is not quoted, makes a key of what was meant as a value."""
    for key in rule.keys() - known:
        raise CorrectionError(f"{extension} has no key {key!r}: quote the value it comes from, or mend its name")


def _retry(rule: Json) -> str:
    _check_keys("x-retry", rule, _RETRY_KEYS)
    return f"Retry({rule['policy']!r}, status={rule.get('status')!r}, tell={rule.get('tell')!r})"


def _pagination(rule: Json) -> str:
    if rule is None:
        return "None"
    _check_keys("x-pagination", rule, _PAGINATION_KEYS)

    def argument(key: str) -> str | None:
        return str(PythonIdentifier(rule[key], "field_")) if key in rule else None

    fields = {
        "rule": rule["rule"],
        "items": rule["items"],
        "id": rule.get("id"),
        "cursor": argument("cursor"),
        "order": rule.get("order"),
        "order_parameter": argument("orderParameter"),
        "size": argument("size"),
        "maximum": rule.get("maximum"),
        "default": rule.get("default"),
        "next_link": rule.get("nextLink"),
        "short_page_ends": rule["shortPageEnds"],
    }
    return f"Pagination({', '.join(f'{name}={value!r}' for name, value in fields.items())})"
