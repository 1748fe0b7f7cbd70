"""Compares two whole documents: operations, schemas, servers, security, and the names that only a package has."""

from __future__ import annotations

from scripts.codegen.contract.document import Document, Json, pointer
from scripts.update_spec.judge.changes import Change, Effect
from scripts.update_spec.judge.findings import Findings
from scripts.update_spec.judge.operations import Operation, OperationComparison, operations
from scripts.update_spec.judge.schemas import SchemaComparison
from scripts.update_spec.judge.shapes import Place, canonical, shape, unchanging


@unchanging()
def compare(old: Document, new: Document) -> list[Change]:
    """Every difference in meaning between two documents, for callers of a client that is generated from them.

    Order, prose, the version of OpenAPI and whether a schema is referred to or written out mean nothing on the wire;
    the names of schemas, operations, tags, path parameters and servers do to a package (`layer` is `package`).
    """
    findings = Findings()
    renamed = renamed_schemas(old, new)
    for before, after in renamed.items():
        where = pointer(("components", "schemas", after))
        findings.add("schema-renamed", where, None, "breaking", before, after, layer="package")
    _classes(old, new, renamed, findings)
    names = {**{name: name for name in _schemas(old) if name in _schemas(new)}, **renamed}
    classes = {_class(old, before): _class(new, after) for before, after in names.items()}
    OperationComparison(old, new, findings, SchemaComparison(old, new, findings, classes)).compare()
    _servers(old, new, findings)
    _security(old, new, findings)
    return list(findings.changes())


def renamed_schemas(old: Document, new: Document) -> dict[str, str]:
    """The components that went and came back under another name, with the same meaning or in the same places."""
    left, right = _schemas(old), _schemas(new)
    gone, come = [name for name in left if name not in right], [name for name in right if name not in left]
    places = (_places(old), _places(new))
    renamed: dict[str, str] = {}
    for before in gone:
        meaning = canonical(old, Place({"$ref": pointer(("components", "schemas", before))}, ""))
        candidates = [name for name in come if name not in renamed.values()]
        same = [
            name
            for name in candidates
            if places[0].get(before, set()) & places[1].get(name, set())
            and (
                canonical(new, Place({"$ref": pointer(("components", "schemas", name))}, "")) == meaning
                or _alike(left[before], right[name])
            )
        ]
        if same:
            renamed[before] = same[0]
    return renamed


def _alike(one: Json, other: Json) -> bool:
    """Whether two schemas share most of their fields."""
    left, right = set(one.get("properties", {})), set(other.get("properties", {}))
    return len(left & right) * 2 > max(len(left), len(right), 1)


def _schemas(document: Document) -> dict[str, Json]:
    schemas: dict[str, Json] = document.get("components", {}).get("schemas", {})
    return schemas


def _places(document: Document) -> dict[str, set[str]]:
    """Where each component is referred to, by the names on the way there without those of components."""
    found: dict[str, set[str]] = {}

    def walk(node: Json, way: tuple[str, ...]) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
                found.setdefault(reference.rpartition("/")[2], set()).add("/".join(way))
            for key, child in node.items():
                walk(child, (*way, key))
        elif isinstance(node, list):
            for child in node:
                walk(child, way)

    for operation in operations(document):
        walk(operation.raw, (operation.id,))
    for name, schema in _schemas(document).items():
        for field, node in schema.get("properties", {}).items():
            walk(node, ("properties", field))
        walk({key: value for key, value in schema.items() if key != "properties"}, ("schema",))
        del name
    return found


def _class(document: Document, name: str) -> str:
    return shape(document, Place({"$ref": pointer(("components", "schemas", name))}, "")).class_name or name


def _classes(old: Document, new: Document, renamed: dict[str, str], findings: Findings) -> None:
    """Classes and aliases that a package had and has no more."""
    left, right = _schemas(old), _schemas(new)
    kept = {_class(new, name) for name in right}
    for name in left:
        place = Place({"$ref": pointer(("components", "schemas", name))}, "")
        if name in renamed or shape(old, place).class_name is None:
            continue
        before = _class(old, name)
        after = _class(new, name) if name in right else None
        if before not in kept:
            kind = "schema-removed" if after is None else "schema-titled"
            where = pointer(("components", "schemas", name))
            findings.add(kind, where, None, "breaking", before, after, layer="package")


# ---------------------------------------------------------------- servers


def _servers(old: Document, new: Document, findings: Findings) -> None:
    left, right = _regions(old), _regions(new)
    for name, address in left.items():
        where = pointer(("servers", name))
        if name in right:
            if right[name] != address:
                findings.add("server-address-changed", where, None, "breaking", address, right[name])
            continue
        other = next((key for key, value in right.items() if value == address and key not in left), None)
        if other is None:
            findings.add("server-removed", where, None, "breaking", {"name": name, "url": address})
        else:
            findings.add("server-renamed", pointer(("servers", other)), None, "breaking", name, other, layer="package")
    for name, address in right.items():
        if name not in left and (address not in left.values() or address in _shared(left, right)):
            added = {"name": name, "url": address}
            findings.add("server-added", pointer(("servers", name)), None, "compatible", None, added)
    for before, after in _pairs(old, new):
        servers = before.raw.get("servers"), after.raw.get("servers")
        if servers[0] != servers[1]:
            findings.add("operation-servers-changed", f"{after.where}/servers", after.id, "breaking", *servers)


def _shared(left: dict[str, str], right: dict[str, str]) -> set[str]:
    """Addresses whose old name is still there: a second name for one is new."""
    return {address for name, address in left.items() if right.get(name) == address}


def _regions(document: Document) -> dict[str, str]:
    """Addresses by the names of their regions, which are the servers' descriptions."""
    return {
        str(server.get("description") or server["url"]): str(server["url"]).rstrip("/")
        for server in document.get("servers", [])
    }


def _pairs(old: Document, new: Document) -> list[tuple[Operation, Operation]]:
    right = {operation.id: operation for operation in operations(new)}
    return [(one, right[one.id]) for one in operations(old) if one.id in right]


# ---------------------------------------------------------------- security


def _security(old: Document, new: Document, findings: Findings) -> None:
    """A call that was let in must still be; what is asked for is compared, wherever it is written."""
    for one, other in _pairs(old, new):
        before, after = _demands(old, one), _demands(new, other)
        if before == after:
            continue
        still = all(any(fewer <= alternative for fewer in after) for alternative in before)
        own = "security" in one.raw or "security" in other.raw
        where = f"{other.where}/security" if own else "#/security"
        effect: Effect = "compatible" if still else "breaking"
        shown = [sorted(sorted(alternative) for alternative in demands) for demands in (before, after)]
        findings.add("security-loosened" if still else "security-changed", where, other.id, effect, *shown)


def _demands(document: Document, operation: Operation) -> frozenset[frozenset[str]]:
    """The alternatives of what a call must show, each a set of schemes by what they are, not by their names."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    asked = operation.raw.get("security", document.get("security", []))
    alternatives = {
        frozenset(_scheme(schemes.get(name, {}), name, scopes) for name, scopes in alternative.items())
        for alternative in asked
    }
    return frozenset(alternatives or {frozenset()})


def _scheme(scheme: Json, name: str, scopes: list[str]) -> str:
    kind = scheme.get("type", name)
    details = {"apiKey": ("in", "name"), "http": ("scheme",), "openIdConnect": ("openIdConnectUrl",)}.get(kind, ())
    return " ".join([kind, *(str(scheme.get(key, "")).lower() for key in details), *sorted(scopes)])
