"""Where a correction aims, in two documents: the same thing may stand under another path, method or schema."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scripts.codegen.contract.checks import METHODS
from scripts.codegen.contract.document import Document, Json, Place, nodes, pointer, value_at
from scripts.update_spec.judge.operations import operations

Identity = tuple[str, ...]

_SCHEMAS = ("components", "schemas")


def identity_of(document: Document, location: Place, renamed: Mapping[str, str]) -> Identity:
    """A place by names: operations by ids, items of lists by what tells them apart, schemas by their new names."""
    parts = [
        _item(value_at(document, location[: index + 1]), part) if isinstance(part, int) else part
        for index, part in enumerate(location)
    ]
    if len(parts) > 2 and parts[0] == "paths" and parts[2] in METHODS:
        operation = document["paths"][parts[1]][parts[2]]
        return ("operations", operation.get("operationId", f"{parts[2]} {parts[1]}"), *parts[3:])
    if len(parts) > 2 and (parts[0], parts[1]) == _SCHEMAS:
        parts[2] = renamed.get(parts[2], parts[2])
    return tuple(parts)


def location_of(document: Document, identity: Identity) -> Place | None:
    """Where something stands in a document; None for what is gone."""
    node: Json = document
    location: Place = ()
    if identity[0] == "operations":
        found = next((one for one in operations(document) if one.id == identity[1]), None)
        if found is None:
            return None
        node, location, identity = found.raw, ("paths", found.path, found.method), identity[2:]
    for name in identity:
        if isinstance(node, list):
            at = next((at for at, item in enumerate(node) if _item(item, at) == name), None)
            if at is None:
                return None
            location, node = (*location, at), node[at]
        elif isinstance(node, dict) and name in node:
            location, node = (*location, name), node[name]
        else:
            return None
    return location


def field_of_a_part(document: Document, identity: Identity) -> Place | None:
    """Where a field stands of a schema that is made of others by allOf now."""
    if identity[:2] != _SCHEMAS or identity[3:4] != ("properties",) or len(identity) < 5:
        return None
    part = _part_with(document, identity[2], identity[4])
    return None if part is None else location_of(document, (*_SCHEMAS, part, *identity[3:]))


def _part_with(document: Document, name: str, field: str) -> str | None:
    """The component that has a field of another, which is made of it by allOf."""
    schemas = document["components"]["schemas"]
    for part in schemas.get(name, {}).get("allOf", []):
        inner = part.get("$ref", "").rpartition("/")[2]
        if field in schemas.get(inner, {}).get("properties", {}):
            return str(inner)
        deeper = _part_with(document, inner, field) if inner in schemas and inner != name else None
        if deeper is not None:
            return deeper
    return None


def referring(node: Json, renamed: Mapping[str, str]) -> Json:
    """A node with its references to schemas under their new names."""
    if isinstance(node, dict):
        return {key: referring(value, renamed) for key, value in node.items()}
    if isinstance(node, list):
        return [referring(item, renamed) for item in node]
    prefix, _, name = node.rpartition("/") if isinstance(node, str) else ("", "", "")
    return pointer((*_SCHEMAS, renamed[name])) if prefix == pointer(_SCHEMAS) and name in renamed else node


def used_by(document: Document, location: Place) -> str | None:
    """A place that refers to a component; None for what is no component, or what nothing refers to."""
    if location[:-1] != _SCHEMAS:
        return None
    users = (at for at, node in nodes(document) if isinstance(node, dict) and node.get("$ref") == pointer(location))
    return next(map(pointer, users), None)


def as_path(location: Place) -> str:
    """The JSONPath of one place."""
    parts = (
        f"[{part}]" if isinstance(part, int) else f".{part}" if re.fullmatch(r"[A-Za-z_]\w*", part) else f"[{part!r}]"
        for part in location
    )
    return "$" + "".join(parts)


def _item(item: Json, index: int) -> str:
    if isinstance(item, dict):
        for keys in (("in", "name"), ("$ref",), ("description",), ("url",)):
            if all(key in item for key in keys):
                return ":".join(str(item[key]) for key in keys)
    return item if isinstance(item, str) else str(index)
