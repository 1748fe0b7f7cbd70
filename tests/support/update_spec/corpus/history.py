"""What really happened: the state before pools, and what the engine's own document went through."""

from __future__ import annotations

from tests.support.update_spec.corpus.case import Json, body, case, operation, parameter, prop, schema

_POOLS = ("RestPool",)


def before_pools(document: Json) -> Json:
    """The older state of the published document, which a snapshot of the portal shows.

    It had no tag Pool with its ten operations, no `skip_schedule`, and no pages of revisions.
    """
    for path in [path for path in document["paths"] if path.startswith(("/api/pools", "/api/pool_rules"))]:
        del document["paths"][path]
    schemas = document["components"]["schemas"]
    for name in [name for name in schemas if name.startswith(_POOLS) or name == "RestPagination"]:
        del schemas[name]
    upload = operation(document, "putProject")
    upload["parameters"].remove(parameter(document, "putProject", "skip_schedule"))
    revisions = operation(document, "getRevisions")
    revisions["parameters"] = [one for one in revisions["parameters"] if not one["name"].startswith("page[")]
    del schema(document, "RestRevisionCollection")["properties"]["pagination"]
    return document


_EVERY_OPERATION = dict.fromkeys(("bad-request-responses", "unauthorized-responses", "forbidden-responses"), "repaired")
_CONDITIONS = {
    f"{kind}-condition": "repaired" for kind in ("project-name", "workflow-name", "invocation-type", "workflow-type")
}
_POOL_LINKS = {f"{name}-links": "repaired" for name in ("pool", "pool-rule", "pool-list", "pool-rule-list")}


@case(
    "needs-hands",
    "operation-removed",
    "parameter-removed",
    "field-removed",
    "schema-removed",
    callers="breaking",
    corrections={
        **_EVERY_OPERATION,
        **_CONDITIONS,
        **_POOL_LINKS,
        "pool-error-bodies": "repaired",
        "pagination": "repaired",
        "retry": "repaired",
    },
)
def go_back_to_before_pools(document: Json) -> Json:
    return before_pools(document)


@case("compatible", "enum-added", bump="patch")
def an_enum_appears(document: Json) -> None:
    prop(document, "RestTask", "state")["enum"] = ["BLOCKED", "READY", "RUNNING", "SUCCESS", "ERROR"]


@case("breaking", "success-response-added", "success-response-removed")
def an_operation_responds_with_default(document: Json) -> None:
    """Then the real status comes back with another body."""
    responses = operation(document, "getWorkflowByName")["responses"]
    responses["203"] = {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": {}}}}}
    del responses["200"]


@case("compatible", "response-status-changed", bump="patch")
def a_status_becomes_default(document: Json) -> None:
    responses = operation(document, "getWorkflowByName")["responses"]
    responses["default"] = responses.pop("200")


@case("breaking", "field-removed", "field-added", "class-changed")
def an_operation_responds_with_another_schema(document: Json) -> None:
    body(document, "disableSchedule")["schema"] = {"$ref": "#/components/schemas/RestScheduleAttemptCollection"}


@case("compatible", "operation-deprecated", bump="patch")
def an_operation_is_deprecated(document: Json) -> None:
    operation(document, "getWorkflowByName")["deprecated"] = True
