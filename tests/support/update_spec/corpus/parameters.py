"""Parameters: new, gone, needed, limited, otherwise typed."""

from __future__ import annotations

from tests.support.update_spec.corpus.case import Json, case, operation, parameter


def _added(document: Json, id: str, **more: Json) -> None:
    operation(document, id)["parameters"].append({"in": "query", "name": "extra", "schema": {"type": "string"}, **more})


@case("compatible", "parameter-added", bump="minor")
def add_an_optional_query_parameter(document: Json) -> None:
    _added(document, "getProjects")


@case("needs-hands", "parameter-added", callers="breaking")
def add_a_required_query_parameter(document: Json) -> None:
    _added(document, "getSchedule", required=True)


@case("compatible", "parameter-added", bump="minor")
def add_a_required_query_parameter_with_a_default(document: Json) -> None:
    _added(document, "getSchedule", required=True, schema={"type": "string", "default": "all"})


@case("compatible", "parameter-added", bump="minor")
def add_an_optional_header(document: Json) -> None:
    _added(document, "getSchedule", **{"in": "header", "name": "X-Trace"})


@case("needs-hands", "parameter-added", callers="breaking")
def add_a_required_header(document: Json) -> None:
    _added(document, "getProjects", **{"in": "header", "name": "X-Trace", "required": True})


@case("needs-hands", "parameter-removed", callers="breaking")
def remove_a_parameter_that_the_client_passes(document: Json) -> None:
    operation(document, "getProjects")["parameters"].remove(parameter(document, "getProjects", "name_pattern"))


@case("breaking", "parameter-removed", corrections={"page-size-limit-of-sessions": "repaired"})
def remove_a_parameter_of_paging(document: Json) -> None:
    operation(document, "getSessions")["parameters"].remove(parameter(document, "getSessions", "page_size"))


@case("needs-hands", "parameter-removed", "parameter-added", callers="breaking")
def rename_a_query_parameter(document: Json) -> None:
    parameter(document, "getProjects", "name_pattern")["name"] = "pattern"


@case("breaking", "parameter-became-required")
def require_a_parameter_that_is_passed(document: Json) -> None:
    parameter(document, "getWorkflowTruncatedSessionTime", "mode")["required"] = True


@case("needs-hands", "parameter-became-required", callers="breaking")
def require_a_parameter_that_is_not_passed(document: Json) -> None:
    parameter(document, "getFileHandles", "direct_download")["required"] = True


@case("compatible", "parameter-became-required", "default-added", bump="patch")
def require_a_parameter_and_give_it_a_default(document: Json) -> None:
    one = parameter(document, "getFileHandles", "direct_download")
    one["required"], one["schema"]["default"] = True, False


@case("compatible", "parameter-became-optional", bump="patch")
def no_longer_require_a_parameter(document: Json) -> None:
    del parameter(document, "getWorkflowTruncatedSessionTime", "session_time")["required"]


@case("none", corrections={"optional-revision": "repaired"})
def no_longer_require_what_a_correction_made_optional(document: Json) -> None:
    for id in ("getArchive", "getWorkflows"):
        del parameter(document, id, "revision")["required"]


@case("needs-hands", callers="none", corrections={"optional-revision": "repaired"})
def no_longer_require_half_of_what_a_correction_made_optional(document: Json) -> None:
    parameter(document, "getArchive", "revision")["required"] = False


@case("breaking", "parameter-removed", "parameter-added", corrections={})
def move_a_parameter_to_a_header(document: Json) -> None:
    parameter(document, "getSessions", "page_size")["in"] = "header"


@case("compatible", "default-added", bump="patch")
def add_a_default(document: Json) -> None:
    parameter(document, "getSessions", "page_size")["schema"]["default"] = 100


@case("compatible", "default-removed", bump="patch")
def remove_a_default(document: Json) -> None:
    del parameter(document, "getWorkflowDefinitions", "order")["schema"]["default"]


@case("breaking", "default-changed")
def change_a_default(document: Json) -> None:
    parameter(document, "putProject", "skip_schedule")["schema"]["default"] = False


@case("breaking", "enum-added")
def limit_a_parameter_to_words(document: Json) -> None:
    parameter(document, "getWorkflowDefinitions", "order")["schema"]["enum"] = ["asc", "desc"]


@case("compatible", "enum-value-added", bump="minor")
def add_a_word_to_a_parameter(document: Json) -> None:
    parameter(document, "getWorkflowTruncatedSessionTime", "mode")["schema"]["enum"].append("week")


