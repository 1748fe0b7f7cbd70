"""OpenAPI 3.1 and 3.2 said in the words of 3.0, which the contract and its corrections are written in."""

from __future__ import annotations

from scripts.codegen.contract.document import Document, Json, below

VERSION = "3.0.1"

# Keywords that 3.0 has no word for. They are left out and named, so that somebody decides what becomes of them.
_UNKNOWN = frozenset(
    {
        *("$defs", "if", "then", "else", "dependentRequired", "dependentSchemas", "contains", "prefixItems"),
        *("patternProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties"),
        *("minContains", "maxContains", "$dynamicRef", "$dynamicAnchor", "contentSchema"),
    }
)
_MAPS_OF_SCHEMAS = ("properties",)
_LISTS_OF_SCHEMAS = ("allOf", "oneOf", "anyOf")


def in_old_words(document: Document) -> tuple[Document, list[str]]:
    """The document in OpenAPI 3.0, and the JSON pointers of what could not be said there."""
    if document["openapi"].startswith("3.0"):
        return document, []
    lost: list[str] = []
    translated = _walk(document, "#", lost)
    for key in ("jsonSchemaDialect", "$self"):
        translated.pop(key, None)
    lost += ["#/webhooks"] if translated.pop("webhooks", None) else []
    return {**translated, "openapi": VERSION}, lost


def _walk(node: Json, where: str, lost: list[str]) -> Json:
    """A node of the document in which schemas occur."""
    if isinstance(node, list):
        return [_walk(item, f"{where}/{index}", lost) for index, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    translated = {}
    for key, value in node.items():
        here = below(where, key)
        if key == "schema":
            translated[key] = _schema(value, here, lost)
        elif key == "schemas":
            translated[key] = {name: _schema(schema, f"{here}/{name}", lost) for name, schema in value.items()}
        else:
            translated[key] = _walk(value, here, lost)
    return translated


def _schema(schema: Json, where: str, lost: list[str]) -> Json:
    if schema is True:
        return {}
    if not isinstance(schema, dict):
        return {"not": {}} if schema is False else schema
    result: dict[str, Json] = {}
    for key, value in schema.items():
        if key in _UNKNOWN:
            lost.append(f"{where}/{key}")
        elif key in _MAPS_OF_SCHEMAS:
            result[key] = {name: _schema(part, f"{where}/{key}/{name}", lost) for name, part in value.items()}
        elif key in _LISTS_OF_SCHEMAS:
            result[key] = [_schema(part, f"{where}/{key}/{index}", lost) for index, part in enumerate(value)]
        elif key in ("items", "not") or (key == "additionalProperties" and isinstance(value, dict)):
            result[key] = _schema(value, f"{where}/{key}", lost)
        else:
            result[key] = value
    return _reference(_union(_limits(_words(_types(result)))))


def _types(schema: Json) -> Json:
    types = schema.get("type")
    if types == "null":
        return {"nullable": True, "enum": [None], **{key: value for key, value in schema.items() if key != "type"}}
    if not isinstance(types, list):
        return schema
    kinds = [kind for kind in types if kind != "null"]
    rest = {key: value for key, value in schema.items() if key != "type"}
    nullable = {"nullable": True} if "null" in types else {}
    if len(kinds) == 1:
        enum = {"enum": [word for word in rest["enum"] if word is not None]} if "enum" in rest and nullable else {}
        return {"type": kinds[0], **rest, **enum, **nullable}
    return {**rest, "anyOf": [{"type": kind} for kind in kinds], **nullable}


def _words(schema: Json) -> Json:
    result = dict(schema)
    if "const" in result:
        result["enum"] = [result.pop("const")]
    examples = result.pop("examples", None)
    if isinstance(examples, list) and examples:
        result.setdefault("example", examples[0])
    if result.pop("contentEncoding", None) == "base64":
        result.setdefault("format", "byte")
    if result.pop("contentMediaType", None) is not None:
        result.setdefault("format", "binary")
    for key in ("$comment", "$id", "$anchor", "$schema"):
        result.pop(key, None)
    return result


def _limits(schema: Json) -> Json:
    result = dict(schema)
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        edge = result.get(exclusive)
        if edge is not None and not isinstance(edge, bool):
            tighter = limit not in result or (edge >= result[limit] if limit == "minimum" else edge <= result[limit])
            del result[exclusive]
            if tighter:
                result |= {limit: edge, exclusive: True}
    return result


def _union(schema: Json) -> Json:
    """A variant that is only null says that the whole may be null."""
    for key in ("anyOf", "oneOf"):
        variants = schema.get(key, [])
        real = [variant for variant in variants if variant.get("enum") != [None]]
        if len(real) == len(variants):
            continue
        rest = {name: value for name, value in schema.items() if name != key}
        if len(real) == 1:
            only = {"allOf": real} if "$ref" in real[0] else real[0]
            return {**only, **rest, "nullable": True}
        return {**rest, key: real, "nullable": True}
    return schema


def _reference(schema: Json) -> Json:
    """Beside a reference 3.0 allows nothing; prose there goes, anything else moves around the reference."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "description", "summary", "example")}
    return {"allOf": [{"$ref": schema["$ref"]}], **rest} if rest else {"$ref": schema["$ref"]}
