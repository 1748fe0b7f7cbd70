"""How the same is written: references, allOf, names, order."""

from __future__ import annotations

import copy

from tests.support.update_spec.corpus.case import Json, body, case, operation, prop, renamed, schema


@case("none", same=True)
def nothing(document: Json) -> None:
    """The published document itself."""


@case("none", same=True)
def order_fields_otherwise(document: Json) -> None:
    for one in document["components"]["schemas"].values():
        if "properties" in one:
            one["properties"] = dict(reversed(one["properties"].items()))


@case("none", same=True)
def order_required_fields_and_words_otherwise(document: Json) -> None:
    for one in document["components"]["schemas"].values():
        one.get("required", []).reverse()
    prop(document, "RestSessionAttempt", "status")["enum"].reverse()


@case("none", same=True)
def order_components_otherwise(document: Json) -> None:
    document["components"]["schemas"] = dict(reversed(document["components"]["schemas"].items()))


@case("none", same=True)
def order_responses_and_methods_otherwise(document: Json) -> None:
    for path, item in document["paths"].items():
        for one in item.values():
            one["responses"] = dict(reversed(one["responses"].items()))
        document["paths"][path] = dict(reversed(item.items()))


@case("none", same=True)
def order_keys_otherwise(document: Json) -> Json:
    def walk(node: Json) -> Json:
        if isinstance(node, dict):
            return {key: walk(value) for key, value in sorted(node.items(), key=lambda item: str(item[0]))}
        return [walk(item) for item in node] if isinstance(node, list) else node

    return walk(document)


@case("none", same=True)
def extract_a_plain_schema(document: Json) -> None:
    document["components"]["schemas"]["Id"] = prop(document, "RestProject", "id")
    schema(document, "RestProject")["properties"]["id"] = {"$ref": "#/components/schemas/Id"}


@case("none", same=True)
def split_a_schema_by_all_of(document: Json) -> None:
    project = schema(document, "RestProject")
    first = dict(list(project["properties"].items())[:4])
    second = {name: field for name, field in project["properties"].items() if name not in first}
    document["components"]["schemas"]["RestProjectBase"] = {"type": "object", "properties": first}
    document["components"]["schemas"]["RestProject"] = {
        "description": project.get("description", ""),
        "allOf": [{"$ref": "#/components/schemas/RestProjectBase"}, {"type": "object", "properties": second}],
        "required": project["required"],
    }


@case("none", same=True)
def wrap_a_reference_in_all_of(document: Json) -> None:
    schema(document, "RestSession")["properties"]["lastAttempt"] = {"allOf": [{"$ref": "#/components/schemas/Attempt"}]}


@case("none", same=True)
def extract_a_response(document: Json) -> None:
    responses = operation(document, "getPool")["responses"]
    document["components"]["responses"] = {"OnePool": responses["200"]}
    responses["200"] = {"$ref": "#/components/responses/OnePool"}


@case("breaking", "schema-removed", "class-changed")
def inline_a_schema(document: Json) -> None:
    own = document["components"]["schemas"].pop("RestPagination")
    schema(document, "RestRevisionCollection")["properties"]["pagination"] = own


@case("breaking", "class-changed")
def inline_one_use_of_a_schema(document: Json) -> None:
    body(document, "getPool")["schema"] = copy.deepcopy(schema(document, "RestPool"))


@case("breaking", "schema-renamed")
def rename_a_schema(document: Json) -> Json:
    return renamed(document, "RestPagination", "Pagination")


@case(
    "needs-hands",
    "schema-renamed",
    callers="breaking",
    corrections={"task-is-group": "conflicts", "task-nulls": "conflicts"},
)
def rename_a_schema_that_corrections_name(document: Json) -> Json:
    return renamed(document, "RestTask", "Task")


@case("breaking", "schema-titled")
def title_a_schema(document: Json) -> None:
    schema(document, "RestPagination")["title"] = "Pages"


@case("none", same=True)
def title_a_plain_field(document: Json) -> None:
    prop(document, "RestProject", "id")["title"] = "Identifier"


@case("none", same=True)
def add_a_schema_that_nothing_uses(document: Json) -> None:
    document["components"]["schemas"]["Unused"] = {"type": "object", "properties": {"id": {"type": "string"}}}


@case("prose", "prose-changed")
def word_everything_otherwise(document: Json) -> Json:
    def walk(node: Json, names: bool) -> Json:
        if isinstance(node, list):
            return [walk(item, False) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            key: value + " In short."
            if key in ("description", "summary") and isinstance(value, str) and not names
            else value
            if key == "servers"
            else walk(value, key in ("properties", "schemas"))
            for key, value in node.items()
        }

    return walk(document, False)


@case("prose", "prose-changed")
def word_one_parameter_otherwise(document: Json) -> None:
    operation(document, "getProjects")["parameters"][0]["description"] = "Something else entirely."


@case("prose", "prose-removed")
def leave_out_a_description(document: Json) -> None:
    del prop(document, "RestProject", "id")["description"]


@case("prose", "prose-changed")
def give_another_example(document: Json) -> None:
    prop(document, "RestProject", "name")["example"] = "another"


@case("prose", "prose-changed")
def describe_the_key(document: Json) -> None:
    document["components"]["securitySchemes"]["ApiKeyAuth"]["description"] = "A key of the account."


@case("compatible", "field-added", "prose-changed", bump="minor")
def add_a_field_and_word_another_otherwise(document: Json) -> None:
    schema(document, "RestProject")["properties"]["owner"] = {"type": "string", "description": "Who made it."}
    prop(document, "RestProject", "id")["description"] = "Something else entirely."


@case("none", same=True)
def a_field_called_description(document: Json) -> None:
    document["components"]["schemas"]["Unused"] = {"type": "object", "properties": {"description": {"type": "string"}}}
