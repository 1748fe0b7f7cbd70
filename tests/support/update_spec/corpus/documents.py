"""The document as a whole: servers, security, version, and realistic combinations."""

from __future__ import annotations

from tests.support.update_spec.corpus.case import Json, body, case, operation, parameter, prop, schema

_SERVER = {"description": "ap04", "url": "https://api-workflow.ap04.treasuredata.com"}


@case("compatible", "server-added", bump="minor")
def add_a_server(document: Json) -> None:
    document["servers"].append(_SERVER)


@case("breaking", "server-removed")
def remove_a_server(document: Json) -> None:
    document["servers"].pop()


@case("needs-hands", "server-renamed", callers="breaking")
def rename_a_server(document: Json) -> None:
    document["servers"][0]["description"] = "us01"


@case("needs-hands", "server-address-changed", callers="breaking")
def move_a_server(document: Json) -> None:
    document["servers"][0]["url"] = "https://api-workflow.us01.treasuredata.com"


@case("none", same=True)
def order_servers_otherwise(document: Json) -> None:
    document["servers"].reverse()


@case("none", same=True)
def end_addresses_with_a_slash(document: Json) -> None:
    for server in document["servers"]:
        server["url"] += "/"


@case("none", same=True)
def repeat_security_at_every_operation(document: Json) -> None:
    for item in document["paths"].values():
        for one in item.values():
            one["security"] = [{"ApiKeyAuth": []}]


@case("none", same=True)
def name_a_security_scheme_otherwise(document: Json) -> None:
    schemes = document["components"]["securitySchemes"]
    schemes["Key"] = dict(schemes["ApiKeyAuth"])
    operation(document, "getPool")["security"] = [{"Key": []}]


def _with_bearer(document: Json) -> None:
    document["components"]["securitySchemes"]["Bearer"] = {"type": "http", "scheme": "bearer"}


@case("none", same=True)
def define_a_security_scheme(document: Json) -> None:
    _with_bearer(document)


@case("compatible", "security-loosened", bump="patch")
def accept_another_security_scheme(document: Json) -> None:
    _with_bearer(document)
    document["security"].append({"Bearer": []})


@case("breaking", "security-changed")
def replace_the_security_scheme(document: Json) -> None:
    _with_bearer(document)
    document["security"] = [{"Bearer": []}]


@case("breaking", "security-changed")
def ask_for_two_keys_at_one_operation(document: Json) -> None:
    _with_bearer(document)
    operation(document, "deleteProject")["security"] = [{"ApiKeyAuth": [], "Bearer": []}]


@case("compatible", "security-loosened", bump="patch")
def ask_for_no_key_at_one_operation(document: Json) -> None:
    operation(document, "getProjects")["security"] = []


@case("none", same=True)
def raise_the_documents_version(document: Json) -> None:
    document["info"]["version"] = "1.1"


@case("none", same=True)
def name_a_patch_of_openapi(document: Json) -> None:
    document["openapi"] = "3.0.3"


@case("needs-hands", callers="none", same=True)
def write_it_in_openapi_3_1(document: Json) -> None:
    document["openapi"] = "3.1.0"


@case("needs-hands", callers="none", same=True)
def write_it_in_openapi_3_2(document: Json) -> None:
    document["openapi"] = "3.2.0"


@case("needs-hands", callers="none", same=True, corrections={"project-nulls": "repaired"})
def write_it_in_openapi_3_1_with_its_words(document: Json) -> None:
    document["openapi"] = "3.1.0"
    prop(document, "RestProject", "deletedAt")["type"] = ["string", "null"]
    prop(document, "RestScheduleSkipRequest", "count")["type"] = ["integer"]
    mode = prop(document, "ResumeFrom", "mode")
    mode["enum"] = list(mode["enum"])


@case("needs-hands", "became-nullable", callers="breaking")
def write_it_in_openapi_3_1_with_a_reference_or_null(document: Json) -> None:
    document["openapi"] = "3.1.0"
    fields = schema(document, "RestSession")["properties"]
    fields["lastAttempt"] = {"anyOf": [{"$ref": "#/components/schemas/Attempt"}, {"type": "null"}]}


# ---------------------------------------------------------------- several at once


@case("compatible", "field-added", "enum-value-added", "parameter-added", bump="minor")
def a_harmless_release(document: Json) -> None:
    schema(document, "RestProject")["properties"]["owner"] = {"type": "string"}
    prop(document, "RestSessionAttempt", "status")["enum"].append("group_error")
    operation(document, "getSessions")["parameters"].append(
        {"in": "query", "name": "since", "schema": {"type": "string"}}
    )


@case(
    "needs-hands",
    "field-added",
    "enum-value-added",
    "parameter-added",
    "operation-added",
    "path-changed",
    callers="breaking",
)
def a_release_with_everything(document: Json) -> None:
    a_harmless_release(document)
    document["openapi"] = "3.1.0"
    rows = {
        "type": "object",
        "properties": {"labels": {"type": "array", "items": {"$ref": "#/components/schemas/RestRevision"}}},
    }
    responses = {"200": {"description": "Labels.", "content": {"application/json": {"schema": rows}}}}
    document["paths"]["/api/labels"] = {
        "get": {"operationId": "getLabels", "tags": ["Project"], "responses": responses}
    }
    document["paths"]["/api/workflow_definitions/{id}"] = document["paths"].pop("/api/workflows/{id}")


@case("breaking", "field-removed", "field-added", "enum-value-removed", "enum-value-added", "limit-tightened")
def a_careless_release(document: Json) -> None:
    fields = schema(document, "RestPool")["properties"]
    fields["isDefault"] = fields.pop("default")
    schema(document, "RestPool")["required"].remove("default")
    status = prop(document, "RestSessionAttempt", "status")
    status["enum"] = [word.upper() for word in status["enum"]]
    parameter(document, "getRevisions", "page[size]")["schema"]["minimum"] = 10


@case(
    "none", corrections={"project-nulls": "repaired", "log-file-direct": "repaired", "log-file-timestamp": "repaired"}
)
def a_release_that_repairs(document: Json) -> None:
    prop(document, "RestProject", "deletedAt")["nullable"] = True
    prop(document, "RestLogFileHandle", "direct")["nullable"] = True
    schema(document, "RestLogFileHandle")["required"].remove("fileTimestamp")


@case(
    "compatible",
    "field-added",
    bump="minor",
    corrections={"log-file-bytes": "repaired"},
)
def a_release_that_repairs_and_adds(document: Json) -> None:
    body(document, "getFile", media="application/gzip")["schema"]["format"] = "binary"
    schema(document, "RestLogFileHandle")["properties"]["host"] = {"type": "string"}
