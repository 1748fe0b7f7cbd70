"""What the service does on purpose where schemathesis asks for something else, each with its reason and its evidence.

These are no differences from the contract: a schema cannot say them. A rule looks at what was sent, so that the same
response to anything else is still found. What the service refuses is in `refusals.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from treasure_workflow_contract.expectations.conversions import Break, converts_in_body, is_integer
from treasure_workflow_contract.openapi.contract import Operation
from treasure_workflow_contract.transport.target import Flavour

HOSTED_ONLY = {
    *("page[after]", "page[size]", "skip_schedule"),
    *("projectName", "workflowName", "allowQueueing", "skipExisting", "advanceSchedule"),
}
"""Parameters and fields that an open-source server does not know."""


@dataclass(frozen=True)
class Rule:
    """A habit of the service: why it has it, and where it is recorded, as `scenario: step`, or why it is known of.

    `flavour` is the one that has it; None for both.
    """

    reason: str
    evidence: str
    flavour: Flavour | None = field(default=None, kw_only=True)

    def holds(self, flavour: Flavour) -> bool:
        """Whether services of a flavour have it."""
        return self.flavour in (None, flavour)


@dataclass(frozen=True)
class Leniency(Rule):
    """A break of the contract that the service overlooks."""

    overlooks: Callable[[Operation, Break], bool]


BARE_404 = Rule(
    "With an integer, a choice or a time of path or query that is none, no operation is found: a 404 without a body.",
    "sessions-last-attempt: session x",
)
EMPTY = Rule(
    "An empty name leaves another path, which may have no such method.",
    "secrets-keys: empty",
)
TRACE = Rule("The web server echoes every TRACE, whatever the path.", "wire-method-odd: TRACE of a list")
WIDE_YEARS = Rule(
    "Years of more than four digits are written as ISO 8601 does, which RFC 3339 cannot.",
    "attempts-session-times: year 10000",
)

LENIENCIES = (
    Leniency(
        "Signs, leading zeros and any script's digits are an integer.",
        "wire-query-integers: projects ?count=%2B2",
        lambda _, each: (
            each.place in {"path", "query"}
            and each.schema.get("type") == "integer"
            and each.what == "value"
            and is_integer(each.schema, each.value)
            and each.schema.get("minimum", -inf) <= int(each.value) <= each.schema.get("maximum", inf)
        ),
    ),
    Leniency(
        "A size below zero is no limit.",
        "attempts-list-paging: -1",
        lambda _, each: (
            each.place == "query"
            and each.what == "value"
            and is_integer(each.schema, each.value)
            and int(each.value) < each.schema.get("minimum", 0)
        ),
    ),
    Leniency(
        "Only the word true is true in a query, everything else is false.",
        "wire-query-booleans: include_retried=yes",
        lambda _, each: each.place == "query" and each.schema.get("type") == "boolean",
    ),
    Leniency(
        "Of a parameter that is repeated the first value counts.",
        "wire-query-integers: projects ?count=2&count=1",
        lambda _, each: each.what == "repeated",
    ),
    Leniency(
        "A null is no value, as if the field were not there; of dryRun, it is false.",
        "attempts-retry-names: null means unnamed",
        lambda _, each: each.what == "null" and (not each.required or each.name == "dryRun"),
    ),
    Leniency(
        "Scalars in a body convert: a number to its text, its text or a fraction to an integer, words to a boolean.",
        "schedules-skip-errors: count a fraction",
        lambda _, each: each.place == "body" and each.what == "value" and converts_in_body(each.schema, each.value),
    ),
    Leniency(
        "To enable a schedule without options takes null or nothing for a body.",
        "schedules-disable-enable: json null",
        lambda operation, each: operation.id == "enableSchedule" and each.what == "null" and not each.name,
    ),
    Leniency(
        "A secret's value may be the whole body, if that is a text.",
        "secrets-values: a json text",
        lambda operation, each: operation.id == "putProjectSecret" and not each.name and isinstance(each.value, str),
    ),
    Leniency(
        "Parameters and fields that only the hosted service has are ignored, whatever they are.",
        "schedules-backfill-errors: hosted options are ignored",
        lambda _, each: each.name in HOSTED_ONLY,
        flavour="digdag",
    ),
)
