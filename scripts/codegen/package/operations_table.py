"""The rows of the table that the client reads at run time instead of the whole contract."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.codegen.contract.checks import METHODS
from scripts.codegen.contract.corrections import CorrectionError
from scripts.codegen.contract.document import Document, Json
from scripts.codegen.package import documentation
from scripts.codegen.python import names, text

_RETRY_KEYS = {"policy", "status", "tell"}
_PAGINATION_KEYS = {
    *("rule", "items", "id", "cursor", "order", "orderParameter", "size"),
    *("maximum", "default", "nextLink", "shortPageEnds"),
}


def operations(contract: Document) -> Iterator[tuple[str, str, Json]]:
    """(method, path, operation) of each operation, in the contract's order."""
    for path, item in contract["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def module_path(operation: Json) -> str:
    """The file that the generator writes for an operation, relative to the package."""
    return f"api/{_module(operation).replace('.', '/')}.py"


def rows(contract: Document) -> list[str]:
    """The table's entries as Python source. Raises CorrectionError for a rule with a key that nothing here reads."""
    return [
        f"{text.literal(operation['operationId'])}: Operation({text.literal(operation['operationId'])}, "
        f"{text.literal(method)}, {text.literal(path)}, {text.literal(operation['tags'][0])}, "
        f"{text.literal(_module(operation))}, {_statuses(contract, operation)}, {_retry(operation['x-retry'])}, "
        f"{_pagination(operation.get('x-pagination'))})"
        for method, path, operation in operations(contract)
    ]


def _statuses(contract: Document, operation: Json) -> str:
    return text.literal(tuple(status for status, _ in documentation.responses(contract, operation)))


def _module(operation: Json) -> str:
    return f"{names.module(operation['tags'][0])}.{names.module(operation['operationId'])}"


def _check_keys(extension: str, rule: Json, known: set[str]) -> None:
    """A slip in the overlay, such as a comma in text that is not quoted, makes a key of what was meant as a value."""
    for key in rule.keys() - known:
        raise CorrectionError(f"{extension} has no key {key!r}: quote the value it comes from, or mend its name")


def _retry(rule: Json) -> str:
    _check_keys("x-retry", rule, _RETRY_KEYS)
    return f"Retry({', '.join(text.literal(rule.get(key)) for key in ('policy', 'status', 'tell'))})"


def _pagination(rule: Json) -> str:
    if rule is None:
        return "None"
    _check_keys("x-pagination", rule, _PAGINATION_KEYS)

    def argument(key: str) -> str | None:
        return names.argument(rule[key]) if key in rule else None

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
    return f"Pagination({', '.join(f'{name}={text.literal(value)}' for name, value in fields.items())})"
