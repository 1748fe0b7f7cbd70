"""What the service does on purpose where schemathesis asks for something else, each with its reason and its evidence.

These are no differences from the contract: a schema cannot say them. A rule looks at what was sent, so that the same
answer to anything else is still found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from treasure_workflow_contract.contract import Operation
from treasure_workflow_contract.conversions import (
    Break,
    Sent,
    converts_in_body,
    is_id,
    is_instant,
    is_integer,
    is_time,
)
from treasure_workflow_contract.schemathesis_cases import GOOD_ARCHIVE
from treasure_workflow_contract.target import Flavour
from treasure_workflow_contract.wire import Answer

_LARGEST_PAGE = 100
_LONGEST_NAME = 255
_SECRET_KEY = re.compile(r"(?:[a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?)*")
_PROJECT_NAME = re.compile(r"[^0-9+^@/\\:*?\"<>|\x00][^/\x00]*", re.DOTALL)
# Parameters and fields that an open-source server does not know.
_HOSTED_ONLY = {
    *("page[after]", "page[size]", "skip_schedule"),
    *("projectName", "workflowName", "allowQueueing", "skipExisting", "advanceSchedule"),
}


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


@dataclass(frozen=True)
class Refusal(Rule):
    """Something that a schema allows and the service refuses with a 400, in some operations."""

    refuses: Callable[[Sent, Answer], bool]
    operations: tuple[str, ...]


BARE_404 = Rule(
    "With an integer, a choice or a time of path or query that is none, no operation is found: a 404 without a body.",
    "sessions-last-attempt: session x",
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
            and not each.schema.keys() & {"minimum", "maximum"}
            and is_integer(each.schema, each.value)
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
        lambda _, each: each.name in _HOSTED_ONLY,
        flavour="digdag",
    ),
)


def _says(*beginnings: str) -> Callable[[Sent, Answer], bool]:
    """For what depends on the target's state: the answer's own words."""

    def says(_sent: Sent, answer: Answer) -> bool:
        try:
            return str(answer.json["message"]).startswith(beginnings)
        except (KeyError, TypeError, ValueError):
            return False

    return says


def _is_wrong_instant(sent: Sent, *fields: str) -> bool:
    return any(sent.field(name) is not None and not is_instant(sent.field(name)) for name in fields)


def _has_wrong_id(sent: Sent) -> bool:
    resume = sent.field("resume")
    return not is_id(sent.field("workflowId")) or (isinstance(resume, dict) and not is_id(resume.get("attemptId")))


def _names_no_workflow(sent: Sent, _answer: Answer) -> bool:
    names = (sent.field("projectName"), sent.field("workflowName"))
    return sent.field("workflowId") is None and None in names


def _is_unworkable_upload(sent: Sent) -> bool:
    project, revision = sent.first("project") or "", sent.first("revision") or ""
    return (
        not _PROJECT_NAME.fullmatch(project)
        or project.endswith(".dig")
        or len(project) > _LONGEST_NAME
        or not 0 < len(revision) <= _LONGEST_NAME
    )


def _knows_conditions(conditions: object) -> bool:
    known = {"invocation_type", "project_name", "workflow_name", "workflow_type"}
    return isinstance(conditions, list) and all(
        isinstance(each, dict)
        and each.get("type") in known
        and isinstance(each.get("values"), list)
        and all(isinstance(value, str) for value in each["values"])
        for each in conditions
    )


_LISTS = ("getAttempts", "getSessions", "getProjectSessions", "getSessionAttempts")

REFUSALS = (
    Refusal(
        "A page has a largest size.",
        "attempts-list-paging: 101",
        lambda sent, _: int(sent.first("page_size") or 0) > _LARGEST_PAGE,
        _LISTS,
    ),
    Refusal(
        "The order is asc or desc.",
        "wire-query-refused: an unknown order",
        lambda sent, _: sent.first("order") not in {"asc", "desc"},
        ("getWorkflowDefinitions",),
    ),
    Refusal(
        "A cursor is only what an answer's nextPage gave.",
        "Hosted. The document's nextPage.",
        lambda sent, _: bool(sent.first("page[after]")),
        ("getRevisions",),
    ),
    Refusal(
        "An id in a body is a number, or the text of one.",
        "attempts-workflow-ids: a word",
        lambda sent, _: _has_wrong_id(sent),
        ("startAttempt",),
    ),
    Refusal(
        "A start names its workflow by id, or by project and name.",
        "Hosted. The document says one or the other.",
        _names_no_workflow,
        ("startAttempt",),
    ),
    Refusal(
        "A start names its workflow by id.",
        "attempts-workflow-ids: project and workflow name only",
        lambda sent, _: sent.field("workflowId") is None,
        ("startAttempt",),
        flavour="digdag",
    ),
    Refusal(
        "An attempt's name has one to 255 characters.",
        "attempts-retry-names: 256 letters",
        lambda sent, _: (
            not 0 < len(str(sent.field("retryAttemptName") or "")) <= _LONGEST_NAME
            and sent.field("retryAttemptName") is not None
        ),
        ("startAttempt",),
    ),
    Refusal(
        "A time is one for Java: no leap seconds, no offset beyond 18 hours.",
        "attempts-session-times: leap second",
        lambda sent, _: _is_wrong_instant(sent, "sessionTime", "fromTime", "nextRunTime"),
        ("startAttempt", "skipSchedule", "backfillSchedule"),
    ),
    Refusal(
        "What is resumed failed, and has the task that it goes on from.",
        "attempts-resume-failed: resume of a success is refused",
        lambda sent, _: isinstance(sent.field("resume"), dict),
        ("startAttempt",),
    ),
    Refusal(
        "Only so many attempts run at a time.",
        "attempts-limit: third is refused",
        _says("Too many attempts"),
        ("startAttempt",),
    ),
    Refusal(
        "A secret's key is made of words that begin with a letter, with dots between; its value has at most 16 kB.",
        "secrets-keys: first a digit",
        lambda sent, _: not _SECRET_KEY.fullmatch(sent.path["key"]) or len(sent.path["key"]) > _LONGEST_NAME,
        ("putProjectSecret", "deleteProjectSecret"),
    ),
    Refusal(
        "A schedule skips to a time, or from a time a number of times.",
        "schedules-skip-errors: only dryRun",
        lambda sent, _: sent.field("nextTime") is None and None in (sent.field("fromTime"), sent.field("count")),
        ("skipSchedule",),
    ),
    Refusal(
        "A next time is a time, with an offset or without.",
        "schedules-skip-errors: nextTime words",
        lambda sent, _: sent.field("nextTime") is not None and not is_time(sent.field("nextTime")),
        ("skipSchedule", "enableSchedule"),
    ),
    Refusal(
        "A backfill has a beginning and an attempt name, unless it skips; it counts no more than there is.",
        "schedules-backfill-errors: no fromTime",
        _says("fromTime", "attemptName", "advanceSchedule", "count is set to", "Validating", "Too many"),
        ("backfillSchedule",),
    ),
    Refusal(
        "A backfill has a beginning and an attempt name.",
        "schedules-backfill-errors: no fromTime",
        lambda sent, _: None in (sent.field("fromTime"), sent.field("attemptName")),
        ("backfillSchedule",),
        flavour="digdag",
    ),
    Refusal(
        "Names of projects and revisions keep to rules.",
        "projects-upload-requests: revision empty",
        lambda sent, _: _is_unworkable_upload(sent),
        ("putProject",),
    ),
    Refusal(
        "A schedule starts from an instant in UTC.",
        "schedules-from-parameter: date only",
        lambda sent, _: bool(sent.first("schedule_from")) and not is_instant(sent.first("schedule_from")),
        ("putProject",),
    ),
    Refusal(
        "A schedule can only be cleared of a workflow of the archive.",
        "projects-upload-requests: clear_schedule of no workflow",
        lambda sent, _: bool(sent.query.get("clear_schedule")),
        ("putProject",),
    ),
    Refusal(
        "An archive is a tar.gz whose workflows make sense.",
        "projects-upload-requests: text that is not gzip",
        lambda sent, _: sent.raw_body != GOOD_ARCHIVE,
        ("putProject",),
    ),
    Refusal(
        "A time is cut to a schedule only if there is one.",
        "session-times-modes: no schedule, mode schedule",
        lambda sent, _: sent.first("mode") in {"schedule", "next_schedule"},
        ("getWorkflowTruncatedSessionTime",),
    ),
    Refusal(
        "A rule names a pool that is there, and a priority that is free.",
        "Hosted. The document's 400.",
        _says("Resource does not exist: pool", "priority is taken"),
        ("createPoolRule", "updatePoolRule"),
    ),
    Refusal(
        "A condition is of a known type.",
        "Hosted. The document's discriminator.",
        lambda sent, _: not _knows_conditions(sent.field("conditions")),
        ("createPoolRule", "updatePoolRule"),
    ),
    Refusal(
        "The default pool takes up what the others leave, and stays as it is; a pool that a rule names stays.",
        "Hosted. The document's rules of pools.",
        _says("The default pool", "Pool id=", "Resource already exists: pool"),
        ("createPool", "updatePool", "deletePool"),
    ),
)
