"""Compares two schemas by what they allow: what may be sent must not shrink, what may come must not grow.

Callers of the generated client bear more than the wire does: fields that nobody knew are kept, and words that an enum
has not are passed as text. They bear less where their types change: a value that may be null now, or another class.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scripts.codegen.contract.document import Document, Json
from scripts.update_spec.judge.changes import Effect, Layer
from scripts.update_spec.judge.findings import Findings, Side
from scripts.update_spec.judge.shapes import MISSING, Place, Shape, canonical, resolve, shape

# Formats of text that become Python types of their own. All others stay text.
_OWN_TYPES = {"date-time", "date", "uuid", "binary"}
# Formats that tell people something and limit nothing.
_REMARKS = {"password", "byte", None}


@dataclass(slots=True)
class SchemaComparison:
    """Compares the schemas of two documents, noting what it finds."""

    old: Document
    new: Document
    findings: Findings
    renamed: dict[str, str]
    _seen: set[tuple[str, str, str, str | None]] = field(default_factory=set)

    def compare(self, before: Place, after: Place, side: Side, operation: str | None) -> None:
        """Notes every difference between two schemas on one side of an operation."""
        old, new = shape(self.old, before), shape(self.new, after)
        key = (old.where, new.where, side, operation)
        if key in self._seen:
            return
        self._seen.add(key)
        note = _Note(self.findings, new.where, side, operation)
        if before.where != old.where or after.where != new.where:
            # What stands beside a reference (or in place of one) belongs to the place, not to what is referred to.
            note_here = _Note(self.findings, after.where, side, operation)
        else:
            note_here = note
        self._class(old, new, note_here)
        if not old.nullable and new.nullable:
            note_here.sided("became-nullable", request="compatible", response="breaking")
        if old.nullable and not new.nullable:
            note_here.sided("became-not-nullable", request="breaking", response="compatible")
        _default(old, new, note_here)
        if old.deprecated != new.deprecated:
            note_here.both("deprecated" if new.deprecated else "no-longer-deprecated", "compatible")
        if old.types != new.types and not self._unions_tell(old, new):
            _types(old, new, note)
            if not _comparable(old, new):
                return
        _format(old, new, note)
        _enum(old, new, note)
        if old.types == new.types:
            _limits(old, new, note)
        self._fields(old, new, note)
        self._extra(old, new, note)
        if old.items and new.items:
            self.compare(old.items, new.items, side, operation)
        elif old.items or new.items:
            loosened = new.items is None
            note.loosened_or_tightened("items", loosened, None, None)
        self._unions(old, new, note)

    def _unions_tell(self, old: Shape, new: Shape) -> bool:
        """Whether only one is a union: then its variants say what changed, not the type of the whole."""
        return bool(old.unions) != bool(new.unions)

    def _class(self, old: Shape, new: Shape, note: _Note) -> None:
        if old.class_name is None or new.class_name is None:
            return
        if self.renamed.get(old.class_name, old.class_name) != new.class_name:
            before, after = old.class_name or "(named after its place)", new.class_name or "(named after its place)"
            note.both("class-changed", "breaking", before, after, package=True)

    def _fields(self, old: Shape, new: Shape, note: _Note) -> None:
        for name, place in old.fields.items():
            if self._only_elsewhere(self.old, place, note.side):
                continue
            if name not in new.fields:
                described = self._described(self.old, place, name in old.required)
                note.at(place.where).both("field-removed", "breaking", described)
                continue
            there = new.fields[name]
            here = note.at(there.where)
            if name in old.required and name not in new.required:
                here.sided("field-became-optional", request="compatible", response="breaking")
            if name not in old.required and name in new.required:
                optional = shape(self.new, there).default is not MISSING
                here.sided(
                    "field-became-required", request="compatible" if optional else "breaking", response="compatible"
                )
            self.compare(place, there, note.side, note.operation)
            if name in old.required & new.required:
                _lost_default(shape(self.old, place), shape(self.new, there), here)
        for name, place in new.fields.items():
            if name not in old.fields and not self._only_elsewhere(self.new, place, note.side):
                needed = name in new.required and shape(self.new, place).default is MISSING
                described = self._described(self.new, place, name in new.required)
                note.at(place.where).sided(
                    "field-added",
                    request="breaking" if needed else "compatible",
                    response="compatible",
                    after=described,
                )

    def _only_elsewhere(self, document: Document, place: Place, side: Side) -> bool:
        found = shape(document, place)
        return found.read_only if side == "request" else found.write_only

    def _described(self, document: Document, place: Place, required: bool) -> dict[str, Json]:
        """A field in a few words, for the report."""
        found = shape(document, place)
        name = resolve(document, place.schema, place.where).where.rpartition("/")[2]
        referred = isinstance(place.schema, dict) and "$ref" in place.schema
        kind = name if referred else "/".join(sorted(found.types)) or "any"
        return {"type": kind, "required": required} | ({"format": found.format} if found.format else {})

    def _extra(self, old: Shape, new: Shape, note: _Note) -> None:
        if isinstance(old.extra, Place) and isinstance(new.extra, Place):
            self.compare(old.extra, new.extra, note.side, note.operation)
            return
        ranks = [2 if extra is True else 0 if extra is False else 1 for extra in (old.extra, new.extra)]
        if ranks[0] != ranks[1]:
            note.loosened_or_tightened("additionalProperties", ranks[1] > ranks[0], None, None)

    def _unions(self, old: Shape, new: Shape, note: _Note) -> None:
        if not old.unions and not new.unions:
            return
        for index in range(max(len(old.unions), len(new.unions))):
            before = old.unions[index] if index < len(old.unions) else [Place(_alone(old), old.where)]
            after = new.unions[index] if index < len(new.unions) else [Place(_alone(new), new.where)]
            self._variants(_spread(self.old, before), _spread(self.new, after), note)

    def _variants(self, before: list[Place], after: list[Place], note: _Note) -> None:
        """Pairs variants by name, then by meaning, then by place; what is left over was added or removed."""
        left, right = list(before), list(after)
        pairs: list[tuple[Place, Place]] = []
        for same in (self._same_name, self._same_meaning, _same_place):
            for one in list(left):
                other = next((candidate for candidate in right if same(one, candidate)), None)
                if other is not None:
                    pairs.append((one, other))
                    left.remove(one)
                    right.remove(other)
        for one, other in pairs:
            self.compare(one, other, note.side, note.operation)
        for one in left:
            here = note.at(note.where + "/variants/" + self._title(self.old, one))
            here.sided("variant-removed", request="breaking", response="compatible")
        for one in right:
            here = note.at(note.where + "/variants/" + self._title(self.new, one))
            here.sided("variant-added", request="compatible", response="breaking")

    def _title(self, document: Document, place: Place) -> str:
        found = resolve(document, place.schema, place.where)
        return found.where.rpartition("/")[2]

    def _same_name(self, one: Place, other: Place) -> bool:
        name = shape(self.old, one).class_name
        return bool(name) and self.renamed.get(name or "", name) == shape(self.new, other).class_name

    def _same_meaning(self, one: Place, other: Place) -> bool:
        return canonical(self.old, one) == canonical(self.new, other)


@dataclass(frozen=True, slots=True)
class _Note:
    """Notes changes of one place on one side of an operation."""

    findings: Findings
    where: str
    side: Side
    operation: str | None

    def at(self, where: str) -> _Note:
        return _Note(self.findings, where, self.side, self.operation)

    def both(
        self, kind: str, effect: Effect, before: Json = None, after: Json = None, *, package: bool = False
    ) -> None:
        layer: Layer = "package" if package else "contract"
        self.findings.add(kind, self.where, self.operation, effect, before, after, layer=layer)

    def sided(self, kind: str, *, request: Effect, response: Effect, before: Json = None, after: Json = None) -> None:
        self.both(kind, request if self.side == "request" else response, before, after)

    def loosened_or_tightened(self, key: str, loosened: bool, before: Json, after: Json) -> None:
        """A limit that is looser lets callers send more; on what comes, callers rely on no limit."""
        here = self.at(f"{self.where}/{key}")
        if loosened:
            here.both("limit-loosened", "compatible", before, after)
        else:
            here.sided("limit-tightened", request="breaking", response="compatible", before=before, after=after)


def _spread(document: Document, variants: list[Place], above: tuple[str, ...] = ()) -> list[Place]:
    """Variants, with those of a variant that is a union itself in its place."""
    found: list[Place] = []
    for variant in variants:
        whole = shape(document, variant)
        if len(whole.unions) == 1 and not whole.fields and not whole.types and whole.where not in above:
            found += _spread(document, whole.unions[0], (*above, whole.where))
        else:
            found.append(variant)
    return found


def _same_place(one: Place, other: Place) -> bool:
    return one.where == other.where and "$ref" not in one.schema and "$ref" not in other.schema


def _alone(whole: Shape) -> Json:
    """A schema without its unions, to be set beside the variants of one that has them."""
    return {key: value for key, value in whole.written.items() if key not in ("oneOf", "anyOf", "discriminator")}


def _comparable(old: Shape, new: Shape) -> bool:
    """Whether the rest of two schemas of different types is worth a look: an integer and a number have limits alike."""
    numbers = {"integer", "number"}
    return bool(old.types & new.types) or bool(old.types & numbers and new.types & numbers)


def _types(old: Shape, new: Shape, note: _Note) -> None:
    before, after = sorted(old.types) or ["any"], sorted(new.types) or ["any"]
    if _covers(new.types, old.types):
        note.sided("type-changed", request="compatible", response="breaking", before=before, after=after)
    elif _covers(old.types, new.types):
        note.sided("type-changed", request="breaking", response="compatible", before=before, after=after)
    else:
        note.both("type-changed", "breaking", before, after)


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    if not wide or not narrow:
        return not wide
    return all(kind in wide or (kind == "integer" and "number" in wide) for kind in narrow)


def _format(old: Shape, new: Shape, note: _Note) -> None:
    if old.format == new.format:
        return
    if {old.format, new.format} & _OWN_TYPES:
        note.both("format-changed", "breaking", old.format, new.format)
    elif new.format in _REMARKS:
        note.both("format-changed", "compatible", old.format, new.format)
    else:
        note.sided("format-changed", request="breaking", response="compatible", before=old.format, after=new.format)


def _default(old: Shape, new: Shape, note: _Note) -> None:
    if old.default is MISSING and new.default is not MISSING:
        note.both("default-added", "compatible", None, new.default)
    elif old.default is not MISSING and new.default is MISSING:
        note.both("default-removed", "compatible", old.default, None)
    elif old.default is not MISSING and (type(old.default), old.default) != (type(new.default), new.default):
        note.both("default-changed", "breaking", old.default, new.default)


def _lost_default(old: Shape, new: Shape, note: _Note) -> None:
    """What is required and has no default any more is an argument that became required."""
    if old.default is not MISSING and new.default is MISSING:
        note.sided("default-removed", request="breaking", response="compatible", before=old.default)


def _enum(old: Shape, new: Shape, note: _Note) -> None:
    if old.enum is None and new.enum is not None:
        note.sided("enum-added", request="breaking", response="compatible", after=list(new.enum))
    elif old.enum is not None and new.enum is None:
        note.both("enum-removed", "breaking", list(old.enum))
    elif old.enum is not None and new.enum is not None:
        for word in old.enum:
            if word not in new.enum:
                note.both("enum-value-removed", "breaking", word)
        for word in new.enum:
            if word not in old.enum:
                note.both("enum-value-added", "compatible", None, word)


def _limits(old: Shape, new: Shape, note: _Note) -> None:
    if old.enum is not None or new.enum is not None:
        return
    for key in sorted({*old.limits, *new.limits}):
        before, after = old.limits.get(key), new.limits.get(key)
        if before == after:
            continue
        if before is None or after is None:
            note.loosened_or_tightened(key, after is None, before, after)
        elif key in ("pattern", "multipleOf"):
            here = note.at(f"{note.where}/{key}")
            here.sided("limit-changed", request="breaking", response="compatible", before=before, after=after)
        else:
            upper = key.startswith("max") or key == "exclusiveMaximum"
            note.loosened_or_tightened(key, after > before if upper else after < before, before, after)
