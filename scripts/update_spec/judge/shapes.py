"""What a schema allows, however it is written: references, `allOf`, OpenAPI 3.0 or 3.1, limits without effect."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from scripts.codegen.contract.document import Document, Json, below, followed

MISSING = object()
_ALL_TYPES = frozenset({"string", "number", "boolean", "array", "object"})
_INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LIMITS = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
_WITHOUT_EFFECT = {"minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False}


_found: ContextVar[dict[tuple[int, int, str], tuple[Document, Json, Shape]] | None] = ContextVar("_found", default=None)


@dataclass(slots=True)
class Place:
    """A schema as it is written, and where."""

    schema: Json
    where: str


@dataclass(slots=True)
class Shape:
    """What a schema allows.

    `written` is the schema as the document has it. `types` holds JSON types, `integer` apart from `number`; empty for
    any. `class_name` is the class or alias that the generator makes of it: a component's name or a title, the empty
    string for one that is named after its place, None where there is none.
    """

    where: str
    written: Json = None
    class_name: str | None = None
    types: frozenset[str] = frozenset()
    nullable: bool = False
    format: str | None = None
    enum: tuple[Json, ...] | None = None
    limits: dict[str, Json] = field(default_factory=dict)
    fields: dict[str, Place] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    extra: Place | bool = True
    items: Place | None = None
    unions: list[list[Place]] = field(default_factory=list)
    default: Json = MISSING
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False


def resolve(document: Document, node: Json, where: str) -> Place:
    """What a reference refers to, and where that stands; anything else as it is. Keys beside `$ref` are left out."""
    return Place(*followed(document, node, where))


def shape(document: Document, place: Place) -> Shape:
    """The meaning of a schema, one level deep: fields, items and variants are left as they are written."""
    found = _found.get()
    if found is None:
        return _shape(document, place, frozenset())
    key = (id(document), id(place.schema), place.where)
    if key not in found:  # what the ids are of is kept with it, or they would be given to others
        found[key] = (document, place.schema, _shape(document, place, frozenset()))
    return found[key][2]


@contextmanager
def unchanging() -> Iterator[None]:
    """Within the block no document changes and no shape is written to: each schema is looked at once."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def _shape(document: Document, place: Place, above: frozenset[str]) -> Shape:
    found = resolve(document, place.schema, place.where)
    schema = found.schema if isinstance(found.schema, dict) else {}
    if found.where in above:  # a schema that is part of itself by allOf adds nothing
        return Shape(found.where)
    result = _own(document, schema, found.where)
    siblings = place.schema if isinstance(place.schema, dict) and "$ref" in place.schema else {}
    parts = [
        _shape(document, Place(part, f"{found.where}/allOf/{index}"), above | {found.where})
        for index, part in enumerate(schema.get("allOf", []))
    ]
    for part in parts:
        _merge(result, part)
    if parts:
        result.nullable = result.nullable or all(part.nullable for part in parts)
        if len(parts) == 1 and not schema.get("properties") and "title" not in schema:
            result.class_name = parts[0].class_name
            result.where = parts[0].where
    if parts and result.class_name is None and result.fields:
        result.class_name = ""
    if result.class_name is not None:
        result.class_name = _class_name(schema, found.where) or result.class_name
    for key in ("default", "deprecated"):  # 3.1 lets a reference have these beside it
        if key in siblings:
            setattr(result, key, siblings[key])
    _drop_limits_without_effect(result)
    return result


def _own(document: Document, schema: Json, where: str) -> Shape:
    """A schema without its allOf."""
    types, nullable = _types(schema)
    enum = [schema["const"]] if "const" in schema else schema.get("enum")
    if enum is not None and None in enum:
        nullable, enum = nullable or not types, [word for word in enum if word is not None]
    fields = {
        name: Place(node, below(where, "properties", name)) for name, node in schema.get("properties", {}).items()
    }
    unions = []
    for key in ("oneOf", "anyOf"):
        variants = [Place(node, f"{where}/{key}/{index}") for index, node in enumerate(schema.get(key, []))]
        without_null = [variant for variant in variants if not _is_null(document, variant)]
        nullable = nullable or len(without_null) < len(variants)
        if without_null:
            unions.append(without_null)
    extra = schema.get("additionalProperties", True)
    result = Shape(
        where,
        written=schema,
        types=types,
        nullable=nullable,
        format=_format(schema),
        enum=None if enum is None else tuple(enum),
        limits={key: schema[key] for keys in _LIMITS.values() for key in keys if key in schema},
        fields=fields,
        required=frozenset(schema.get("required", ())),
        extra=Place(extra, f"{where}/additionalProperties")
        if isinstance(extra, dict) and extra
        else extra is not False,
        items=Place(schema["items"], f"{where}/items") if "items" in schema else None,
        unions=unions,
        default=schema.get("default", MISSING),
        deprecated=bool(schema.get("deprecated", False)),
        read_only=bool(schema.get("readOnly", False)),
        write_only=bool(schema.get("writeOnly", False)),
    )
    if len(unions) == 1 and len(unions[0]) == 1 and not fields and not types:
        # A union of one, such as 3.1 writes for a reference that may be null.
        only = _shape(document, unions.pop()[0], frozenset())
        only.nullable = only.nullable or nullable
        only.default = result.default if result.default is not MISSING else only.default
        return only
    if fields or (enum is not None and types <= {"string", "integer"}):
        result.class_name = ""
    return result


