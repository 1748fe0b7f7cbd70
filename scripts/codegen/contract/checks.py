"""What a document must be before a package is made of it: whatever would be lost, renamed or misread is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from openapi_python_client.strings import ClassName, PythonIdentifier

from scripts.codegen.contract.document import Document, DocumentError, Json, Place, nodes, pointer, resolved
from scripts.codegen.python import names

METHODS = ("get", "put", "post", "patch", "delete")
"""The methods of operations; of another one nothing would come."""

_PATH_KEYS = {*METHODS, "parameters", "summary", "description"}
_MEDIA_TYPES = {"application/json", "application/gzip"}
_LOCATIONS = ("path", "query", "header")
_POLICIES = ("safe", "conflict-means-done", "never")
_PLAIN_STYLES = {"path": "simple", "query": "form", "header": "simple"}
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*(?:<PROFILE>)?")

_KINDS: Mapping[type, str] = {dict: "an object", list: "a list", str: "text"}


class Checks:
    """The checks of one document; each raises DocumentError for the first thing that is wrong."""

    def __init__(self, file: Path | str, document: Document, domains: Iterable[str]) -> None:
        """`domains`: where keys may go, with all that is below."""
        self._file = file
        self._document = document
        self._domains = tuple(domains)

    def structure(self, *, named: bool = True) -> None:
        """What a published document must be before it is corrected. Corrections may name its operations (`named`)."""
        document = self._document
        version = document.get("openapi")
        if not isinstance(version, str) or not version.startswith("3.0."):
            advice = "say the document in the words of OpenAPI 3.0, as `make update-spec SPEC=file` does"
            self._refuse(("openapi",), f"the version is {version!r}, not 3.0", advice)
        for key in ("info", "paths", "components"):
            self._kind((key,), document.get(key), dict, "is the document whole?")
        for key in ("title", "version"):
            self._kind(("info", key), document["info"].get(key), str, "put it in quotes")
        self.references()
        for at, operation in self.operations():
            self._kind((*at, "responses"), operation.get("responses"), dict, "say what is answered")
            if named:
                self._operation_parts(at, operation)

    def everything(self) -> None:
        """What a corrected document must be for a package to be made of it."""
        self.structure()
        self._servers()
        self._key()
        self._operations()
        self._schemas()

    def operations(self) -> Iterator[tuple[Place, Json]]:
        """(place, operation) of each operation. Raises for a path that holds anything else."""
        for path, item in self._document["paths"].items():
            self._kind(("paths", path), item, dict, "is the document whole?")
            for key, value in item.items():
                if key in METHODS:
                    self._kind(("paths", path, key), value, dict, "is the document whole?")
                    yield ("paths", path, key), value
                elif key not in _PATH_KEYS and not key.startswith("x-"):
                    advice = f"use {', '.join(METHODS)}, or take it out by a correction"
                    self._refuse(("paths", path, key), f"nothing would come of {key!r}", advice)

    def _refuse(self, place: Place, problem: str, advice: str) -> None:
        raise DocumentError(self._file, place, problem, advice)

    def _kind(self, place: Place, value: Json, kind: type, advice: str) -> None:
        if value is None:
            self._refuse(place, "this is missing", advice)
        if not isinstance(value, kind) or isinstance(value, bool):
            problem = f"{_KINDS[kind]} was expected, not {type(value).__name__}"
            self._refuse(place, problem, advice)

    def references(self) -> None:
        """That every reference leads to something within the document."""
        found = [
            ((*at, "$ref"), node)
            for at, node in nodes(self._document)
            if isinstance(node, dict) and "$ref" in node and at[-1:] != ("properties",)  # a field may be called so
        ]
        for place, node in found:
            reference = node["$ref"]
            if not isinstance(reference, str) or not reference.startswith("#/"):
                problem = f"the reference {reference!r} leads out of the document, and nothing outside is read"
                self._refuse(place, problem, "put what it means into `components`")
        for place, node in found:
            self.resolved(place, node)

    def resolved(self, place: Place, value: Json) -> Json:
        """What a reference refers to; anything else is itself."""
        try:
            return resolved(self._document, value)
        except LookupError as error:
            raise DocumentError(self._file, place, str(error.args[0]), "refer to what is meant") from None

    def _operation_parts(self, at: Place, operation: Json) -> None:
        name = operation.get("operationId")
        self._kind((*at, "operationId"), name, str, "name the operation; its module is called so")
        if not re.search(r"[A-Za-z]", name):
            self._refuse((*at, "operationId"), f"no module can be called {name!r}", "use letters")
        self._kind((*at, "tags"), operation.get("tags"), list, "name the group that the operation belongs to")
        if not operation["tags"] or not isinstance(operation["tags"][0], str) or not operation["tags"][0]:
            self._refuse((*at, "tags"), "no tag is given", "name the group that the operation belongs to")

    def _servers(self) -> None:
        servers = self._document.get("servers")
        self._kind(("servers",), servers, list, "list the addresses of the service")
        seen: dict[str, int] = {}
        for index, server in enumerate(servers or ()):
            self._kind(("servers", index), server, dict, "give url and description")
            for key in ("url", "description"):
                self._kind(("servers", index, key), server.get(key), str, "give url and description")
                if server[key] in seen:
                    problem = f"{server[key]!r} stands here and in #/servers/{seen[server[key]]}"
                    self._refuse(("servers", index, key), problem, "list each server once")
                seen[server[key]] = index
            advice = "take the server out, or confirm its domain in `x-domains` of overlay/openapi.overlay.yaml"
            self.address(("servers", index, "url"), server["url"], advice)
        for at, operation in self.operations():
            if "servers" in operation:
                self._refuse((*at, "servers"), "an address of its own would not be used", "take it out")

    def address(self, place: Place, url: Json, advice: str) -> None:
        """That keys which are sent to an address stay within the known domains."""
        host = https_host(url)
        if not any(host == domain or host.endswith(f".{domain}") for domain in self._domains):
            problem = f"keys would go to {url!r}, which is no https address of {' or '.join(self._domains)}"
            self._refuse(place, problem, advice)

    def _key(self) -> None:
        place: Place = ("components", "securitySchemes", "ApiKeyAuth")
        scheme = self._document["components"].get("securitySchemes", {}).get("ApiKeyAuth")
        self._kind(place, scheme, dict, "describe how the key is sent")
        self._kind((*place, "x-prefix"), scheme.get("x-prefix"), str, "correct it: what stands before the key")
        variables = scheme.get("x-key-variables")
        self._kind((*place, "x-key-variables"), variables, list, "correct it: the variables that may hold a key")
        for index, each in enumerate(variables):
            at = (*place, "x-key-variables", index)
            self._kind(at, each, dict, "give a `name` and a `scheme`")
            schemes = (scheme["x-prefix"], "Bearer")
            if not _VARIABLE.fullmatch(str(each.get("name"))) or each.get("scheme") not in schemes:
                advice = "the name of an environment variable, maybe with <PROFILE>, and the scheme x-prefix or Bearer"
                self._refuse(at, f"{each!r} is no variable of a key", advice)
        if self._document.get("security") != [{"ApiKeyAuth": []}]:
            self._refuse(("security",), "another kind of key would not be sent", "ask for ApiKeyAuth alone")
        for at, operation in self.operations():
            if operation.get("security", self._document["security"]) != self._document["security"]:
                self._refuse((*at, "security"), "a key of its own would not be sent", "ask for ApiKeyAuth alone")

    def _operations(self) -> None:
        modules: dict[str, Place] = {}
        tags: dict[str, tuple[str, Place]] = {}
        for at, operation in self.operations():
            self._once(modules, names.module(operation["operationId"]), (*at, "operationId"), "module")
            tag = operation["tags"][0]
            known, where = tags.setdefault(names.module(tag), (tag, (*at, "tags")))
            if known != tag:
                problem = f"the tags {known!r} of {pointer(where)} and {tag!r} are one package, {names.module(tag)}"
                self._refuse((*at, "tags"), problem, "give them one name, or two that differ in more than case")
            self._retry(at, operation)
            self._responses(at, operation)
            self._body(at, operation)
            self._parameters(at, operation)

    def _once(self, seen: dict[str, Place], name: str, place: Place, what: str) -> None:
        if name in seen:
            self._refuse(place, f"this and {pointer(seen[name])} are one {what}, {name}", "rename one of the two")
        seen[name] = place

    def _retry(self, at: Place, operation: Json) -> None:
        rule = operation.get("x-retry")
        advice = "say by a correction in overlay/openapi.overlay.yaml whether the call may be repeated"
        self._kind((*at, "x-retry"), rule, dict, advice)
        if rule.get("policy") not in _POLICIES:
            self._refuse(
                (*at, "x-retry", "policy"), f"{rule.get('policy')!r} is no policy", f"use {', '.join(_POLICIES)}"
            )

    def _responses(self, at: Place, operation: Json) -> None:
        for status, raw in operation["responses"].items():
            place = (*at, "responses", status)
            if not re.fullmatch(r"[1-5]\d\d", status):
                self._refuse(place, f"{status!r} is no single status, so nothing would come of it", "list the statuses")
            response = self.resolved(place, raw)
            self._kind(place, response, dict, "describe the response")
            content = response.get("content", {})
            for media_type, value in content.items():
                self._kind((*place, "content", media_type, "schema"), value.get("schema"), dict, "describe the body")
            if content and int(status) < 400 and next(iter(content)) not in _MEDIA_TYPES:
                problem = f"a body of the type {next(iter(content))!r} would be misread"
                self._refuse((*place, "content"), problem, f"correct it to one of {', '.join(sorted(_MEDIA_TYPES))}")

    def _body(self, at: Place, operation: Json) -> None:
        if "requestBody" not in operation:
            return
        place = (*at, "requestBody", "content")
        body = self.resolved((*at, "requestBody"), operation["requestBody"])
        self._kind(place, body.get("content"), dict, "describe the body")
        if len(body["content"]) != 1 or set(body["content"]) - _MEDIA_TYPES:
            problem = f"a body of {' or '.join(map(repr, body['content']))} cannot be sent"
            self._refuse(place, problem, f"correct it to one of {', '.join(sorted(_MEDIA_TYPES))}")
        for media_type, value in body["content"].items():
            self._kind((*place, media_type, "schema"), value.get("schema"), dict, "describe the body")

    def _parameters(self, at: Place, operation: Json) -> None:
        seen: dict[str, Place] = {}
        item = self._document["paths"][at[1]]
        path: Place = at[:2]
        told = [((*path, "parameters", index), raw) for index, raw in enumerate(item.get("parameters", ()))]
        told += [((*at, "parameters", index), raw) for index, raw in enumerate(operation.get("parameters", ()))]
        for place, raw in told:
            parameter = self.resolved(place, raw)
            self._kind(place, parameter, dict, "describe the parameter")
            self._kind((*place, "name"), parameter.get("name"), str, "name the parameter")
            location = parameter.get("in")
            if location not in _LOCATIONS:
                self._refuse((*place, "in"), f"{location!r} is not sent", f"use {', '.join(_LOCATIONS)}")
            self._kind((*place, "schema"), parameter.get("schema"), dict, "give the parameter a schema")
            style = _PLAIN_STYLES[location]
            if parameter.get("style", style) != style or parameter.get("explode", style == "form") != (style == "form"):
                self._refuse(place, "this would be sent in another form", "leave out style and explode")
            self._once(seen, names.argument(parameter["name"]), (*place, "name"), "argument")

    def _schemas(self) -> None:
        schemas = self._document["components"].get("schemas", {})
        self._kind(("components", "schemas"), schemas, dict, "is the document whole?")
        classes: dict[str, Place] = {}
        modules: dict[str, Place] = {}
        for name, schema in schemas.items():
            place = ("components", "schemas", name)
            self._kind(place, schema, dict, "describe the schema")
            if not re.search(r"[A-Za-z]", name):
                self._refuse(place, f"no class can be called {name!r}", "use letters")
            found = ClassName(name, names.PREFIX)
            self._once(classes, str(found), place, "class")
            self._once(modules, str(PythonIdentifier(found, names.PREFIX)), place, "module")
        for at, node in nodes(schemas, ("components", "schemas")):
            if isinstance(node, dict) and isinstance(node.get("properties"), dict) and at[-1:] != ("properties",):
                self._fields(at, node["properties"])

    def _fields(self, at: Place, properties: Mapping[str, Json]) -> None:
        seen: dict[str, Place] = {}
        for name, schema in properties.items():
            place = (*at, "properties", name)
            self._kind(place, schema, dict, "describe the field")
            if not re.search(r"\w", name):
                self._refuse(place, f"no attribute can be called {name!r}", "use letters")
            self._once(seen, names.attribute(name), place, "attribute")


def https_host(url: Json) -> str:
    """The host of an https address that has neither a port nor a user; empty for anything else."""
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return ""
    return parts.netloc if parts.scheme == "https" and parts.netloc == parts.hostname else ""
