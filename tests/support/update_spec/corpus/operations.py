"""Operations that come, go, move and change their names."""

from __future__ import annotations

from tests.support.update_spec.corpus.case import Json, case, operation

_EVERYWHERE = dict.fromkeys(("bad-request-responses", "unauthorized-responses", "forbidden-responses"), "repaired")


def _new(document: Json, path: str, method: str, **more: Json) -> Json:
    added = {"operationId": "x", "tags": ["Project"], "responses": {"204": {"description": "Done."}}, **more}
    document["paths"].setdefault(path, {})[method] = added
    return added


@case("needs-hands", "operation-added", callers="compatible", bump="minor")
def add_a_list_operation(document: Json) -> None:
    rows = {
        "type": "object",
        "properties": {"labels": {"type": "array", "items": {"$ref": "#/components/schemas/RestRevision"}}},
    }
    content = {"application/json": {"schema": rows}}
    _new(
        document,
        "/api/labels",
        "get",
        operationId="getLabels",
        responses={"200": {"description": "", "content": content}},
    )


@case("needs-hands", "operation-added", callers="compatible", bump="minor")
def add_an_operation_that_writes(document: Json) -> None:
    _new(
        document,
        "/api/projects/{id}/archive",
        "post",
        operationId="archiveProject",
        parameters=[{"in": "path", "name": "id", "required": True, "schema": {"type": "integer", "format": "int32"}}],
    )


@case("needs-hands", "operation-added", callers="compatible", bump="minor")
def add_an_operation_under_a_new_tag(document: Json) -> None:
    _new(document, "/api/quotas", "get", operationId="getQuotas", tags=["Quota"])


@case("needs-hands", "operation-added", callers="compatible", bump="minor")
def add_an_operation_without_an_id(document: Json) -> None:
    del _new(document, "/api/quotas", "get")["operationId"]


@case("needs-hands", "operation-added", callers="compatible", bump="minor")
def add_an_operation_without_a_tag(document: Json) -> None:
    del _new(document, "/api/quotas", "get", operationId="getQuotas")["tags"]


@case("needs-hands", callers="none")
def lose_an_operations_tag(document: Json) -> None:
    del operation(document, "getProjects")["tags"]


@case(
    "needs-hands",
    "operation-removed",
    callers="breaking",
    corrections={**_EVERYWHERE, "not-found-responses": "repaired", "retry": "repaired"},
)
def remove_an_operation(document: Json) -> None:
    del document["paths"]["/api/workflows/{id}/truncated_session_time"]


@case(
    "needs-hands",
    "operation-removed",
    callers="breaking",
    corrections={
        **_EVERYWHERE,
        "not-found-responses": "repaired",
        "retry": "repaired",
        "pagination": "repaired",
        "attempt-list-links": "repaired",
        "page-size-limit-of-session-attempts": "repaired",
    },
)
def remove_a_list_operation(document: Json) -> None:
    del document["paths"]["/api/sessions/{id}/attempts"]


_MOVED = {
    "revision-length": "conflicts",
    "pagination": "conflicts",
    "retry": "conflicts",
    "project-links": "conflicts",
    "project-list-links": "conflicts",
}


@case("needs-hands", "path-changed", callers="breaking", corrections=_MOVED)
def rename_a_path(document: Json) -> None:
    document["paths"]["/api/v2/projects"] = document["paths"].pop("/api/projects")


@case("breaking", "path-changed")
def rename_a_path_that_no_correction_names(document: Json) -> None:
    document["paths"]["/api/workflow_definitions/{id}"] = document["paths"].pop("/api/workflows/{id}")


@case("breaking", "argument-renamed")
def rename_a_path_parameter(document: Json) -> None:
    item = document["paths"].pop("/api/workflows/{id}")
    item["get"]["parameters"][0]["name"] = "workflowId"
    document["paths"]["/api/workflows/{workflowId}"] = item


@case("needs-hands", "method-changed", callers="breaking", corrections={"secret-links": "conflicts"})
def change_a_method(document: Json) -> None:
    item = document["paths"]["/api/projects/{id}/secrets/{key}"]
    item["post"] = item.pop("put")


@case(
    "needs-hands",
    "operation-renamed",
    callers="breaking",
    corrections={**_EVERYWHERE, "not-found-responses": "repaired", "retry": "repaired"},
)
def rename_an_operation(document: Json) -> None:
    operation(document, "getWorkflowTruncatedSessionTime")["operationId"] = "truncateSessionTime"


@case(
    "needs-hands",
    callers="none",
    corrections={**_EVERYWHERE, "not-found-responses": "repaired", "retry": "repaired"},
)
def write_an_operations_id_otherwise(document: Json) -> None:
    operation(document, "getSchedule")["operationId"] = "get_schedule"


@case("needs-hands", "tag-changed", callers="breaking")
def rename_a_tag(document: Json) -> None:
    for item in document["paths"].values():
        for one in item.values():
            one["tags"] = ["Execution" if tag == "Attempt" else tag for tag in one["tags"]]


@case("needs-hands", "tag-changed", callers="breaking")
def move_an_operation_to_another_tag(document: Json) -> None:
    operation(document, "getProjectSessions")["tags"] = ["Session"]


@case("none", same=True)
def add_a_second_tag(document: Json) -> None:
    operation(document, "getProjectSessions")["tags"].append("Session")


@case("none", same=True)
def list_the_tags(document: Json) -> None:
    document["tags"] = [{"name": "Project", "description": "Projects."}, {"name": "Attempt"}]


@case("compatible", "operation-deprecated", bump="patch")
def deprecate_an_operation(document: Json) -> None:
    operation(document, "getTasks")["deprecated"] = True


@case("none", same=True)
def add_a_callback(document: Json) -> None:
    operation(document, "startAttempt")["callbacks"] = {
        "done": {"{$request.body#/url}": {"post": {"responses": {"200": {"description": "Noted."}}}}}
    }


@case("none", same=True)
def order_paths_otherwise(document: Json) -> None:
    document["paths"] = dict(reversed(document["paths"].items()))


@case("none", same=True)
def say_shared_parameters_once(document: Json) -> None:
    item = document["paths"]["/api/projects/{id}"]
    shared = item["get"].pop("parameters")
    item["delete"].pop("parameters")
    item["parameters"] = shared


@case("none", same=True)
def extract_a_parameter(document: Json) -> None:
    parameters = operation(document, "getSessions")["parameters"]
    document["components"]["parameters"] = {"LastSession": parameters[0]}
    parameters[0] = {"$ref": "#/components/parameters/LastSession"}


@case("none", same=True)
def extract_a_request_body(document: Json) -> None:
    one = operation(document, "createPool")
    document["components"]["requestBodies"] = {"NewPool": one["requestBody"]}
    one["requestBody"] = {"$ref": "#/components/requestBodies/NewPool"}
