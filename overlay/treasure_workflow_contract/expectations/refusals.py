"""What the service refuses though the contract's schemas allow it, each with its reason and its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from treasure_workflow_contract.expectations.conversions import Sent, is_id, is_instant, is_time
from treasure_workflow_contract.expectations.service_rules import Rule
from treasure_workflow_contract.generation.schemathesis_cases import GOOD_ARCHIVE
from treasure_workflow_contract.transport.messages import RawResponse

_LONGEST_NAME = 255
_PROJECT_NAME = re.compile(r"[^0-9+^@/\\:*?\"<>|\x00][^/\x00]*", re.DOTALL)


@dataclass(frozen=True)
class Refusal(Rule):
    """Something that a schema allows and the service refuses with a 400, in some operations."""

    refuses: Callable[[Sent, RawResponse], bool]
    operations: tuple[str, ...]


def _says(*beginnings: str) -> Callable[[Sent, RawResponse], bool]:
    """For what depends on the target's state: the response's own words."""

    def says(_sent: Sent, response: RawResponse) -> bool:
        try:
            return str(response.json["message"]).startswith(beginnings)
        except (KeyError, TypeError, ValueError):
            return False

    return says


def _is_wrong_instant(sent: Sent, *fields: str) -> bool:
    return any(sent.field(name) is not None and not is_instant(sent.field(name)) for name in fields)


def _has_wrong_id(sent: Sent) -> bool:
    resume = sent.field("resume")
    return not is_id(sent.field("workflowId")) or (isinstance(resume, dict) and not is_id(resume.get("attemptId")))


def _names_no_workflow(sent: Sent, _response: RawResponse) -> bool:
    names = (sent.field("projectName"), sent.field("workflowName"))
    return sent.field("workflowId") is None and None in names


def _is_unworkable_upload(sent: Sent) -> bool:
    project = sent.first("project") or ""
    return not _PROJECT_NAME.fullmatch(project) or project.endswith(".dig") or len(project) > _LONGEST_NAME


def _leaves_folder(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/")


def _knows_conditions(conditions: object) -> bool:
    known = {"invocation_type", "project_name", "workflow_name", "workflow_type"}
    return isinstance(conditions, list) and all(
        isinstance(each, dict)
        and each.get("type") in known
        and isinstance(each.get("values"), list)
        and all(isinstance(value, str) for value in each["values"])
        for each in conditions
    )


REFUSALS = (
    Refusal(
        "The order is asc or desc.",
        "wire-query-refused: an unknown order",
        lambda sent, _: sent.first("order") not in {"asc", "desc"},
        ("getWorkflowDefinitions",),
    ),
    Refusal(
        "A cursor is only what a response's nextPage gave.",
        "Hosted. The document's nextPage.",
        lambda sent, _: sent.first("page[after]") is not None,
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
        "Names of projects keep to rules.",
        "projects-names: first a slash",
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
        "A log file lies in its attempt's folder, and its name has no null character.",
        "logs-errors: file: parent",
        lambda sent, _: _leaves_folder(sent.path["file_name"]) or "\x00" in sent.path["file_name"],
        ("getFile",),
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
