"""What is sent: bodies, their fields and limits. It must not shrink."""

from __future__ import annotations

from tests.support.update_spec.corpus.case import Json, case, operation, prop, schema


@case("compatible", "field-added", bump="minor")
def add_an_optional_request_field(document: Json) -> None:
    schema(document, "RestPoolCreateRequest")["properties"]["note"] = {"type": "string"}


@case("breaking", "field-added")
def add_a_required_request_field(document: Json) -> None:
    schema(document, "RestPoolCreateRequest")["properties"]["note"] = {"type": "string"}
    schema(document, "RestPoolCreateRequest")["required"].append("note")


@case("compatible", "field-added", bump="minor")
def add_a_required_request_field_with_a_default(document: Json) -> None:
    schema(document, "RestPoolCreateRequest")["properties"]["note"] = {"type": "string", "default": ""}
    schema(document, "RestPoolCreateRequest")["required"].append("note")


@case("breaking", "field-removed")
def remove_a_request_field(document: Json) -> None:
    del schema(document, "RestScheduleSkipRequest")["properties"]["nextRunTime"]


@case("breaking", "field-removed", "field-added")
def rename_a_request_field(document: Json) -> None:
    fields = schema(document, "RestScheduleSkipRequest")["properties"]
    fields["runTime"] = fields.pop("nextRunTime")


@case("breaking", "field-became-required")
def require_a_request_field(document: Json) -> None:
    schema(document, "RestSessionAttemptRequest").setdefault("required", []).append("retryAttemptName")


@case("compatible", "field-became-optional", bump="patch")
def no_longer_require_a_request_field(document: Json) -> None:
    del schema(document, "RestScheduleSkipRequest")["required"]


@case("compatible", "limit-loosened", bump="patch")
def loosen_a_request_fields_limit(document: Json) -> None:
    prop(document, "RestPoolCreateRequest", "name")["maxLength"] = 512


@case("breaking", "limit-tightened")
def tighten_a_request_fields_limit(document: Json) -> None:
    prop(document, "RestPoolCreateRequest", "name")["maxLength"] = 64


@case("breaking", "limit-tightened")
def forbid_other_request_fields(document: Json) -> None:
    schema(document, "RestPoolCreateRequest")["additionalProperties"] = False


@case("breaking", "limit-tightened")
def allow_fewer_conditions(document: Json) -> None:
    prop(document, "RestPoolRuleCreateRequest", "conditions")["maxItems"] = 1


@case("compatible", "limit-loosened", bump="patch")
def allow_more_conditions(document: Json) -> None:
    prop(document, "RestPoolRuleCreateRequest", "conditions")["maxItems"] = 5


@case("breaking", "type-changed")
def change_a_request_fields_type(document: Json) -> None:
    prop(document, "RestPoolCreateRequest", "concurrencyLimit").update({"type": "string"})


@case("compatible", "became-nullable", bump="patch")
def let_a_request_field_be_null(document: Json) -> None:
    prop(document, "RestPoolUpdateRequest", "name")["nullable"] = True


@case("breaking", "enum-added")
def limit_a_request_field_to_words(document: Json) -> None:
    prop(document, "RestSessionAttemptRequest", "retryAttemptName")["enum"] = ["one", "two"]


@case("breaking", "default-changed")
def change_a_request_fields_default(document: Json) -> None:
    prop(document, "RestScheduleEnableRequest", "skipSchedule")["default"] = False


@case("compatible", "default-removed", bump="patch")
def remove_a_request_fields_default(document: Json) -> None:
    del prop(document, "RestScheduleEnableRequest", "skipSchedule")["default"]


@case("compatible", "request-body-added", bump="minor")
def give_an_operation_a_body(document: Json) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/RestSetSecretRequest"}}}
    operation(document, "killAttempt")["requestBody"] = {"content": content}


@case("needs-hands", "request-body-added", callers="breaking")
def give_an_operation_a_body_that_it_needs(document: Json) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/RestSetSecretRequest"}}}
    operation(document, "killAttempt")["requestBody"] = {"content": content, "required": True}


@case("needs-hands", "request-body-removed", callers="breaking", corrections={"required-bodies": "repaired"})
def take_an_operations_body_away(document: Json) -> None:
    del operation(document, "putProjectSecret")["requestBody"]


@case("needs-hands", callers="none", corrections={"required-bodies": "repaired"})
def require_a_body_that_a_correction_requires(document: Json) -> None:
    operation(document, "skipSchedule")["requestBody"]["required"] = True


@case("compatible", "request-body-became-optional", bump="patch")
def no_longer_require_a_body(document: Json) -> None:
    del operation(document, "createPool")["requestBody"]["required"]


@case("compatible", "media-type-added", bump="minor")
def take_another_media_type(document: Json) -> None:
    content = operation(document, "createPool")["requestBody"]["content"]
    content["application/yaml"] = content["application/json"]


@case("breaking", "media-type-removed", "media-type-added")
def change_the_media_type_of_a_body(document: Json) -> None:
    content = operation(document, "createPool")["requestBody"]["content"]
    content["application/yaml"] = content.pop("application/json")


@case("compatible", "variant-added", bump="minor")
def add_a_way_to_resume(document: Json) -> None:
    prop(document, "RestSessionAttemptRequest", "resume").clear()
    prop(document, "RestSessionAttemptRequest", "resume")["oneOf"] = [
        {"$ref": "#/components/schemas/Resume"},
        {"type": "object", "properties": {"until": {"type": "string"}}, "required": ["until"]},
    ]


@case("compatible", "deprecated", bump="patch")
def deprecate_a_request_field(document: Json) -> None:
    prop(document, "RestScheduleSkipRequest", "nextRunTime")["deprecated"] = True


@case("compatible", "field-added", bump="minor")
def add_a_field_to_a_way_to_resume(document: Json) -> None:
    schema(document, "ResumeFrom")["properties"]["until"] = {"type": "string"}
