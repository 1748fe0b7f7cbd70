"""Schemas that are made of others by `allOf`, written out: the generator makes nothing typed of them."""

from __future__ import annotations

from pathlib import Path

from scripts.codegen.contract.document import Document, DocumentError, Json, Place, followed, nodes, place_of, value_at

_TOLD = {"description", "title", "example", "externalDocs", "deprecated"}


def written_out(file: Path | str, document: Document) -> None:
    """Puts one schema with all fields, or the one that is referred to, in the place of every `allOf`.

    Raises:
        DocumentError: The parts contradict each other, or are no objects.
    """
    places = [at for at, node in nodes(document) if isinstance(node, dict) and isinstance(node.get("allOf"), list)]
    for place in sorted(places, key=len, reverse=True):
        if place[-1] != "properties":
            value_at(document, place[:-1])[place[-1]] = _joined(file, document, place, ())


def _joined(file: Path | str, document: Document, place: Place, above: tuple[Place, ...]) -> Json:
    schema = value_at(document, place)
    if place in above:
        raise DocumentError(file, place, "the schema is made of itself", "leave itself out of allOf")
    if "allOf" not in schema:
        return schema
    own = {key: value for key, value in schema.items() if key != "allOf"}
    parts: list[Place] = [(*place, "allOf", index) for index in range(len(schema["allOf"]))]
    if len(parts) == 1 and "$ref" in value_at(document, parts[0]) and own.keys() <= _TOLD:
        return {"$ref": value_at(document, parts[0])["$ref"]}
    found: dict[str, Json] = {key: own[key] for key in ("type", *sorted(_TOLD)) if key in own}
    for each in parts:
        _add(file, place, found, _joined(file, document, _referred(document, each), (*above, place)))
    _add(file, place, found, own)
    return {"type": "object", **found}


def _add(file: Path | str, place: Place, found: dict[str, Json], part: Json) -> None:
    if not isinstance(part, dict) or part.get("type", "object") != "object":
        raise DocumentError(file, (*place, "allOf"), "only objects can be joined", "write the schema out")
    for key, value in part.items():
        if key == "properties":
            for name, field in value.items():
                if found.setdefault("properties", {}).setdefault(name, field) != field:
                    problem = f"two parts have a field {name!r}, and not the same"
                    raise DocumentError(file, (*place, "allOf"), problem, "write the schema out")
        elif key == "required":
            found["required"] = list(dict.fromkeys([*found.get("required", ()), *value]))
        elif key in _TOLD:
            found.setdefault(key, value)
        elif found.setdefault(key, value) != value:
            problem = f"two parts differ in {key!r}"
            raise DocumentError(file, (*place, "allOf"), problem, "write the schema out")


def _referred(document: Document, place: Place) -> Place:
    """The place of a schema, that of what it refers to where it is a reference. References are checked already."""
    where = followed(document, value_at(document, place))[1]
    return place_of(where) if where else place
