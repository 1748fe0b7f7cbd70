"""What comes: responses, their fields, words and limits. It must not grow but where the client bears it."""

from __future__ import annotations

from tests.support.update_spec.corpus.case import Json, body, case, operation, prop, schema


@case("compatible", "field-added", bump="minor")
def add_a_response_field(document: Json) -> None:
    schema(document, "RestProject")["properties"]["owner"] = {"type": "string"}


@case("compatible", "field-added", bump="minor")
def add_a_response_field_that_is_always_there(document: Json) -> None:
    schema(document, "RestProject")["properties"]["owner"] = {"type": "string"}
    schema(document, "RestProject")["required"].append("owner")


@case("compatible", "field-added", bump="minor")
def add_a_response_field_that_may_be_null(document: Json) -> None:
    schema(document, "RestProject")["properties"]["owner"] = {"type": "string", "nullable": True}


@case("breaking", "field-removed")
def remove_a_response_field(document: Json) -> None:
    del schema(document, "RestProject")["properties"]["metadata"]


@case("breaking", "field-removed", corrections={"project-nulls": "repaired"})
def remove_a_response_field_and_what_corrected_it(document: Json) -> None:
    del schema(document, "RestProject")["properties"]["deletedAt"]


@case("breaking", "field-removed", "field-added")
def rename_a_response_field(document: Json) -> None:
    fields = schema(document, "RestRevision")["properties"]
    fields["user"] = fields.pop("userInfo")


@case("breaking", "field-became-optional")
def no_longer_promise_a_response_field(document: Json) -> None:
    schema(document, "RestProject")["required"].remove("updatedAt")


@case("compatible", "field-became-required", bump="patch")
def promise_a_response_field(document: Json) -> None:
    schema(document, "RestRevision")["required"].append("createdAt")


@case("breaking", "became-nullable")
def let_a_response_field_be_null(document: Json) -> None:
    prop(document, "RestProject", "name")["nullable"] = True


@case("none", corrections={"project-nulls": "repaired"})
def publish_what_a_correction_says(document: Json) -> None:
    prop(document, "RestProject", "deletedAt")["nullable"] = True


@case("needs-hands", callers="none", corrections={"schedule-nulls": "repaired"})
def publish_half_of_what_a_correction_says(document: Json) -> None:
    prop(document, "RestSchedule", "disabledAt")["nullable"] = True


@case("needs-hands", callers="none", corrections={"session-times": "conflicts"})
def publish_something_else_than_a_correction_says(document: Json) -> None:
    prop(document, "RestSession", "sessionTime")["format"] = "date"


@case("none", corrections={"task-is-group": "repaired"})
def publish_the_name_that_a_correction_gives(document: Json) -> None:
    task = schema(document, "RestTask")
    task["properties"]["isGroup"] = task["properties"].pop("group")
    task["required"] = ["isGroup" if name == "group" else name for name in task["required"]]


@case("breaking", "type-changed")
def change_a_response_fields_type(document: Json) -> None:
    prop(document, "RestProject", "id").update({"type": "integer", "format": "int64"})


@case("breaking", "type-changed")
def let_a_response_field_have_fractions(document: Json) -> None:
    field = prop(document, "RestSessionAttempt", "index")
    field["type"] = "number"
    del field["format"]


@case("breaking", "format-changed")
def make_a_response_field_a_time(document: Json) -> None:
    prop(document, "RestTask", "id")["format"] = "date-time"


@case("compatible", "format-changed", bump="patch")
def say_that_a_response_field_is_an_address(document: Json) -> None:
    prop(document, "RestPagination", "nextPage")["format"] = "uri"


@case("compatible", "enum-value-added", bump="minor")
def add_a_word_to_a_response(document: Json) -> None:
    prop(document, "RestSessionAttempt", "status")["enum"].append("group_error")


@case("breaking", "enum-value-removed")
def remove_a_word_from_a_response(document: Json) -> None:
    prop(document, "RestSessionAttempt", "status")["enum"].remove("blocked")


@case("breaking", "enum-value-removed", "enum-value-added")
def change_the_case_of_a_responses_words(document: Json) -> None:
    field = prop(document, "RestSessionAttempt", "status")
    field["enum"] = [word.upper() for word in field["enum"]]


@case("compatible", "enum-added", bump="patch")
def list_the_words_of_a_response(document: Json) -> None:
    prop(document, "RestTask", "state")["enum"] = ["blocked", "ready", "running", "success", "error"]


@case("breaking", "enum-removed")
def free_a_response_from_its_words(document: Json) -> None:
    del prop(document, "RestSessionAttempt", "status")["enum"]


@case("compatible", "limit-loosened", bump="patch")
def loosen_a_responses_limit(document: Json) -> None:
    prop(document, "RestPoolRule", "priority")["maximum"] = 100000