@case("breaking", "enum-value-removed")
def remove_a_word_from_a_parameter(document: Json) -> None:
    parameter(document, "getWorkflowTruncatedSessionTime", "mode")["schema"]["enum"].remove("second")


@case("breaking", "enum-value-removed", "enum-value-added")
def change_the_case_of_a_parameters_words(document: Json) -> None:
    one = parameter(document, "getWorkflowTruncatedSessionTime", "mode")["schema"]
    one["enum"] = [word.upper() for word in one["enum"]]


@case("breaking", "enum-removed")
def free_a_parameter_from_its_words(document: Json) -> None:
    del parameter(document, "getWorkflowTruncatedSessionTime", "mode")["schema"]["enum"]


@case("breaking", "limit-tightened")
def tighten_a_parameters_minimum(document: Json) -> None:
    parameter(document, "getRevisions", "page[size]")["schema"]["minimum"] = 10


@case("compatible", "limit-loosened", bump="patch")
def loosen_a_parameters_maximum(document: Json) -> None:
    parameter(document, "getRevisions", "page[size]")["schema"]["maximum"] = 1000


@case("compatible", "limit-loosened", bump="patch")
def remove_a_parameters_maximum(document: Json) -> None:
    del parameter(document, "getRevisions", "page[size]")["schema"]["maximum"]


@case("breaking", "limit-tightened")
def add_a_minimum_to_a_parameter(document: Json) -> None:
    parameter(document, "getProjects", "count")["schema"]["minimum"] = 1


@case("none", same=True)
def add_a_limit_that_the_format_has_already(document: Json) -> None:
    parameter(document, "getProjects", "count")["schema"].update({"minimum": -(2**31), "maximum": 2**31 - 1})


@case("none", same=True)
def add_a_limit_of_another_type(document: Json) -> None:
    parameter(document, "getProjects", "count")["schema"].update({"maxLength": 5, "minItems": 2})


@case("none", same=True)
def say_a_limit_exclusively(document: Json) -> None:
    one = parameter(document, "getRevisions", "page[size]")["schema"]
    one["maximum"], one["exclusiveMaximum"] = 101, True


@case("breaking", "limit-tightened")
def add_a_pattern_to_a_parameter(document: Json) -> None:
    parameter(document, "getProjects", "name")["schema"]["pattern"] = "^[a-z]+$"


@case("compatible", "limit-loosened", bump="patch")
def widen_the_integers_of_a_parameter(document: Json) -> None:
    parameter(document, "getProjects", "last_id")["schema"]["format"] = "int64"


@case("breaking", "limit-tightened")
def narrow_the_integers_of_a_parameter(document: Json) -> None:
    parameter(document, "getSessions", "last_id")["schema"]["format"] = "int32"


@case("breaking", "type-changed")
def change_a_parameters_type(document: Json) -> None:
    parameter(document, "getSchedules", "last_id")["schema"] = {"type": "string"}


@case("compatible", "type-changed", bump="patch")
def let_a_parameter_have_fractions(document: Json) -> None:
    parameter(document, "getSessions", "page_size")["schema"] = {"type": "number"}


@case("breaking", "format-changed")
def make_a_parameter_a_time(document: Json) -> None:
    parameter(document, "getProjects", "name")["schema"]["format"] = "date-time"


@case("breaking", "parameter-style-changed")
def send_an_array_otherwise(document: Json) -> None:
    parameter(document, "putProject", "clear_schedule")["explode"] = False


@case("none", same=True)
def say_how_an_array_is_sent_anyway(document: Json) -> None:
    parameter(document, "putProject", "clear_schedule").update({"style": "form", "explode": True})


@case("compatible", "parameter-deprecated", bump="patch")
def deprecate_a_parameter(document: Json) -> None:
    parameter(document, "getRevisions", "last_id")["deprecated"] = True


@case("none", same=True)
def order_parameters_otherwise(document: Json) -> None:
    operation(document, "putProject")["parameters"].reverse()


@case("compatible", "became-nullable", bump="patch")
def let_a_parameter_be_null(document: Json) -> None:
    parameter(document, "getProjects", "name")["schema"]["nullable"] = True


@case("none", same=True)
def extract_the_schema_of_a_parameter(document: Json) -> None:
    document["components"]["schemas"]["PageSize"] = parameter(document, "getSessions", "page_size")["schema"]
    parameter(document, "getSessions", "page_size")["schema"] = {"$ref": "#/components/schemas/PageSize"}