def _types(schema: Json) -> tuple[frozenset[str], bool]:
    given = schema.get("type")
    types = set(given) if isinstance(given, list) else {given} if given else set()
    nullable = "null" in types or schema.get("nullable") is True
    types.discard("null")
    if not types and "properties" in schema:
        types = {"object"}
    if not types and "items" in schema:
        types = {"array"}
    if not types and (words := schema.get("enum", [schema["const"]] if "const" in schema else [])):
        types = {_type_of(word) for word in words if word is not None}
    if "number" in types:
        types.discard("integer")
    return frozenset() if types >= _ALL_TYPES else frozenset(types), nullable


def _type_of(word: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(word)]


def _format(schema: Json) -> str | None:
    given: str | None = schema.get("format")
    if given is None and schema.get("contentEncoding") == "base64":
        return "byte"
    if given is None and "contentMediaType" in schema:
        return "binary"
    return given


def _is_null(document: Document, variant: Place) -> bool:
    schema = resolve(document, variant.schema, variant.where).schema
    return isinstance(schema, dict) and (schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None])


def _merge(result: Shape, part: Shape) -> None:
    """What is allowed by both: allOf."""
    result.types = _narrower(result.types, part.types)
    result.format = result.format or part.format
    if part.enum is not None:
        words = part.enum if result.enum is None else tuple(word for word in result.enum if word in part.enum)
        result.enum = words
    for key, limit in part.limits.items():
        result.limits[key] = _tighter(key, result.limits[key], limit) if key in result.limits else limit
    result.fields = {**part.fields, **result.fields}
    result.required |= part.required
    result.extra = result.extra if result.extra is not True else part.extra
    result.items = result.items or part.items
    result.unions += part.unions
    result.default = result.default if result.default is not MISSING else part.default
    result.deprecated = result.deprecated or part.deprecated
    result.read_only = result.read_only or part.read_only
    result.write_only = result.write_only or part.write_only


def _narrower(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    if not left or not right:
        return left or right
    both = left & right
    if "integer" in left | right and "number" in left | right:
        both |= {"integer"}
    return both


def _tighter(key: str, left: Json, right: Json) -> Json:
    if key.startswith("max") or key == "exclusiveMaximum":
        return min(left, right)
    if key == "pattern":
        return left if left == right else f"(?={left}){right}"
    return max(left, right)


def _drop_limits_without_effect(result: Shape) -> None:
    limits, types = result.limits, result.types
    wanted = {key for kind in types or _LIMITS for key in _LIMITS.get(kind, ())}
    limits = {key: value for key, value in limits.items() if key in wanted and _WITHOUT_EFFECT.get(key) != value}
    if result.enum is not None:
        limits = {}
    for end, exclusive, step in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        edge = limits.pop(exclusive, None)
        if edge is True:  # 3.0 says it beside the limit, 3.1 instead of it
            edge = limits.pop(end, None)
        if edge in (None, False):
            continue
        whole = types == {"integer"}
        beyond = (math.floor(edge) + 1 if step > 0 else math.ceil(edge) - 1) if whole else edge
        key = end if whole else exclusive
        limits[key] = beyond if key not in limits else (max if step > 0 else min)(limits[key], beyond)
    if types == {"integer"}:
        low, high = _INTEGERS.get(result.format or "", (-math.inf, math.inf))
        limits["minimum"], limits["maximum"] = (
            max(limits.get("minimum", low), low),
            min(limits.get("maximum", high), high),
        )
        limits = {
            key: math.ceil(value) if key == "minimum" else math.floor(value) if key == "maximum" else value
            for key, value in limits.items()
            if value not in (-math.inf, math.inf)
        }
        if limits.get("multipleOf") == 1:
            del limits["multipleOf"]
        if result.enum is not None:
            limits = {}
        result.format = None if result.format in _INTEGERS else result.format
    result.limits = limits


def _class_name(schema: Json, where: str) -> str | None:
    title = schema.get("title") if isinstance(schema, dict) else None
    prefix, _, name = where.rpartition("/")
    return str(title) if title else name if prefix == "#/components/schemas" else None


def canonical(document: Document, place: Place, above: tuple[str, ...] = ()) -> str:
    """A schema's whole meaning as text: the same for schemas that allow the same, whatever their names and order."""
    return json.dumps(_canonical(document, place, above), sort_keys=True, default=str)


def _canonical(document: Document, place: Place, above: tuple[str, ...]) -> Json:
    own = shape(document, place)
    if own.where in above:
        return {"above": len(above) - above.index(own.where)}
    above = (*above, own.where)
    return {
        "types": sorted(own.types),
        "nullable": own.nullable,
        "format": own.format,
        "enum": None if own.enum is None else sorted(map(repr, own.enum)),
        "limits": own.limits,
        "fields": {name: _canonical(document, node, above) for name, node in own.fields.items()},
        "required": sorted(own.required),
        "extra": own.extra if isinstance(own.extra, bool) else _canonical(document, own.extra, above),
        "items": None if own.items is None else _canonical(document, own.items, above),
        "unions": [sorted(canonical(document, variant, above) for variant in union) for union in own.unions],
        "default": None if own.default is MISSING else [own.default],
    }