@case("compatible", "limit-tightened", bump="patch")
def tighten_a_responses_limit(document: Json) -> None:
    prop(document, "RestPoolRule", "priority")["maximum"] = 100


@case("none", same=True)
def add_a_limit_without_effect_to_a_response(document: Json) -> None:
    prop(document, "RestProject", "name")["minLength"] = 0


@case("compatible", "limit-loosened", bump="patch")
def widen_the_integers_of_a_response(document: Json) -> None:
    prop(document, "RestSessionAttempt", "index")["format"] = "int64"


@case("compatible", "limit-tightened", bump="patch")
def say_that_a_response_has_no_other_fields(document: Json) -> None:
    schema(document, "RestProject")["additionalProperties"] = False


@case("compatible", "deprecated", bump="patch")
def deprecate_a_response_field(document: Json) -> None:
    prop(document, "RestProject", "archiveType")["deprecated"] = True


@case("breaking", "field-removed", "field-added", "class-changed")
def respond_with_another_schema(document: Json) -> None:
    body(document, "getWorkflowByName")["schema"] = {"$ref": "#/components/schemas/RestWorkflowSessionTime"}


@case("breaking", "class-changed")
def respond_with_a_schema_of_the_same_fields(document: Json) -> None:
    document["components"]["schemas"]["RestPoolBrief"] = schema(document, "RestPool")
    body(document, "getPool")["schema"] = {"$ref": "#/components/schemas/RestPoolBrief"}


@case("breaking", "type-changed")
def respond_with_a_bare_list(document: Json) -> None:
    body(document, "getPool")["schema"] = {"type": "array", "items": {"$ref": "#/components/schemas/RestPool"}}


@case("breaking", "success-response-added")
def respond_with_another_status_too(document: Json) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/RestRevision"}}}
    operation(document, "getPool")["responses"]["202"] = {"description": "Later.", "content": content}


@case("compatible", "success-response-added", bump="minor")
def respond_with_another_status_and_the_same_body(document: Json) -> None:
    responses = operation(document, "createPool")["responses"]
    responses["200"] = responses["201"]


@case("breaking", "success-response-removed", "success-response-added", corrections={})
def respond_with_another_status(document: Json) -> None:
    responses = operation(document, "getPool")["responses"]
    responses["206"] = {"description": "Part.", "content": {"application/json": {"schema": {"type": "string"}}}}
    del responses["200"]


@case("breaking", "response-body-removed")
def respond_with_nothing(document: Json) -> None:
    del operation(document, "getProject")["responses"]["200"]["content"]


@case("compatible", "response-body-added", bump="minor")
def respond_with_something(document: Json) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/RestRevision"}}}
    operation(document, "putProjectSecret")["responses"]["204"]["content"] = content


@case("compatible", "media-type-added", bump="minor")
def respond_in_another_media_type_too(document: Json) -> None:
    content = operation(document, "getPool")["responses"]["200"]["content"]
    content["text/csv"] = {"schema": {"type": "string"}}


@case("compatible", "error-response-added", bump="patch")
def respond_with_another_error(document: Json) -> None:
    operation(document, "getPool")["responses"]["429"] = {"description": "Slow down."}


@case(
    "needs-hands",
    "error-response-removed",
    callers="compatible",
    bump="patch",
    corrections={"pool-error-bodies": "repaired"},
)
def no_longer_name_an_error(document: Json) -> None:
    del operation(document, "createPool")["responses"]["409"]


@case("needs-hands", "class-changed", callers="breaking", corrections={"unauthorized-responses": "repaired"})
def publish_an_error_that_a_correction_adds(document: Json) -> None:
    operation(document, "getProjects")["responses"]["401"] = {
        "description": "Who?",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "message": {"type": "string", "nullable": True},
                        "status": {"type": "integer", "format": "int32"},
                    },
                    "required": ["message", "status"],
                }
            }
        },
    }


@case("compatible", "response-header-added", bump="patch")
def send_another_header(document: Json) -> None:
    operation(document, "getPool")["responses"]["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}


@case("breaking", "variant-added")
def respond_with_another_kind_of_condition(document: Json) -> None:
    document["components"]["schemas"]["RestPoolRuleOwnerCondition"] = {
        "type": "object",
        "properties": {"type": {"type": "string", "enum": ["owner"]}, "owner": {"type": "string"}},
        "required": ["type", "owner"],
    }
    condition = schema(document, "RestPoolRuleCondition")
    key = "oneOf" if "oneOf" in condition else "anyOf"
    condition[key].append({"$ref": "#/components/schemas/RestPoolRuleOwnerCondition"})


@case("breaking", "class-changed", corrections={})
def write_a_field_of_words_out_as_a_schema(document: Json) -> None:
    document["components"]["schemas"]["Status"] = dict(prop(document, "RestSessionAttempt", "status"))
    schema(document, "RestSessionAttempt")["properties"]["status"] = {"$ref": "#/components/schemas/Status"}
